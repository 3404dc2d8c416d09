/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Replies of the driver that cannot be right: each is an error with a log line, and what was half
 * made is destroyed in the device, as far as the reply named it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/protocol.h"
#include "lib_fake_driver.h"
#include "os/compiler.h"

static char memory[64];

static struct efasim_objects objects_of(struct world *world)
{
    struct efasim_objects objects;

    efasim_get_objects(efasim_inprocess_model(world->sim), EFASIM_ALL_DEVICES, &objects);
    return objects;
}

static struct intercept_rule *strike(struct world *world, uint32_t code)
{
    struct intercept_rule *rule = intercept_add(&world->intercept, code);

    assert_non_null(rule);
    rule->count = 1;
    log_forget();
    errno = 0;
    return rule;
}

static void patch(struct world *world, uint32_t code, uint32_t offset, uint32_t size,
                  uint64_t value)
{
    struct intercept_rule *rule = strike(world, code);

    rule->patch_offset = offset;
    rule->patch_size = size;
    rule->patch_value = value;
}

static void opening_fails(struct world *world, const char *log)
{
    struct ibv_device **list;
    int count = -1;

    assert_null(ibv_open_device(world->context->device));
    assert_int_equal(errno, EIO);
    assert_log(log);
    /* The same reply to the probe: no device. */
    world->intercept.rules[0].code = EFA_QUERY_DEVICE;
    world->intercept.rules[0].count = 1;
    errno = 0;
    list = ibv_get_device_list(&count);
    assert_non_null(list);
    assert_int_equal(errno, EIO);
    assert_int_equal(count, 0);
    assert_null(list[0]);
    ibv_free_device_list(list);
    assert_int_equal(world->intercept.opens, world->intercept.closes + 1);
}

static void impossible_limits(void **state)
{
    static const struct {
        const char *name;
        uint32_t offset, size;
        uint64_t value;
    } rows[] = {
#define FIELD(member) \
    #member, offsetof(struct efa_device_info, member), sizeof(((struct efa_device_info *)0)->member)
        {FIELD(max_mr_pages), 0},
        {FIELD(max_mr_pages), UINT64_MAX},
        {FIELD(max_mr_pages), 1ull << 52},
        {FIELD(max_qp), 0},
        {FIELD(max_qp), 0x10001},
        {FIELD(max_qp), UINT32_MAX},
        {FIELD(max_sq_depth), 0},
        {FIELD(max_sq_depth), UINT32_MAX},
        {FIELD(max_rq_depth), 0},
        {FIELD(max_rq_depth), UINT32_MAX},
        {FIELD(max_cq), 0},
        {FIELD(max_cq), UINT32_MAX},
        {FIELD(max_cq_depth), 0},
        {FIELD(max_cq_depth), UINT32_MAX},
        {FIELD(max_mr), 0},
        {FIELD(max_mr), UINT32_MAX},
        {FIELD(max_pd), 0},
        {FIELD(max_pd), UINT32_MAX},
        {FIELD(max_ah), 0},
        {FIELD(max_ah), UINT32_MAX},
        {FIELD(max_llq_size), 0},
        {FIELD(max_llq_size), 63},
        {FIELD(max_llq_size), UINT32_MAX},
        {FIELD(mtu), 0},
        {FIELD(mtu), 255},
        {FIELD(mtu), UINT32_MAX},
        {FIELD(num_sub_cqs), 0},
        {FIELD(num_sub_cqs), 17},
        {FIELD(num_sub_cqs), 64},
        {FIELD(num_sub_cqs), UINT16_MAX},
        {FIELD(max_sq_sge), 0},
        {FIELD(max_sq_sge), UINT16_MAX},
        {FIELD(max_rq_sge), 0},
        {FIELD(max_rq_sge), UINT16_MAX},
        {FIELD(inline_buf_size), UINT32_MAX},
#undef FIELD
    };
    struct world *world = *state;

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
        char log[96];

        snprintf(log, sizeof log, "the driver reports %s = %llu; valid are", rows[i].name,
                 (unsigned long long)rows[i].value);
        patch(world, EFA_QUERY_DEVICE, rows[i].offset, rows[i].size, rows[i].value);
        opening_fails(world, log);
    }
}

static void wrong_size_of_the_description(void **state)
{
    static const uint32_t sizes[] = {0, 4, 95, 97, 4096, UINT32_MAX};
    struct world *world = *state;

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(sizes); i++) {
        struct intercept_rule *rule = strike(world, EFA_QUERY_DEVICE);
        char log[96];

        rule->set_returned = true;
        rule->returned = sizes[i];
        snprintf(log, sizeof log, "QUERY_DEVICE: the driver replied with %u bytes instead of 96",
                 sizes[i]);
        opening_fails(world, log);
    }
}

/* The calls that make an object, and how much of the reply names it. */
struct maker {
    const char *request;
    uint32_t code, size, named_by;
    bool (*make)(struct world *world, struct ibv_cq *cq);
};

static bool make_pd(struct world *world, struct ibv_cq *cq)
{
    (void)cq;
    return ibv_alloc_pd(world->context) != NULL;
}

static bool make_mr(struct world *world, struct ibv_cq *cq)
{
    (void)cq;
    return ibv_reg_mr(world->pd, memory, sizeof memory, IBV_ACCESS_LOCAL_WRITE) != NULL;
}

static bool make_handle(struct world *world, struct ibv_cq *cq)
{
    struct ibv_ah_attr attr = {.is_global = 1, .port_num = 1};

    (void)cq;
    attr.grh.dgid.raw[0] = 0xfe;
    return ibv_create_ah(world->pd, &attr) != NULL;
}

static bool make_a_cq(struct world *world, struct ibv_cq *cq)
{
    (void)cq;
    return ibv_create_cq(world->context, 8, NULL, NULL, 0) != NULL;
}

static bool make_qp(struct world *world, struct ibv_cq *cq)
{
    struct ibv_qp_init_attr attr = {
        .send_cq = cq, .recv_cq = cq, .cap = default_cap(), .qp_type = IBV_QPT_UD};

    return ibv_create_qp(world->pd, &attr) != NULL;
}

static const struct maker makers[] = {
    {"ALLOC_PD", EFA_ALLOC_PD, sizeof(struct efa_pd_info), 2, make_pd},
    {"REG_MR", EFA_REG_MR, sizeof(struct efa_mr_info), 4, make_mr},
    {"ALLOC_AH", EFA_ALLOC_AH, sizeof(struct efa_ah_info), 2, make_handle},
    {"CREATE_CQ", EFA_CREATE_CQ, sizeof(struct efa_cq_info), 10, make_a_cq},
    {"CREATE_QP", EFA_CREATE_QP, sizeof(struct efa_qp_info), 40, make_qp},
};

static void short_and_oversized_replies(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);

    for (unsigned m = 0; m < EFA_ARRAY_SIZE(makers); m++) {
        const struct maker *maker = &makers[m];

        for (uint32_t returned = 0; returned <= maker->size + 2; returned++) {
            struct efasim_objects before = objects_of(world), after;
            struct intercept_rule *rule;
            char log[96];

            if (returned == maker->size)
                continue;
            rule = strike(world, maker->code);
            rule->set_returned = true;
            rule->returned = returned;
            /* What the reply does not name cannot be destroyed before the context closes. */
            rule->swallow = returned < maker->named_by;
            assert_false(maker->make(world, cq));
            assert_int_equal(errno, EIO);
            snprintf(log, sizeof log, "%s: the driver replied with %u bytes instead of %u",
                     maker->request, returned, maker->size);
            assert_log(log);
            after = objects_of(world);
            assert_memory_equal(&before, &after, sizeof before);
        }
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void impossible_queue_pairs(void **state)
{
    static const struct {
        const char *what;
        uint32_t offset, size;
        uint64_t value;
        const char *log;
    } rows[] = {
#define FIELD(member) \
    #member, offsetof(struct efa_qp_info, member), sizeof(((struct efa_qp_info *)0)->member)
        {FIELD(sq), 0, "the send ring at 0x0"},
        {FIELD(sq), 0x10020, "the send ring at 0x10020"},
        {FIELD(sq), 0xffffffffffffffc0, "the send ring at 0xff"}, /* wraps around */
        {FIELD(rq), 0, "the receive ring at 0x0"},
        {FIELD(rq), 0x10008, "the receive ring at 0x10008"},
        {FIELD(rq), 0xfffffffffffffff0, "the receive ring at 0xff"},
        {FIELD(sq_doorbell), 0, "the send doorbell at 0x0"},
        {FIELD(sq_doorbell), 0x10002, "the send doorbell at 0x10002"},
        {FIELD(rq_doorbell), 0, "the receive doorbell at 0x0"},
        {FIELD(rq_doorbell), 0x10001, "the receive doorbell at 0x10001"},
        {FIELD(qp_num), 0x10000, "QP number 65536, which has more than 16 bits"},
        {FIELD(qp_num), UINT32_MAX, "QP number 4294967295"},
        {FIELD(send_sub_cq), 2, "sub-CQs 2 (send)"},
        {FIELD(send_sub_cq), UINT32_MAX, "sub-CQs 4294967295 (send)"},
        {FIELD(recv_sub_cq), 2, "2 (receive) of 2"},
        {FIELD(recv_sub_cq), UINT32_MAX, "4294967295 (receive) of 2"},
#undef FIELD
    };
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct efasim_objects before = objects_of(world), after;

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
        patch(world, EFA_CREATE_QP, rows[i].offset, rows[i].size, rows[i].value);
        assert_false(make_qp(world, cq));
        assert_int_equal(errno, EIO);
        assert_log("CREATE_QP: the driver");
        assert_log(rows[i].log);
        after = objects_of(world);
        assert_memory_equal(&before, &after, sizeof before);
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void number_of_a_living_queue_pair(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct ibv_qp *living = ready(make_srd(world, cq));
    struct efasim_objects before = objects_of(world), after;
    struct ibv_sge none = {0};
    struct ibv_wc wc;

    patch(world, EFA_CREATE_QP, offsetof(struct efa_qp_info, qp_num), 4, living->qp_num);
    assert_false(make_qp(world, cq));
    assert_int_equal(errno, EIO);
    assert_log("which is in use");
    after = objects_of(world);
    assert_memory_equal(&before, &after, sizeof before);
    /* The one that has the number works on. */
    assert_int_equal(post_send_to(living, world, living, 3, &none, 0), 0);
    assert_int_equal(post_recv_one(living, 4, &none, 1), 0);
    world_run(world);
    assert_int_equal(ibv_poll_cq(cq, 1, &wc), 1);
    assert_int_equal(ibv_destroy_qp(living), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

/* Queues that are not there need no ring: what the reply says of them is not looked at. */
static void rings_of_queues_of_depth_0(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 64);
    struct ibv_qp_cap send_only = {4, 0, 1, 0, 0};
    struct ibv_qp *qp;

    patch(world, EFA_CREATE_QP, offsetof(struct efa_qp_info, rq), 8, 0);
    qp = make_srd_with(world, cq, cq, &send_only, IBV_QP_EX_WITH_SEND);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void impossible_completion_queues(void **state)
{
    static const struct {
        uint32_t offset, size;
        uint64_t value;
        const char *log;
    } rows[] = {
#define FIELD(member) \
    offsetof(struct efa_cq_info, member), sizeof(((struct efa_cq_info *)0)->member)
        {FIELD(cq_addr), 0, "at 0x0, which is not a usable address"},
        {FIELD(cq_addr), 0x10008, "at 0x10008, which is not a usable address"},
        {FIELD(cq_addr), 0xffffffffffffff80, "not a usable address"}, /* wraps around */
        {FIELD(actual_depth), 0, "a depth of 0 to a request for 8"},
        {FIELD(actual_depth), 4, "a depth of 4 to a request for 8"},
        {FIELD(actual_depth), 12, "it must be a power of two and no less"},
        {FIELD(actual_depth), 65535, "a depth of 65535"},
#undef FIELD
    };
    struct world *world = *state;
    struct efasim_objects before = objects_of(world), after;

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
        patch(world, EFA_CREATE_CQ, rows[i].offset, rows[i].size, rows[i].value);
        assert_false(make_a_cq(world, NULL));
        assert_int_equal(errno, EIO);
        assert_log("CREATE_CQ: the driver");
        assert_log(rows[i].log);
        after = objects_of(world);
        assert_memory_equal(&before, &after, sizeof before);
    }
}

/*
 * On a driver that gives them out, and keeps no account of what it gave. The low half of a key that
 * cannot be, by which older drivers know a region, may be that of another one: it stays unsaid.
 */
static void keys_of_more_bits_than_there_are(void **state)
{
    static const struct {
        uint32_t version, key, given_back;
        bool good;
        int deregs;
    } rows[] = {
        {3, 0xffffff, 0xffffff, true, 1}, {3, 0x1000000, 0x1000000, false, 1},
        {2, 0xffff, 0xffff, true, 1},     {2, 0x120003, 0x0003, true, 1},
        {2, 0x1000007, 0, false, 0},      {1, 0xff0001, 0x0001, true, 1},
        {1, 0x1000007, 0, false, 0},
    };

    (void)state;
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
        struct fake_driver driver;
        struct world *world = fake_world_create(&driver, rows[i].version, 2);
        struct ibv_mr *mr;

        driver.next_lkey = rows[i].key;
        log_forget();
        errno = 0;
        mr = ibv_reg_mr(world->pd, memory, sizeof memory, IBV_ACCESS_LOCAL_WRITE);
        assert_int_equal(mr != NULL, rows[i].good);
        if (mr) {
            assert_int_equal(mr->lkey, rows[i].key);
            assert_int_equal(ibv_dereg_mr(mr), 0);
        } else {
            assert_int_equal(errno, EIO);
            assert_log("which has more than 24 bits");
        }
        assert_int_equal(driver.deregs, rows[i].deregs);
        assert_int_equal(driver.last_dereg_key, rows[i].given_back);
        fake_world_destroy(&driver, world);
    }
}

static void handle_that_means_none(void **state)
{
    struct fake_driver driver;
    struct world *world = fake_world_create(&driver, 3, 2);

    (void)state;
    driver.next_ah = 0xffff;
    log_forget();
    assert_false(make_handle(world, NULL));
    assert_int_equal(errno, EIO);
    assert_log("ALLOC_AH: the driver replied with address handle 0xffff");
    assert_int_equal(intercept_count(&world->intercept, EFA_DEALLOC_AH), 1);
    fake_world_destroy(&driver, world);
}

/* The clean-up itself fails: both failures are logged, the first is returned. */
static void destroying_the_half_made_fails_too(void **state)
{
    struct world *world = *state;

    patch(world, EFA_CREATE_CQ, offsetof(struct efa_cq_info, cq_addr), 8, 0);
    intercept_add(&world->intercept, EFA_DESTROY_CQ)->error = 31;
    assert_false(make_a_cq(world, NULL));
    assert_int_equal(errno, EIO);
    assert_log("at 0x0, which is not a usable address");
    assert_log("DESTROY_CQ: the driver replied ERROR_GEN_FAILURE");
    intercept_clear(&world->intercept);
    /* The device keeps it until the context closes, which nothing of ours prevents. */
    assert_int_equal(objects_of(world).cqs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(impossible_limits),
        WORLD_TEST(wrong_size_of_the_description),
        WORLD_TEST(short_and_oversized_replies),
        WORLD_TEST(impossible_queue_pairs),
        WORLD_TEST(number_of_a_living_queue_pair),
        WORLD_TEST(rings_of_queues_of_depth_0),
        WORLD_TEST(impossible_completion_queues),
        cmocka_unit_test(keys_of_more_bits_than_there_are),
        cmocka_unit_test(handle_that_means_none),
        WORLD_TEST(destroying_the_half_made_fails_too),
    };

    return cmocka_run_group_tests_name("replies of the driver", tests, NULL, NULL);
}
