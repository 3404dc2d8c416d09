/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The promise of one thread, broken: debug builds notice. (lib_exclusive_test: kept.) */
#include <string.h>

#include "lib_support.h"
#include "verbs/cq.h"

static struct ibv_cq_ex *make_exclusive_cq(struct world *world)
{
    struct ibv_cq_init_attr_ex attr;
    struct ibv_cq_ex *cq;

    memset(&attr, 0, sizeof attr);
    attr.cqe = 16;
    attr.comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS;
    attr.flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED;
    cq = ibv_create_cq_ex(world->context, &attr);
    assert_non_null(cq);
    return cq;
}

static void a_broken_promise_is_logged_in_debug_builds(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = ibv_cq_ex_to_cq(make_exclusive_cq(world));
    struct efa_spinlock *lock = &efa_cq_of(cq)->queue.lock;
    struct ibv_wc wc;

    log_forget();
    lock->holder = EFA_HELD_BY_CALL; /* as if another thread were in the midst of a poll */
    assert_int_equal(ibv_poll_cq(cq, 1, &wc), 0);
#ifndef NDEBUG
    assert_log("two threads at once use a queue that was promised to one");
#else
    assert_string_equal(log_last(), "");
#endif
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_broken_promise_is_logged_in_debug_builds),
    };

    return cmocka_run_group_tests_name("thread domains", tests, NULL, NULL);
}
