/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The contract: whatever the driver answers to whichever request, the caller sees the errno that a
 * verbs caller expects, nothing is lost, and the same call works once the driver does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "contract.h"
#include "driver/protocol.h"

static const struct {
    uint32_t win32;
    int error;
    const char *name;
} answers[] = {
    {1, EOPNOTSUPP, "ERROR_INVALID_FUNCTION"},
    {2, ENODEV, "ERROR_FILE_NOT_FOUND"},
    {3, ENODEV, "ERROR_PATH_NOT_FOUND"},
    {4, EMFILE, "ERROR_TOO_MANY_OPEN_FILES"},
    {5, EACCES, "ERROR_ACCESS_DENIED"},
    {6, EBADF, "ERROR_INVALID_HANDLE"},
    {8, ENOMEM, "ERROR_NOT_ENOUGH_MEMORY"},
    {14, ENOMEM, "ERROR_OUTOFMEMORY"},
    {21, EAGAIN, "ERROR_NOT_READY"},
    {31, EIO, "ERROR_GEN_FAILURE"},
    {32, EBUSY, "ERROR_SHARING_VIOLATION"},
    {50, EOPNOTSUPP, "ERROR_NOT_SUPPORTED"},
    {55, ENODEV, "ERROR_DEV_NOT_EXIST"},
    {87, EINVAL, "ERROR_INVALID_PARAMETER"},
    {122, EINVAL, "ERROR_INSUFFICIENT_BUFFER"},
    {170, EBUSY, "ERROR_BUSY"},
    {234, EINVAL, "ERROR_MORE_DATA"},
    {433, ENODEV, "ERROR_NO_SUCH_DEVICE"},
    {995, ECANCELED, "ERROR_OPERATION_ABORTED"},
    {998, EFAULT, "ERROR_NOACCESS"},
    {1117, EIO, "ERROR_IO_DEVICE"},
    {1167, ENODEV, "ERROR_DEVICE_NOT_CONNECTED"},
    {1168, ENOENT, "ERROR_NOT_FOUND"},
    {1306, EPROTONOSUPPORT, "ERROR_REVISION_MISMATCH"},
    {1450, ENOMEM, "ERROR_NO_SYSTEM_RESOURCES"},
    {1460, ETIMEDOUT, "ERROR_TIMEOUT"},
    {1617, ENODEV, "ERROR_DEVICE_REMOVED"},
    {9999, EIO, "unknown error"},
};

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

static void fail_requests(struct world *world, uint32_t code, uint32_t win32)
{
    struct intercept_rule *rule = intercept_add(&world->intercept, code);

    assert_non_null(rule);
    rule->error = win32;
}

/* There is nothing left to be ended: the adapter is gone, or the driver has no such object. */
static bool means_gone(int error)
{
    return error == ENODEV || error == ENOENT || error == EACCES;
}

static void creating_and_destroying(void **state)
{
    struct world *world = *state;

    for (unsigned p = 0; p < EFA_ARRAY_SIZE(pairs); p++) {
        for (unsigned a = 0; a < EFA_ARRAY_SIZE(answers); a++) {
            struct objects objects = {.world = world, .cq = make_cq(world, 16)};
            const struct pair *pair = &pairs[p];
            const void *object;
            char log[128];

            snprintf(log, sizeof log, "%s: the driver answered %s (Win32 error %u, errno %d)",
                     pair->create_name, answers[a].name, answers[a].win32, answers[a].error);
            begin_case(world, pair->create_name, "Win32 error %u", answers[a].win32);
            fail_requests(world, pair->create_code, answers[a].win32);
            refused_null(pair->create(&objects), answers[a].error, log);
            intercept_clear(&world->intercept);

            object = pair->create(&objects);
            assert_non_null(object);
            snprintf(log, sizeof log, "%s: the driver answered %s", pair->destroy_name,
                     answers[a].name);
            begin_case(world, pair->destroy_name, "Win32 error %u", answers[a].win32);
            fail_requests(world, pair->destroy_code, answers[a].win32);
            if (means_gone(answers[a].error)) {
                granted(pair->destroy(&objects, object));
                holds(log_contains(log) && log_contains("counts as done"));
            } else {
                refused(pair->destroy(&objects, object), answers[a].error, log);
                intercept_clear(&world->intercept);
                granted(pair->destroy(&objects, object));
            }
            assert_int_equal(ibv_destroy_cq(objects.cq), 0);
            /* Of a failed creation the context may know no more: each begins with a new one. */
            world_leave(world);
            world_enter(world, efasim_inprocess_transport(world->sim, 0));
        }
    }
}

static void modifying(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp *qp = make_srd(world, cq);

    for (unsigned a = 0; a < EFA_ARRAY_SIZE(answers); a++) {
        struct ibv_qp_attr attr = {.qp_state = IBV_QPS_INIT, .port_num = 1, .qkey = QKEY};
        const int mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY;

        begin_case(world, "MODIFY_QP", "to INIT, Win32 error %u", answers[a].win32);
        fail_requests(world, EFA_MODIFY_QP, answers[a].win32);
        refused(ibv_modify_qp(qp, &attr, mask), answers[a].error, answers[a].name);
        equals(qp->state, IBV_QPS_RESET);
        intercept_clear(&world->intercept);
        granted(ibv_modify_qp(qp, &attr, mask));

        attr.qp_state = IBV_QPS_RESET;
        begin_case(world, "MODIFY_QP", "to RESET, Win32 error %u", answers[a].win32);
        fail_requests(world, EFA_MODIFY_QP, answers[a].win32);
        refused(ibv_modify_qp(qp, &attr, IBV_QP_STATE), answers[a].error, answers[a].name);
        equals(qp->state, IBV_QPS_INIT);
        intercept_clear(&world->intercept);
        granted(ibv_modify_qp(qp, &attr, IBV_QP_STATE));
    }
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

/* Answers that an older driver may give to a version it does not know. */
static bool may_be_about_the_version(uint32_t win32)
{
    return win32 == 1 || win32 == 31 || win32 == 50 || win32 == 87 || win32 == 122 || win32 == 1306;
}

static void opening(void **state)
{
    struct world *world = *state;

    for (unsigned a = 0; a < EFA_ARRAY_SIZE(answers); a++) {
        bool about_version = may_be_about_the_version(answers[a].win32);
        int error = about_version ? EPROTONOSUPPORT : answers[a].error;
        struct ibv_device **list;
        int count = -1;

        begin_case(world, "QUERY_DEVICE", "opening, Win32 error %u", answers[a].win32);
        fail_requests(world, EFA_QUERY_DEVICE, answers[a].win32);
        refused_null(ibv_open_device(world->context->device), error,
                     about_version ? "none of the interface versions 3, 2 and 1" : answers[a].name);

        begin_case(world, "QUERY_DEVICE", "listing, Win32 error %u", answers[a].win32);
        list = ibv_get_device_list(&count);
        equals((uint64_t)errno, (uint64_t)error);
        granted_object(list);
        equals((uint64_t)count, 0);
        holds(list[0] == NULL && log_last()[0]);
        ibv_free_device_list(list);
        intercept_clear(&world->intercept);
        equals(world->intercept.opens, world->intercept.closes + 1);
    }
}

int contract_driver(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(creating_and_destroying),
        WORLD_TEST(modifying),
        WORLD_TEST(opening),
    };

    return cmocka_run_group_tests_name("contract: failures of the driver", tests, NULL, NULL);
}
