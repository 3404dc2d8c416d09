/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Out of memory: each allocation of each call fails in turn. The call says ENOMEM, nothing is left
 * behind in the device or here, and it works once there is memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib_support.h"
#include "os/compiler.h"
#include "os/os.h"

/* The linker puts these in the place of the library's calls. */
void *__real_efa_os_alloc(size_t size);
void *__real_efa_os_alloc_aligned(size_t size, size_t alignment);
void *__wrap_efa_os_alloc(size_t size);
void *__wrap_efa_os_alloc_aligned(size_t size, size_t alignment);

int __real_efa_mutex_init(struct efa_mutex *mutex);
int __wrap_efa_mutex_init(struct efa_mutex *mutex);

static unsigned until_failure; /* allocations that still succeed, plus 1; 0: all do */
static unsigned failures;

static bool fails_now(void)
{
    if (until_failure == 0 || --until_failure != 0)
        return false;
    failures++;
    return true;
}

void *__wrap_efa_os_alloc(size_t size)
{
    return fails_now() ? NULL : __real_efa_os_alloc(size);
}

void *__wrap_efa_os_alloc_aligned(size_t size, size_t alignment)
{
    return fails_now() ? NULL : __real_efa_os_alloc_aligned(size, alignment);
}

/* A lock is a resource of the system, too. */
int __wrap_efa_mutex_init(struct efa_mutex *mutex)
{
    return fails_now() ? ENOMEM : __real_efa_mutex_init(mutex);
}

struct fixture {
    struct world *world;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
};

static char memory[64];

/* Each makes one thing and, where that worked, undoes it; false: NULL or an error, in errno. */

static bool get_list(struct fixture *f)
{
    struct ibv_device **list = ibv_get_device_list(NULL);

    (void)f;
    if (!list)
        return false;
    assert_non_null(list[0]);
    ibv_free_device_list(list);
    return true;
}

static bool open_device(struct fixture *f)
{
    struct ibv_context *context = ibv_open_device(f->world->context->device);

    if (context)
        assert_int_equal(ibv_close_device(context), 0);
    return context != NULL;
}

static bool alloc_pd(struct fixture *f)
{
    struct ibv_pd *pd = ibv_alloc_pd(f->world->context);

    if (pd)
        assert_int_equal(ibv_dealloc_pd(pd), 0);
    return pd != NULL;
}

static bool alloc_td(struct fixture *f)
{
    struct ibv_td_init_attr attr = {0};
    struct ibv_td *td = ibv_alloc_td(f->world->context, &attr);

    if (td)
        assert_int_equal(ibv_dealloc_td(td), 0);
    return td != NULL;
}

static bool alloc_parent_domain(struct fixture *f)
{
    struct ibv_parent_domain_init_attr attr = {.pd = f->world->pd};
    struct ibv_pd *pd = ibv_alloc_parent_domain(f->world->context, &attr);

    if (pd)
        assert_int_equal(ibv_dealloc_pd(pd), 0);
    return pd != NULL;
}

static bool reg_mr(struct fixture *f)
{
    struct ibv_mr *mr = ibv_reg_mr(f->world->pd, memory, sizeof memory, 1);

    if (mr)
        assert_int_equal(ibv_dereg_mr(mr), 0);
    return mr != NULL;
}

static bool create_ah(struct fixture *f)
{
    struct ibv_ah_attr attr = {.is_global = 1, .port_num = 1};
    struct ibv_ah *ah;

    attr.grh.dgid.raw[0] = 0xfe;
    ah = ibv_create_ah(f->world->pd, &attr);

    if (ah)
        assert_int_equal(ibv_destroy_ah(ah), 0);
    return ah != NULL;
}

static bool create_cq(struct fixture *f)
{
    struct ibv_cq *cq = ibv_create_cq(f->world->context, 16, NULL, NULL, 0);

    if (cq)
        assert_int_equal(ibv_destroy_cq(cq), 0);
    return cq != NULL;
}

static bool create_qp_on(struct fixture *f, struct ibv_cq *send_cq, struct ibv_cq *recv_cq)
{
    struct ibv_qp_init_attr attr = {
        .send_cq = send_cq, .recv_cq = recv_cq, .cap = default_cap(), .qp_type = IBV_QPT_UD};
    struct ibv_qp *qp = ibv_create_qp(f->world->pd, &attr);

    if (qp)
        assert_int_equal(ibv_destroy_qp(qp), 0);
    return qp != NULL;
}

/* On CQs that have no room in their maps yet. */
static bool create_qp(struct fixture *f)
{
    unsigned kept = until_failure;
    struct ibv_cq *cqs[2];
    bool made;
    int error;

    until_failure = 0;
    for (unsigned i = 0; i < 2; i++)
        cqs[i] = make_cq(f->world, 16);
    until_failure = kept;
    made = create_qp_on(f, cqs[0], cqs[1]);
    error = errno;
    until_failure = 0;
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(ibv_destroy_cq(cqs[i]), 0);
    errno = error;
    return made;
}

static bool reset_qp(struct fixture *f)
{
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_RESET};

    errno = ibv_modify_qp(f->qp, &attr, IBV_QP_STATE);
    return errno == 0;
}

static const struct {
    const char *call;
    bool (*make)(struct fixture *f);
    unsigned allocations; /* at least */
} calls[] = {
    {"ibv_get_device_list", get_list, 2},
    {"ibv_open_device", open_device, 2},
    {"ibv_alloc_pd", alloc_pd, 1},
    {"ibv_alloc_td", alloc_td, 1},
    {"ibv_alloc_parent_domain", alloc_parent_domain, 1},
    {"ibv_reg_mr", reg_mr, 1},
    {"ibv_create_ah", create_ah, 1},
    {"ibv_create_cq", create_cq, 1},
    {"ibv_create_qp", create_qp, 5},
    {"ibv_modify_qp", reset_qp, 2},
};

static void each_allocation_of_each_call(void **state)
{
    struct fixture f = {.world = *state};
    struct efasim *model = efasim_inprocess_model(f.world->sim);

    f.cq = make_cq(f.world, 64);
    f.qp = ready(make_srd(f.world, f.cq));
    for (unsigned c = 0; c < EFA_ARRAY_SIZE(calls); c++) {
        unsigned failed = 0;
        bool made = false;

        while (!made) {
            struct efasim_objects before, after;

            assert_true(failed < 20);
            efasim_get_objects(model, 0, &before);
            log_forget();
            errno = 0;
            failures = 0;
            until_failure = failed + 1;
            made = calls[c].make(&f);
            until_failure = 0;
            efasim_get_objects(model, 0, &after);
            assert_memory_equal(&before, &after, sizeof before);
            if (made) {
                assert_int_equal(failures, 0);
                break;
            }
            if (failures != 1)
                fail_msg("%s: %u failures, errno %d (%s)", calls[c].call, failures, errno,
                         log_last());
            assert_int_equal(errno, ENOMEM);
            failed++;
        }
        if (failed < calls[c].allocations)
            fail_msg("%s allocated %u times", calls[c].call, failed);
    }
    assert_int_equal(ibv_destroy_qp(f.qp), 0);
    assert_int_equal(ibv_destroy_cq(f.cq), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_allocation_of_each_call, world_set_up,
                                        world_tear_down),
    };

    return cmocka_run_group_tests_name("out of memory", tests, NULL, NULL);
}
