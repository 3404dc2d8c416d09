/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The tables that translate the device's completions into verbs terms. */
#include "consume.h"

/*
 * By an entry's flags: phase, queue (1 send, 2 receive), has_imm, op, unsolicited, from the lowest
 * bit up. ROW gives the eight entries of one op that differ in phase, queue and has_imm. What is
 * not known reads as IBV_WC_SEND, which is 0, or as IBV_WC_RECV. An RDMA read reads as IBV_WC_SEND
 * too: callers of EFA know sends and receives only.
 */
#define ROW(send, recv)                                              \
    0, 0, send, send, recv, recv, 0, 0, /* without immediate data */ \
        0, 0, send, send, recv, recv, 0, 0
#define OPCODES                                                                 \
    ROW(IBV_WC_SEND, IBV_WC_RECV), ROW(IBV_WC_SEND, IBV_WC_RECV),               \
        ROW(IBV_WC_RDMA_WRITE, IBV_WC_RECV_RDMA_WITH_IMM), ROW(0, IBV_WC_RECV), \
        ROW(0, IBV_WC_RECV), ROW(0, IBV_WC_RECV), ROW(0, IBV_WC_RECV), ROW(0, IBV_WC_RECV)

const uint8_t efa_opcode_of_flags[256] = {OPCODES, OPCODES};

/* Receives with immediate data, of any op. The entry of a send has no such information. */
#define IMM_ROW 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, IBV_WC_WITH_IMM, IBV_WC_WITH_IMM, 0, 0
#define IMM_ROWS IMM_ROW, IMM_ROW, IMM_ROW, IMM_ROW, IMM_ROW, IMM_ROW, IMM_ROW, IMM_ROW

const uint8_t efa_wc_flags_of_flags[256] = {IMM_ROWS, IMM_ROWS};

static_assert(EFA_COMPLETION_PHASE == 0x01 && EFA_COMPLETION_QUEUE_SEND == 0x02 &&
                  EFA_COMPLETION_QUEUE_RECV == 0x04 && EFA_COMPLETION_HAS_IMM == 0x08 &&
                  EFA_COMPLETION_OP_SHIFT == 4,
              "the order of the tables");

/* Indexed by the device's status. Values beyond the table, or 0 in it, mean IBV_WC_GENERAL_ERR. */
static const uint8_t failed_statuses[] = {
#define STATUS(name, number, verbs, text) [number] = (verbs),
    EFA_STATUS_TABLE(STATUS)
#undef STATUS
};

EFA_COLD enum ibv_wc_status efa_failed_status(uint32_t status)
{
    if (status >= EFA_ARRAY_SIZE(failed_statuses) || failed_statuses[status] == 0)
        return IBV_WC_GENERAL_ERR;
    return (enum ibv_wc_status)failed_statuses[status];
}
