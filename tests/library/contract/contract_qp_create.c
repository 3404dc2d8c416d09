/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: creating queue pairs by each call, apart from the limits (contract_qp_limits.c). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "contract.h"

/* The ways to a queue pair, in one form. */
enum way { PLAIN, EXTENDED, SRD, WAYS };

static const char *const way_names[] = {"ibv_create_qp", "ibv_create_qp_ex", "efadv_create_qp_ex"};

static struct ibv_qp_init_attr_ex good_attr(struct world *world, enum way way, struct ibv_cq *cq)
{
    struct ibv_qp_init_attr_ex attr = {
        .send_cq = cq,
        .recv_cq = cq,
        .cap = default_cap(),
        .qp_type = way == SRD ? IBV_QPT_DRIVER : IBV_QPT_UD,
        .sq_sig_all = 1,
        .comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
        .pd = world->pd,
        .send_ops_flags = IBV_QP_EX_WITH_SEND,
    };

    return attr;
}

static struct ibv_qp *create(struct world *world, enum way way, struct ibv_qp_init_attr_ex *attr)
{
    struct efadv_qp_init_attr efa_attr = {0};
    struct ibv_qp_init_attr plain;
    struct ibv_qp *qp;

    switch (way) {
    case SRD:
        return efadv_create_qp_ex(world->context, attr, &efa_attr, sizeof efa_attr);
    case EXTENDED:
        return ibv_create_qp_ex(world->context, attr);
    default:
        memcpy(&plain, attr, sizeof plain); /* the extended form begins with it */
        qp = ibv_create_qp(attr->pd, &plain);
        attr->cap = plain.cap;
        return qp;
    }
}

static void destroy(struct ibv_qp *qp)
{
    assert_int_equal(ibv_destroy_qp(qp), 0);
}

static void what_is_made(void **state)
{
    struct world *world = *state;
    struct ibv_cq *send_cq = make_cq(world, 16), *recv_cq = make_cq(world, 16);

    for (enum way way = PLAIN; way < WAYS; way++) {
        struct ibv_qp_init_attr_ex attr = good_attr(world, way, send_cq);
        struct ibv_qp *qp;

        attr.recv_cq = recv_cq;
        attr.qp_context = &attr;
        attr.cap.max_send_wr = 5;
        attr.cap.max_recv_wr = 5;
        attr.cap.max_inline_data = 1;
        begin_case(world, way_names[way], "what is in the object");
        qp = create(world, way, &attr);
        granted_object(qp);
        holds(qp->context == world->context && qp->qp_context == &attr && qp->pd == world->pd);
        holds(qp->send_cq == send_cq && qp->recv_cq == recv_cq && !qp->srq);
        equals(qp->state, IBV_QPS_RESET);
        begin_case(world, way_names[way], "the type reads back in verbs terms");
        equals(qp->qp_type, attr.qp_type);
        begin_case(world, way_names[way], "cap is updated to what was got");
        equals(attr.cap.max_send_wr, 8);
        equals(attr.cap.max_recv_wr, 5);
        equals(attr.cap.max_send_sge, 2);
        equals(attr.cap.max_recv_sge, 2);
        equals(attr.cap.max_inline_data, 32);
        destroy(qp);
    }
    assert_int_equal(ibv_destroy_cq(send_cq), 0);
    assert_int_equal(ibv_destroy_cq(recv_cq), 0);
}

static void reject_one(struct world *world, enum way way, const char *what,
                       const struct ibv_qp_init_attr_ex *wrong, int error, const char *log)
{
    struct ibv_qp_init_attr_ex attr = *wrong;

    begin_case(world, way_names[way], "%s", what);
    rejected_null(create(world, way, &attr), error, log);
    assert_memory_equal(&attr.cap, &wrong->cap, sizeof attr.cap);
}

static void wrong_objects(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct stranger stranger;

    stranger_create(&stranger, world);
    for (enum way way = PLAIN; way < WAYS; way++) {
        struct ibv_qp_init_attr_ex attr = good_attr(world, way, cq);

        attr.pd = NULL;
        reject_one(world, way, "pd NULL", &attr, EINVAL, "pd");
        attr = good_attr(world, way, cq);
        attr.pd = stranger.pd;
        reject_one(world, way, "pd of another context", &attr, EINVAL, "another context");
        attr = good_attr(world, way, cq);
        attr.send_cq = NULL;
        reject_one(world, way, "send_cq NULL", &attr, EINVAL, "send_cq or recv_cq is NULL");
        attr = good_attr(world, way, cq);
        attr.recv_cq = NULL;
        reject_one(world, way, "recv_cq NULL", &attr, EINVAL, "send_cq or recv_cq is NULL");
        attr = good_attr(world, way, cq);
        attr.send_cq = stranger.cq;
        reject_one(world, way, "send_cq of another context", &attr, EINVAL, "another context");
        attr = good_attr(world, way, cq);
        attr.recv_cq = stranger.cq;
        reject_one(world, way, "recv_cq of another context", &attr, EINVAL, "another context");
        attr = good_attr(world, way, cq);
        attr.srq = (struct ibv_srq *)(void *)&attr;
        reject_one(world, way, "an SRQ", &attr, EINVAL, "no shared receive queues");
    }
    struct ibv_qp_init_attr_ex attr = good_attr(world, SRD, cq);
    struct efadv_qp_init_attr efa_attr = {0};

    begin_case(world, "ibv_create_qp", "qp_init_attr NULL");
    rejected_null(ibv_create_qp(world->pd, NULL), EINVAL, "qp_init_attr is NULL");
    begin_case(world, "ibv_create_qp_ex", "qp_init_attr_ex NULL");
    rejected_null(ibv_create_qp_ex(world->context, NULL), EINVAL, "qp_init_attr_ex is NULL");
    begin_case(world, "ibv_create_qp_ex", "context NULL");
    rejected_null(verbs_get_ctx(world->context)->create_qp_ex(NULL, &attr), EINVAL, "context");
    begin_case(world, "efadv_create_qp_ex", "context NULL");
    rejected_null(efadv_create_qp_ex(NULL, &attr, &efa_attr, 16), EINVAL, "context, attr_ex");
    begin_case(world, "efadv_create_qp_ex", "attr_ex NULL");
    rejected_null(efadv_create_qp_ex(world->context, NULL, &efa_attr, 16), EINVAL, "attr_ex");
    begin_case(world, "efadv_create_qp_ex", "efa_attr NULL");
    rejected_null(efadv_create_qp_ex(world->context, &attr, NULL, 16), EINVAL, "efa_attr is NULL");
    stranger_destroy(&stranger);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void types(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);

    for (enum way way = PLAIN; way < WAYS; way++) {
        static const int other_types[] = {0,
                                          1,
                                          IBV_QPT_RC,
                                          IBV_QPT_UC,
                                          5,
                                          IBV_QPT_RAW_PACKET,
                                          IBV_QPT_XRC_SEND,
                                          IBV_QPT_XRC_RECV,
                                          254,
                                          256,
                                          -1};
        struct ibv_qp_init_attr_ex attr = good_attr(world, way, cq);
        char what[64];

        for (unsigned i = 0; i < EFA_ARRAY_SIZE(other_types); i++) {
            int type = other_types[i];
            bool exists = type == IBV_QPT_RC || type == IBV_QPT_UC || type == IBV_QPT_RAW_PACKET ||
                          type == IBV_QPT_XRC_SEND || type == IBV_QPT_XRC_RECV;

            snprintf(what, sizeof what, "qp_type %d", type);
            attr.qp_type = (enum ibv_qp_type)type;
            reject_one(world, way, what, &attr, way != SRD && exists ? EOPNOTSUPP : EINVAL,
                       "qp_type");
        }
        attr.qp_type = way == SRD ? IBV_QPT_UD : IBV_QPT_DRIVER;
        reject_one(world, way, "qp_type that another call makes", &attr, EINVAL,
                   way == SRD ? "it must be IBV_QPT_DRIVER" : "created by efadv_create_qp_ex");
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void comp_mask(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);

    for (enum way way = EXTENDED; way < WAYS; way++) {
        for (uint32_t bit = 1; bit < 32; bit++) {
            struct ibv_qp_init_attr_ex attr = good_attr(world, way, cq);
            char what[64];

            if (bit == 6)
                continue;
            attr.comp_mask |= 1u << bit;
            snprintf(what, sizeof what, "comp_mask bit %u", bit);
            reject_one(world, way, what, &attr, EOPNOTSUPP, "comp_mask");
        }
        struct ibv_qp_init_attr_ex attr = good_attr(world, way, cq);

        attr.comp_mask = IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
        reject_one(world, way, "comp_mask without PD", &attr, EINVAL, "lacks IBV_QP_INIT_ATTR_PD");
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void operations(struct world *world, enum way way, const char *adapter, uint64_t offered)
{
    struct ibv_cq *cq = make_cq(world, 16);

    for (uint32_t bit = 0; bit < 64; bit++) {
        struct ibv_qp_init_attr_ex attr = good_attr(world, way, cq);
        struct ibv_qp *qp;

        if (bit > 11 && bit != 31 && bit != 32 && bit != 63)
            continue;
        attr.send_ops_flags = 1ull << bit;
        begin_case(world, way_names[way], "send_ops_flags bit %u, %s", bit, adapter);
        qp = create(world, way, &attr);
        if (offered >> bit & 1) {
            granted_object(qp);
            holds(ibv_qp_to_qp_ex(qp) != NULL);
            destroy(qp);
        } else {
            rejected_null(qp, EOPNOTSUPP, "send_ops_flags 0x");
        }
    }
    struct ibv_qp_init_attr_ex attr = good_attr(world, way, cq);
    struct ibv_qp *qp;

    attr.send_ops_flags = 0;
    begin_case(world, way_names[way], "send_ops_flags 0, %s", adapter);
    qp = create(world, way, &attr);
    granted_object(qp);
    holds(ibv_qp_to_qp_ex(qp) != NULL);
    destroy(qp);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void operations_of_the_first_generation(void **state)
{
    operations(*state, EXTENDED, "no RDMA", 0xc);
    operations(*state, SRD, "no RDMA", 0xc);
}

static void operations_where_the_device_reads(void **state)
{
    operations(*state, EXTENDED, "RDMA read", 0xc);
    operations(*state, SRD, "RDMA read", 0x1c);
}

static void extended_form(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);

    begin_case(world, "ibv_qp_to_qp_ex", "NULL");
    rejected_null(ibv_qp_to_qp_ex(NULL), EINVAL, "qp is NULL");
    for (enum way way = PLAIN; way < WAYS; way++) {
        struct ibv_qp_init_attr_ex attr = good_attr(world, way, cq);
        struct ibv_qp *qp;

        attr.comp_mask = IBV_QP_INIT_ATTR_PD;
        attr.send_ops_flags = ~0ull; /* not read: comp_mask does not name it */
        qp = create(world, way, &attr);
        assert_non_null(qp);
        begin_case(world, "ibv_qp_to_qp_ex", "made by %s without send_ops_flags", way_names[way]);
        rejected_null(ibv_qp_to_qp_ex(qp), EINVAL, "was created without send_ops_flags");
        holds(log_contains_at(EFA_LOG_INFO, "was created without send_ops_flags"));
        destroy(qp);
        if (way == PLAIN)
            continue;
        attr = good_attr(world, way, cq);
        qp = create(world, way, &attr);
        assert_non_null(qp);
        begin_case(world, "ibv_qp_to_qp_ex", "made by %s with send_ops_flags", way_names[way]);
        holds((void *)ibv_qp_to_qp_ex(qp) == (void *)qp);
        destroy(qp);
    }
    begin_case(world, "ibv_destroy_qp", "NULL");
    rejected(ibv_destroy_qp(NULL), EINVAL, "ibv_destroy_qp: qp is NULL");
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void srd_attributes(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    const char *call = "efadv_create_qp_ex";
    union {
        struct efadv_qp_init_attr attr;
        unsigned char bytes[32];
    } efa;
    struct ibv_qp *qp;

    for (uint32_t inlen = 0; inlen <= sizeof efa; inlen++) {
        struct ibv_qp_init_attr_ex attr = good_attr(world, SRD, cq);

        memset(&efa, 0, sizeof efa);
        begin_case(world, call, "inlen %u, all zero", inlen);
        qp = efadv_create_qp_ex(world->context, &attr, &efa.attr, inlen);
        if (inlen < 12) {
            rejected_null(qp, EINVAL, "inlen");
            continue;
        }
        granted_object(qp);
        destroy(qp);
        if (inlen == 12)
            continue;
        efa.bytes[inlen - 1] = inlen == 17 ? 2 : 1; /* of wr_flags bit 0 is offered */
        attr = good_attr(world, SRD, cq);
        begin_case(world, call, "inlen %u, its last byte not zero", inlen);
        rejected_null(efadv_create_qp_ex(world->context, &attr, &efa.attr, inlen),
                      inlen > 24 || inlen == 16 ? EINVAL : EOPNOTSUPP,
                      inlen > 24    ? "is not 0; this library knows only 24 bytes"
                      : inlen == 16 ? "reserved byte"
                                    : "the driver supports no flags");
    }
    for (uint32_t bit = 0; bit < 64; bit += 9) {
        struct ibv_qp_init_attr_ex attr = good_attr(world, SRD, cq);

        memset(&efa, 0, sizeof efa);
        efa.attr.comp_mask = 1ull << bit;
        begin_case(world, call, "comp_mask bit %u of efa_attr", bit);
        rejected_null(efadv_create_qp_ex(world->context, &attr, &efa.attr, 16), EINVAL,
                      "comp_mask");
    }
    static const uint32_t driver_types[] = {1, 2, UINT32_MAX};

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(driver_types); i++) {
        struct ibv_qp_init_attr_ex attr = good_attr(world, SRD, cq);

        memset(&efa, 0, sizeof efa);
        efa.attr.driver_qp_type = driver_types[i];
        begin_case(world, call, "driver_qp_type %u", driver_types[i]);
        rejected_null(efadv_create_qp_ex(world->context, &attr, &efa.attr, 16), EOPNOTSUPP,
                      "only SRD (0) is supported");
    }
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int contract_qp_create(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(what_is_made),
        WORLD_TEST(wrong_objects),
        WORLD_TEST(types),
        WORLD_TEST(comp_mask),
        WORLD_TEST(operations_of_the_first_generation),
        SECOND_GENERATION_TEST(operations_where_the_device_reads),
        WORLD_TEST(extended_form),
        WORLD_TEST(srd_attributes),
    };

    return cmocka_run_group_tests_name("contract: creating queue pairs", tests, NULL, NULL);
}
