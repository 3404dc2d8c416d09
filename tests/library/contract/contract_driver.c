/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The contract for driver errors: for each error of each command, the caller gets the errno that a
 * verbs caller expects, nothing is lost, and the same call works once the driver succeeds.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "contract.h"
#include "driver/errors.h"
#include "driver/protocol.h"
#include "driver_errors.h"

static char memory[64];

/* What the requests work on. */
struct objects {
    struct world *world;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
};

static const void *alloc_pd(struct objects *o)
{
    return ibv_alloc_pd(o->world->context);
}

static int dealloc_pd(struct objects *o, const void *object)
{
    (void)o;
    return ibv_dealloc_pd((struct ibv_pd *)(uintptr_t)object);
}

static const void *reg_mr(struct objects *o)
{
    return ibv_reg_mr(o->world->pd, memory, sizeof memory, IBV_ACCESS_LOCAL_WRITE);
}

static int dereg_mr(struct objects *o, const void *object)
{
    (void)o;
    return ibv_dereg_mr((struct ibv_mr *)(uintptr_t)object);
}

static const void *create_ah(struct objects *o)
{
    struct ibv_ah_attr attr = {.is_global = 1, .port_num = 1};

    assert_int_equal(ibv_query_gid(o->world->context, 1, 0, &attr.grh.dgid), 0);
    attr.grh.dgid.raw[15] ^= 1; /* for its own address the world has a handle */
    return ibv_create_ah(o->world->pd, &attr);
}

static int destroy_ah(struct objects *o, const void *object)
{
    (void)o;
    return ibv_destroy_ah((struct ibv_ah *)(uintptr_t)object);
}

static const void *create_cq(struct objects *o)
{
    return ibv_create_cq(o->world->context, 4, NULL, NULL, 0);
}

static int destroy_cq(struct objects *o, const void *object)
{
    (void)o;
    return ibv_destroy_cq((struct ibv_cq *)(uintptr_t)object);
}

static const void *create_qp(struct objects *o)
{
    struct ibv_qp_init_attr attr = {
        .send_cq = o->cq, .recv_cq = o->cq, .cap = default_cap(), .qp_type = IBV_QPT_UD};

    return ibv_create_qp(o->world->pd, &attr);
}

static int destroy_qp(struct objects *o, const void *object)
{
    (void)o;
    return ibv_destroy_qp((struct ibv_qp *)(uintptr_t)object);
}

/* A request that makes something and the one that undoes it. */
static const struct pair {
    const char *create_name, *destroy_name;
    uint32_t create_code, destroy_code;
    const void *(*create)(struct objects *o);
    int (*destroy)(struct objects *o, const void *object);
} pairs[] = {
    {"ALLOC_PD", "DEALLOC_PD", EFA_ALLOC_PD, EFA_DEALLOC_PD, alloc_pd, dealloc_pd},
    {"REG_MR", "DEREG_MR", EFA_REG_MR, EFA_DEREG_MR, reg_mr, dereg_mr},
    {"ALLOC_AH", "DEALLOC_AH", EFA_ALLOC_AH, EFA_DEALLOC_AH, create_ah, destroy_ah},
    {"CREATE_CQ", "DESTROY_CQ", EFA_CREATE_CQ, EFA_DESTROY_CQ, create_cq, destroy_cq},
    {"CREATE_QP", "DESTROY_QP", EFA_CREATE_QP, EFA_DESTROY_QP, create_qp, destroy_qp},
};

static struct intercept_rule *fail_requests(struct world *world, uint32_t code,
                                            const struct driver_error *error)
{
    struct intercept_rule *rule = intercept_add(&world->intercept, code);

    assert_non_null(rule);
    rule->error = error->win32;
    rule->carried_out = error->object == REQUEST_DONE;
    return rule;
}

/* The library's table and the one expected here have the same rows. */
static void no_other_rows(void **state)
{
    const char *unknown = efa_error_meaning(UINT32_MAX)->name;

    begin_case(*state, "table of the driver's errors", "each row is expected");
    for (uint32_t win32 = 0; win32 < 0x10000; win32++) {
        const struct efa_error_meaning *meaning = efa_error_meaning(win32);
        unsigned row = 0;

        while (row < driver_error_count && driver_errors[row].win32 != win32)
            row++;
        if (row == driver_error_count) {
            if (strcmp(meaning->name, unknown) != 0)
                fail_msg("%s (%u) is not expected", meaning->name, win32);
            continue;
        }
        if (strcmp(meaning->name, driver_errors[row].name) != 0)
            fail_msg("%u is %s, not %s", win32, meaning->name, driver_errors[row].name);
        equals((uint64_t)meaning->error, (uint64_t)driver_errors[row].error);
    }
}

static void creating(struct objects *objects, const struct pair *pair,
                     const struct driver_error *error)
{
    char log[128];

    snprintf(log, sizeof log, "%s: the driver replied %s (Win32 error %u, errno %d)",
             pair->create_name, error->name, error->win32, error->error);
    begin_case(objects->world, pair->create_name, "Win32 error %u", error->win32);
    fail_requests(objects->world, pair->create_code, error);
    rejected_null(pair->create(objects), error->error, log);
    intercept_clear(&objects->world->intercept);
}

static void destroying(struct objects *objects, const struct pair *pair,
                       const struct driver_error *error)
{
    struct world *world = objects->world;
    const void *object = pair->create(objects);
    char log[128];

    assert_non_null(object);
    snprintf(log, sizeof log, "%s: the driver replied %s", pair->destroy_name, error->name);
    begin_case(world, pair->destroy_name, "Win32 error %u", error->win32);
    fail_requests(world, pair->destroy_code, error);
    if (error->object == OBJECT_GONE || error->object == REQUEST_DONE) {
        granted(pair->destroy(objects, object));
        holds(log_contains(log) && log_contains("treated as done"));
    } else {
        rejected(pair->destroy(objects, object), error->error, log);
        intercept_clear(&world->intercept);
        granted(pair->destroy(objects, object));
    }
    intercept_clear(&world->intercept);
}

static void creating_and_destroying(void **state)
{
    struct world *world = *state;

    for (unsigned p = 0; p < EFA_ARRAY_SIZE(pairs); p++) {
        for (unsigned e = 0; e < driver_error_count; e++) {
            struct objects objects = {.world = world, .cq = make_cq(world, 16)};

            creating(&objects, &pairs[p], &driver_errors[e]);
            destroying(&objects, &pairs[p], &driver_errors[e]);
            assert_int_equal(ibv_destroy_cq(objects.cq), 0);
            /* Of a failed creation the context may know no more: each begins with a new one. */
            world_leave(world);
            world_enter(world, efasim_inprocess_transport(world->sim, 0));
        }
    }
}

/*
 * A region that the driver registered while it reported an error, without its key, keeps the PD in
 * use. The PD can be deallocated where the error leaves open, or says, that there may be a region.
 */
static void what_a_failed_creation_left(void **state)
{
    static const struct driver_error gone = {1168, ENOENT, OBJECT_GONE, false, "ERROR_NOT_FOUND"};
    struct world *world = *state;

    for (unsigned e = 0; e < driver_error_count; e++) {
        const struct driver_error *error = &driver_errors[e];
        struct ibv_pd *pd = ibv_alloc_pd(world->context);
        struct intercept_rule *rule;

        assert_non_null(pd);
        rule = fail_requests(world, EFA_REG_MR, error);
        rule->carried_out = true;
        rule->set_returned = true;
        rule->returned = 0;
        assert_null(ibv_reg_mr(pd, memory, sizeof memory, IBV_ACCESS_LOCAL_WRITE));
        intercept_clear(&world->intercept);
        begin_case(world, "DEALLOC_PD", "after REG_MR failed with Win32 error %u, carried out",
                   error->win32);
        if (error->object == OBJECT_UNKNOWN || error->object == REQUEST_DONE) {
            granted(ibv_dealloc_pd(pd));
            holds(log_contains("treated as done"));
        } else {
            rejected(ibv_dealloc_pd(pd), EBUSY, "ERROR_BUSY");
            fail_requests(world, EFA_DEALLOC_PD, &gone);
            granted(ibv_dealloc_pd(pd));
            intercept_clear(&world->intercept);
        }
        world_leave(world);
        world_enter(world, efasim_inprocess_transport(world->sim, 0));
    }
}

/* Whatever a driver says once its adapter is gone: what a client has, it can destroy in order. */
static void destroying_without_an_adapter(void **state)
{
    struct world *world = *state;

    for (unsigned e = 0; e < driver_error_count; e++) {
        struct objects objects = {.world = world};
        const void *made[EFA_ARRAY_SIZE(pairs)];

        if (driver_errors[e].object != OBJECT_GONE)
            continue;
        objects.cq = make_cq(world, 16);
        for (unsigned p = 0; p < EFA_ARRAY_SIZE(pairs); p++) {
            made[p] = pairs[p].create(&objects);
            assert_non_null(made[p]);
        }
        begin_case(world, "removal", "Win32 error %u to every request", driver_errors[e].win32);
        world->intercept.every_error = driver_errors[e].win32;
        for (unsigned p = EFA_ARRAY_SIZE(pairs); p-- > 0;)
            granted(pairs[p].destroy(&objects, made[p]));
        granted(ibv_destroy_cq(objects.cq));
        /* The cause, and that what is left ends with the context; not for each object again. */
        if (driver_errors[e].error != ENOENT)
            equals(log_line_count(), 2);
        world_leave(world);
        world_enter(world, efasim_inprocess_transport(world->sim, 0));
    }
}

static void modifying(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *qp = make_srd(world, cq);

    for (unsigned e = 0; e < driver_error_count; e++) {
        const struct driver_error *error = &driver_errors[e];
        struct ibv_qp_attr attr = {.qp_state = IBV_QPS_INIT, .port_num = 1, .qkey = QKEY};
        const int mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY;

        begin_case(world, "MODIFY_QP", "to INIT, Win32 error %u", error->win32);
        fail_requests(world, EFA_MODIFY_QP, error)->carried_out = false;
        rejected(ibv_modify_qp(qp, &attr, mask), error->error, error->name);
        equals(qp->state, IBV_QPS_RESET);
        intercept_clear(&world->intercept);
        granted(ibv_modify_qp(qp, &attr, mask));

        attr.qp_state = IBV_QPS_RESET;
        begin_case(world, "MODIFY_QP", "to RESET, Win32 error %u", error->win32);
        fail_requests(world, EFA_MODIFY_QP, error)->carried_out = false;
        rejected(ibv_modify_qp(qp, &attr, IBV_QP_STATE), error->error, error->name);
        equals(qp->state, IBV_QPS_INIT);
        intercept_clear(&world->intercept);
        granted(ibv_modify_qp(qp, &attr, IBV_QP_STATE));
    }
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void opening(void **state)
{
    struct world *world = *state;

    for (unsigned e = 0; e < driver_error_count; e++) {
        int error = driver_error_of_opening(&driver_errors[e]);
        const char *log = error == EPROTONOSUPPORT ? "none of the interface versions 3, 2 and 1"
                                                   : driver_errors[e].name;
        struct ibv_device **list;
        int count = -1;

        begin_case(world, "QUERY_DEVICE", "opening, Win32 error %u", driver_errors[e].win32);
        fail_requests(world, EFA_QUERY_DEVICE, &driver_errors[e]);
        rejected_null(ibv_open_device(world->context->device), error, log);

        begin_case(world, "QUERY_DEVICE", "listing, Win32 error %u", driver_errors[e].win32);
        list = ibv_get_device_list(&count);
        equals((uint64_t)errno, (uint64_t)error);
        granted_object(list);
        equals((uint64_t)count, 0);
        holds(!list[0] && log_contains(log));
        ibv_free_device_list(list);
        intercept_clear(&world->intercept);
        equals(world->intercept.opens, world->intercept.closes + 1);
    }
}

int contract_driver(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(no_other_rows),
        WORLD_TEST(creating_and_destroying),
        WORLD_TEST(what_a_failed_creation_left),
        WORLD_TEST(destroying_without_an_adapter),
        WORLD_TEST(modifying),
        WORLD_TEST(opening),
    };

    return cmocka_run_group_tests_name("contract: failures of the driver", tests, NULL, NULL);
}
