/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Checks the driver's replies. */
#include "reply_check.h"

#include "device/completion_entry.h"
#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "info_check.h"
#include "os/log.h"

bool efa_check_device_info(const struct efa_device_info *info)
{
    struct efa_info_limit wrong[EFA_INFO_LIMITS];
    uint32_t count = efa_find_wrong_limits(info, wrong);

    for (uint32_t i = 0; i < count; i++)
        efa_log(EFA_LOG_ERROR,
                "QUERY_DEVICE: the driver reports %s = %llu; valid are %llu to %llu; the "
                "adapter cannot be used, reinstall efa.sys",
                wrong[i].name, (unsigned long long)wrong[i].value,
                (unsigned long long)wrong[i].least, (unsigned long long)wrong[i].most);
    return count == 0;
}

bool efa_check_mr_info(const struct efa_mr_info *info)
{
    if ((info->lkey & ~EFA_LKEY_MASK) == 0)
        return true;
    efa_log(EFA_LOG_ERROR,
            "REG_MR: the driver replied with lkey 0x%x, which has more than 24 bits; reinstall "
            "efa.sys",
            info->lkey);
    return false;
}

bool efa_check_ah_info(const struct efa_ah_info *info)
{
    if (info->ah != EFA_AH_NONE)
        return true;
    efa_log(EFA_LOG_ERROR,
            "ALLOC_AH: the driver replied with address handle 0xffff, which means "
            "\"none\" in completions");
    return false;
}

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

bool efa_check_cq_info(const struct efa_cq_info *info, const struct efa_create_cq_params *params)
{
    if (!is_power_of_two(info->actual_depth) || info->actual_depth < params->depth) {
        efa_log(EFA_LOG_ERROR,
                "CREATE_CQ: the driver replied with a depth of %u to a request for %u; it must be "
                "a power of two and no less",
                info->actual_depth, params->depth);
        return false;
    }

    uint64_t size = (uint64_t)params->num_sub_cqs * info->actual_depth * EFA_COMPLETION_ENTRY_SIZE;

    if (info->cq_addr == 0 || info->cq_addr % EFA_COMPLETION_ENTRY_SIZE != 0 ||
        info->cq_addr > UINT64_MAX - size) {
        efa_log(EFA_LOG_ERROR,
                "CREATE_CQ: the driver mapped the completion queue at 0x%llx, which "
                "is not a usable address",
                (unsigned long long)info->cq_addr);
        return false;
    }
    return true;
}

static bool usable_address(const char *what, uint64_t address, uint64_t size, uint64_t alignment)
{
    if (address != 0 && address % alignment == 0 && address <= UINT64_MAX - size)
        return true;
    efa_log(EFA_LOG_ERROR,
            "CREATE_QP: the driver mapped the %s at 0x%llx, which is not a usable "
            "address",
            what, (unsigned long long)address);
    return false;
}

bool efa_check_qp_info(const struct efa_qp_info *info, const struct efa_create_qp_params *params,
                       uint16_t num_sub_cqs)
{
    if (info->qp_num >= EFA_REPLY_MAX_QPS) {
        efa_log(EFA_LOG_ERROR,
                "CREATE_QP: the driver replied with QP number %u, which has more than 16 bits",
                info->qp_num);
        return false;
    }
    if (params->sq_depth != 0) {
        if (!usable_address("send ring", info->sq, params->sq_ring_size,
                            EFA_SEND_DESCRIPTOR_SIZE) ||
            !usable_address("send doorbell", info->sq_doorbell, sizeof(uint32_t), sizeof(uint32_t)))
            return false;
    }
    if (params->rq_depth != 0) {
        if (!usable_address("receive ring", info->rq, params->rq_ring_size,
                            EFA_RECV_DESCRIPTOR_SIZE) ||
            !usable_address("receive doorbell", info->rq_doorbell, sizeof(uint32_t),
                            sizeof(uint32_t)))
            return false;
    }
    if (info->send_sub_cq >= num_sub_cqs || info->recv_sub_cq >= num_sub_cqs) {
        efa_log(EFA_LOG_ERROR,
                "CREATE_QP: the driver assigned sub-CQs %u (send) and %u (receive) of %u; QP %u "
                "was destroyed again",
                info->send_sub_cq, info->recv_sub_cq, num_sub_cqs, info->qp_num);
        return false;
    }
    return true;
}
