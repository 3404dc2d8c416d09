/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Device memory that clients can write and not read: what is found out, and what goes on as ever. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim_bench_world.h"

static uint64_t reads(struct bench *bench)
{
    return bench_counters(bench).violations_by_kind[EFASIM_VIOLATION_READ];
}

static void start(struct bench *bench)
{
    bench_start(bench);
    if (!efasim_inprocess_trap_reads(bench->inprocess))
        skip();
    raw_endpoint_open(&bench->worlds[0], &bench->from, &raw_srd);
}

static volatile uint8_t *send_ring(const struct bench *bench)
{
    return (uint8_t *)(uintptr_t)bench->from.qp.info.sq;
}

static void traffic_goes_on_as_ever(void **state)
{
    struct bench *bench = *state;

    start(bench);
    for (uint16_t id = 0; id < 40; id++) { /* more than twice round the ring */
        bench_send(&bench->from, &bench->from, id & 7);
        raw_expect_recv(&bench->from, id & 7, EFA_STATUS_OK);
        raw_expect_send(&bench->from, id & 7, EFA_STATUS_OK);
    }
    assert_int_equal(bench_counters(bench).violations, 0);
}

static void a_read_of_the_send_ring_is_found_out(void **state)
{
    struct bench *bench = *state;

    start(bench);
    send_ring(bench)[2 * EFA_SEND_DESCRIPTOR_SIZE + 5] = 0x5e;
    assert_int_equal(reads(bench), 0);
    assert_int_equal(send_ring(bench)[2 * EFA_SEND_DESCRIPTOR_SIZE + 5], 0x5e);
    assert_int_equal(reads(bench), 1);
    assert_true(lines_contain(&bench->log, "violation (read)"));
    assert_true(lines_contain(&bench->log, "byte 5 of place 2 of the send ring was read"));
    assert_true(lines_contain(&bench->log, "; descriptor: 00000000 005e"));
}

static void each_read_is_counted_and_can_end_the_run(void **state)
{
    struct bench *bench = *state;
    uint8_t descriptor[EFA_SEND_DESCRIPTOR_SIZE];

    bench->config.abort_on_violation = true;
    start(bench);
    for (unsigned i = 0; i < 3; i++)
        (void)send_ring(bench)[i];
    assert_int_equal(reads(bench), 3);
    assert_int_equal(bench->violations.count, 3);
    memcpy(descriptor, (const void *)(uintptr_t)bench->from.qp.info.sq, sizeof(descriptor));
    assert_true(reads(bench) > 3);
}

static void a_read_of_a_doorbell_is_found_out(void **state)
{
    struct bench *bench = *state;
    volatile uint32_t *doorbell;

    start(bench);
    doorbell = (uint32_t *)(uintptr_t)bench->from.qp.info.rq_doorbell;
    assert_int_equal(*doorbell, 0);
    assert_int_equal(reads(bench), 1);
    assert_true(lines_contain(&bench->log, "the receive doorbell was read"));
    doorbell = (uint32_t *)(uintptr_t)bench->from.qp.info.sq_doorbell;
    assert_int_equal(*doorbell, 0);
    assert_int_equal(reads(bench), 2);
}

static void memory_of_the_host_may_be_read(void **state)
{
    struct bench *bench = *state;

    start(bench);
    (void)*(volatile uint8_t *)(uintptr_t)bench->from.qp.info.rq;
    (void)*(volatile uint8_t *)(uintptr_t)bench->from.send_cq.info.cq_addr;
    assert_int_equal(bench_counters(bench).violations, 0);
}

#if defined(__x86_64__)
/* One instruction that reads one ring and writes another, in steps of its own. */
static void an_instruction_may_touch_two(void **state)
{
    struct bench *bench = *state;
    static const uint8_t text[EFA_SEND_DESCRIPTOR_SIZE] = "from one ring into the other";
    const void *from;
    void *to;
    size_t left = sizeof(text);

    start(bench);
    raw_endpoint_open(&bench->worlds[0], &bench->to, &raw_srd);
    from = (const void *)(uintptr_t)bench->from.qp.info.sq;
    to = (void *)(uintptr_t)bench->to.qp.info.sq;
    memcpy((void *)(uintptr_t)bench->from.qp.info.sq, text, sizeof(text));
    assert_int_equal(reads(bench), 0);
    __asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(left) : : "memory");
    assert_true(reads(bench) >= 1);
    assert_memory_equal((const void *)(uintptr_t)bench->to.qp.info.sq, text, sizeof(text));
}
#endif

enum { WRITES = 3000 };

struct writer {
    volatile uint8_t *place;
    unsigned step;
};

static void *write_often(void *argument)
{
    const struct writer *writer = argument;

    for (unsigned i = 0; i < WRITES; i++)
        writer->place[i % 8 * writer->step] = (uint8_t)i;
    return NULL;
}

/* The pages are open while either writes: a write must neither be lost nor take the other's chance. */
static void threads_write_at_the_same_time(void **state)
{
    struct bench *bench = *state;
    struct writer writers[2];
    pthread_t threads[2];

    start(bench);
    for (unsigned i = 0; i < 2; i++) {
        writers[i] = (struct writer){send_ring(bench) + i, 2};
        assert_int_equal(pthread_create(&threads[i], NULL, write_often, &writers[i]), 0);
    }
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(reads(bench), 0);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(send_ring(bench)[i], (uint8_t)(WRITES - 8 + i / 2));
    assert_int_equal(reads(bench), 16);
}

static int status_of_child(struct bench *bench, void (*run)(struct bench *))
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        close(STDERR_FILENO); /* what a sanitizer says of it */
        signal(SIGSEGV, SIG_DFL);
        run(bench);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void beyond_the_ring(struct bench *bench)
{
    start(bench);
    send_ring(bench)[(size_t)bench->from.qp.sq_entries * EFA_SEND_DESCRIPTOR_SIZE + 4096] = 1;
}

static void a_trap(struct bench *bench)
{
    start(bench);
    raise(SIGTRAP);
}

static void other_faults_are_what_they_were(void **state)
{
    assert_int_not_equal(status_of_child(*state, beyond_the_ring), 0);
    assert_int_not_equal(status_of_child(*state, a_trap), 0);
}

static volatile sig_atomic_t own_faults;

static void own_handler(int number)
{
    (void)number;
    own_faults++;
}

static void who_handled_signals_before_does_so_again(void **state)
{
    struct bench *bench = *state;
    struct sigaction own = {.sa_handler = own_handler}, earlier, now;

    assert_int_equal(sigaction(SIGTRAP, &own, &earlier), 0);
    start(bench);
    raise(SIGTRAP);
    assert_int_equal(own_faults, 1);
    bench_stop(bench);
    assert_int_equal(sigaction(SIGTRAP, &earlier, &now), 0);
    assert_true(now.sa_handler == own_handler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(traffic_goes_on_as_ever),
        BENCH_TEST(a_read_of_the_send_ring_is_found_out),
        BENCH_TEST(each_read_is_counted_and_can_end_the_run),
        BENCH_TEST(a_read_of_a_doorbell_is_found_out),
        BENCH_TEST(memory_of_the_host_may_be_read),
#if defined(__x86_64__)
        BENCH_TEST(an_instruction_may_touch_two),
#endif
        BENCH_TEST(threads_write_at_the_same_time),
        BENCH_TEST(other_faults_are_what_they_were),
        BENCH_TEST(who_handled_signals_before_does_so_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
