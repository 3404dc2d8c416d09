/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The EFA's 16-byte completion entry, as the adapter writes it to host memory, and its status
 * values. Little-endian. An entry is new when its phase bit is the one expected: 1 on the first
 * pass over the ring, then alternating. Read `flags` first, with acquire ordering.
 */
#ifndef EFA_DEVICE_COMPLETION_ENTRY_H
#define EFA_DEVICE_COMPLETION_ENTRY_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define EFA_COMPLETION_ENTRY_SIZE 16

/* flags */
#define EFA_COMPLETION_PHASE 0x01u
#define EFA_COMPLETION_QUEUE_SHIFT 1
#define EFA_COMPLETION_QUEUE_MASK 0x06u
#define EFA_COMPLETION_QUEUE_SEND 0x02u
#define EFA_COMPLETION_QUEUE_RECV 0x04u
#define EFA_COMPLETION_HAS_IMM 0x08u
#define EFA_COMPLETION_OP_SHIFT 4
#define EFA_COMPLETION_OP_MASK 0x70u
#define EFA_COMPLETION_UNSOLICITED 0x80u

/* Value of `source_ah` if this device has no address handle for the sender. */
#define EFA_AH_NONE 0xffffu

struct efa_completion_entry {
    uint16_t request_id;
    uint8_t status; /* enum efa_completion_status */
    uint8_t flags;
    uint16_t qp_num;
    uint16_t length;    /* receive only, this and what follows */
    uint16_t source_ah; /* in this device's table */
    uint16_t source_qp;
    uint32_t immediate_data;
};

static_assert(sizeof(struct efa_completion_entry) == EFA_COMPLETION_ENTRY_SIZE, "entry size");
static_assert(offsetof(struct efa_completion_entry, flags) == 3, "flags");
static_assert(offsetof(struct efa_completion_entry, source_qp) == 10, "source_qp");
static_assert(offsetof(struct efa_completion_entry, immediate_data) == 12, "immediate_data");

/*
 * The statuses, one row each: name, the device's number, what verbs reports, text of the simulated
 * EFA. To add one, add a row here, a line to tests/library/expected/completions.tsv, and a row to
 * docs/api/ibv_poll_cq.md.
 */
#define EFA_STATUS_TABLE(STATUS)                                                          \
    STATUS(OK, 0, IBV_WC_SUCCESS, "ok")                                                   \
    STATUS(FLUSHED, 1, IBV_WC_WR_FLUSH_ERR, "flushed")                                    \
    STATUS(QP_INTERNAL_ERROR, 2, IBV_WC_LOC_QP_OP_ERR, "QP internal error")               \
    STATUS(UNSUPPORTED_OP, 3, IBV_WC_LOC_QP_OP_ERR, "unsupported operation")              \
    STATUS(BAD_AH, 4, IBV_WC_LOC_QP_OP_ERR, "bad AH")                                     \
    STATUS(BAD_LKEY, 5, IBV_WC_LOC_PROT_ERR, "bad lkey")                                  \
    STATUS(BAD_LENGTH, 6, IBV_WC_LOC_LEN_ERR, "message too long")                         \
    STATUS(BAD_REMOTE_ADDRESS, 7, IBV_WC_REM_ACCESS_ERR, "bad remote address")            \
    STATUS(REMOTE_ABORT, 8, IBV_WC_REM_ABORT_ERR, "connection reset by the peer")         \
    STATUS(BAD_DESTINATION_QP, 9, IBV_WC_REM_INV_RD_REQ_ERR, "bad destination QP")        \
    STATUS(RECEIVER_NOT_READY, 10, IBV_WC_RNR_RETRY_EXC_ERR, "receiver not ready")        \
    STATUS(REMOTE_BAD_LENGTH, 11, IBV_WC_REM_INV_REQ_ERR, "receiver's buffers too short") \
    STATUS(BAD_RESPONSE, 12, IBV_WC_BAD_RESP_ERR, "unexpected response")                  \
    STATUS(PEER_TIMEOUT, 13, IBV_WC_RESP_TIMEOUT_ERR, "peer stopped answering")           \
    STATUS(UNKNOWN_PEER, 14, IBV_WC_REM_OP_ERR, "unknown peer")                           \
    STATUS(PEER_UNREACHABLE, 15, IBV_WC_RESP_TIMEOUT_ERR, "peer never answered")          \
    STATUS(FEATURE_MISMATCH, 18, IBV_WC_REM_INV_REQ_ERR, "feature mismatch")

enum efa_completion_status {
#define EFA_STATUS_ENUMERATOR(name, number, verbs, text) EFA_STATUS_##name = (number),
    EFA_STATUS_TABLE(EFA_STATUS_ENUMERATOR)
#undef EFA_STATUS_ENUMERATOR
};

#endif
