/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The valid ranges of the limits that a driver reports. */
#include "info_check.h"

#include "device/send_descriptor.h"
#include "driver.h"
#include "os/compiler.h"

/* The largest valid numbers: larger ones would overflow arithmetic or numbering. */
#define MAX_OBJECTS (1u << 24)
#define MAX_DEPTH (1u << 20)
#define MAX_MR_PAGES (1ull << 40)
#define MAX_SGE 64u
#define MAX_MTU (1u << 16)
#define MAX_LLQ_SIZE (1u << 28)

uint32_t efa_find_wrong_limits(const struct efa_device_info *info,
                               struct efa_info_limit wrong[EFA_INFO_LIMITS])
{
    const struct efa_info_limit limits[] = {
        {"max_mr_pages", info->max_mr_pages, 1, MAX_MR_PAGES},
        {"max_qp", info->max_qp, 1, EFA_REPLY_MAX_QPS},
        {"max_sq_depth", info->max_sq_depth, 1, MAX_DEPTH},
        {"max_rq_depth", info->max_rq_depth, 1, MAX_DEPTH},
        {"max_cq", info->max_cq, 1, MAX_OBJECTS},
        {"max_cq_depth", info->max_cq_depth, 1, MAX_DEPTH},
        {"max_mr", info->max_mr, 1, MAX_OBJECTS},
        {"max_pd", info->max_pd, 1, MAX_OBJECTS},
        {"max_ah", info->max_ah, 1, MAX_OBJECTS},
        {"max_llq_size", info->max_llq_size, EFA_SEND_DESCRIPTOR_SIZE, MAX_LLQ_SIZE},
        {"mtu", info->mtu, 256, MAX_MTU},
        {"num_sub_cqs", info->num_sub_cqs, 1, EFA_REPLY_MAX_SUB_CQS},
        {"max_sq_sge", info->max_sq_sge, 1, MAX_SGE},
        {"max_rq_sge", info->max_rq_sge, 1, MAX_SGE},
        {"inline_buf_size", info->inline_buf_size, 0, MAX_MTU},
    };
    uint32_t count = 0;

    static_assert(EFA_ARRAY_SIZE(limits) <= EFA_INFO_LIMITS, "room for all");
    for (size_t i = 0; i < EFA_ARRAY_SIZE(limits); i++)
        if (limits[i].value < limits[i].least || limits[i].value > limits[i].most)
            wrong[count++] = limits[i];
    return count;
}
