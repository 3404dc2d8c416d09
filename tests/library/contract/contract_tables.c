/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The contract: the tables of a port, names, and texts. */
#include <errno.h>
#include <string.h>

#include "contract.h"

static void pkeys(void **state)
{
    static const struct {
        uint8_t port;
        int index;
    } wrong[] = {{0, 0}, {2, 0}, {1, 1}, {1, -1}};
    struct world *world = *state;
    uint16_t pkey = 0;

    paint(&pkey, sizeof pkey);
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(wrong); i++) {
        begin_case(world, "ibv_query_pkey", "port %u, index %d", wrong[i].port, wrong[i].index);
        rejected(ibv_query_pkey(world->context, wrong[i].port, wrong[i].index, &pkey), EINVAL,
                 "only port 1, index 0 is supported");
    }
    begin_case(world, "ibv_query_pkey", "context NULL");
    rejected(ibv_query_pkey(NULL, 1, 0, &pkey), EINVAL, "NULL");
    begin_case(world, "ibv_query_pkey", "pkey NULL");
    rejected(ibv_query_pkey(world->context, 1, 0, NULL), EINVAL, "NULL");
    still_painted(&pkey, sizeof pkey);
    begin_case(world, "ibv_query_pkey", "port 1, index 0");
    granted(ibv_query_pkey(world->context, 1, 0, &pkey));
    equals(pkey, 0xffff);
}

static void check_entry(struct world *world, const struct ibv_gid_entry *entry)
{
    union ibv_gid gid;

    assert_int_equal(ibv_query_gid(world->context, 1, 0, &gid), 0);
    assert_memory_equal(&entry->gid, &gid, sizeof gid);
    equals(entry->gid_index, 0);
    equals(entry->port_num, 1);
    equals(entry->gid_type, IBV_GID_TYPE_IB);
    equals(entry->ndev_ifindex, 0);
}

static void gid_entries(void **state)
{
    static const struct {
        uint32_t port, index, flags;
    } wrong[] = {{0, 0, 0}, {2, 0, 0}, {1, 1, 0}, {1, UINT32_MAX, 0}, {1, 0, 1}};
    struct world *world = *state;
    struct ibv_gid_entry entry;

    paint(&entry, sizeof entry);
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(wrong); i++) {
        begin_case(world, "ibv_query_gid_ex", "port %u, index %u, flags %u", wrong[i].port,
                   wrong[i].index, wrong[i].flags);
        rejected(
            ibv_query_gid_ex(world->context, wrong[i].port, wrong[i].index, &entry, wrong[i].flags),
            EINVAL, wrong[i].flags ? "it must be 0" : "only port 1, index 0 is supported");
    }
    begin_case(world, "ibv_query_gid_ex", "context NULL");
    rejected(ibv_query_gid_ex(NULL, 1, 0, &entry, 0), EINVAL, "NULL");
    begin_case(world, "ibv_query_gid_ex", "entry NULL");
    rejected(ibv_query_gid_ex(world->context, 1, 0, NULL, 0), EINVAL, "NULL");
    still_painted(&entry, sizeof entry);
    begin_case(world, "ibv_query_gid_ex", "port 1, index 0");
    granted(ibv_query_gid_ex(world->context, 1, 0, &entry, 0));
    check_entry(world, &entry);
}

static void gid_table(void **state)
{
    struct world *world = *state;
    struct ibv_gid_entry entries[2];

    paint(entries, sizeof entries);
    begin_case(world, "ibv_query_gid_table", "context NULL");
    rejected((int)ibv_query_gid_table(NULL, entries, 2, 0), -EINVAL, "NULL");
    begin_case(world, "ibv_query_gid_table", "entries NULL");
    rejected((int)ibv_query_gid_table(world->context, NULL, 2, 0), -EINVAL, "NULL");
    begin_case(world, "ibv_query_gid_table", "no room");
    rejected((int)ibv_query_gid_table(world->context, entries, 0, 0), -EINVAL, "max_entries 0");
    begin_case(world, "ibv_query_gid_table", "flags");
    rejected((int)ibv_query_gid_table(world->context, entries, 2, 8), -EINVAL, "it must be 0");
    still_painted(entries, sizeof entries);
    for (size_t room = 1; room <= 2; room++) {
        begin_case(world, "ibv_query_gid_table", "room for %u", (unsigned)room);
        equals((uint64_t)ibv_query_gid_table(world->context, entries, room, 0), 1);
        check_entry(world, entries);
        still_painted(entries + 1, sizeof *entries);
    }
}

static void names(void **state)
{
    struct world *world = *state;

    begin_case(world, "ibv_get_device_name", "NULL");
    rejected_null(ibv_get_device_name(NULL), EINVAL, "NULL");
    begin_case(world, "ibv_get_device_name", "the adapter");
    assert_string_equal(ibv_get_device_name(world->context->device), "EFA");
    begin_case(world, "ibv_get_device_index", "NULL");
    rejected(ibv_get_device_index(NULL), -1, "NULL");
    begin_case(world, "ibv_get_device_index", "the adapter");
    equals((uint64_t)ibv_get_device_index(world->context->device), 0);
    begin_case(world, "ibv_is_fork_initialized", "Windows does not fork");
    holds(ibv_is_fork_initialized() == IBV_FORK_UNNEEDED);
}

static const char *node_type_text(int value)
{
    return ibv_node_type_str((enum ibv_node_type)value);
}

static const char *port_state_text(int value)
{
    return ibv_port_state_str((enum ibv_port_state)value);
}

static const char *event_text(int value)
{
    return ibv_event_type_str((enum ibv_event_type)value);
}

/* A different text for each value that has a name, one common text for the others. */
static void texts(void **state)
{
    static const struct {
        const char *call;
        const char *(*text)(int value);
        int first, last;
    } calls[] = {
        {"ibv_node_type_str", node_type_text, IBV_NODE_CA, IBV_NODE_UNSPECIFIED},
        {"ibv_port_state_str", port_state_text, IBV_PORT_NOP, IBV_PORT_ACTIVE_DEFER},
        {"ibv_event_type_str", event_text, IBV_EVENT_CQ_ERR, IBV_EVENT_WQ_FATAL},
    };

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(calls); i++) {
        for (int value = -1; value <= calls[i].last + 1; value++) {
            const char *text = calls[i].text(value);
            bool known = value >= calls[i].first && value <= calls[i].last;

            begin_case(*state, calls[i].call, "%d", value);
            assert_non_null(text);
            holds(text[0] && known == !strstr(text, "unknown"));
            for (int other = calls[i].first; known && other < value; other++)
                holds(strcmp(text, calls[i].text(other)) != 0);
        }
    }
}

static void order_of_data(void **state)
{
    struct world *world = *state;
    struct ibv_cq *cq = make_cq(world, 32);
    struct ibv_qp *qp = make_srd(world, cq);

    for (int op = IBV_WR_RDMA_WRITE; op <= IBV_WR_RDMA_READ; op++) {
        begin_case(world, "ibv_query_qp_data_in_order", "opcode %d", op);
        equals((uint64_t)ibv_query_qp_data_in_order(qp, (enum ibv_wr_opcode)op, 0), 0);
    }
    assert_int_equal(ibv_destroy_qp(qp), 0);
    assert_int_equal(ibv_destroy_cq(cq), 0);
}

int contract_tables(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(pkeys), WORLD_TEST(gid_entries), WORLD_TEST(gid_table),
        WORLD_TEST(names), WORLD_TEST(texts),       WORLD_TEST(order_of_data),
    };

    return cmocka_run_group_tests_name("contract: tables, names, texts", tests, NULL, NULL);
}
