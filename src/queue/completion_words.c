/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The tables that translate the device's completions into verbs terms. */
#include "consume.h"

/*
 * By an entry's flags: phase, queue (1 send, 2 receive), has_imm, op, unsolicited, from the lowest
 * bit up. ROW gives the eight entries of one op that differ in phase, queue and has_imm. What is not
 * known reads as IBV_WC_SEND, which is 0, or as IBV_WC_RECV. An RDMA read reads as IBV_WC_SEND too:
 * callers of EFA know sends and receives only.
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
    [EFA_STATUS_FLUSHED] = IBV_WC_WR_FLUSH_ERR,
    [EFA_STATUS_QP_INTERNAL_ERROR] = IBV_WC_LOC_QP_OP_ERR,
    [EFA_STATUS_UNSUPPORTED_OP] = IBV_WC_LOC_QP_OP_ERR,
    [EFA_STATUS_BAD_AH] = IBV_WC_LOC_QP_OP_ERR,
    [EFA_STATUS_BAD_LKEY] = IBV_WC_LOC_PROT_ERR,
    [EFA_STATUS_BAD_LENGTH] = IBV_WC_LOC_LEN_ERR,
    [EFA_STATUS_BAD_REMOTE_ADDRESS] = IBV_WC_REM_ACCESS_ERR,
    [EFA_STATUS_REMOTE_ABORT] = IBV_WC_REM_ABORT_ERR,
    [EFA_STATUS_BAD_DESTINATION_QP] = IBV_WC_REM_INV_RD_REQ_ERR,
    [EFA_STATUS_RECEIVER_NOT_READY] = IBV_WC_RNR_RETRY_EXC_ERR,
    [EFA_STATUS_REMOTE_BAD_LENGTH] = IBV_WC_REM_INV_REQ_ERR,
    [EFA_STATUS_BAD_RESPONSE] = IBV_WC_BAD_RESP_ERR,
    [EFA_STATUS_PEER_TIMEOUT] = IBV_WC_RESP_TIMEOUT_ERR,
    [EFA_STATUS_UNKNOWN_PEER] = IBV_WC_REM_OP_ERR,
    [EFA_STATUS_PEER_UNREACHABLE] = IBV_WC_RESP_TIMEOUT_ERR,
    [EFA_STATUS_FEATURE_MISMATCH] = IBV_WC_REM_INV_REQ_ERR,
};

EFA_COLD enum ibv_wc_status efa_failed_status(uint32_t status)
{
    if (status >= EFA_ARRAY_SIZE(failed_statuses) || failed_statuses[status] == 0)
        return IBV_WC_GENERAL_ERR;
    return (enum ibv_wc_status)failed_statuses[status];
}
