/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Steps with a queue pair that programs share. */
#include "common/queue_pair.h"

#include <stddef.h>
#include <string.h>

#include <infiniband/verbs.h>

#include "common/message.h"
#include "os/compiler.h"

/* From RESET to INIT, which allows receives, to RTR, to RTS, which allows sends. */
bool tool_make_ready(struct ibv_qp *qp, uint32_t qkey)
{
    static const struct {
        enum ibv_qp_state state;
        int mask;
    } steps[] = {
        {IBV_QPS_INIT, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY},
        {IBV_QPS_RTR, IBV_QP_STATE},
        {IBV_QPS_RTS, IBV_QP_STATE | IBV_QP_SQ_PSN},
    };

    for (size_t i = 0; i < EFA_ARRAY_SIZE(steps); i++) {
        struct ibv_qp_attr attr;
        int error;

        memset(&attr, 0, sizeof attr);
        attr.qp_state = steps[i].state;
        attr.port_num = 1;
        attr.qkey = qkey;
        error = ibv_modify_qp(qp, &attr, steps[i].mask);
        if (error != 0) {
            tool_error("bringing a queue pair to state %d failed: %s", (int)steps[i].state,
                       tool_errno_text(error));
            return false;
        }
    }
    return true;
}
