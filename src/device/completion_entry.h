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

enum efa_completion_status {
    EFA_STATUS_OK = 0,
    EFA_STATUS_FLUSHED = 1,
    EFA_STATUS_QP_INTERNAL_ERROR = 2,
    EFA_STATUS_UNSUPPORTED_OP = 3,
    EFA_STATUS_BAD_AH = 4,
    EFA_STATUS_BAD_LKEY = 5,
    EFA_STATUS_BAD_LENGTH = 6,
    EFA_STATUS_BAD_REMOTE_ADDRESS = 7,
    EFA_STATUS_REMOTE_ABORT = 8,
    EFA_STATUS_BAD_DESTINATION_QP = 9,
    EFA_STATUS_RECEIVER_NOT_READY = 10,
    EFA_STATUS_REMOTE_BAD_LENGTH = 11,
    EFA_STATUS_BAD_RESPONSE = 12,
    EFA_STATUS_PEER_TIMEOUT = 13,
    EFA_STATUS_UNKNOWN_PEER = 14,
    EFA_STATUS_PEER_UNREACHABLE = 15,
    EFA_STATUS_FEATURE_MISMATCH = 18
};

#endif
