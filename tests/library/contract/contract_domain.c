/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: protection domains, thread domains, parent domains, address handles. */
#include <errno.h>
#include <string.h>

#include "contract.h"

static struct ibv_mr *any_mr(struct ibv_pd *pd)
{
    static char memory[64];
    struct ibv_mr *mr = ibv_reg_mr(pd, memory, sizeof memory, IBV_ACCESS_LOCAL_WRITE);

    assert_non_null(mr);
    return mr;
}

static void protection_domains(void **state)
{
    struct world *world = *state;
    struct ibv_pd *pd;
    struct ibv_mr *mr;

    begin_case(world, "ibv_alloc_pd", "context NULL");
    rejected_null(ibv_alloc_pd(NULL), EINVAL, "ibv_alloc_pd: context is NULL");
    begin_case(world, "ibv_dealloc_pd", "NULL");
    rejected(ibv_dealloc_pd(NULL), EINVAL, "ibv_dealloc_pd: pd is NULL");

    begin_case(world, "ibv_alloc_pd", "a second one");
    pd = ibv_alloc_pd(world->context);
    granted_object(pd);
    holds(pd->context == world->context && pd->handle != world->pd->handle);

    mr = any_mr(pd);
    begin_case(world, "ibv_dealloc_pd", "a memory region is in it");
    rejected(ibv_dealloc_pd(pd), EBUSY, "1 memory regions");
    assert_int_equal(ibv_dereg_mr(mr), 0);

    begin_case(world, "ibv_dealloc_pd", "nothing is in it");
    granted(ibv_dealloc_pd(pd));
    begin_case(world, "ibv_dealloc_pd", "an address handle is in it");
    rejected(ibv_dealloc_pd(world->pd), EBUSY, "destroy them first");
}

static void too_many_domains(void **state)
{
    struct efasim_config config;
    struct ibv_pd *pds[4];
    struct world *world;

    (void)state;
    efasim_config_default(&config);
    config.devices[0].max_pd = 5;
    world = world_create(&config);
    for (unsigned i = 0; i < 4; i++) {
        pds[i] = ibv_alloc_pd(world->context);
        assert_non_null(pds[i]);
    }
    begin_case(world, "ibv_alloc_pd", "one more than the adapter has");
    rejected_null(ibv_alloc_pd(world->context), ENOMEM, "ALLOC_PD");
    assert_int_equal(ibv_dealloc_pd(pds[0]), 0);
    begin_case(world, "ibv_alloc_pd", "the last, after one was freed");
    pds[0] = ibv_alloc_pd(world->context);
    granted_object(pds[0]);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(ibv_dealloc_pd(pds[i]), 0);
    world_destroy(world);
}

static void thread_domains(void **state)
{
    struct world *world = *state;
    const struct verbs_context *verbs = verbs_get_ctx(world->context);
    struct ibv_td_init_attr attr = {0};
    struct ibv_td *td;

    begin_case(world, "alloc_td", "context NULL");
    rejected_null(verbs->alloc_td(NULL, &attr), EINVAL, "ibv_alloc_td: context or init_attr");
    begin_case(world, "alloc_td", "init_attr NULL");
    rejected_null(verbs->alloc_td(world->context, NULL), EINVAL, "context or init_attr is NULL");
    for (uint32_t bit = 0; bit < 32; bit += 31) {
        attr.comp_mask = 1u << bit;
        begin_case(world, "alloc_td", "comp_mask bit %u", bit);
        rejected_null(ibv_alloc_td(world->context, &attr), EOPNOTSUPP, "it must be 0");
    }
    begin_case(world, "dealloc_td", "NULL");
    rejected(verbs->dealloc_td(NULL), EINVAL, "ibv_dealloc_td: td is NULL");

    attr.comp_mask = 0;
    begin_case(world, "alloc_td", "all good");
    td = ibv_alloc_td(world->context, &attr);
    granted_object(td);
    holds(td->context == world->context);
    begin_case(world, "ibv_close_device", "a thread domain is alive");
    rejected(ibv_close_device(world->context), EBUSY, "thread domains still exist");
    begin_case(world, "dealloc_td", "all good");
    granted(ibv_dealloc_td(td));
}

static void rejected_parent_domains(void **state)
{
    struct world *world = *state;
    const struct verbs_context *verbs = verbs_get_ctx(world->context);
    struct ibv_td_init_attr td_attr = {0};
    struct ibv_parent_domain_init_attr attr = {.pd = world->pd};
    struct stranger stranger;
    struct ibv_td *td;
    struct ibv_pd *parent;

    stranger_create(&stranger, world);
    td = ibv_alloc_td(stranger.context, &td_attr);
    parent = ibv_alloc_parent_domain(world->context, &attr);
    assert_non_null(parent);

    const struct {
        const char *what, *log;
        struct ibv_parent_domain_init_attr attr;
        int error;
    } rows[] = {
        {"pd NULL", "pd is NULL", {.pd = NULL}, EINVAL},
        {"pd of another context", "another context", {.pd = stranger.pd}, EINVAL},
        {"td of another context", "another context", {.pd = world->pd, .td = td}, EINVAL},
        {"pd a parent domain", "itself a parent domain", {.pd = parent}, EINVAL},
        {"comp_mask ALLOCATORS",
         "allocators are not supported",
         {.pd = world->pd, .comp_mask = IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS},
         EOPNOTSUPP},
        {"comp_mask bit 2", "unknown bits", {.pd = world->pd, .comp_mask = 4}, EOPNOTSUPP},
        {"comp_mask bit 31", "unknown bits", {.pd = world->pd, .comp_mask = 1u << 31}, EOPNOTSUPP},
    };

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(rows); i++) {
        struct ibv_parent_domain_init_attr copy = rows[i].attr;

        begin_case(world, "alloc_parent_domain", "%s", rows[i].what);
        rejected_null(ibv_alloc_parent_domain(world->context, &copy), rows[i].error, rows[i].log);
    }
    begin_case(world, "alloc_parent_domain", "context NULL");
    rejected_null(verbs->alloc_parent_domain(NULL, &attr), EINVAL, "context or attr is NULL");
    begin_case(world, "alloc_parent_domain", "attr NULL");
    rejected_null(verbs->alloc_parent_domain(world->context, NULL), EINVAL, "attr is NULL");

    assert_int_equal(ibv_dealloc_pd(parent), 0);
    assert_int_equal(ibv_dealloc_td(td), 0);
    stranger_destroy(&stranger);
}

static void parent_domains(void **state)
{
    struct world *world = *state;
    struct ibv_td_init_attr td_attr = {0};
    struct ibv_parent_domain_init_attr attr = {0};
    struct ibv_cq_init_attr_ex cq_attr = {.cqe = 4, .comp_mask = IBV_CQ_INIT_ATTR_MASK_PD};
    struct ibv_pd *pd = ibv_alloc_pd(world->context), *parent;
    struct ibv_td *td = ibv_alloc_td(world->context, &td_attr);
    struct ibv_cq_ex *cq;
    struct ibv_mr *mr;

    attr.pd = pd;
    attr.td = td;
    attr.comp_mask = IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT;
    begin_case(world, "alloc_parent_domain", "with a thread domain and a pd_context");
    parent = ibv_alloc_parent_domain(world->context, &attr);
    granted_object(parent);
    holds(parent->context == world->context);
    equals(parent->handle, pd->handle);

    begin_case(world, "ibv_dealloc_pd", "a parent domain is on it");
    rejected(ibv_dealloc_pd(pd), EBUSY, "parent domains use it");
    begin_case(world, "dealloc_td", "a parent domain uses it");
    rejected(ibv_dealloc_td(td), EBUSY, "1 parent domains use it");

    mr = any_mr(parent);
    begin_case(world, "ibv_dealloc_pd", "of a parent domain with a memory region");
    rejected(ibv_dealloc_pd(parent), EBUSY, "1 memory regions");
    assert_int_equal(ibv_dereg_mr(mr), 0);

    cq_attr.parent_domain = parent;
    cq = ibv_create_cq_ex(world->context, &cq_attr);
    assert_non_null(cq);
    begin_case(world, "ibv_dealloc_pd", "of a parent domain with a completion queue");
    rejected(ibv_dealloc_pd(parent), EBUSY, "destroy them first");
    assert_int_equal(ibv_destroy_cq(ibv_cq_ex_to_cq(cq)), 0);

    begin_case(world, "ibv_dealloc_pd", "of a parent domain; the device has no part in it");
    granted(ibv_dealloc_pd(parent));
    holds(log_last()[0] == '\0');
    assert_int_equal(ibv_dealloc_td(td), 0);
    assert_int_equal(ibv_dealloc_pd(pd), 0);
}

static struct ibv_ah_attr good_ah(struct world *world)
{
    struct ibv_ah_attr attr = {.is_global = 1, .port_num = 1};

    assert_int_equal(ibv_query_gid(world->context, 1, 0, &attr.grh.dgid), 0);
    return attr;
}

static void address_handles(void **state)
{
    struct world *world = *state;
    struct ibv_ah_attr attr = good_ah(world);
    struct ibv_ah *ah;

    begin_case(world, "ibv_create_ah", "pd NULL");
    rejected_null(ibv_create_ah(NULL, &attr), EINVAL, "pd or attr is NULL");
    begin_case(world, "ibv_create_ah", "attr NULL");
    rejected_null(ibv_create_ah(world->pd, NULL), EINVAL, "pd or attr is NULL");
    static const uint8_t ports[] = {0, 2, 255};

    for (unsigned i = 0; i < sizeof ports; i++) {
        attr.port_num = ports[i];
        begin_case(world, "ibv_create_ah", "port_num %u", ports[i]);
        rejected_null(ibv_create_ah(world->pd, &attr), EINVAL, "the adapter has only port 1");
    }
    attr = good_ah(world);
    attr.is_global = 0;
    begin_case(world, "ibv_create_ah", "is_global 0");
    rejected_null(ibv_create_ah(world->pd, &attr), EINVAL, "is_global is 0");
    attr = good_ah(world);
    attr.grh.sgid_index = 1;
    begin_case(world, "ibv_create_ah", "sgid_index 1");
    rejected_null(ibv_create_ah(world->pd, &attr), EINVAL, "grh.sgid_index 1");

    attr = good_ah(world);
    begin_case(world, "ibv_create_ah", "the adapter's own GID");
    ah = ibv_create_ah(world->pd, &attr);
    granted_object(ah);
    holds(ah->context == world->context && ah->pd == world->pd);
    begin_case(world, "ibv_destroy_ah", "all good");
    granted(ibv_destroy_ah(ah));
    begin_case(world, "ibv_destroy_ah", "NULL");
    rejected(ibv_destroy_ah(NULL), EINVAL, "ibv_destroy_ah: ah is NULL");

    attr.grh.dgid.raw[15] = 99;
    attr.grh.flow_label = 5;
    attr.grh.hop_limit = 6;
    attr.grh.traffic_class = 7;
    attr.sl = 1;
    attr.dlid = 2;
    attr.static_rate = 3;
    attr.src_path_bits = 4;
    begin_case(world, "ibv_create_ah", "another GID, and fields that EFA has no use for");
    ah = ibv_create_ah(world->pd, &attr);
    granted_object(ah);
    assert_int_equal(ibv_destroy_ah(ah), 0);
}

static void too_many_address_handles(void **state)
{
    struct efasim_config config;
    struct ibv_ah_attr attr;
    struct world *world;
    struct ibv_ah *ah;

    (void)state;
    efasim_config_default(&config);
    config.devices[0].max_ah = 2;
    world = world_create(&config);
    attr = good_ah(world);
    attr.grh.dgid.raw[15] = 2;
    ah = ibv_create_ah(world->pd, &attr);
    assert_non_null(ah);
    attr.grh.dgid.raw[15] = 3;
    begin_case(world, "ibv_create_ah", "one more than the adapter has");
    rejected_null(ibv_create_ah(world->pd, &attr), ENOMEM, "destroy some first");
    assert_int_equal(ibv_destroy_ah(ah), 0);
    begin_case(world, "ibv_create_ah", "again, after one was destroyed");
    ah = ibv_create_ah(world->pd, &attr);
    granted_object(ah);
    assert_int_equal(ibv_destroy_ah(ah), 0);
    world_destroy(world);
}

int contract_domain(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(protection_domains),
        cmocka_unit_test(too_many_domains),
        WORLD_TEST(thread_domains),
        WORLD_TEST(rejected_parent_domains),
        WORLD_TEST(parent_domains),
        WORLD_TEST(address_handles),
        cmocka_unit_test(too_many_address_handles),
    };

    return cmocka_run_group_tests_name("contract: domains and addresses", tests, NULL, NULL);
}
