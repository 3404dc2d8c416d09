/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The queries. They return what the driver reported when the device was opened. The queries of the
 * device and its port also check that the adapter is still there; the other answers cannot change.
 */
#include "query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "context.h"
#include "extension.h"
#include "os/log.h"

#define VENDOR_ID_AMAZON 0x1d0f

/* The known parts. The first two have no RDMA read. */
#define FIRST_PART 0xefa0u
#define LAST_PART_WITHOUT_READ 0xefa1u
#define LAST_PART 0xefafu

#define PHYSICAL_LINK_UP 5
#define LINK_SPEED_25_GBPS 32 /* IBV port attribute: 25.78125 Gbit/s per lane */
#define LINK_WIDTH_4X 2

/* The size of the structure before port_cap_flags2 was added. */
#define SHORT_PORT_ATTR offsetof(struct ibv_port_attr, port_cap_flags2)

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static int clamp_to_int(uint32_t value)
{
    return value > INT32_MAX ? INT32_MAX : (int)value;
}

/*
 * The driver does not report the part, but the device version has been the same number so far.
 * libfabric aborts the application where a later part does not read remotely.
 */
static uint32_t part_id(uint32_t device_version, bool rdma_read)
{
    if (device_version < FIRST_PART || device_version > LAST_PART)
        return FIRST_PART;
    return rdma_read ? device_version : smaller(device_version, LAST_PART_WITHOUT_READ);
}

static void fill_device_attr(const struct efa_context *context, struct ibv_device_attr *attr)
{
    const struct efa_device_info *info = &context->info;
    const struct efa_limits *limits = &context->limits;
    uint32_t firmware = info->firmware_version;

    memset(attr, 0, sizeof *attr);
    snprintf(attr->fw_ver, sizeof attr->fw_ver, "%u.%u.%u.%u", firmware >> 24 & 0xff,
             firmware >> 16 & 0xff, firmware >> 8 & 0xff, firmware & 0xff);
    /* The interface id of the GID; both are in network byte order. */
    memcpy(&attr->node_guid, &info->addr[EFA_GID_SIZE / 2], sizeof attr->node_guid);
    attr->max_mr_size = limits->max_mr_size;
    attr->page_size_cap = info->page_size_cap;
    attr->vendor_id = VENDOR_ID_AMAZON;
    attr->vendor_part_id =
        part_id(info->device_version, efa_limits_have(limits, EFA_FEATURE_RDMA_READ));
    attr->hw_ver = info->device_version;
    attr->max_qp = clamp_to_int(info->max_qp);
    attr->max_qp_wr = clamp_to_int(smaller(limits->max_sq_wr, limits->max_rq_wr));
    attr->max_sge = clamp_to_int(smaller(limits->max_sq_sge, limits->max_rq_sge));
    attr->max_sge_rd = 1;
    attr->max_cq = clamp_to_int(info->max_cq);
    attr->max_cqe = clamp_to_int(limits->max_cqe);
    attr->max_mr = clamp_to_int(info->max_mr);
    attr->max_pd = clamp_to_int(info->max_pd);
    attr->max_ah = clamp_to_int(info->max_ah);
    attr->max_pkeys = 1;
    attr->phys_port_cnt = 1;
}

int efa_query_device(struct ibv_context *context, struct ibv_device_attr *attr)
{
    int error;

    if (!context || !attr)
        return efa_reject(EINVAL, "ibv_query_device: context or device_attr is NULL");
    error = efa_driver_check_alive(&efa_context_of(context)->driver);
    if (error)
        return error;
    fill_device_attr(efa_context_of(context), attr);
    return 0;
}

int efa_query_device_ex(struct ibv_context *context, const struct ibv_query_device_ex_input *input,
                        struct ibv_device_attr_ex *attr, size_t size)
{
    struct ibv_device_attr_ex full;
    int error;

    if (!context || !attr)
        return efa_reject(EINVAL, "ibv_query_device_ex: context or attr is NULL");
    if (input && input->comp_mask)
        return efa_reject(EINVAL, "ibv_query_device_ex: input comp_mask 0x%x; it must be 0",
                          input->comp_mask);
    if (size < sizeof full.orig_attr)
        return efa_reject(EINVAL, "ibv_query_device_ex: %llu bytes; the structure has at least %u",
                          (unsigned long long)size, (unsigned)sizeof full.orig_attr);
    error = efa_driver_check_alive(&efa_context_of(context)->driver);
    if (error)
        return error;
    memset(&full, 0, sizeof full);
    fill_device_attr(efa_context_of(context), &full.orig_attr);
    full.phys_port_cnt_ex = full.orig_attr.phys_port_cnt;
    memcpy(attr, &full, size < sizeof full ? size : sizeof full);
    /* Members that only a newer client knows are set to 0. */
    if (size > sizeof full)
        memset((unsigned char *)attr + sizeof full, 0, size - sizeof full);
    return 0;
}

/* The field is an enum: the largest value that does not exceed the MTU. */
static enum ibv_mtu mtu_to_verbs(uint32_t mtu)
{
    enum ibv_mtu verbs = IBV_MTU_256;

    while (verbs < IBV_MTU_4096 && (256u << verbs) <= mtu)
        verbs = (enum ibv_mtu)(verbs + 1);
    return verbs;
}

int efa_query_port(struct ibv_context *context, uint8_t port_num, struct ibv_port_attr *attr,
                   size_t size)
{
    struct ibv_port_attr full;
    uint32_t mtu;
    int error;

    if (!context || !attr)
        return efa_reject(EINVAL, "ibv_query_port: context or port_attr is NULL");
    if (port_num != 1)
        return efa_reject(EINVAL, "ibv_query_port: port_num %u; the adapter has only port 1",
                          port_num);
    if (size < SHORT_PORT_ATTR)
        return efa_reject(EINVAL, "ibv_query_port: %llu bytes; the structure has at least %u",
                          (unsigned long long)size, (unsigned)SHORT_PORT_ATTR);
    error = efa_driver_check_alive(&efa_context_of(context)->driver);
    if (error)
        return error;
    mtu = efa_context_of(context)->info.mtu;
    memset(&full, 0, sizeof full);
    full.state = IBV_PORT_ACTIVE;
    full.max_mtu = mtu_to_verbs(mtu);
    full.active_mtu = full.max_mtu;
    full.gid_tbl_len = 1;
    full.max_msg_sz = mtu;
    full.pkey_tbl_len = 1;
    full.lmc = 1;
    full.max_vl_num = 1;
    full.active_speed = LINK_SPEED_25_GBPS;
    full.active_width = LINK_WIDTH_4X;
    full.phys_state = PHYSICAL_LINK_UP;
    full.link_layer = IBV_LINK_LAYER_UNSPECIFIED;
    memcpy(attr, &full, size < sizeof full ? size : sizeof full);
    if (size > sizeof full)
        memset((unsigned char *)attr + sizeof full, 0, size - sizeof full);
    return 0;
}

int efa_query_gid(struct ibv_context *context, uint8_t port_num, int index, union ibv_gid *gid)
{
    if (!context || !gid)
        return efa_reject(EINVAL, "ibv_query_gid: context or gid is NULL");
    if (port_num != 1 || index != 0)
        return efa_reject(EINVAL,
                          "ibv_query_gid: port_num %u, index %d; only port 1, index 0 is "
                          "supported",
                          port_num, index);
    memcpy(gid->raw, efa_context_of(context)->info.addr, sizeof gid->raw);
    return 0;
}

static uint32_t device_caps(const struct efa_limits *limits)
{
    uint32_t caps = 0;

#define FEATURE(name, bit, text, modifies_qps)       \
    if (efa_limits_have(limits, EFA_FEATURE_##name)) \
        caps |= EFADV_DEVICE_ATTR_CAPS_##name;
    EFA_FEATURE_TABLE(FEATURE)
#undef FEATURE
    return caps;
}

int efa_query_device_direct(struct ibv_context *context, struct efadv_device_attr *attr,
                            uint32_t inlen)
{
    const struct efa_limits *limits;
    struct efadv_device_attr full;
    int error;

    if (!context || !attr)
        return efa_reject(EINVAL, "efadv_query_device: context or attr is NULL");
    error = efa_check_output("efadv_query_device",
                             EFA_SIZE_THROUGH(efadv_device_attr, inline_buf_size_ex), inlen);
    if (error)
        return error;
    limits = &efa_context_of(context)->limits;
    memset(&full, 0, sizeof full);
    full.max_sq_wr = limits->max_sq_wr;
    full.max_rq_wr = limits->max_rq_wr;
    full.max_sq_sge = (uint16_t)limits->max_sq_sge;
    full.max_rq_sge = (uint16_t)limits->max_rq_sge;
    full.inline_buf_size = (uint16_t)limits->max_inline;
    /* It replaces the previous member: callers that know it read only this one. */
    full.inline_buf_size_ex = full.inline_buf_size;
    full.device_caps = device_caps(limits);
    if (efa_limits_have(limits, EFA_FEATURE_RDMA_READ))
        full.max_rdma_size = efa_context_of(context)->max_rdma_size;
    efa_fill_output(attr, inlen, &full, sizeof full);
    return 0;
}

int efa_query_ah_direct(struct ibv_ah *ah, struct efadv_ah_attr *attr, uint32_t inlen)
{
    struct efadv_ah_attr full;
    int error;

    if (!ah || !attr)
        return efa_reject(EINVAL, "efadv_query_ah: ah or attr is NULL");
    error = efa_check_output("efadv_query_ah", EFA_SIZE_THROUGH(efadv_ah_attr, ahn), inlen);
    if (error)
        return error;
    memset(&full, 0, sizeof full);
    full.ahn = (uint16_t)ah->handle;
    efa_fill_output(attr, inlen, &full, sizeof full);
    return 0;
}
