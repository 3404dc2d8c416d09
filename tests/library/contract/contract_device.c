/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: versions, the device list, contexts, and the queries of the verbs interface. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "contract.h"
#include "driver/default_transport.h"
#include "driver_errors.h"

bool check_version(int interface_version);
int efawin_get_errno(void);

static void versions_and_strings(void **state)
{
    static const int others[] = {0, 2, 3, -1, INT_MAX, INT_MIN};

    begin_case(*state, "check_version", "1");
    holds(check_version(1));
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(others); i++) {
        begin_case(*state, "check_version", "%d", others[i]);
        holds(!check_version(others[i]));
    }
    begin_case(*state, "efawin_get_errno", "errno of the library's C runtime");
    errno = ERANGE;
    holds(efawin_get_errno() == ERANGE);
    begin_case(*state, "ibv_fork_init", "Windows does not fork");
    granted(ibv_fork_init());

    for (int status = -1; status <= IBV_WC_TM_RNDV_INCOMPLETE + 1; status++) {
        const char *text = ibv_wc_status_str((enum ibv_wc_status)status);
        bool known = status >= 0 && status <= IBV_WC_TM_RNDV_INCOMPLETE;

        begin_case(*state, "ibv_wc_status_str", "%d", status);
        assert_non_null(text);
        holds(text[0] && known == !strstr(text, "unknown"));
    }
}

static void device_list(void **state)
{
    struct world *world = *state;
    struct ibv_device **list;
    int count = -1;

    begin_case(world, "ibv_get_device_list", "one adapter");
    list = ibv_get_device_list(&count);
    granted_object(list);
    equals((uint64_t)count, 1);
    assert_non_null(list[0]);
    assert_null(list[1]);
    assert_string_equal(list[0]->name, "EFA");
    assert_string_equal(list[0]->dev_name, "EFA");
    assert_int_equal(list[0]->node_type, IBV_NODE_UNSPECIFIED);
    assert_int_equal(list[0]->transport_type, IBV_TRANSPORT_UNSPECIFIED);
    ibv_free_device_list(list);

    begin_case(world, "ibv_get_device_list", "num_devices NULL");
    list = ibv_get_device_list(NULL);
    granted_object(list);
    assert_non_null(list[0]);
    ibv_free_device_list(list);

    begin_case(world, "ibv_get_device_list", "the probe leaves no session behind");
    equals(world->intercept.opens, world->intercept.closes + 1);

    begin_case(world, "ibv_free_device_list", "NULL");
    ibv_free_device_list(NULL);
    holds(log_last()[0] == '\0');

    begin_case(world, "ibv_get_device_list", "no driver at all");
    efa_set_default_transport(NULL);
    count = -1;
    list = ibv_get_device_list(&count);
    equals((uint64_t)errno, ENODEV);
    efa_set_default_transport(&world->intercept.transport);
    granted_object(list);
    equals((uint64_t)count, 0);
    assert_null(list[0]);
    ibv_free_device_list(list);
}

static void list_when_opening_fails(void **state)
{
    struct world *world = *state;

    for (unsigned i = 0; i < driver_error_count; i++) {
        const struct driver_error *row = &driver_errors[i];
        struct ibv_device **list;
        int count = -1;

        begin_case(world, "ibv_get_device_list", "opening fails with %u", row->win32);
        world->intercept.open_error = row->win32;
        list = ibv_get_device_list(&count);
        equals((uint64_t)errno, (uint64_t)row->error);
        granted_object(list);
        equals((uint64_t)count, 0);
        assert_null(list[0]);
        ibv_free_device_list(list);
        holds(log_contains("cannot open simulated") && log_contains(row->name));

        begin_case(world, "ibv_open_device", "opening fails with %u", row->win32);
        rejected_null(ibv_open_device(world->context->device), row->error, row->name);
    }
    world->intercept.open_error = 0;
}

static void open_and_close(void **state)
{
    struct world *world = *state;
    struct ibv_context *second;
    struct ibv_pd *pd;

    begin_case(world, "ibv_open_device", "NULL");
    rejected_null(ibv_open_device(NULL), EINVAL, "ibv_open_device: device is NULL");

    begin_case(world, "ibv_open_device", "the same device again");
    second = ibv_open_device(world->context->device);
    granted_object(second);
    holds(second != world->context && second->device == world->context->device);

    begin_case(world, "ibv_open_device", "what the context says of itself");
    equals((uint64_t)second->num_comp_vectors, 1);
    holds(second->abi_compat == (void *)UINTPTR_MAX);
    equals(verbs_get_ctx(second)->sz, sizeof(struct verbs_context));

    begin_case(world, "ibv_close_device", "NULL");
    rejected(ibv_close_device(NULL), EINVAL, "ibv_close_device: context is NULL");

    pd = ibv_alloc_pd(second);
    assert_non_null(pd);
    begin_case(world, "ibv_close_device", "a protection domain is alive");
    rejected(ibv_close_device(second), EBUSY, "1 protection domains");
    assert_int_equal(ibv_dealloc_pd(pd), 0);

    begin_case(world, "ibv_close_device", "nothing is alive");
    granted(ibv_close_device(second));
}

static void operations_of_the_context(void **state)
{
    struct world *world = *state;
    const struct verbs_context *verbs = verbs_get_ctx(world->context);
    const struct ibv_context_ops *ops = &world->context->ops;
    struct ibv_cq *cq = make_cq(world, 4);

    begin_case(world, "verbs_context", "operations that are offered");
    holds(verbs->query_port && verbs->query_device_ex && verbs->create_cq_ex &&
          verbs->create_qp_ex && verbs->alloc_td && verbs->dealloc_td &&
          verbs->alloc_parent_domain);
    begin_case(world, "verbs_context", "operations that are not are NULL");
    holds(!verbs->modify_cq && !verbs->open_qp && !verbs->create_srq_ex && !verbs->priv &&
          !verbs->advise_mr && !verbs->create_wq && !verbs->open_xrcd && !verbs->alloc_dm);
    begin_case(world, "ibv_context_ops", "operations that inline calls use");
    holds(ops->poll_cq && ops->post_send && ops->post_recv && ops->req_notify_cq &&
          ops->post_srq_recv);

    for (int solicited = 0; solicited < 2; solicited++) {
        begin_case(world, "ibv_req_notify_cq", "solicited_only %d", solicited);
        rejected(ibv_req_notify_cq(cq, solicited), EOPNOTSUPP, "no completion events; poll");
    }
    struct ibv_recv_wr wr = {.wr_id = 1}, *bad = NULL;

    begin_case(world, "ibv_post_srq_recv", "there is no SRQ");
    rejected(ops->post_srq_recv(NULL, &wr, &bad), EOPNOTSUPP, "no shared receive queues");
    holds(bad == &wr);
    begin_case(world, "ibv_post_srq_recv", "bad_wr NULL");
    rejected(ops->post_srq_recv(NULL, &wr, NULL), EOPNOTSUPP, "no shared receive queues");
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

#define EQUALS(call, member, expected)                       \
    do {                                                     \
        begin_case(world, call, "%s", #member);              \
        equals((uint64_t)attr.member, (uint64_t)(expected)); \
    } while (0)

static void query_device(void **state)
{
    struct world *world = *state;
    static const unsigned char guid[8] = {0x02, 0, 0, 0, 0, 0x1d, 0x0f, 1};
    const char *call = "ibv_query_device";
    struct ibv_device_attr attr;

    paint(&attr, sizeof attr);
    begin_case(world, call, "context NULL");
    rejected(ibv_query_device(NULL, &attr), EINVAL, "context or device_attr is NULL");
    begin_case(world, call, "device_attr NULL");
    rejected(ibv_query_device(world->context, NULL), EINVAL, "context or device_attr is NULL");
    still_painted(&attr, sizeof attr);

    begin_case(world, call, "all good");
    granted(ibv_query_device(world->context, &attr));
    assert_string_equal(attr.fw_ver, "1.0.0.0");
    assert_memory_equal(&attr.node_guid, guid, sizeof guid);
    EQUALS(call, vendor_id, 0x1d0f);
    EQUALS(call, vendor_part_id, 0xefa0);
    EQUALS(call, hw_ver, 0xefa0);
    EQUALS(call, max_mr_size, 0x10000000ull * 4096);
    EQUALS(call, page_size_cap, 0xfffff000u);
    EQUALS(call, max_qp, 256);
    EQUALS(call, max_qp_wr, 4096);
    EQUALS(call, max_sge, 2);
    EQUALS(call, max_sge_rd, 1);
    EQUALS(call, max_cq, 512);
    EQUALS(call, max_cqe, 32768);
    EQUALS(call, max_mr, 16384);
    EQUALS(call, max_pd, 256);
    EQUALS(call, max_ah, 4096);
    EQUALS(call, phys_port_cnt, 1);
    EQUALS(call, max_pkeys, 1);
    EQUALS(call, max_srq, 0);
    EQUALS(call, max_mw, 0);
    EQUALS(call, atomic_cap, IBV_ATOMIC_NONE);
    EQUALS(call, sys_image_guid, 0);
    EQUALS(call, device_cap_flags, 0);
}

/* efawin.def gives it its public name, which the headers have as an inline call. */
int efa_export_query_device_ex(struct ibv_context *context,
                               const struct ibv_query_device_ex_input *input,
                               struct ibv_device_attr_ex *attr);

static void query_device_ex(void **state)
{
    struct world *world = *state;
    const struct verbs_context *verbs = verbs_get_ctx(world->context);
    const char *call = "query_device_ex";
    struct ibv_query_device_ex_input input = {0};
    struct {
        struct ibv_device_attr_ex attr;
        uint64_t later;
    } longer;
    static const struct ibv_device_attr_ex zero;

    paint(&longer, sizeof longer);
    begin_case(world, call, "context NULL");
    rejected(verbs->query_device_ex(NULL, NULL, &longer.attr, sizeof longer.attr), EINVAL, "NULL");
    begin_case(world, call, "attr NULL");
    rejected(verbs->query_device_ex(world->context, NULL, NULL, 8), EINVAL, "NULL");
    for (int bit = 0; bit < 32; bit += 31) {
        input.comp_mask = 1u << bit;
        begin_case(world, call, "comp_mask bit %d of the input", bit);
        rejected(verbs->query_device_ex(world->context, &input, &longer.attr, sizeof longer.attr),
                 EINVAL, "comp_mask");
    }
    begin_case(world, call, "one byte less than ibv_device_attr");
    rejected(verbs->query_device_ex(world->context, NULL, &longer.attr,
                                    sizeof(struct ibv_device_attr) - 1),
             EINVAL, "231 bytes; the structure has at least 232");
    still_painted(&longer, sizeof longer);

    begin_case(world, call, "ibv_device_attr alone");
    granted(
        verbs->query_device_ex(world->context, NULL, &longer.attr, sizeof(struct ibv_device_attr)));
    equals((uint64_t)longer.attr.orig_attr.max_qp, 256);
    still_painted(&longer.attr.comp_mask, sizeof longer.attr.comp_mask);

    begin_case(world, call, "a longer structure of a newer client");
    granted(verbs->query_device_ex(world->context, NULL, &longer.attr, sizeof longer));
    equals(longer.later, 0);

    begin_case(world, "ibv_query_device_ex",
               "the DLL's export, for clients without the inline "
               "call");
    paint(&longer, sizeof longer);
    granted(efa_export_query_device_ex(world->context, NULL, &longer.attr));
    equals(longer.attr.phys_port_cnt_ex, 1);
    still_painted(&longer.later, sizeof longer.later);

    begin_case(world, "ibv_query_device_ex", "through the kit, input with comp_mask 0");
    input.comp_mask = 0;
    paint(&longer, sizeof longer);
    granted(ibv_query_device_ex(world->context, &input, &longer.attr));
    equals(longer.attr.phys_port_cnt_ex, 1);
    assert_memory_equal(&longer.attr.odp_caps, &zero.odp_caps, sizeof zero.odp_caps);
    equals(longer.attr.comp_mask, 0);
    still_painted(&longer.later, sizeof longer.later);
}

static void query_port(void **state)
{
    struct world *world = *state;
    const struct verbs_context *verbs = verbs_get_ctx(world->context);
    static const uint8_t others[] = {0, 2, 255};
    const char *call = "ibv_query_port";
    const size_t short_size = sizeof(struct _compat_ibv_port_attr);
    struct {
        struct ibv_port_attr attr;
        uint64_t later;
    } out;

    paint(&out, sizeof out);
    for (unsigned i = 0; i < sizeof others; i++) {
        begin_case(world, call, "port %u", others[i]);
        rejected((ibv_query_port)(world->context, others[i], &out.attr), EINVAL, "only port 1");
    }
    begin_case(world, call, "context NULL");
    rejected((ibv_query_port)(NULL, 1, &out.attr), EINVAL, "NULL");
    begin_case(world, call, "port_attr NULL");
    rejected((ibv_query_port)(world->context, 1, NULL), EINVAL, "NULL");
    begin_case(world, call, "one byte less than the short structure");
    rejected(verbs->query_port(world->context, 1, &out.attr, short_size - 1), EINVAL, "47 bytes");
    still_painted(&out, sizeof out);

    begin_case(world, call, "exported: fills the short structure and no more");
    granted((ibv_query_port)(world->context, 1, &out.attr));
    equals(out.attr.link_layer, IBV_LINK_LAYER_UNSPECIFIED);
    still_painted(&out.attr.port_cap_flags2, sizeof out.attr.port_cap_flags2);
    begin_case(world, call, "verbs_context, short structure");
    paint(&out, sizeof out);
    granted(verbs->query_port(world->context, 1, &out.attr, short_size));
    still_painted(&out.attr.port_cap_flags2, sizeof out - short_size);
    begin_case(world, call, "verbs_context, longer structure");
    granted(verbs->query_port(world->context, 1, &out.attr, sizeof out));
    equals(out.later, 0);

    begin_case(world, call, "through the kit");
    struct ibv_port_attr attr;

    paint(&attr, sizeof attr);
    granted(ibv_query_port(world->context, 1, &attr));
    EQUALS(call, state, IBV_PORT_ACTIVE);
    EQUALS(call, phys_state, 5);
    EQUALS(call, max_mtu, IBV_MTU_4096);
    EQUALS(call, active_mtu, IBV_MTU_4096);
    EQUALS(call, max_msg_sz, 8928);
    EQUALS(call, gid_tbl_len, 1);
    EQUALS(call, pkey_tbl_len, 1);
    EQUALS(call, lmc, 1);
    EQUALS(call, max_vl_num, 1);
    EQUALS(call, link_layer, 0);
    EQUALS(call, active_speed, 32);
    EQUALS(call, active_width, 2);
    EQUALS(call, port_cap_flags, 0);
    EQUALS(call, port_cap_flags2, 0);
    EQUALS(call, lid, 0);
}

static void query_gid(void **state)
{
    struct world *world = *state;
    static const unsigned char expected[16] = {0xfe, 0x80, 0, 0, 0, 0,    0,    0,
                                               2,    0,    0, 0, 0, 0x1d, 0x0f, 1};
    static const struct {
        uint8_t port;
        int index;
    } wrong[] = {{0, 0}, {2, 0}, {255, 0}, {1, 1}, {1, -1}, {1, INT_MAX}, {2, 1}};
    union ibv_gid gid;

    paint(&gid, sizeof gid);
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(wrong); i++) {
        begin_case(world, "ibv_query_gid", "port %u, index %d", wrong[i].port, wrong[i].index);
        rejected(ibv_query_gid(world->context, wrong[i].port, wrong[i].index, &gid), EINVAL,
                 "only port 1, index 0 is supported");
    }
    begin_case(world, "ibv_query_gid", "context NULL");
    rejected(ibv_query_gid(NULL, 1, 0, &gid), EINVAL, "context or gid is NULL");
    begin_case(world, "ibv_query_gid", "gid NULL");
    rejected(ibv_query_gid(world->context, 1, 0, NULL), EINVAL, "context or gid is NULL");
    still_painted(&gid, sizeof gid);
    begin_case(world, "ibv_query_gid", "port 1, index 0");
    granted(ibv_query_gid(world->context, 1, 0, &gid));
    assert_memory_equal(gid.raw, expected, sizeof expected);
}

int contract_device(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(versions_and_strings),
        WORLD_TEST(device_list),
        WORLD_TEST(list_when_opening_fails),
        WORLD_TEST(open_and_close),
        WORLD_TEST(operations_of_the_context),
        WORLD_TEST(query_device),
        WORLD_TEST(query_device_ex),
        WORLD_TEST(query_port),
        WORLD_TEST(query_gid),
    };

    return cmocka_run_group_tests_name("contract: devices", tests, NULL, NULL);
}
