/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: creating and destroying completion queues, by all three calls. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "contract.h"

/* The exported ibv_create_cq_ex, and the operation that older clients reach in the context. */
typedef struct ibv_cq_ex *create_function(struct ibv_context *, struct ibv_cq_init_attr_ex *);

static const char *const ex_names[] = {"ibv_create_cq_ex", "create_cq_ex of the context"};

static create_function *ex_way(struct world *world, unsigned way)
{
    return way == 0 ? ibv_create_cq_ex : verbs_get_ctx(world->context)->create_cq_ex;
}

static void destroy(struct ibv_cq *cq)
{
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

static void depths(void **state)
{
    struct efasim_config config;
    struct world *world;
    static const struct {
        int cqe, got;
    } good[] = {{1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {511, 512}, {512, 512}};
    static const int bad[] = {0, 513, 600, 32768, 65536, -1, INT_MAX, INT_MIN};

    (void)state;
    efasim_config_default(&config);
    config.devices[0].max_cq_depth = 600; /* of which 512 is a power of two */
    world = world_create(&config);
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(good); i++) {
        struct ibv_cq *cq;

        begin_case(world, "ibv_create_cq", "cqe %d of at most 512", good[i].cqe);
        cq = ibv_create_cq(world->context, good[i].cqe, world, NULL, 0);
        granted_object(cq);
        equals((uint64_t)cq->cqe, (uint64_t)good[i].got);
        holds(cq->context == world->context && cq->cq_context == world && !cq->channel);
        destroy(cq);
        for (unsigned way = 0; way < 2; way++) {
            struct ibv_cq_init_attr_ex attr = {.cqe = (uint32_t)good[i].cqe, .cq_context = &attr};
            struct ibv_cq_ex *ex;

            begin_case(world, ex_names[way], "cqe %d of at most 512", good[i].cqe);
            ex = ex_way(world, way)(world->context, &attr);
            granted_object(ex);
            equals((uint64_t)ex->cqe, (uint64_t)good[i].got);
            holds(ex->context == world->context && ex->cq_context == &attr);
            destroy(ibv_cq_ex_to_cq(ex));
        }
    }
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(bad); i++) {
        begin_case(world, "ibv_create_cq", "cqe %d of at most 512", bad[i]);
        rejected_null(ibv_create_cq(world->context, bad[i], NULL, NULL, 0), EINVAL,
                      "the adapter takes 1 to 512");
        for (unsigned way = 0; way < 2; way++) {
            struct ibv_cq_init_attr_ex attr = {.cqe = (uint32_t)bad[i]};

            begin_case(world, ex_names[way], "cqe %d of at most 512", bad[i]);
            rejected_null(ex_way(world, way)(world->context, &attr), EINVAL, "takes 1 to 512");
        }
    }
    world_destroy(world);
}

static void wrong_arguments(void **state)
{
    struct world *world = *state;
    struct ibv_comp_channel channel = {.context = world->context};

    begin_case(world, "ibv_create_cq", "context NULL");
    rejected_null(ibv_create_cq(NULL, 4, NULL, NULL, 0), EINVAL, "context is NULL");
    begin_case(world, "ibv_create_cq", "a channel");
    rejected_null(ibv_create_cq(world->context, 4, NULL, &channel, 0), EOPNOTSUPP,
                  "pass no channel, and poll");
    static const int vectors[] = {1, -1, INT_MAX};

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(vectors); i++) {
        begin_case(world, "ibv_create_cq", "comp_vector %d", vectors[i]);
        rejected_null(ibv_create_cq(world->context, 4, NULL, NULL, vectors[i]), EINVAL,
                      "comp_vector");
    }
    for (unsigned way = 0; way < 2; way++) {
        struct ibv_cq_init_attr_ex attr = {.cqe = 4};

        begin_case(world, ex_names[way], "context NULL");
        rejected_null(ex_way(world, way)(NULL, &attr), EINVAL, "context or cq_attr is NULL");
        begin_case(world, ex_names[way], "cq_attr NULL");
        rejected_null(ex_way(world, way)(world->context, NULL), EINVAL, "cq_attr is NULL");
        attr.channel = &channel;
        begin_case(world, ex_names[way], "a channel");
        rejected_null(ex_way(world, way)(world->context, &attr), EOPNOTSUPP, "pass no channel");
        attr.channel = NULL;
        attr.comp_vector = 1;
        begin_case(world, ex_names[way], "comp_vector 1");
        rejected_null(ex_way(world, way)(world->context, &attr), EINVAL, "comp_vector 1");
    }
}

static void comp_mask_and_flags(void **state)
{
    struct world *world = *state;
    struct stranger stranger;

    stranger_create(&stranger, world);
    for (unsigned way = 0; way < 2; way++) {
        create_function *create = ex_way(world, way);
        struct ibv_cq_ex *cq;

        for (uint32_t bit = 2; bit < 32; bit++) {
            struct ibv_cq_init_attr_ex attr = {.cqe = 4, .comp_mask = 1u << bit};

            begin_case(world, ex_names[way], "comp_mask bit %u", bit);
            rejected_null(create(world->context, &attr), EOPNOTSUPP, "only FLAGS and PD");
        }
        for (uint32_t bit = 0; bit < 32; bit++) {
            struct ibv_cq_init_attr_ex attr = {
                .cqe = 4, .comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS, .flags = 1u << bit};

            begin_case(world, ex_names[way], "flags bit %u", bit);
            cq = create(world->context, &attr);
            if (bit < 2) {
                granted_object(cq);
                destroy(ibv_cq_ex_to_cq(cq));
            } else {
                rejected_null(cq, EOPNOTSUPP, "only SINGLE_THREADED and IGNORE_OVERRUN");
            }
        }
        struct ibv_cq_init_attr_ex attr = {.cqe = 4, .flags = ~0u};

        begin_case(world, ex_names[way], "flags that comp_mask does not name are not read");
        cq = create(world->context, &attr);
        granted_object(cq);
        destroy(ibv_cq_ex_to_cq(cq));

        attr = (struct ibv_cq_init_attr_ex){.cqe = 4, .comp_mask = IBV_CQ_INIT_ATTR_MASK_PD};
        begin_case(world, ex_names[way], "parent_domain NULL");
        rejected_null(create(world->context, &attr), EINVAL, "parent_domain is NULL");
        attr.parent_domain = stranger.pd;
        begin_case(world, ex_names[way], "parent_domain of another context");
        rejected_null(create(world->context, &attr), EINVAL, "another context");
        attr.parent_domain = world->pd;
        begin_case(world, ex_names[way], "parent_domain a plain protection domain");
        cq = create(world->context, &attr);
        granted_object(cq);
        destroy(ibv_cq_ex_to_cq(cq));
    }
    stranger_destroy(&stranger);
}

/* The reader that each flag of wc_flags asks for; those past the seventh are never there. */
static bool has_reader(const struct ibv_cq_ex *cq, unsigned bit)
{
    const bool readers[] = {cq->read_byte_len,      cq->read_imm_data, cq->read_qp_num,
                            cq->read_src_qp,        cq->read_slid,     cq->read_sl,
                            cq->read_dlid_path_bits};

    return readers[bit];
}

static void wc_flags(void **state)
{
    struct world *world = *state;

    for (unsigned way = 0; way < 2; way++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            struct ibv_cq_init_attr_ex attr = {.cqe = 4, .wc_flags = 1ull << bit};
            struct ibv_cq_ex *cq;

            if (bit > 12 && bit != 31 && bit != 32 && bit != 63)
                continue;
            begin_case(world, ex_names[way], "wc_flags bit %u", bit);
            cq = ex_way(world, way)(world->context, &attr);
            if (bit >= 7) {
                rejected_null(cq, EOPNOTSUPP, "only the standard fields (0x7f)");
                continue;
            }
            granted_object(cq);
            for (unsigned other = 0; other < 7; other++)
                holds(has_reader(cq, other) == (other == bit));
            holds(cq->read_opcode && cq->read_vendor_err && cq->read_wc_flags);
            holds(!cq->read_completion_ts && !cq->read_cvlan && !cq->read_flow_tag &&
                  !cq->read_tm_info && !cq->read_completion_wallclock_ns);
            destroy(ibv_cq_ex_to_cq(cq));
        }
        struct ibv_cq_init_attr_ex attr = {.cqe = 4, .wc_flags = IBV_WC_STANDARD_FLAGS};
        struct ibv_cq_ex *cq;

        begin_case(world, ex_names[way], "all of wc_flags");
        cq = ex_way(world, way)(world->context, &attr);
        granted_object(cq);
        for (unsigned bit = 0; bit < 7; bit++)
            holds(has_reader(cq, bit));
        destroy(ibv_cq_ex_to_cq(cq));
    }
}

static void destroying(void **state)
{
    struct world *world = *state;
    struct ibv_cq *send_cq = make_cq(world, 16), *recv_cq = make_cq(world, 16);
    struct ibv_qp *qp = make_srd_with(world, send_cq, recv_cq, NULL, IBV_QP_EX_WITH_SEND);

    begin_case(world, "ibv_destroy_cq", "NULL");
    rejected(ibv_destroy_cq(NULL), EINVAL, "ibv_destroy_cq: cq is NULL");
    begin_case(world, "ibv_destroy_cq", "a send queue completes on it");
    rejected(ibv_destroy_cq(send_cq), EBUSY, "destroy them first");
    begin_case(world, "ibv_destroy_cq", "a receive queue completes on it");
    rejected(ibv_destroy_cq(recv_cq), EBUSY, "destroy them first");
    begin_case(world, "ibv_close_device", "completion queues are alive");
    rejected(ibv_close_device(world->context), EBUSY, "completion queues");
    assert_int_equal(ibv_destroy_qp(qp), 0);
    begin_case(world, "ibv_destroy_cq", "after the last queue pair went");
    granted(ibv_destroy_cq(send_cq));
    begin_case(world, "ibv_destroy_cq", "the other one");
    granted(ibv_destroy_cq(recv_cq));
}

static void too_many(void **state)
{
    struct efasim_config config;
    struct world *world;
    struct ibv_cq *cq;

    (void)state;
    efasim_config_default(&config);
    config.devices[0].max_cq = 1;
    world = world_create(&config);
    cq = make_cq(world, 4);
    begin_case(world, "ibv_create_cq", "one more than the adapter has");
    rejected_null(ibv_create_cq(world->context, 4, NULL, NULL, 0), ENOMEM, "CREATE_CQ");
    destroy(cq);
    world_destroy(world);
}

int contract_cq(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depths), WORLD_TEST(wrong_arguments), WORLD_TEST(comp_mask_and_flags),
        WORLD_TEST(wc_flags),     WORLD_TEST(destroying),      cmocka_unit_test(too_many),
    };

    return cmocka_run_group_tests_name("contract: completion queues", tests, NULL, NULL);
}
