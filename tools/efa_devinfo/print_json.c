/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What is known of a device, for programs: units are part of the names. */
#include "facts.h"

#include <stdio.h>

#include "common/json.h"

static void write_hex(struct tool_json *json, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
    tool_json_text(json, name, text);
}

static void write_count(struct tool_json *json, const char *name, int value)
{
    tool_json_number(json, name, value > 0 ? (uint64_t)value : 0);
}

static void write_limits(struct tool_json *json, const struct device_facts *facts)
{
    const struct ibv_device_attr *common = &facts->common;
    const struct efadv_device_attr *efa = &facts->efa;

    tool_json_object(json, "limits");
    tool_json_number(json, "max_mr_size_bytes", common->max_mr_size);
    write_hex(json, "page_size_cap", common->page_size_cap);
    write_count(json, "max_qp", common->max_qp);
    write_count(json, "max_cq", common->max_cq);
    write_count(json, "max_cqe", common->max_cqe);
    write_count(json, "max_mr", common->max_mr);
    write_count(json, "max_pd", common->max_pd);
    write_count(json, "max_ah", common->max_ah);
    tool_json_number(json, "max_sq_wr", efa->max_sq_wr);
    tool_json_number(json, "max_rq_wr", efa->max_rq_wr);
    tool_json_number(json, "max_sq_sge", efa->max_sq_sge);
    tool_json_number(json, "max_rq_sge", efa->max_rq_sge);
    tool_json_number(json, "inline_buf_size_bytes", efa->inline_buf_size);
    tool_json_number(json, "max_rdma_size_bytes", efa->max_rdma_size);
    tool_json_number(json, "max_batch", facts->max_batch);
    tool_json_end_object(json);
}

static void write_port(struct tool_json *json, const struct device_facts *facts)
{
    const struct ibv_port_attr *port = &facts->port;
    char gid[DEVINFO_GID_TEXT];

    tool_json_array(json, "ports");
    tool_json_object(json, NULL);
    tool_json_number(json, "port", DEVINFO_PORT);
    tool_json_text(json, "state", port_state_text(port->state));
    tool_json_number(json, "max_mtu_bytes", mtu_bytes(port->max_mtu));
    tool_json_number(json, "active_mtu_bytes", mtu_bytes(port->active_mtu));
    tool_json_number(json, "max_msg_sz_bytes", port->max_msg_sz);
    tool_json_text(json, "link_layer", link_layer_text(port->link_layer));
    tool_json_number(json, "active_width_code", port->active_width);
    tool_json_number(json, "active_speed_code", port->active_speed);
    tool_json_number(json, "phys_state_code", port->phys_state);
    tool_json_array(json, "gids");
    tool_json_text(json, NULL, gid_text(&facts->gid, gid));
    tool_json_end_array(json);
    tool_json_end_object(json);
    tool_json_end_array(json);
}

void write_facts(struct tool_json *json, const struct device_facts *facts)
{
    char guid[DEVINFO_GUID_TEXT];

    tool_json_object(json, NULL);
    tool_json_text(json, "name", facts->name);
    tool_json_text(json, "fw_ver", facts->common.fw_ver);
    tool_json_text(json, "node_guid", guid_text(facts->common.node_guid, guid));
    write_hex(json, "vendor_id", facts->common.vendor_id);
    write_hex(json, "vendor_part_id", facts->common.vendor_part_id);
    write_hex(json, "hw_ver", facts->common.hw_ver);
    tool_json_bool(json, "rdma_read",
                   (facts->efa.device_caps & EFADV_DEVICE_ATTR_CAPS_RDMA_READ) != 0);
    tool_json_bool(json, "rnr_retry",
                   (facts->efa.device_caps & EFADV_DEVICE_ATTR_CAPS_RNR_RETRY) != 0);
    write_limits(json, facts);
    write_port(json, facts);
    tool_json_end_object(json);
}
