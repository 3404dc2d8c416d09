/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * efa_devinfo: shows the EFA devices, their ports and limits, in the manner of ibv_devinfo. What is
 * printed is what the verbs calls answer; nothing is made up here but the words.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

#include "common/byte_order.h"
#include "common/library.h"
#include "common/message.h"
#include "common/options.h"

const char *const tool_name = "efa_devinfo";

struct settings {
    const char *device;
    bool list;
    bool verbose;
};

static const char *port_state_text(enum ibv_port_state state)
{
    static const char *const names[] = {"PORT_NOP",   "PORT_DOWN",   "PORT_INIT",
                                        "PORT_ARMED", "PORT_ACTIVE", "PORT_ACTIVE_DEFER"};

    return (size_t)state < EFA_ARRAY_SIZE(names) ? names[(size_t)state] : "unknown";
}

/* enum ibv_mtu counts powers of two from 256, which is 1. */
static unsigned mtu_bytes(enum ibv_mtu mtu)
{
    return mtu >= IBV_MTU_256 && mtu <= IBV_MTU_4096 ? 128u << (unsigned)mtu : 0;
}

static const char *link_layer_text(uint8_t link_layer)
{
    static const char *const names[] = {"Unspecified", "InfiniBand", "Ethernet"};

    return link_layer < EFA_ARRAY_SIZE(names) ? names[link_layer] : "unknown";
}

static void print_text(int indent, const char *name, const char *value)
{
    printf("%*s%-*s%s\n", indent, "", 32 - indent, name, value);
}

static void print_number(int indent, const char *name, uint64_t value, const char *unit)
{
    printf("%*s%-*s%" PRIu64 "%s%s\n", indent, "", 32 - indent, name, value, *unit ? " " : "",
           unit);
}

static void print_hex(int indent, const char *name, uint64_t value, int digits)
{
    printf("%*s%-*s0x%0*" PRIx64 "\n", indent, "", 32 - indent, name, digits, value);
}

static void print_guid(int indent, const char *name, uint64_t guid_big_endian)
{
    uint8_t bytes[8];

    memcpy(bytes, &guid_big_endian, sizeof(bytes));
    printf("%*s%-*s%02x%02x:%02x%02x:%02x%02x:%02x%02x\n", indent, "", 32 - indent, name, bytes[0],
           bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
}

static void print_gid(int indent, const char *name, const union ibv_gid *gid)
{
    printf("%*s%-*s", indent, "", 32 - indent, name);
    for (size_t i = 0; i < sizeof(gid->raw); i += 2)
        printf("%s%02x%02x", i ? ":" : "", gid->raw[i], gid->raw[i + 1]);
    printf("\n");
}

static void print_device_limits(const struct ibv_device_attr *attr)
{
    print_number(4, "max_mr_size", attr->max_mr_size, "bytes");
    print_hex(4, "page_size_cap", attr->page_size_cap, 0);
    print_number(4, "max_qp", (uint64_t)attr->max_qp, "");
    print_number(4, "max_qp_wr", (uint64_t)attr->max_qp_wr, "");
    print_hex(4, "device_cap_flags", attr->device_cap_flags, 8);
    print_number(4, "max_sge", (uint64_t)attr->max_sge, "");
    print_number(4, "max_sge_rd", (uint64_t)attr->max_sge_rd, "");
    print_number(4, "max_cq", (uint64_t)attr->max_cq, "");
    print_number(4, "max_cqe", (uint64_t)attr->max_cqe, "");
    print_number(4, "max_mr", (uint64_t)attr->max_mr, "");
    print_number(4, "max_pd", (uint64_t)attr->max_pd, "");
    print_number(4, "max_ah", (uint64_t)attr->max_ah, "");
    print_number(4, "max_pkeys", attr->max_pkeys, "");
}

static void print_efa_limits(const struct efadv_device_attr *attr)
{
    printf("    EFA:\n");
    print_number(8, "max_sq_wr", attr->max_sq_wr, "");
    print_number(8, "max_rq_wr", attr->max_rq_wr, "");
    print_number(8, "max_sq_sge", attr->max_sq_sge, "");
    print_number(8, "max_rq_sge", attr->max_rq_sge, "");
    print_number(8, "inline_buf_size", attr->inline_buf_size, "bytes");
    print_text(8, "rdma_read", attr->device_caps & EFADV_DEVICE_ATTR_CAPS_RDMA_READ ? "yes" : "no");
    print_text(8, "rnr_retry", attr->device_caps & EFADV_DEVICE_ATTR_CAPS_RNR_RETRY ? "yes" : "no");
    print_number(8, "max_rdma_size", attr->max_rdma_size, "bytes");
}

static void print_mtu(const char *name, enum ibv_mtu mtu)
{
    printf("%*s%-*s%u (%d)\n", 8, "", 24, name, mtu_bytes(mtu), (int)mtu);
}

static bool print_port(struct ibv_context *context, uint8_t number, bool verbose)
{
    struct ibv_port_attr port;
    int error = ibv_query_port(context, number, &port);

    if (error != 0) {
        tool_error("asking for port %u failed: %s", number, tool_errno_text(error));
        return false;
    }
    print_number(4, "port:", number, "");
    printf("%*s%-*s%s (%d)\n", 8, "", 24, "state:", port_state_text(port.state), (int)port.state);
    print_mtu("max_mtu:", port.max_mtu);
    print_mtu("active_mtu:", port.active_mtu);
    print_number(8, "max_msg_sz:", port.max_msg_sz, "bytes");
    print_number(8, "sm_lid:", port.sm_lid, "");
    print_number(8, "port_lid:", port.lid, "");
    print_number(8, "port_lmc:", port.lmc, "");
    print_text(8, "link_layer:", link_layer_text(port.link_layer));
    if (verbose) {
        print_number(8, "max_vl_num:", port.max_vl_num, "");
        print_number(8, "gid_tbl_len:", (uint64_t)port.gid_tbl_len, "");
        print_number(8, "pkey_tbl_len:", port.pkey_tbl_len, "");
        print_number(8, "active_width:", port.active_width, "(coded)");
        print_number(8, "active_speed:", port.active_speed, "(coded)");
        print_number(8, "phys_state:", port.phys_state, "(coded)");
        for (int i = 0; i < port.gid_tbl_len; i++) {
            union ibv_gid gid;
            char name[24];

            error = ibv_query_gid(context, number, i, &gid);
            if (error != 0) {
                tool_error("asking for GID %d failed: %s", i, tool_errno_text(error));
                return false;
            }
            snprintf(name, sizeof(name), "GID[%d]:", i);
            print_gid(8, name, &gid);
        }
    }
    return true;
}

static bool print_context(struct ibv_context *context, const char *name, bool verbose)
{
    struct ibv_device_attr attr;
    struct efadv_device_attr efa;
    int error = ibv_query_device(context, &attr);

    memset(&efa, 0, sizeof(efa)); /* its comp_mask asks for nothing more */
    if (error == 0)
        error = efadv_query_device(context, &efa, sizeof(efa));
    if (error != 0) {
        tool_error("asking device %s for its attributes failed: %s", name, tool_errno_text(error));
        return false;
    }
    printf("hca_id: %s\n", name);
    print_text(4, "transport:", "unspecified");
    print_text(4, "fw_ver:", attr.fw_ver);
    print_guid(4, "node_guid:", attr.node_guid);
    print_guid(4, "sys_image_guid:", attr.sys_image_guid);
    print_hex(4, "vendor_id:", attr.vendor_id, 4);
    print_hex(4, "vendor_part_id:", attr.vendor_part_id, 4);
    print_hex(4, "hw_ver:", attr.hw_ver, 0);
    print_number(4, "phys_port_cnt:", attr.phys_port_cnt, "");
    if (verbose) {
        print_device_limits(&attr);
        print_efa_limits(&efa);
    }
    for (unsigned port = 1; port <= attr.phys_port_cnt; port++) {
        if (!print_port(context, (uint8_t)port, verbose))
            return false;
    }
    printf("\n");
    return true;
}

static bool print_device(struct ibv_device *device, bool verbose)
{
    struct ibv_context *context;
    bool good;

    errno = 0;
    context = ibv_open_device(device);
    if (context == NULL) {
        tool_error("opening device %s failed: %s", device->name, tool_errno_text(errno));
        return false;
    }
    good = print_context(context, device->name, verbose);
    return ibv_close_device(context) == 0 && good;
}

static bool run(const struct settings *settings)
{
    int count;
    bool good = true;
    bool found = false;
    struct ibv_device **list = tool_list_devices(&count);

    if (list == NULL)
        return false;
    if (settings->list)
        printf("%d device%s found:\n", count, count == 1 ? "" : "s");
    for (struct ibv_device **device = list; *device != NULL; device++) {
        if (settings->device != NULL && strcmp((*device)->name, settings->device) != 0)
            continue;
        found = true;
        if (settings->list)
            printf("    %s\n", (*device)->name);
        else
            good = print_device(*device, settings->verbose) && good;
    }
    if (!found)
        tool_error("no device named '%s': there is '%s'", settings->device, list[0]->name);
    ibv_free_device_list(list);
    return good && found;
}

int main(int argc, char **argv)
{
    struct settings settings = {0};
    const struct tool_option options[] = {
        {'d', "device", TOOL_TEXT, &settings.device, 0, 0, "NAME", "this device only"},
        {'l', "list", TOOL_FLAG, &settings.list, 0, 0, NULL, "names only"},
        {'v', "verbose", TOOL_FLAG, &settings.verbose, 0, 0, NULL, "all limits as well"},
    };
    const struct tool_command_line line = {
        "[OPTIONS]",
        "Shows the EFA devices of this machine, their ports and limits.",
        "  efa_devinfo            every device\n"
        "  efa_devinfo -d EFA -v  one, with all that is known of it\n",
        options,
        EFA_ARRAY_SIZE(options),
        NULL,
        0,
    };
    int status;
    bool good;

    if (!tool_parse_options(&line, argc, argv, &status))
        return status;
    if (!tool_load_library())
        return TOOL_FAILED;
    good = run(&settings);
    tool_unload_library();
    return good ? TOOL_OK : TOOL_FAILED;
}
