/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The list of facts, in the order in which they are printed, with the names of ibv_devinfo, and the
 * words for the values that verbs has codes for.
 */
#include <assert.h>
#include <string.h>

#include "facts.h"
#include "os/compiler.h"

/* Whether the text has the following facts only with --verbose. */
enum shown { ALWAYS, VERBOSE };

static struct fact *add(struct fact_list *list, enum fact_group group, enum shown shown,
                        enum fact_kind kind, const char *name)
{
    struct fact *fact = &list->facts[list->count++];

    assert(list->count <= FACT_LIMIT);
    memset(fact, 0, sizeof *fact);
    fact->group = group;
    fact->verbose = shown == VERBOSE;
    fact->kind = kind;
    fact->name = name;
    fact->unit = "";
    return fact;
}

static void add_text(struct fact_list *list, enum fact_group group, enum shown shown,
                     const char *name, const char *text)
{
    snprintf(add(list, group, shown, FACT_TEXT, name)->text, FACT_TEXT_SIZE, "%s", text);
}

static void add_number(struct fact_list *list, enum fact_group group, enum shown shown,
                       const char *name, uint64_t number, const char *unit)
{
    struct fact *fact = add(list, group, shown, FACT_NUMBER, name);

    fact->number = number;
    fact->unit = unit;
}

static void add_hex(struct fact_list *list, enum fact_group group, enum shown shown,
                    const char *name, int digits, uint64_t number)
{
    struct fact *fact = add(list, group, shown, FACT_HEX, name);

    fact->number = number;
    snprintf(fact->text, FACT_TEXT_SIZE, "0x%0*llx", digits, (unsigned long long)number);
}

static struct fact *add_code(struct fact_list *list, enum shown shown, const char *name,
                             uint64_t code, const char *text)
{
    struct fact *fact = add(list, FACTS_OF_PORT, shown, FACT_CODE, name);

    fact->number = code;
    snprintf(fact->text, FACT_TEXT_SIZE, "%s", text);
    return fact;
}

static void add_guid(struct fact_list *list, const char *name, uint64_t guid_big_endian)
{
    uint8_t bytes[8];
    char text[FACT_TEXT_SIZE];

    memcpy(bytes, &guid_big_endian, sizeof bytes);
    snprintf(text, sizeof text, "%02x%02x:%02x%02x:%02x%02x:%02x%02x", bytes[0], bytes[1], bytes[2],
             bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
    add_text(list, FACTS_OF_DEVICE, ALWAYS, name, text);
}

static void add_gid(struct fact_list *list, const union ibv_gid *gid)
{
    char text[FACT_TEXT_SIZE];
    size_t used = 0;

    for (size_t i = 0; i < sizeof gid->raw; i += 2)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%02x%02x", i ? ":" : "",
                                 gid->raw[i], gid->raw[i + 1]);
    add_text(list, FACTS_OF_PORT, VERBOSE, "gid", text);
}

/* ---- Words for codes ---- */

struct word {
    unsigned code;
    const char *text;
};

static const struct word states[] = {{IBV_PORT_NOP, "PORT_NOP"},
                                     {IBV_PORT_DOWN, "PORT_DOWN"},
                                     {IBV_PORT_INIT, "PORT_INIT"},
                                     {IBV_PORT_ARMED, "PORT_ARMED"},
                                     {IBV_PORT_ACTIVE, "PORT_ACTIVE"},
                                     {IBV_PORT_ACTIVE_DEFER, "PORT_ACTIVE_DEFER"},
                                     {0, NULL}};
static const struct word mtus[] = {{IBV_MTU_256, "256"},   {IBV_MTU_512, "512"},
                                   {IBV_MTU_1024, "1024"}, {IBV_MTU_2048, "2048"},
                                   {IBV_MTU_4096, "4096"}, {0, NULL}};
static const struct word link_layers[] = {{IBV_LINK_LAYER_UNSPECIFIED, "Unspecified"},
                                          {IBV_LINK_LAYER_INFINIBAND, "InfiniBand"},
                                          {IBV_LINK_LAYER_ETHERNET, "Ethernet"},
                                          {0, NULL}};
/* Lanes, and what each carries, as verbs codes them for every kind of link. */
static const struct word widths[] = {{1, "1X"},  {2, "4X"},  {4, "8X"},
                                     {8, "12X"}, {16, "2X"}, {0, NULL}};
static const struct word speeds[] = {{1, "2.5 Gbit/s"}, {2, "5 Gbit/s"},     {4, "10 Gbit/s"},
                                     {8, "10 Gbit/s"},  {16, "14 Gbit/s"},   {32, "25 Gbit/s"},
                                     {64, "50 Gbit/s"}, {128, "100 Gbit/s"}, {0, NULL}};
static const struct word phys_states[] = {{1, "SLEEP"},    {2, "POLLING"},
                                          {3, "DISABLED"}, {4, "PORT_CONFIGURATION_TRAINING"},
                                          {5, "LINK_UP"},  {6, "LINK_ERROR_RECOVERY"},
                                          {7, "PHY_TEST"}, {0, NULL}};

static const char *find_word(const struct word *words, unsigned code)
{
    while (words->text && words->code != code)
        words++;
    return words->text ? words->text : "unknown";
}

static void add_mtu(struct fact_list *list, const char *name, enum ibv_mtu mtu)
{
    add_code(list, ALWAYS, name, mtu, find_word(mtus, mtu))->unit = "bytes";
}

/* ---- The list ---- */

static uint64_t count_of(int value)
{
    return value > 0 ? (uint64_t)value : 0;
}

static void list_limits(const struct ibv_device_attr *attr, struct fact_list *list)
{
    const struct {
        const char *name;
        int value;
    } counts[] = {{"max_qp", attr->max_qp},   {"max_qp_wr", attr->max_qp_wr},
                  {"max_sge", attr->max_sge}, {"max_sge_rd", attr->max_sge_rd},
                  {"max_cq", attr->max_cq},   {"max_cqe", attr->max_cqe},
                  {"max_mr", attr->max_mr},   {"max_pd", attr->max_pd},
                  {"max_ah", attr->max_ah},   {"max_pkeys", attr->max_pkeys}};

    add_number(list, FACTS_OF_LIMITS, VERBOSE, "max_mr_size", attr->max_mr_size, "bytes");
    add_hex(list, FACTS_OF_LIMITS, VERBOSE, "page_size_cap", 0, attr->page_size_cap);
    add_hex(list, FACTS_OF_LIMITS, VERBOSE, "device_cap_flags", 8, attr->device_cap_flags);
    for (size_t i = 0; i < EFA_ARRAY_SIZE(counts); i++)
        add_number(list, FACTS_OF_LIMITS, VERBOSE, counts[i].name, count_of(counts[i].value), "");
}

static const struct {
    const char *name;
    uint32_t bit;
} capabilities[] = {
    {"rdma_read", EFADV_DEVICE_ATTR_CAPS_RDMA_READ},
    {"rnr_retry", EFADV_DEVICE_ATTR_CAPS_RNR_RETRY},
};

static void list_efa_limits(const struct device_facts *facts, struct fact_list *list)
{
    const struct efadv_device_attr *attr = &facts->efa;
    const enum fact_group group = FACTS_OF_EFA;

    for (size_t i = 0; i < EFA_ARRAY_SIZE(capabilities); i++)
        add(list, group, VERBOSE, FACT_BOOL, capabilities[i].name)->number =
            (attr->device_caps & capabilities[i].bit) != 0;
    add_number(list, group, VERBOSE, "max_sq_wr", attr->max_sq_wr, "");
    add_number(list, group, VERBOSE, "max_rq_wr", attr->max_rq_wr, "");
    add_number(list, group, VERBOSE, "max_sq_sge", attr->max_sq_sge, "");
    add_number(list, group, VERBOSE, "max_rq_sge", attr->max_rq_sge, "");
    add_number(list, group, VERBOSE, "inline_buf_size", attr->inline_buf_size, "bytes");
    add_number(list, group, VERBOSE, "max_rdma_size", attr->max_rdma_size, "bytes");
    add_number(list, group, VERBOSE, "max_batch", facts->max_batch, "sends");
}

static void list_port(const struct device_facts *facts, struct fact_list *list)
{
    const struct ibv_port_attr *port = &facts->port;
    const enum fact_group group = FACTS_OF_PORT;

    add_code(list, ALWAYS, "state", port->state, find_word(states, port->state));
    add_mtu(list, "max_mtu", port->max_mtu);
    add_mtu(list, "active_mtu", port->active_mtu);
    add_number(list, group, ALWAYS, "max_msg_sz", port->max_msg_sz, "bytes");
    add_number(list, group, ALWAYS, "sm_lid", port->sm_lid, "");
    add_number(list, group, ALWAYS, "port_lid", port->lid, "");
    add_number(list, group, ALWAYS, "port_lmc", port->lmc, "");
    add_code(list, ALWAYS, "link_layer", port->link_layer,
             find_word(link_layers, port->link_layer));
    add_number(list, group, VERBOSE, "max_vl_num", port->max_vl_num, "");
    add_number(list, group, VERBOSE, "gid_tbl_len", count_of(port->gid_tbl_len), "");
    add_number(list, group, VERBOSE, "pkey_tbl_len", port->pkey_tbl_len, "");
    add_code(list, VERBOSE, "active_width", port->active_width,
             find_word(widths, port->active_width));
    add_code(list, VERBOSE, "active_speed", port->active_speed,
             find_word(speeds, port->active_speed));
    add_code(list, VERBOSE, "phys_state", port->phys_state,
             find_word(phys_states, port->phys_state));
    add_gid(list, &facts->gid);
}

void list_facts(const struct device_facts *facts, struct fact_list *list)
{
    const struct ibv_device_attr *attr = &facts->common;
    const enum fact_group group = FACTS_OF_DEVICE;

    list->count = 0;
    if (facts->is_simulated)
        add_text(list, group, ALWAYS, "adapter", "simulated");
    add_text(list, group, ALWAYS, "transport", "unspecified");
    add_text(list, group, ALWAYS, "fw_ver", attr->fw_ver);
    add_guid(list, "node_guid", attr->node_guid);
    add_guid(list, "sys_image_guid", attr->sys_image_guid);
    add_hex(list, group, ALWAYS, "vendor_id", 4, attr->vendor_id);
    add_hex(list, group, ALWAYS, "vendor_part_id", 4, attr->vendor_part_id);
    add_hex(list, group, ALWAYS, "hw_ver", 0, attr->hw_ver);
    add_number(list, group, ALWAYS, "phys_port_cnt", attr->phys_port_cnt, "");
    list_limits(attr, list);
    list_efa_limits(facts, list);
    list_port(facts, list);
}
