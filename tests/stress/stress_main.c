/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Threads that post, poll, create, destroy, modify and register, on shared and on separate objects,
 * while another runs the simulated device, which ends the program at any breach of its rules. Each
 * thread makes a number of calls chosen by its own random sequence; how the threads interleave is
 * the machine's affair. Every request's ticket must come back once.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/options.h"
#include "os/log.h"
#include "stress.h"

const char *const tool_name = "stress";

static struct stress stress;

void stress_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "stress: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\nstress: seed %llu\n", (unsigned long long)stress.seed);
    va_end(arguments);
    abort();
}

uint32_t next_random(struct worker *worker, uint32_t bound)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    worker->random ^= worker->random << 17;
    return (uint32_t)(((worker->random >> 32) * bound) >> 32);
}

void count_calls(struct worker *worker, enum action action, unsigned calls)
{
    worker->operations += calls;
    worker->made[action] += calls;
}

/* Lines about the adapter's errors and about completions that were dropped mean a defect. */
static void judge_log(void *argument, enum efa_log_level level, const char *line)
{
    (void)argument;
    if (level == EFA_LOG_ERROR || strstr(line, "dropped"))
        stress_fail("the library logged: %s", line);
}

static void act_on_shared(struct worker *worker)
{
    struct stress *all = worker->stress;
    struct owner *shared = &all->owners[next_random(worker, SHARED_QPS)];
    struct owner *other = &all->owners[next_random(worker, SHARED_QPS)];
    struct owner *passing = &all->owners[SHARED_QPS + worker->index];
    struct owner *from = next_random(worker, 8) == 0 && passing->qp ? passing : shared;
    struct shared_cq *cq = &all->cqs[next_random(worker, SHARED_CQS)];
    struct ibv_qp_attr attr;
    struct ibv_qp_init_attr init;
    uint32_t dice = next_random(worker, 1000);

    if (next_random(worker, 4) == 0)
        end_left_sessions_in_passing(worker);
    if (dice < 180) {
        post_some_sends(worker, from, other);
    } else if (dice < 400) {
        post_some_recvs(worker, from);
    } else if (dice < 500) {
        send_in_session(worker, from, other);
    } else if (dice < 760) {
        poll_shared(worker, cq);
    } else if (dice < 960) {
        poll_shared_in_session(worker, cq);
    } else if (dice < 970) {
        send_with_new_ah(worker, from, other);
    } else if (dice < 980) {
        send_from_new_mr(worker, from, other);
    } else if (dice < 988) {
        replace_passing(worker, passing);
    } else if (dice < 990) {
        REQUIRE(ibv_query_qp(shared->qp, &attr, IBV_QP_STATE, &init) == 0);
        count_calls(worker, QUERY_QP, 1);
    } else if (dice < 995) {
        reset_shared(worker, shared);
    } else {
        drain_shared(worker, shared);
    }
}

static void *work(void *argument)
{
    struct worker *worker = argument;

    while (worker->operations < worker->limit) {
        if (next_random(worker, 200) == 0) {
            live_separately(worker);
            continue;
        }
        begin_passing(worker);
        act_on_shared(worker);
        end_passing(worker);
    }
    begin_passing(worker);
    end_left_sessions_in_passing(worker);
    end_passing(worker);
    return NULL;
}

static void report(double seconds)
{
    static const char *const names[ACTIONS] = {
        "ibv_post_send", "ibv_post_recv",  "wr_* sessions",   "ibv_poll_cq",
        "poll sessions", "ibv_modify_qp",  "ibv_query_qp",    "queue pairs",
        "CQs",           "memory regions", "address handles", "contexts and domains",
    };
    uint64_t calls = 0, completions = 0, handed_over = 0, busy = 0, messages = 0, requests = 0;
    uint64_t forfeited = 0, failed = 0, flushed = 0, drained = 0, reset = 0, rejected = 0;

    for (unsigned i = 0; i < stress.worker_count; i++) {
        const struct worker *worker = &stress.workers[i];

        calls += worker->operations;
        completions += worker->completions;
        handed_over += worker->handed_over;
        busy += worker->busy;
        messages += worker->private_messages;
    }
    for (unsigned i = 0; i < OWNERS; i++) {
        const struct owner *owner = &stress.owners[i];

        messages += owner->recvs_ok;
        requests += owner->sends.taken + owner->recvs.taken;
        rejected += owner->sends.rejected + owner->recvs.rejected;
        forfeited += owner->sends.forfeited + owner->recvs.forfeited;
        flushed += owner->flushed;
        failed += owner->failed;
        drained += owner->times[0];
        reset += owner->times[1];
    }
    for (unsigned action = 0; action < ACTIONS; action++) {
        uint64_t made = 0;

        for (unsigned i = 0; i < stress.worker_count; i++)
            made += stress.workers[i].made[action];
        printf("%12llu  %s\n", (unsigned long long)made, names[action]);
    }
    printf(
        "%llu messages received; on shared queues %llu requests: %llu completed (%llu flushed, "
        "%llu failed), %llu rejected, %llu removed with their queue\n",
        (unsigned long long)messages, (unsigned long long)requests, (unsigned long long)completions,
        (unsigned long long)flushed, (unsigned long long)failed, (unsigned long long)rejected,
        (unsigned long long)forfeited);
    printf(
        "%llu resets, %llu drained through ERR, %llu busy, %llu sessions ended by another "
        "thread\n",
        (unsigned long long)reset, (unsigned long long)drained, (unsigned long long)busy,
        (unsigned long long)handed_over);
    printf("%llu operations in %.2f s: %.0f thousand/s, %u threads, seed %llu: all accounted for\n",
           (unsigned long long)calls, seconds, (double)calls / seconds * 1e-3,
           stress.worker_count + 1, (unsigned long long)stress.seed);
}

static void run(uint64_t operations)
{
    pthread_t threads[MAX_WORKERS];
    struct efasim_config config;
    uint64_t start = tool_now_ns();

    efasim_config_default(&config);
    config.abort_on_violation = true;
    config.poison_send_ring = true;
    config.reorder_window = 16;
    config.reorder_probability = 200000;
    config.seed = stress.seed;
    stress.world = world_create(&config);
    efa_log_redirect(judge_log, NULL);
    REQUIRE(efasim_inprocess_start_engine(stress.world->sim));
    shared_create(&stress);
    for (unsigned i = 0; i < stress.worker_count; i++) {
        struct worker *worker = &stress.workers[i];

        worker->stress = &stress;
        worker->index = i;
        worker->random = (stress.seed + 1) * 0x9e3779b97f4a7c15u + i * 0x1234567u;
        worker->limit = operations / stress.worker_count;
        worker->scratch = calloc(1, sizeof *worker->scratch);
        REQUIRE(worker->scratch != NULL);
    }
    for (unsigned i = 0; i < stress.worker_count; i++)
        REQUIRE(pthread_create(&threads[i], NULL, work, &stress.workers[i]) == 0);
    for (unsigned i = 0; i < stress.worker_count; i++)
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    shared_finish(&stress, &stress.workers[0]);
    for (unsigned i = 0; i < stress.worker_count; i++)
        free(stress.workers[i].scratch);
    efasim_inprocess_stop_engine(stress.world->sim);
    world_destroy(stress.world);
    report((double)(tool_now_ns() - start) * 1e-9);
}

int main(int argc, char **argv)
{
    uint64_t operations = 1000000, workers = MAX_WORKERS;
    int status;

    stress.seed = 1;

    const struct tool_option options[] = {
        {'n', "operations", TOOL_NUMBER, &operations, 1, UINT64_MAX, "N",
         "calls to make, over all threads (default 1000000)"},
        {'s', "seed", TOOL_NUMBER, &stress.seed, 0, UINT64_MAX - 1, "N",
         "of what each thread does (default 1)"},
        {'t', "threads", TOOL_NUMBER, &workers, 1, MAX_WORKERS, "N",
         "that make calls (default 3); one more runs the device"},
    };
    const struct tool_command_line line = {
        .synopsis = "[OPTION...]",
        .summary = "Threads at work on one simulated EFA, every request accounted for.",
        .examples = "  stress --operations 100000000 --seed 7\n",
        .options = options,
        .option_count = EFA_ARRAY_SIZE(options),
    };

    if (!tool_parse_options(&line, argc, argv, &status))
        return status;
    stress.worker_count = (unsigned)workers;
    run(operations);
    return 0;
}
