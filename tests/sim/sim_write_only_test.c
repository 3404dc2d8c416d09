/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Device memory that clients can write and not read: detected reads, and unchanged behaviour. */
#define _GNU_SOURCE
#include <errno.h>
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
    assert_true(lines_contain(&bench->log, "byte 5 of slot 2 of the send ring was read"));
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
    memcpy(descriptor, (const void *)(uintptr_t)bench->from.qp.info.sq, sizeof descriptor);
    assert_int_equal(descriptor[sizeof descriptor - 1], 0);
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

static void what_follows_a_small_ring_may_not(void **state)
{
    struct bench *bench = *state;

    start(bench);
    (void)send_ring(bench)[(size_t)bench->from.qp.sq_entries * EFA_SEND_DESCRIPTOR_SIZE + 7];
    assert_int_equal(reads(bench), 1);
    assert_true(lines_contain(&bench->log, "byte 7 of slot 16 of the send ring was read"));
}

static void look_into_the_ring(void *context, const char *line)
{
    (void)line;
    (void)send_ring(context)[0];
}

/* As a hook may, or the engine where a region lies over what has become a ring: under its lock. */
static void the_model_may_read(void **state)
{
    struct bench *bench = *state;
    struct efasim_inprocess_hooks hooks = {.context = bench, .trace = look_into_the_ring};
    struct efasim_trace_filter all = {EFASIM_TRACE_ALL, false, EFASIM_ALL_DEVICES, 0};

    start(bench);
    efasim_inprocess_set_hooks(bench->inprocess, &hooks);
    efasim_set_trace(bench->model, &all);
    bench_send(&bench->from, &bench->from, 1);
    raw_expect_send(&bench->from, 1, EFA_STATUS_OK);
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
    size_t left = sizeof text;

    start(bench);
    raw_endpoint_open(&bench->worlds[0], &bench->to, &raw_srd);
    from = (const void *)(uintptr_t)bench->from.qp.info.sq;
    to = (void *)(uintptr_t)bench->to.qp.info.sq;
    memcpy((void *)(uintptr_t)bench->from.qp.info.sq, text, sizeof text);
    assert_int_equal(reads(bench), 0);
    __asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(left) : : "memory");
    assert_true(reads(bench) >= 1);
    assert_memory_equal((const void *)(uintptr_t)bench->to.qp.info.sq, text, sizeof text);
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

/* The pages are open while either writes: no write may be lost or go unnoticed. */
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
    int status = status_of_child(*state, beyond_the_ring);

    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    status = status_of_child(*state, a_trap);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTRAP);
}

static void an_ignored_trap(struct bench *bench)
{
    signal(SIGTRAP, SIG_IGN);
    start(bench);
    raise(SIGTRAP);
    send_ring(bench)[0] = 1;
    _exit(42);
}

static void a_signal_that_was_ignored_still_is(void **state)
{
    int status = status_of_child(*state, an_ignored_trap);

    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}

static void log_with_error(void *context, enum efasim_log_level level, const char *line)
{
    (void)context;
    (void)level;
    (void)line;
    errno = EPERM;
}

static void errno_is_the_clients(void **state)
{
    struct bench *bench = *state;
    struct efasim_inprocess_hooks hooks = {.log = log_with_error};
    volatile int *error = &errno;

    start(bench);
    efasim_inprocess_set_hooks(bench->inprocess, &hooks);
    *error = EDOM;
    (void)send_ring(bench)[0];
    assert_int_equal(*error, EDOM);
    assert_int_equal(reads(bench), 1);
}

static volatile sig_atomic_t own_signals, on_own_stack;
static char own_stack[65536];

static void own_handler(int number)
{
    stack_t stack;

    (void)number;
    own_signals++;
    if (sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_ONSTACK) != 0)
        on_own_stack++;
}

static void who_handled_signals_before_does_so_again(void **state)
{
    static const int numbers[] = {SIGSEGV, SIGTRAP};
    struct bench *bench = *state;
    struct sigaction own = {.sa_handler = own_handler, .sa_flags = SA_ONSTACK}, earlier[2], now;
    stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack}, earlier_stack;

    assert_int_equal(sigaltstack(&stack, &earlier_stack), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(sigaction(numbers[i], &own, &earlier[i]), 0);
    start(bench);
    for (unsigned i = 0; i < 2; i++)
        raise(numbers[i]);
    bench_stop(bench);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(sigaction(numbers[i], &earlier[i], &now), 0);
        assert_true(now.sa_handler == own_handler);
    }
    assert_int_equal(sigaltstack(&earlier_stack, NULL), 0);
    assert_int_equal(own_signals, 2);
    assert_int_equal(on_own_stack, 2);
}

static struct sigaction before_the_later;

static void later_handler(int number, siginfo_t *info, void *context)
{
    own_signals++;
    before_the_later.sa_sigaction(number, info, context);
}

static void who_handles_signals_after_us_keeps_them(void **state)
{
    struct bench *bench = *state;
    struct sigaction later = {.sa_sigaction = later_handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
    struct sigaction now;

    start(bench);
    assert_int_equal(sigaction(SIGSEGV, &later, &before_the_later), 0);
    own_signals = 0;
    (void)send_ring(bench)[0];
    assert_int_equal(own_signals, 1);
    assert_int_equal(reads(bench), 1);
    bench_stop(bench);
    assert_int_equal(sigaction(SIGSEGV, NULL, &now), 0);
    assert_true((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == later_handler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(traffic_goes_on_as_ever),
        BENCH_TEST(a_read_of_the_send_ring_is_found_out),
        BENCH_TEST(each_read_is_counted_and_can_end_the_run),
        BENCH_TEST(a_read_of_a_doorbell_is_found_out),
        BENCH_TEST(memory_of_the_host_may_be_read),
        BENCH_TEST(what_follows_a_small_ring_may_not),
        BENCH_TEST(the_model_may_read),
#if defined(__x86_64__)
        BENCH_TEST(an_instruction_may_touch_two),
#endif
        BENCH_TEST(threads_write_at_the_same_time),
        BENCH_TEST(other_faults_are_what_they_were),
        BENCH_TEST(a_signal_that_was_ignored_still_is),
        BENCH_TEST(errno_is_the_clients),
        BENCH_TEST(who_handled_signals_before_does_so_again),
        BENCH_TEST(who_handles_signals_after_us_keeps_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
