/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: the efadv calls for clients that drive the rings themselves. */
#include <errno.h>
#include <string.h>

#include "contract.h"

/* Room for any of the structures, and for one of a newer client. */
union room {
    struct efadv_wq_attr ring;
    struct efadv_cq_attr cq_ring;
    struct efadv_mr_attr mr;
    struct efadv_sq_depth_attr sq_depth;
    struct efadv_rq_depth_attr rq_depth;
    struct efadv_cq_init_attr cq;
    unsigned char bytes[96];
};

struct objects {
    struct world *world;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct buffer buffer;
};

static struct world *world_of_one_ring(void)
{
    struct efasim_config config;

    efasim_config_default(&config);
    config.devices[0].num_sub_cqs = 1;
    return world_create(&config);
}

static void create_objects(struct objects *o)
{
    o->world = world_of_one_ring();
    o->cq = make_cq(o->world, 32);
    o->qp = make_srd(o->world, o->cq);
    buffer_create(o->world, &o->buffer, 4096);
}

static void destroy_objects(struct objects *o)
{
    buffer_destroy(&o->buffer);
    assert_int_equal(ibv_destroy_qp(o->qp), 0);
    assert_int_equal(ibv_destroy_cq(o->cq), 0);
    world_destroy(o->world);
}

/* ---- inlen and comp_mask of input structures; output structures are row 35 of the defects ---- */

static int call_sq_depth(struct objects *o, union room *room, uint32_t inlen)
{
    int result = efadv_get_max_sq_depth(o->world->context, &room->sq_depth, inlen);

    return result < 0 ? -result : 0;
}

static int call_rq_depth(struct objects *o, union room *room, uint32_t inlen)
{
    int result;

    room->rq_depth.max_recv_sge = 1;
    result = efadv_get_max_rq_depth(o->world->context, &room->rq_depth, inlen);
    return result < 0 ? -result : 0;
}

static int call_create_cq(struct objects *o, union room *room, uint32_t inlen)
{
    struct ibv_cq_init_attr_ex attr = {.cqe = 4, .wc_flags = IBV_WC_STANDARD_FLAGS};
    struct ibv_cq_ex *cq = efadv_create_cq(o->world->context, &attr, &room->cq, inlen);

    if (!cq)
        return errno;
    return ibv_destroy_cq(ibv_cq_ex_to_cq(cq));
}

static const struct {
    const char *name;
    int (*call)(struct objects *o, union room *room, uint32_t inlen);
    uint32_t least, known;
} calls[] = {
    {"efadv_get_max_sq_depth", call_sq_depth, 12, 24},
    {"efadv_get_max_rq_depth", call_rq_depth, 12, 12},
    {"efadv_create_cq", call_create_cq, 16, 56},
};

static void every_length(void **state)
{
    struct objects o;

    (void)state;
    create_objects(&o);
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(calls); i++) {
        for (uint32_t inlen = 0; inlen <= calls[i].known + 8; inlen += inlen == 8 ? 1 : 4) {
            union room room = {.bytes = {0}};

            begin_case(o.world, calls[i].name, "inlen %u", inlen);
            if (inlen < calls[i].least) {
                rejected(calls[i].call(&o, &room, inlen), EINVAL, "inlen");
            } else {
                granted(calls[i].call(&o, &room, inlen));
            }
            if (inlen <= calls[i].known)
                continue;
            memset(&room, 0, sizeof room);
            room.bytes[inlen - 1] = 1;
            begin_case(o.world, calls[i].name, "inlen %u, the last byte not zero", inlen);
            rejected(calls[i].call(&o, &room, inlen), EINVAL, "is not 0; this library knows only");
        }
        union room room = {.bytes = {1}};

        begin_case(o.world, calls[i].name, "comp_mask not 0");
        rejected(calls[i].call(&o, &room, calls[i].known), EINVAL, "comp_mask 0x1; it must be 0");
    }
    destroy_objects(&o);
}

/* ---- Each on its own ---- */

static void null_arguments(void **state)
{
    union room room = {.bytes = {0}};
    struct objects o;
    struct ibv_cq_init_attr_ex attr = {.cqe = 4};
    struct ibv_qp_init_attr plain = {.qp_type = IBV_QPT_DRIVER};

    (void)state;
    create_objects(&o);
    begin_case(o.world, "efadv_query_qp_wqs", "qp NULL");
    rejected(efadv_query_qp_wqs(NULL, &room.ring, &room.ring, 40), EINVAL, "NULL");
    begin_case(o.world, "efadv_query_qp_wqs", "sq_attr NULL");
    rejected(efadv_query_qp_wqs(o.qp, NULL, &room.ring, 40), EINVAL, "NULL");
    begin_case(o.world, "efadv_query_qp_wqs", "rq_attr NULL");
    rejected(efadv_query_qp_wqs(o.qp, &room.ring, NULL, 40), EINVAL, "NULL");
    begin_case(o.world, "efadv_query_cq", "cq NULL");
    rejected(efadv_query_cq(NULL, &room.cq_ring, 32), EINVAL, "NULL");
    begin_case(o.world, "efadv_query_cq", "attr NULL");
    rejected(efadv_query_cq(o.cq, NULL, 32), EINVAL, "NULL");
    begin_case(o.world, "efadv_query_mr", "mr NULL");
    rejected(efadv_query_mr(NULL, &room.mr, 16), EINVAL, "NULL");
    begin_case(o.world, "efadv_query_mr", "attr NULL");
    rejected(efadv_query_mr(o.buffer.mr, NULL, 16), EINVAL, "NULL");
    begin_case(o.world, "efadv_get_max_sq_depth", "context NULL");
    rejected(efadv_get_max_sq_depth(NULL, &room.sq_depth, 24), -EINVAL, "NULL");
    begin_case(o.world, "efadv_get_max_sq_depth", "attr NULL");
    rejected(efadv_get_max_sq_depth(o.world->context, NULL, 24), -EINVAL, "NULL");
    begin_case(o.world, "efadv_get_max_rq_depth", "context NULL");
    rejected(efadv_get_max_rq_depth(NULL, &room.rq_depth, 16), -EINVAL, "NULL");
    begin_case(o.world, "efadv_get_max_rq_depth", "attr NULL");
    rejected(efadv_get_max_rq_depth(o.world->context, NULL, 16), -EINVAL, "NULL");
    begin_case(o.world, "efadv_create_cq", "context NULL");
    rejected_null(efadv_create_cq(NULL, &attr, &room.cq, 56), EINVAL, "NULL");
    begin_case(o.world, "efadv_create_cq", "attr_ex NULL");
    rejected_null(efadv_create_cq(o.world->context, NULL, &room.cq, 56), EINVAL, "NULL");
    begin_case(o.world, "efadv_create_cq", "efa_attr NULL");
    rejected_null(efadv_create_cq(o.world->context, &attr, NULL, 56), EINVAL, "NULL");
    begin_case(o.world, "efadv_create_driver_qp", "pd NULL");
    rejected_null(efadv_create_driver_qp(NULL, &plain, 0), EINVAL, "NULL");
    begin_case(o.world, "efadv_create_driver_qp", "attr NULL");
    rejected_null(efadv_create_driver_qp(o.world->pd, NULL, 0), EINVAL, "NULL");
    begin_case(o.world, "efadv_cq_from_ibv_cq_ex", "NULL");
    rejected_null(efadv_cq_from_ibv_cq_ex(NULL), EINVAL, "NULL");
    begin_case(o.world, "efadv_qp_from_ibv_qp_ex", "NULL");
    rejected_null(efadv_qp_from_ibv_qp_ex(NULL), EINVAL, "NULL");
    destroy_objects(&o);
}

/* A receive of one buffer and request id 0, as docs/direct.md has it. */
static void write_receive(uint8_t *place, const struct ibv_sge *sge)
{
    uint64_t words[2] = {sge->addr,
                         (uint64_t)sge->length << 16 | (uint64_t)(sge->lkey | 0xc0000000u) << 32};

    memcpy(place, words, sizeof words);
}

static void rings(void **state)
{
    struct efadv_wq_attr sq = {0}, rq = {0}, again = {0};
    struct efadv_cq_attr cq = {0};
    struct ibv_qp_attr reset = {.qp_state = IBV_QPS_RESET};
    struct objects o;
    struct ibv_sge sge;

    (void)state;
    create_objects(&o);
    sge = sge_of(&o.buffer, 0, 64);
    ready(o.qp);
    begin_case(o.world, "efadv_query_qp_wqs", "a queue pair of 16 and 16 requests of 2 buffers");
    granted(efadv_query_qp_wqs(o.qp, &sq, &rq, sizeof sq));
    holds(sq.buffer && sq.doorbell && rq.buffer && rq.doorbell);
    equals(sq.entry_size, 64);
    equals(sq.num_entries, 16);
    equals(sq.max_batch, 15); /* never the whole ring */
    equals(sq.caps, 0);
    equals(rq.entry_size, 16);
    equals(rq.num_entries, 32);
    begin_case(o.world, "efadv_query_cq", "one ring");
    granted(efadv_query_cq(o.cq, &cq, sizeof cq));
    holds(cq.buffer && !cq.doorbell);
    equals(cq.entry_size, 16);
    equals(cq.num_entries, 32);

    begin_case(o.world, "ibv_post_send", "rings handed over");
    rejected(post_send_to(o.qp, o.world, o.qp, 1, &sge, 1), EINVAL,
             "handed over by efadv_query_qp_wqs");
    begin_case(o.world, "ibv_post_recv", "rings handed over");
    rejected(post_recv_one(o.qp, 1, &sge, 1), EINVAL, "handed over by efadv_query_qp_wqs");
    begin_case(o.world, "ibv_post_recv", "rings handed over, and rung by their new owner");
    write_receive(rq.buffer, &sge);
    *rq.doorbell = 1;
    rejected(post_recv_one(o.qp, 1, &sge, 1), EINVAL, NULL);
    equals(*rq.doorbell, 1);
    o.world->own_reads++;
    begin_case(o.world, "ibv_post_recv", "rings handed over, after RESET");
    assert_int_equal(ibv_modify_qp(o.qp, &reset, IBV_QP_STATE), 0);
    ready(o.qp);
    rejected(post_recv_one(o.qp, 1, &sge, 1), EINVAL, NULL);
    begin_case(o.world, "efadv_query_qp_wqs", "asked again");
    granted(efadv_query_qp_wqs(o.qp, &again, &rq, sizeof again));
    assert_memory_equal(&again, &sq, sizeof sq);
    destroy_objects(&o);
}

static void rings_in_use(void **state)
{
    struct efadv_wq_attr sq = {0}, rq = {0};
    struct objects o;
    struct ibv_sge sge;

    (void)state;
    for (int by_receive = 0; by_receive < 2; by_receive++) {
        create_objects(&o);
        ready(o.qp);
        sge = sge_of(&o.buffer, 0, 64);
        if (by_receive)
            assert_int_equal(post_recv_one(o.qp, 1, &sge, 1), 0);
        else
            assert_int_equal(post_send_to(o.qp, o.world, o.qp, 1, &sge, 1), 0);
        begin_case(o.world, "efadv_query_qp_wqs", "a %s was posted",
                   by_receive ? "receive" : "send");
        rejected(efadv_query_qp_wqs(o.qp, &sq, &rq, sizeof sq), EBUSY,
                 "call it before the first request, or after RESET");
        holds(!sq.buffer && !rq.buffer);
        assert_int_equal(post_recv_one(o.qp, 2, &sge, 1), 0);
        destroy_objects(&o);
    }
}

static void several_rings(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct efadv_cq_attr attr = {0};

    begin_case(world, "efadv_query_cq", "an adapter of two rings");
    rejected(efadv_query_cq(cq, &attr, sizeof attr), EOPNOTSUPP, "uses 2 rings for a CQ");
    holds(!attr.buffer);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void one_sided(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct efadv_wq_attr sq = {0}, rq = {0};
    struct ibv_qp_cap cap = default_cap();
    struct ibv_qp *qp;

    cap.max_recv_wr = 0;
    qp = make_srd_with(world, cq, cq, &cap, IBV_QP_EX_WITH_SEND);
    begin_case(world, "efadv_query_qp_wqs", "a session is open");
    ready(qp);
    ibv_wr_start(ibv_qp_to_qp_ex(qp));
    rejected(efadv_query_qp_wqs(qp, &sq, &rq, sizeof sq), EBUSY, "session");
    ibv_wr_abort(ibv_qp_to_qp_ex(qp));
    begin_case(world, "efadv_query_qp_wqs", "no receive queue");
    granted(efadv_query_qp_wqs(qp, &sq, &rq, sizeof sq));
    holds(sq.buffer && !rq.buffer && !rq.doorbell);
    equals(rq.num_entries, 0);
    begin_case(world, "ibv_wr_send", "rings handed over");
    ibv_wr_start(ibv_qp_to_qp_ex(qp));
    ibv_wr_send(ibv_qp_to_qp_ex(qp));
    rejected(ibv_wr_complete(ibv_qp_to_qp_ex(qp)), EINVAL, "handed over by efadv_query_qp_wqs");
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void depths(void **state)
{
    static const struct efadv_sq_depth_attr wrong[] = {
        {.flags = EFADV_SQ_DEPTH_ATTR_INLINE_WRITE},
        {.max_send_sge = 3},
        {.max_rdma_sge = 1},
        {.max_inline_data = 33},
    };
    static const uint32_t sges[] = {0, 1, 2, 3, 4};
    static const int expected[] = {-EINVAL, 32768, 16384, 10922, -EINVAL};
    struct world *world = *state;
    struct efadv_sq_depth_attr sq = {.max_send_sge = 2, .max_inline_data = 32};

    begin_case(world, "efadv_get_max_sq_depth", "as much as the adapter takes");
    equals((uint64_t)efadv_get_max_sq_depth(world->context, &sq, sizeof sq), 4096);
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(wrong); i++) {
        sq = wrong[i];
        begin_case(world, "efadv_get_max_sq_depth", "more than the adapter takes, member %u", i);
        rejected(efadv_get_max_sq_depth(world->context, &sq, sizeof sq),
                 i == 0 ? -EOPNOTSUPP : -EINVAL, "the adapter");
    }
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(sges); i++) {
        struct efadv_rq_depth_attr rq = {.max_recv_sge = sges[i]};

        begin_case(world, "efadv_get_max_rq_depth", "max_recv_sge %u", sges[i]);
        equals((uint64_t)efadv_get_max_rq_depth(world->context, &rq, sizeof rq),
               (uint64_t)expected[i]);
    }
}

static void depth_where_the_device_reads(void **state)
{
    struct world *world = *state;
    struct efadv_sq_depth_attr sq = {.max_rdma_sge = 1};

    begin_case(world, "efadv_get_max_sq_depth", "RDMA read of one buffer");
    holds(efadv_get_max_sq_depth(world->context, &sq, sizeof sq) > 0);
    sq.max_rdma_sge = 2;
    begin_case(world, "efadv_get_max_sq_depth", "RDMA read of two buffers");
    rejected(efadv_get_max_sq_depth(world->context, &sq, sizeof sq), -EINVAL, "takes up to 1");
}

static void driver_qps(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 16);
    struct ibv_qp_init_attr attr = {
        .send_cq = cq, .recv_cq = cq, .cap = {.max_send_wr = 5, .max_send_sge = 1}};
    struct ibv_qp *qp;

    attr.qp_type = IBV_QPT_UD;
    begin_case(world, "efadv_create_driver_qp", "qp_type UD");
    rejected_null(efadv_create_driver_qp(world->pd, &attr, EFADV_QP_DRIVER_TYPE_SRD), EINVAL,
                  "it must be IBV_QPT_DRIVER");
    attr.qp_type = IBV_QPT_DRIVER;
    begin_case(world, "efadv_create_driver_qp", "another driver type");
    rejected_null(efadv_create_driver_qp(world->pd, &attr, 1), EOPNOTSUPP, "SRD (0)");
    equals(attr.cap.max_send_wr, 5);
    begin_case(world, "efadv_create_driver_qp", "SRD");
    qp = efadv_create_driver_qp(world->pd, &attr, EFADV_QP_DRIVER_TYPE_SRD);
    granted_object(qp);
    equals(attr.cap.max_send_wr, 8);
    equals(qp->qp_type, IBV_QPT_DRIVER);
    begin_case(world, "ibv_qp_to_qp_ex", "of efadv_create_driver_qp");
    rejected_null(ibv_qp_to_qp_ex(qp), EINVAL, "without send_ops_flags");
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void extensions(void **state)
{
    struct world *world = *state;
    struct ibv_cq_init_attr_ex attr = {.cqe = 16, .wc_flags = IBV_WC_STANDARD_FLAGS};
    struct efadv_cq_init_attr efa = {0};
    struct ibv_cq_ex *cq;
    struct ibv_qp_cap cap = default_cap();
    struct ibv_qp *qp;
    union ibv_gid gid;

    for (int bit = 0; bit < 64; bit += 21) {
        efa.wc_flags = 1ull << bit;
        begin_case(world, "efadv_create_cq", "wc_flags bit %d of efa_attr", bit);
        rejected_null(efadv_create_cq(world->context, &attr, &efa, sizeof efa), EOPNOTSUPP,
                      "wc_flags");
        efa.wc_flags = 0;
        efa.flags = 1ull << bit;
        begin_case(world, "efadv_create_cq", "flags bit %d of efa_attr", bit);
        rejected_null(efadv_create_cq(world->context, &attr, &efa, sizeof efa), EOPNOTSUPP,
                      "flags");
        efa.flags = 0;
    }
    efa.ext_mem_dmabuf.reserved[3] = 1;
    begin_case(world, "efadv_create_cq", "a reserved byte");
    rejected_null(efadv_create_cq(world->context, &attr, &efa, sizeof efa), EINVAL, "reserved");
    efa.ext_mem_dmabuf.reserved[3] = 0;
    attr.cqe = 0;
    begin_case(world, "efadv_create_cq", "cqe 0");
    rejected_null(efadv_create_cq(world->context, &attr, &efa, sizeof efa), EINVAL,
                  "efadv_create_cq: cqe 0");
    attr.cqe = 16;

    begin_case(world, "efadv_create_cq", "all good");
    cq = efadv_create_cq(world->context, &attr, &efa, sizeof efa);
    granted_object(cq);
    holds(cq->start_poll && cq->read_byte_len);
    begin_case(world, "efadv_cq_from_ibv_cq_ex", "no reader was asked for");
    granted_object(efadv_cq_from_ibv_cq_ex(cq));
    holds(efadv_wc_read_sgid(efadv_cq_from_ibv_cq_ex(cq), &gid) == -EOPNOTSUPP);
    holds(!efadv_wc_is_unsolicited(efadv_cq_from_ibv_cq_ex(cq)));
    qp = make_srd_with(world, ibv_cq_ex_to_cq(cq), ibv_cq_ex_to_cq(cq), &cap, IBV_QP_EX_WITH_SEND);
    begin_case(world, "efadv_qp_from_ibv_qp_ex", "hints change nothing");
    granted_object(efadv_qp_from_ibv_qp_ex(ibv_qp_to_qp_ex(qp)));
    holds(!efadv_qp_from_ibv_qp_ex(ibv_qp_to_qp_ex(qp))->wr_set_processing_hints);
    efadv_wr_set_processing_hints(efadv_qp_from_ibv_qp_ex(ibv_qp_to_qp_ex(qp)), 1);
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(ibv_cq_ex_to_cq(cq)), 0);
}

int contract_direct(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length),
        cmocka_unit_test(null_arguments),
        cmocka_unit_test(rings),
        cmocka_unit_test(rings_in_use),
        WORLD_TEST(several_rings),
        WORLD_TEST(one_sided),
        WORLD_TEST(depths),
        SECOND_GENERATION_TEST(depth_where_the_device_reads),
        WORLD_TEST(driver_qps),
        WORLD_TEST(extensions),
    };

    return cmocka_run_group_tests_name("contract: direct access", tests, NULL, NULL);
}
