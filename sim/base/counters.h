/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The counters of the simulated EFA: objects that exist, and events since creation or the last
 * reset. */
#ifndef EFASIM_COUNTERS_H
#define EFASIM_COUNTERS_H

#include <stdint.h>

#define EFASIM_REQUEST_KINDS 12
#define EFASIM_STATUS_VALUES 32 /* statuses above it count as the last one */

struct efasim_objects {
    uint32_t clients;
    uint32_t pds;
    uint32_t mrs;
    uint32_t cqs;
    uint32_t qps;
    uint32_t ahs;
    uint32_t messages; /* taken from send queues and not yet completed */
};

enum efasim_violation_kind {
    EFASIM_VIOLATION_PHASE,        /* a descriptor below the doorbell has the wrong phase bit */
    EFASIM_VIOLATION_RESERVED,     /* a reserved bit or byte of a descriptor is set */
    EFASIM_VIOLATION_FLAGS,        /* flags that contradict each other or must be set */
    EFASIM_VIOLATION_BUFFER_COUNT, /* more buffers than a descriptor of this device has */
    EFASIM_VIOLATION_DOORBELL,     /* a doorbell beyond the ring, or backwards */
    EFASIM_VIOLATION_STATE,        /* work rung in a state that does not allow it */
    EFASIM_VIOLATION_REQUEST_ID,   /* an id at or above the depth (strict_request_ids) */
    EFASIM_VIOLATION_RECV_FRAMING, /* FIRST and LAST do not bracket a receive request */
    EFASIM_VIOLATION_BATCH,        /* more descriptors than the limit between two doorbells */
    EFASIM_VIOLATION_CQ_OVERRUN,   /* more outstanding than the sub-CQ has entries */
    EFASIM_VIOLATION_READ,         /* device memory was read (where the front sees reads) */
    EFASIM_VIOLATION_KINDS
};

enum efasim_drop_reason {
    EFASIM_DROP_LOST,    /* by the fabric */
    EFASIM_DROP_NO_PEER, /* no adapter has this GID, or the adapter was removed */
    /* no such QP, a QP of another type, or one that cannot receive in its state */
    EFASIM_DROP_NO_QP,
    EFASIM_DROP_QKEY,       /* wrong QKey */
    EFASIM_DROP_NO_RECEIVE, /* no receive posted */
    EFASIM_DROP_RECEIVE_TOO_SHORT,
    EFASIM_DROP_RECEIVE_ERROR, /* the receive request itself was bad */
    EFASIM_DROP_REASONS
};

struct efasim_counters {
    uint64_t requests[EFASIM_REQUEST_KINDS]; /* by function number, QUERY_DEVICE first */
    uint64_t requests_failed;
    uint64_t unknown_requests;
    uint64_t sends; /* messages taken from send queues */
    uint64_t send_bytes;
    uint64_t receives; /* messages placed in receive buffers */
    uint64_t receive_bytes;
    uint64_t rdma_reads;
    uint64_t rdma_read_bytes;
    uint64_t rnr_retries;
    uint64_t retransmissions;
    /* sent again because the acknowledgement was lost; the receiver drops the copy */
    uint64_t duplicates;
    uint64_t reordered;
    uint64_t completions;
    uint64_t completions_by_status[EFASIM_STATUS_VALUES];
    uint64_t drops[EFASIM_DROP_REASONS];
    uint64_t violations; /* of all kinds */
    uint64_t violations_by_kind[EFASIM_VIOLATION_KINDS];
    uint64_t faults; /* faults that took effect */
};

struct efasim_qp_counters {
    uint64_t sends;
    uint64_t send_bytes;
    uint64_t receives;
    uint64_t receive_bytes;
    uint64_t send_errors; /* completions with a status other than 0 */
    uint64_t receive_errors;
    uint64_t rnr_retries;
    uint64_t violations;
};

/* Words for reports; never NULL. */
const char *efasim_violation_name(enum efasim_violation_kind kind);
const char *efasim_drop_name(enum efasim_drop_reason reason);
const char *efasim_status_name(unsigned status);
/* "CREATE_QP"; NULL past the last. */
const char *efasim_request_name(unsigned kind);

#endif
