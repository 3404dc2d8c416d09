/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What is known of a device, in the manner of ibv_devinfo, for people. */
#include "facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/message.h"

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

static void print_guid(int indent, const char *name, uint64_t guid)
{
    char text[DEVINFO_GUID_TEXT];

    print_text(indent, name, guid_text(guid, text));
}

static void print_gid(int indent, const char *name, const union ibv_gid *gid)
{
    char text[DEVINFO_GID_TEXT];

    print_text(indent, name, gid_text(gid, text));
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

static void print_efa_limits(const struct device_facts *facts)
{
    const struct efadv_device_attr *attr = &facts->efa;

    printf("    EFA:\n");
    print_number(8, "max_sq_wr", attr->max_sq_wr, "");
    print_number(8, "max_rq_wr", attr->max_rq_wr, "");
    print_number(8, "max_sq_sge", attr->max_sq_sge, "");
    print_number(8, "max_rq_sge", attr->max_rq_sge, "");
    print_number(8, "inline_buf_size", attr->inline_buf_size, "bytes");
    print_text(8, "rdma_read", attr->device_caps & EFADV_DEVICE_ATTR_CAPS_RDMA_READ ? "yes" : "no");
    print_text(8, "rnr_retry", attr->device_caps & EFADV_DEVICE_ATTR_CAPS_RNR_RETRY ? "yes" : "no");
    print_number(8, "max_rdma_size", attr->max_rdma_size, "bytes");
    if (facts->max_batch != 0)
        print_number(8, "max_batch", facts->max_batch, "sends");
    else
        print_text(8, "max_batch", "unknown");
}

static void print_mtu(const char *name, enum ibv_mtu mtu)
{
    printf("%*s%-*s%u (%d)\n", 8, "", 24, name, mtu_bytes(mtu), (int)mtu);
}

static void print_port(const struct device_facts *facts, bool verbose)
{
    const struct ibv_port_attr *port = &facts->port;

    print_number(4, "port:", DEVINFO_PORT, "");
    printf("%*s%-*s%s (%d)\n", 8, "", 24, "state:", port_state_text(port->state), (int)port->state);
    print_mtu("max_mtu:", port->max_mtu);
    print_mtu("active_mtu:", port->active_mtu);
    print_number(8, "max_msg_sz:", port->max_msg_sz, "bytes");
    print_number(8, "sm_lid:", port->sm_lid, "");
    print_number(8, "port_lid:", port->lid, "");
    print_number(8, "port_lmc:", port->lmc, "");
    print_text(8, "link_layer:", link_layer_text(port->link_layer));
    if (verbose) {
        print_number(8, "max_vl_num:", port->max_vl_num, "");
        print_number(8, "gid_tbl_len:", (uint64_t)port->gid_tbl_len, "");
        print_number(8, "pkey_tbl_len:", port->pkey_tbl_len, "");
        print_number(8, "active_width:", port->active_width, "(coded)");
        print_number(8, "active_speed:", port->active_speed, "(coded)");
        print_number(8, "phys_state:", port->phys_state, "(coded)");
        print_gid(8, "GID[0]:", &facts->gid);
    }
}

void print_facts(const struct device_facts *facts, bool verbose)
{
    const struct ibv_device_attr *attr = &facts->common;

    printf("hca_id: %s\n", facts->name);
    print_text(4, "transport:", "unspecified");
    print_text(4, "fw_ver:", attr->fw_ver);
    print_guid(4, "node_guid:", attr->node_guid);
    print_guid(4, "sys_image_guid:", attr->sys_image_guid);
    print_hex(4, "vendor_id:", attr->vendor_id, 4);
    print_hex(4, "vendor_part_id:", attr->vendor_part_id, 4);
    print_hex(4, "hw_ver:", attr->hw_ver, 0);
    print_number(4, "phys_port_cnt:", attr->phys_port_cnt, "");
    if (verbose) {
        print_device_limits(attr);
        print_efa_limits(facts);
    }
    print_port(facts, verbose);
    printf("\n");
}
