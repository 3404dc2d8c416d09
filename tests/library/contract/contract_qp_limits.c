/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract for the limits of a new queue pair: at, one below and one above each limit, for UD
 * and SRD. */
#include <errno.h>
#include <string.h>

#include "contract.h"

static const char *const type_names[] = {"UD", "SRD"};

static struct ibv_qp *create(struct world *world, bool srd, struct ibv_cq *cq,
                             struct ibv_qp_cap *cap)
{
    struct ibv_qp_init_attr_ex attr = {
        .send_cq = cq,
        .recv_cq = cq,
        .cap = *cap,
        .qp_type = srd ? IBV_QPT_DRIVER : IBV_QPT_UD,
        .comp_mask = IBV_QP_INIT_ATTR_PD,
        .pd = world->pd,
    };
    struct efadv_qp_init_attr efa_attr = {0};
    struct ibv_qp *qp = srd ? efadv_create_qp_ex(world->context, &attr, &efa_attr, 16)
                            : ibv_create_qp_ex(world->context, &attr);

    if (!qp)
        assert_memory_equal(&attr.cap, cap, sizeof attr.cap);
    *cap = attr.cap;
    return qp;
}

struct limit {
    const char *member;
    size_t offset;
    uint32_t value; /* asked for */
    uint32_t got;   /* 0: rejected, with `log` */
    const char *log;
};

#define MEMBER(name) #name, offsetof(struct ibv_qp_cap, name)

/* Of an adapter that takes 60 sends (32 as a power of two) and 100 receives. */
static const struct limit limits[] = {
    {MEMBER(max_send_wr), 1, 1, NULL},
    {MEMBER(max_send_wr), 2, 2, NULL},
    {MEMBER(max_send_wr), 17, 32, NULL},
    {MEMBER(max_send_wr), 31, 32, NULL},
    {MEMBER(max_send_wr), 32, 32, NULL},
    {MEMBER(max_send_wr), 33, 0, "cap.max_send_wr 33; the adapter takes up to 32"},
    {MEMBER(max_send_wr), UINT32_MAX, 0, "cap.max_send_wr 4294967295"},
    {MEMBER(max_recv_wr), 1, 1, NULL},
    {MEMBER(max_recv_wr), 99, 99, NULL},
    {MEMBER(max_recv_wr), 100, 100, NULL},
    {MEMBER(max_recv_wr), 101, 0, "cap.max_recv_wr 101; the adapter takes up to 100"},
    {MEMBER(max_recv_wr), 0x80000001u, 0, "cap.max_recv_wr"},
    {MEMBER(max_send_sge), 1, 1, NULL},
    {MEMBER(max_send_sge), 2, 2, NULL},
    {MEMBER(max_send_sge), 3, 0, "cap.max_send_sge 3; the adapter takes up to 2"},
    {MEMBER(max_send_sge), UINT32_MAX, 0, "cap.max_send_sge"},
    {MEMBER(max_recv_sge), 1, 1, NULL},
    {MEMBER(max_recv_sge), 3, 3, NULL},
    {MEMBER(max_recv_sge), 4, 0, "cap.max_recv_sge 4; the adapter takes up to 3"},
    {MEMBER(max_recv_sge), UINT32_MAX, 0, "cap.max_recv_sge"},
    {MEMBER(max_recv_sge), 0, 0, "cap.max_recv_sge is 0; a receive needs a buffer"},
    {MEMBER(max_inline_data), 0, 32, NULL},
    {MEMBER(max_inline_data), 31, 32, NULL},
    {MEMBER(max_inline_data), 32, 32, NULL},
    {MEMBER(max_inline_data), 33, 0, "cap.max_inline_data 33; the adapter takes up to 32"},
    {MEMBER(max_inline_data), 0x10000, 0, "cap.max_inline_data"},
};

static void small_device(struct efasim_config *config)
{
    efasim_config_default(config);
    config->devices[0].max_sq_depth = 60;
    config->devices[0].max_rq_depth = 100;
}

static void each_limit(void **state)
{
    struct efasim_config config;
    struct world *world;
    struct ibv_cq *cq;

    (void)state;
    small_device(&config);
    world = world_create(&config);
    cq = make_cq(world, 256);
    for (int srd = 0; srd < 2; srd++) {
        for (unsigned i = 0; i < EFA_ARRAY_SIZE(limits); i++) {
            const struct limit *limit = &limits[i];
            struct ibv_qp_cap cap = {4, 4, 1, 1, 0};
            struct ibv_qp *qp;
            uint32_t got;

            memcpy((char *)&cap + limit->offset, &limit->value, sizeof limit->value);
            begin_case(world, type_names[srd], "%s %u", limit->member, limit->value);
            qp = create(world, srd, cq, &cap);
            if (!limit->got) {
                rejected_null(qp, EINVAL, limit->log);
                continue;
            }
            granted_object(qp);
            memcpy(&got, (char *)&cap + limit->offset, sizeof got);
            equals(got, limit->got);
            assert_int_equal(ibv_destroy_qp(qp), 0);
        }
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
    world_destroy(world);
}

static void depths_of_nothing(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 256);
    static const struct {
        const char *what;
        struct ibv_qp_cap cap;
        bool good;
        const char *log;
    } rows[] = {
        {"send only", {4, 0, 1, 0, 0}, true, NULL},
        {"send only, with a max_recv_sge of no use", {4, 0, 1, 3, 0}, true, NULL},
        {"receive only", {0, 4, 0, 1, 0}, true, NULL},
        {"neither", {0, 0, 1, 1, 0}, false, "are both 0"},
        {"max_send_sge 0: empty and inline messages", {4, 4, 0, 1, 32}, true, NULL},
        {"several limits exceeded", {5000, 40000, 9, 9, 99}, false, "cap.max_inline_data 99"},
    };

    for (int srd = 0; srd < 2; srd++) {
        for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
            struct ibv_qp_cap cap = rows[i].cap;
            struct ibv_qp *qp;

            begin_case(world, type_names[srd], "%s", rows[i].what);
            qp = create(world, srd, cq, &cap);
            if (!rows[i].good) {
                rejected_null(qp, EINVAL, rows[i].log);
                continue;
            }
            granted_object(qp);
            equals(cap.max_send_wr, rows[i].cap.max_send_wr);
            equals(cap.max_recv_wr, rows[i].cap.max_recv_wr);
            assert_int_equal(ibv_destroy_qp(qp), 0);
        }
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

/* The receive ring counts descriptors in 16 bits: a full ring must differ from an empty one. */
static void receive_descriptors(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 256);
    static const struct {
        uint32_t wr, sge;
        bool good;
    } rows[] = {
        {32768, 1, true},  {32767, 1, true},  {16384, 2, true},  {10922, 3, true},
        {16385, 2, false}, {10923, 3, false}, {32768, 2, false}, {32768, 3, false},
    };

    for (int srd = 0; srd < 2; srd++) {
        for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
            struct ibv_qp_cap cap = {4, rows[i].wr, 1, rows[i].sge, 0};
            struct ibv_qp *qp;

            begin_case(world, type_names[srd], "max_recv_wr %u of max_recv_sge %u", rows[i].wr,
                       rows[i].sge);
            qp = create(world, srd, cq, &cap);
            if (!rows[i].good) {
                rejected_null(qp, EINVAL, "hold up to 32768 buffers");
                continue;
            }
            granted_object(qp);
            equals(cap.max_recv_wr, rows[i].wr);
            assert_int_equal(ibv_destroy_qp(qp), 0);
        }
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void too_many(void **state)
{
    struct efasim_config config;
    struct ibv_qp_cap cap = default_cap();
    struct world *world;
    struct ibv_cq *cq;
    struct ibv_qp *qp;

    (void)state;
    efasim_config_default(&config);
    config.devices[0].max_qp = 1;
    world = world_create(&config);
    cq = make_cq(world, 64);
    qp = create(world, true, cq, &cap);
    assert_non_null(qp);
    begin_case(world, "efadv_create_qp_ex", "one more than the adapter has");
    cap = default_cap();
    rejected_null(create(world, true, cq, &cap), ENOMEM, "CREATE_QP");
    assert_int_equal(ibv_destroy_qp(qp), 0);
    begin_case(world, "efadv_create_qp_ex", "again, after one was destroyed");
    cap = default_cap();
    qp = create(world, true, cq, &cap);
    granted_object(qp);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
    world_destroy(world);
}

int contract_qp_limits(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_limit),
        WORLD_TEST(depths_of_nothing),
        WORLD_TEST(receive_descriptors),
        cmocka_unit_test(too_many),
    };

    return cmocka_run_group_tests_name("contract: limits of queue pairs", tests, NULL, NULL);
}
