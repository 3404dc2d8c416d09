/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A service that dies under its clients: to them the adapter was removed. Each case has a service
 * in a process of its own, which is killed.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fronts/service/service.h"
#include "verbs_user.h"

enum { PATIENCE_SECONDS = 30, BUFFER = 256, CQE = 512 };

struct world {
    char folder[32];
    pid_t service;
    struct verbs_user user;
    uint64_t seen; /* wr_ids 0 to 63 that were flushed */
};

/* In the child: serves until it is killed, or its parent ends. */
static void serve(int ready)
{
    struct efasim_service_options options = {0};
    struct efasim_instance instance;
    struct efasim_config config;
    char message[256];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    efasim_config_second_generation(&config);
    options.config = &config;
    options.instance = &instance;
    if (!efasim_instance_find(NULL, &instance, message, sizeof message) ||
        !efasim_service_start(&options, message, sizeof message)) {
        fprintf(stderr, "%s\n", message);
        _exit(1);
    }
    if (write(ready, "", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static void start_service(struct world *world)
{
    int ends[2];
    char byte;

    assert_int_equal(pipe(ends), 0);
    world->service = fork();
    assert_true(world->service >= 0);
    if (world->service == 0)
        serve(ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
}

static void kill_service(struct world *world)
{
    kill(world->service, SIGKILL);
    waitpid(world->service, NULL, 0);
    world->service = 0;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    strcpy(world->folder, "/tmp/efasim-test-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    setenv("XDG_RUNTIME_DIR", world->folder, 1);
    unsetenv("EFASIM_INSTANCE");
    start_service(world);
    user_open(&world->user, 64 * BUFFER, IBV_ACCESS_LOCAL_WRITE, CQE);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    char command[64];

    user_close(&world->user);
    if (world->service)
        kill_service(world);
    snprintf(command, sizeof command, "rm -r %s", world->folder);
    assert_int_equal(system(command), 0);
    free(world);
    return 0;
}

static void take_note(struct world *world, const struct ibv_wc *wc)
{
    assert_int_equal(wc->status, IBV_WC_WR_FLUSH_ERR);
    assert_true(wc->wr_id < 64);
    assert_int_equal(world->seen >> wc->wr_id & 1, 0); /* each but once */
    world->seen |= UINT64_C(1) << wc->wr_id;
}

/* Until that many requests, from wr_id 0 on, were flushed. */
static void expect_flushed(struct world *world, unsigned count)
{
    uint64_t all = count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
    time_t begin = time(NULL);
    struct ibv_wc wc[16];

    while (world->seen != all && time(NULL) - begin < PATIENCE_SECONDS) {
        int got = ibv_poll_cq(ibv_cq_ex_to_cq(world->user.cq), 16, wc);

        assert_true(got >= 0);
        for (int i = 0; i < got; i++)
            take_note(world, &wc[i]);
    }
    assert_int_equal(world->seen, all);
}

/* Long enough for a loss to be noticed. */
static void expect_no_completions(struct world *world)
{
    struct ibv_wc wc;

    for (int i = 0; i < 100; i++) {
        struct timespec pause = {0, 1000000};

        assert_int_equal(ibv_poll_cq(ibv_cq_ex_to_cq(world->user.cq), 1, &wc), 0);
        nanosleep(&pause, NULL);
    }
}

static void post_receives(struct world *world, struct ibv_qp *qp, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        assert_int_equal(user_post_receive(&world->user, qp, i, (size_t)i * BUFFER, BUFFER), 0);
}

/* To a queue pair that has no receives: they stay outstanding. */
static void post_sends(struct world *world, struct ibv_qp *qp, uint32_t to, unsigned first,
                       unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        assert_int_equal(user_post_send(&world->user, qp, i, 0, BUFFER, world->user.self, to), 0);
}

static void what_is_outstanding_is_flushed(void **state)
{
    struct world *world = *state;
    struct ibv_qp *srd = user_make_qp(&world->user, true, false);
    struct ibv_qp *ud = user_make_qp(&world->user, false, false);
    struct ibv_qp *deaf = user_make_qp(&world->user, true, false);

    post_receives(world, srd, 0, 10);
    post_receives(world, ud, 10, 10);
    post_sends(world, srd, deaf->qp_num, 20, 20);
    expect_no_completions(world);
    kill_service(world);
    expect_flushed(world, 40);
    expect_no_completions(world);
    assert_int_equal(ibv_destroy_qp(srd), 0);
    assert_int_equal(ibv_destroy_qp(ud), 0);
    assert_int_equal(ibv_destroy_qp(deaf), 0);
}

static void what_is_posted_afterwards_is_flushed(void **state)
{
    struct world *world = *state;
    struct ibv_qp *qp = user_make_qp(&world->user, true, false);

    kill_service(world);
    for (int round = 0; round < 10; round++) { /* the completion ring and the queues wrap */
        world->seen = 0;
        post_sends(world, qp, 1, 0, 32);
        post_receives(world, qp, 32, 32);
        expect_flushed(world, 64);
    }
    assert_int_equal(ibv_destroy_qp(qp), 0);
}

static void polling_sessions_see_it(void **state)
{
    struct world *world = *state;
    struct ibv_qp *qp = user_make_qp(&world->user, true, false);
    struct ibv_poll_cq_attr attr = {0};
    time_t begin = time(NULL);
    int error;

    post_receives(world, qp, 0, 3);
    kill_service(world);
    do
        error = ibv_start_poll(world->user.cq, &attr);
    while (error == ENOENT && time(NULL) - begin < PATIENCE_SECONDS);
    for (int i = 0; i < 3; i++) {
        const struct ibv_wc wc = {.wr_id = world->user.cq->wr_id, .status = world->user.cq->status};

        assert_int_equal(error, 0);
        take_note(world, &wc);
        error = ibv_next_poll(world->user.cq);
    }
    assert_int_equal(error, ENOENT);
    ibv_end_poll(world->user.cq);
    assert_int_equal(world->seen, 7);
    assert_int_equal(ibv_destroy_qp(qp), 0);
}

/* What a session has not rung may still be taken back: it is not outstanding. */
static void open_session_keeps_its_requests(void **state)
{
    struct world *world = *state;
    struct ibv_qp *qp = user_make_qp(&world->user, true, false);
    struct ibv_qp_ex *ex = ibv_qp_to_qp_ex(qp);

    assert_non_null(ex);
    kill_service(world);
    ibv_wr_start(ex);
    ex->wr_id = 63;
    ibv_wr_send(ex);
    ibv_wr_set_ud_addr(ex, world->user.self, 1, USER_QKEY);
    ibv_wr_set_sge(ex, world->user.mr->lkey, (uint64_t)(uintptr_t)world->user.memory, 8);
    ex->wr_id = 62;
    ibv_wr_send(ex); /* the one before is in the ring now */
    expect_no_completions(world);
    ibv_wr_abort(ex);
    post_sends(world, qp, 1, 0, 20);
    expect_flushed(world, 20);
    expect_no_completions(world);
    assert_int_equal(ibv_destroy_qp(qp), 0);
}

static void requests_fail_and_objects_can_be_destroyed(void **state)
{
    struct world *world = *state;
    struct ibv_qp *qp = user_make_qp(&world->user, true, false);
    struct ibv_qp_attr to_error = {.qp_state = IBV_QPS_ERR};
    struct ibv_device **list;
    int count = -1;

    kill_service(world);
    assert_null(ibv_alloc_pd(world->user.context));
    assert_int_equal(errno, ENODEV);
    assert_null(ibv_create_cq(world->user.context, 1, NULL, NULL, 0));
    assert_int_equal(errno, ENODEV);
    assert_int_equal(ibv_modify_qp(qp, &to_error, IBV_QP_STATE), ENODEV);
    list = ibv_get_device_list(&count);
    assert_non_null(list);
    assert_int_equal(count, 0);
    assert_int_equal(errno, ENODEV);
    ibv_free_device_list(list);
    assert_int_equal(ibv_destroy_qp(qp), 0);
}

/* To a client of the first service, the next service of the same name is another adapter. */
static void next_service_serves_who_opens_anew(void **state)
{
    struct world *world = *state;
    struct ibv_qp *qp = user_make_qp(&world->user, true, false);
    struct verbs_user other;

    kill_service(world);
    start_service(world);
    assert_null(ibv_alloc_pd(world->user.context));
    assert_int_equal(errno, ENODEV);
    user_open(&other, BUFFER, IBV_ACCESS_LOCAL_WRITE, CQE);
    user_close(&other);
    post_receives(world, qp, 0, 1);
    expect_flushed(world, 1);
    assert_int_equal(ibv_destroy_qp(qp), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_outstanding_is_flushed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_posted_afterwards_is_flushed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(polling_sessions_see_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(open_session_keeps_its_requests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_fail_and_objects_can_be_destroyed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(next_service_serves_who_opens_anew, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
