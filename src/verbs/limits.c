/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Derives the library's limits from the numbers that the driver reports. */
#include "limits.h"

#include "device/ring.h"
#include "device/send_descriptor.h"
#include "queue/request_table.h"

/* CREATE_CQ has 16 bits for the depth. */
#define MAX_CQ_DEPTH 0x8000u
/* The doorbell counts descriptors in 16 bits: a full ring of more would look like an empty one. */
#define MAX_RECV_DESCRIPTORS 0x8000u

static_assert(MAX_RECV_DESCRIPTORS <= EFA_REQUEST_TABLE_MAX_DEPTH, "a request for each descriptor");

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t round_down_to_power_of_two(uint32_t value)
{
    uint32_t rounded = efa_ring_entries(value);

    return rounded > value ? rounded / 2 : rounded;
}

/* The features that the library knows and can use with this driver. */
static uint32_t usable_features(bool modifies_qps)
{
    static const struct {
        uint32_t bit;
        bool modifies_qps;
    } features[] = {
#define FEATURE(name, bit, text, modifies_qps) {bit, modifies_qps},
        EFA_FEATURE_TABLE(FEATURE)
#undef FEATURE
    };
    uint32_t usable = 0;

    for (size_t i = 0; i < EFA_ARRAY_SIZE(features); i++)
        if (modifies_qps || !features[i].modifies_qps)
            usable |= features[i].bit;
    return usable;
}

void efa_limits_from_info(struct efa_limits *limits, const struct efa_device_info *info,
                          bool modifies_qps)
{
    uint32_t ring_descriptors = info->max_llq_size / EFA_SEND_DESCRIPTOR_SIZE;
    uint32_t sq_depth = smaller(info->max_sq_depth, ring_descriptors);

    limits->max_sq_wr = round_down_to_power_of_two(smaller(sq_depth, EFA_REQUEST_TABLE_MAX_DEPTH));
    limits->max_rq_wr = smaller(info->max_rq_depth, MAX_RECV_DESCRIPTORS);
    limits->max_sq_sge = smaller(info->max_sq_sge, EFA_SEND_MAX_BUFFERS);
    limits->max_rq_sge = info->max_rq_sge;
    limits->max_inline = smaller(info->inline_buf_size, EFA_SEND_MAX_INLINE);
    limits->max_cqe = round_down_to_power_of_two(smaller(info->max_cq_depth, MAX_CQ_DEPTH));
    limits->max_mr_size = info->max_mr_pages * EFA_MR_PAGE_SIZE;
    limits->features = info->supported_features & usable_features(modifies_qps);
}
