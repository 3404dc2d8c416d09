/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Attributes as text (attribute_text.h). */
#include "attribute_text.h"

#include <inttypes.h>
#include <stdio.h>

static const struct {
    int error;
    const char *name;
} error_names[] = {{0, "ok"},          {EINVAL, "EINVAL"}, {EOPNOTSUPP, "EOPNOTSUPP"},
                   {ENOMEM, "ENOMEM"}, {EBUSY, "EBUSY"},   {ENOENT, "ENOENT"},
                   {ENODEV, "ENODEV"}, {EIO, "EIO"},       {EFAULT, "EFAULT"},
                   {ENOSYS, "ENOSYS"}, {EACCES, "EACCES"}, {EPROTONOSUPPORT, "EPROTONOSUPPORT"}};

const char *text_of_error(int error)
{
    for (unsigned i = 0; i < sizeof error_names / sizeof error_names[0]; i++)
        if (error_names[i].error == error)
            return error_names[i].name;
    return "another error";
}

const char *text_of_device(char *text, const struct ibv_device_attr *attr)
{
    snprintf(text, ATTRIBUTE_TEXT_SIZE,
             "vendor=%#x part=%#x max_mr_size=%#" PRIx64
             " max_qp=%d max_qp_wr=%d max_sge=%d "
             "max_cq=%d max_cqe=%d max_mr=%d max_pd=%d max_ah=%d ports=%u",
             attr->vendor_id, attr->vendor_part_id, attr->max_mr_size, attr->max_qp,
             attr->max_qp_wr, attr->max_sge, attr->max_cq, attr->max_cqe, attr->max_mr,
             attr->max_pd, attr->max_ah, attr->phys_port_cnt);
    return text;
}

const char *text_of_efa_device(char *text, const struct efadv_device_attr *attr)
{
    snprintf(text, ATTRIBUTE_TEXT_SIZE,
             "max_sq_wr=%u max_rq_wr=%u max_sq_sge=%u max_rq_sge=%u inline=%u caps=%#x "
             "max_rdma=%u",
             attr->max_sq_wr, attr->max_rq_wr, attr->max_sq_sge, attr->max_rq_sge,
             attr->inline_buf_size, attr->device_caps, attr->max_rdma_size);
    return text;
}

const char *text_of_port(char *text, const struct ibv_port_attr *attr)
{
    snprintf(text, ATTRIBUTE_TEXT_SIZE,
             "state=%d mtu=%d,%d gids=%d pkeys=%u max_msg=%u lid=%u speed=%u width=%u link=%u",
             (int)attr->state, (int)attr->max_mtu, (int)attr->active_mtu, attr->gid_tbl_len,
             attr->pkey_tbl_len, attr->max_msg_sz, attr->lid, attr->active_speed,
             attr->active_width, attr->link_layer);
    return text;
}

const char *text_of_gid(char *text, const union ibv_gid *gid)
{
    for (unsigned i = 0; i < sizeof gid->raw; i++)
        snprintf(text + (size_t)2 * i, 3, "%02x", gid->raw[i]);
    return text;
}

const char *text_of_cap(char *text, const struct ibv_qp_cap *cap)
{
    snprintf(text, ATTRIBUTE_TEXT_SIZE, "%u,%u,%u,%u,%u", cap->max_send_wr, cap->max_recv_wr,
             cap->max_send_sge, cap->max_recv_sge, cap->max_inline_data);
    return text;
}

const char *text_of_completion(char *text, const struct completion_facts *facts)
{
    const char *side = facts->is_receive ? "recv" : "send";

    if (facts->status != IBV_WC_SUCCESS)
        snprintf(text, ATTRIBUTE_TEXT_SIZE, "status=%d vendor=%u", (int)facts->status,
                 facts->vendor_err);
    else if (facts->is_receive)
        snprintf(text, ATTRIBUTE_TEXT_SIZE, "%s ok length=%u flags=%#x", side, facts->length,
                 facts->flags);
    else
        snprintf(text, ATTRIBUTE_TEXT_SIZE, "%s ok", side);
    return text;
}
