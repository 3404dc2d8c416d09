/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The model's own structures, shared by its files and by nobody else. Everything here is guarded by
 * the platform's one lock. Memory shared with clients is only ever read once, into private memory.
 */
#ifndef EFASIM_MODEL_H
#define EFASIM_MODEL_H

#include <string.h>

#include "../src/device/completion_entry.h"
#include "../src/device/recv_descriptor.h"
#include "../src/device/send_descriptor.h"
#include "../src/driver/protocol.h"
#include "../src/driver/win32_error.h"
#include "../src/os/compiler.h"
#include "efasim.h"
#include "fabric.h"
#include "format.h"
#include "slots.h"

/* 16-bit producer counters cannot tell a full ring of more than half their range from a jump. */
#define EFASIM_MAX_RING_ENTRIES 32768u

/* Room for one batch of payloads on their way between clients that the model cannot address. */
#define EFASIM_STAGING_SIZE 0x100000u
#define EFASIM_BATCH_MESSAGES 64u
#define EFASIM_MAX_SEGMENTS 16u

/* How much of an RDMA read moves at a time, so that a step stays short. */
#define EFASIM_RDMA_CHUNK (256u * 1024u)

#define EFASIM_RNR_RETRY_FOREVER 7u

#define EFASIM_STRICT_IDS_HINT \
    "; the ids of efawin.dll carry a generation above the index: do without strict_request_ids"

struct efasim_client {
    struct efasim *sim;
    struct efasim_device *device;
    void *front_client;
    struct efasim_client *previous;
    struct efasim_client *next;
    uint32_t number;  /* for log lines */
    uint32_t version; /* the device's oldest until QUERY_DEVICE says otherwise */
};

struct efasim_pd {
    struct efasim_client *owner;
    uint32_t pdn;
    uint32_t children; /* memory regions, address handles, queue pairs */
    struct efasim_ah *ah_of_device[EFASIM_MAX_DEVICES]; /* for the sender's AH of a receive */
};

struct efasim_ah {
    struct efasim_pd *pd;
    uint32_t number;
    uint32_t references; /* ALLOC_AH for a GID that the PD has again names the same AH */
    uint8_t gid[EFA_GID_SIZE];
    struct efasim_device *peer; /* NULL: nobody has this GID */
    bool peer_answered;
};

struct efasim_mr {
    struct efasim_pd *pd;
    uint64_t address;
    uint64_t length;
    uint32_t lkey;
    uint32_t rkey;
    uint32_t permissions;
    uint8_t *direct; /* where the model reaches `address`, or NULL */
};

struct efasim_sub_cq {
    struct efa_completion_entry *ring;
    uint32_t entries;
    uint32_t index;
    uint8_t phase;
    uint8_t overrun_reported;
    uint32_t outstanding; /* send requests fetched and not completed */
};

struct efasim_cq {
    struct efasim_client *owner;
    uint32_t number;
    uint32_t queue_pairs; /* uses by QPs: a QP may use it twice */
    uint32_t next_sub_cq; /* round robin */
    struct efasim_mapping mapping;
    uint32_t sub_cq_count;
    struct efasim_sub_cq sub_cqs[EFASIM_MAX_SUB_CQS];
};

struct efasim_ring {
    const uint8_t *memory;
    uint32_t *doorbell;
    uint32_t entries; /* a power of two, or 0 */
    uint16_t taken;   /* counter of descriptors consumed by the device */
    uint16_t traced;  /* the receive doorbell that the trace has shown */
};

/* What the adapter has staged of a send queue (batch_limit.c). */
enum efasim_batch_looks {
    EFASIM_BATCH_NEVER, /* no queue, or no limit */
    EFASIM_BATCH_IDLE, /* only a whole queue is too much: there is room for it only when it is empty */
    EFASIM_BATCH_ALWAYS
};
struct efasim_batch_state {
    uint32_t limit;     /* descriptors between two doorbells */
    uint8_t looks;      /* enum efasim_batch_looks */
    bool has_lost;      /* the limit was exceeded: nothing is taken from lost_from on */
    uint16_t lost_from; /* a producer counter */
    uint16_t rung;      /* the doorbell that was last reported */
    uint32_t written;   /* descriptors reported since then */
    uint32_t slot;      /* that of the last one */
};

struct efasim_qp {
    struct efasim_device *device;
    struct efasim_client *owner;
    struct efasim_pd *pd;
    uint32_t state; /* enum efa_driver_qp_state */
    uint32_t type;  /* enum efa_driver_qp_type */
    uint32_t number;
    uint32_t handle;
    uint32_t slot;
    uint32_t live_index; /* in efasim.live */
    uint32_t qkey;
    bool has_qkey; /* false: made by a client of interface version 1, which cannot set one */
    uint8_t rnr_retry;
    uint32_t violations_reported; /* bit per kind: each is described once */
    struct efasim_ring send;
    struct efasim_ring recv;
    struct efasim_batch_state batch;
    uint32_t sq_depth;
    uint32_t rq_depth;
    uint32_t in_flight;
    struct efasim_message *first_message; /* in the order they were posted */
    struct efasim_message *last_message;
    struct efasim_cq *send_cq;
    struct efasim_cq *recv_cq;
    struct efasim_sub_cq *send_sub_cq;
    struct efasim_sub_cq *recv_sub_cq;
    struct efasim_mapping send_mapping;
    struct efasim_mapping recv_mapping;
    struct efasim_mapping doorbell_mapping;
    struct efasim_qp_counters counters;
};

enum efasim_message_state {
    EFASIM_MESSAGE_UNDELIVERED,
    EFASIM_MESSAGE_READING,  /* an RDMA read that has begun */
    EFASIM_MESSAGE_ANSWERED, /* its result is on the way back */
    EFASIM_MESSAGE_TIMING_OUT
};

/* Bytes that a fault alters: little-endian, as many of `value` as `size` says. */
struct efasim_patch {
    uint64_t offset; /* from the start of what is altered */
    uint64_t value;
    uint32_t size;
};

/* One send request between its fetch and its completion. */
struct efasim_message {
    struct efasim_fabric_entry entry; /* first: the fabric deals in these */
    struct efasim_message *previous;  /* of the same QP */
    struct efasim_message *next;
    struct efasim_qp *qp;
    uint32_t size;
    uint32_t qkey;
    uint32_t immediate_data;
    uint32_t done; /* bytes of an RDMA read moved so far */
    uint16_t request_id;
    uint16_t destination_qp;
    uint16_t ah;
    uint8_t operation;
    uint8_t buffer_count;
    bool has_immediate;
    bool is_inline;
    bool is_signaled; /* its success completes as well */
    uint8_t state;    /* enum efasim_message_state */
    uint8_t status;   /* once answered */
    uint8_t rnr_left;
    bool fault_checked;
    bool is_patched;
    bool in_fabric;
    union {
        struct efa_buffer_descriptor buffers[EFA_SEND_MAX_BUFFERS];
        uint8_t inline_data[EFA_SEND_MAX_INLINE];
        struct {
            struct efa_remote_address remote;
            struct efa_buffer_descriptor local;
        } rdma;
    } payload;
    struct efasim_patch patch; /* if it is patched: of what moves, a UD message's header first */
};

/* A piece of some client's memory, checked against a key. */
struct efasim_segment {
    uint64_t client;
    uint8_t *direct; /* or NULL: to be moved by the platform */
    uint32_t size;
};

struct efasim_segments {
    struct efasim_client *owner;
    uint32_t count;
    uint32_t size; /* of all */
    bool all_direct;
    struct efasim_segment list[EFASIM_MAX_SEGMENTS];
};

struct efasim_device {
    struct efasim *sim;
    uint32_t index;
    struct efasim_device_config config;
    bool removed;
    uint64_t wire_free_at; /* when the sending side has sent what it has (bandwidth model) */
    struct efasim_slots pds;
    struct efasim_slots ahs;
    struct efasim_slots mrs;
    struct efasim_slots cqs;
    struct efasim_slots qps;
    uint16_t *qp_generations; /* per slot */
    uint32_t qp_number_span;  /* slots, rounded up to a power of two */
    uint32_t key_seed;
    struct efasim_counters counters;
};

struct efasim {
    struct efasim_platform platform;
    struct efasim_config config;
    struct efasim_device *devices; /* config.device_count of them */
    struct efasim_client *clients;
    uint32_t client_count;
    uint32_t next_client_number;

    struct efasim_qp **live; /* all queue pairs of all devices, for the engine's rounds */
    uint32_t live_count;
    uint32_t live_capacity;
    uint32_t next_live; /* where the next round starts */

    struct efasim_fabric fabric;
    uint64_t random;
    uint64_t now; /* of the step or request that runs */
    bool stalled;

    struct efasim_message *free_messages; /* linked by `next` */
    void *message_chunks;                 /* each starts with a pointer to the one before */

    struct efasim_fault_state faults[EFASIM_MAX_FAULTS];
    uint32_t fault_count;
    uint32_t next_fault_id;

    struct efasim_trace_filter trace;
    struct efasim_batch *batch;
    uint32_t completions_written;       /* ever, modulo 2^32: a step tells the difference */
    uint8_t ud_header[EFA_UD_GRH_SIZE]; /* what stands where a GRH would: nothing of use */
};

/* log.c */
EFA_COLD void efasim_log(struct efasim *sim, enum efasim_log_level level, const char *format, ...)
    EFA_PRINTF(3, 4);
/*
 * Counts the violation, describes it once a QP and kind (with the descriptor's bytes, when there
 * are any), and reports it to the platform when configured.
 */
EFA_COLD void efasim_violation(struct efasim_qp *qp, enum efasim_violation_kind kind,
                               const void *bytes, uint32_t byte_count, const char *format, ...)
    EFA_PRINTF(5, 6);

EFA_INLINE void *efasim_allocate(struct efasim *sim, size_t size)
{
    return sim->platform.allocate(sim->platform.context, size);
}

EFA_INLINE void efasim_lock(struct efasim *sim)
{
    sim->platform.lock(sim->platform.context);
}

EFA_INLINE void efasim_unlock(struct efasim *sim)
{
    sim->platform.unlock(sim->platform.context);
}

EFA_INLINE void efasim_release(struct efasim *sim, void *memory)
{
    if (memory != NULL)
        sim->platform.release(sim->platform.context, memory);
}

/* model.c: uniform in [0, bound); bound is not 0. */
uint64_t efasim_random_below(struct efasim *sim, uint64_t bound);
/* True with a probability of `parts` in a million. */
EFA_INLINE bool efasim_chance(struct efasim *sim, uint32_t parts)
{
    return parts != 0 && efasim_random_below(sim, EFASIM_CERTAIN) < parts;
}

/* protection.c */
uint32_t efasim_alloc_pd(struct efasim_client *client, const void *input, void *output);
uint32_t efasim_dealloc_pd(struct efasim_client *client, const void *input, void *output);
uint32_t efasim_alloc_ah(struct efasim_client *client, const void *input, void *output);
uint32_t efasim_dealloc_ah(struct efasim_client *client, const void *input, void *output);
struct efasim_pd *efasim_find_pd(struct efasim_client *client, uint32_t pdn);
void efasim_release_pd(struct efasim_pd *pd);
void efasim_release_ah(struct efasim_ah *ah);

/* memory.c */
uint32_t efasim_reg_mr(struct efasim_client *client, const void *input, void *output);
uint32_t efasim_dereg_mr(struct efasim_client *client, const void *input, void *output);
void efasim_release_mr(struct efasim_mr *mr);
/*
 * Appends the range to `segments` if the key names a region of this PD, of these permissions, that
 * covers it.
 */
bool efasim_resolve_lkey(struct efasim_pd *pd, uint32_t lkey, uint64_t address, uint32_t size,
                         uint32_t permissions, struct efasim_segments *segments);
bool efasim_resolve_rkey(struct efasim_pd *pd, uint32_t rkey, uint64_t address, uint32_t size,
                         uint32_t permissions, struct efasim_segments *segments);

/* completion_queue.c */
uint32_t efasim_create_cq(struct efasim_client *client, const void *input, void *output);
uint32_t efasim_destroy_cq(struct efasim_client *client, const void *input, void *output);
struct efasim_cq *efasim_find_cq(struct efasim_client *client, uint32_t number);
void efasim_release_cq(struct efasim_cq *cq);
void efasim_complete_send(struct efasim_qp *qp, uint16_t request_id, uint8_t operation,
                          uint8_t status);
/* What a receive completion says of the message. */
struct efasim_received {
    uint16_t length;
    uint16_t source_ah;
    uint16_t source_qp;
    bool has_immediate;
    uint32_t immediate_data;
};
void efasim_complete_recv(struct efasim_qp *qp, uint16_t request_id, uint8_t status,
                          const struct efasim_received *received);

/* queue_pair.c */
uint32_t efasim_create_qp(struct efasim_client *client, const void *input, void *output);
uint32_t efasim_destroy_qp(struct efasim_client *client, const void *input, void *output);
void efasim_release_qp(struct efasim_qp *qp);
/* The owner died: messages on their way to this queue pair complete as reset by the peer. */
void efasim_reset_peers(struct efasim_qp *qp);
struct efasim_qp *efasim_find_qp_number(struct efasim_device *device, uint32_t number);
struct efasim_qp *efasim_find_qp_handle(struct efasim_client *client, uint32_t handle);

/* qp_state.c */
uint32_t efasim_modify_qp(struct efasim_client *client, const void *input, void *output);
/* Everything outstanding completes as flushed: sends, then receives, each in order. */
void efasim_enter_error(struct efasim_qp *qp);
/* The same because of this descriptor, just taken, which completes as QP internal error. */
void efasim_enter_error_by(struct efasim_qp *qp, const struct efa_send_descriptor *descriptor);
/* Completes what is posted to a queue pair in the error state. Returns the number of descriptors. */
uint32_t efasim_flush_posted(struct efasim_qp *qp);
/* Drops everything outstanding without a completion. */
void efasim_drop_messages(struct efasim_qp *qp);

/* send_fetch.c */
/* Takes up to `budget` descriptors that the send doorbell announced; *more when some are left. */
uint32_t efasim_fetch_sends(struct efasim_qp *qp, uint32_t budget, bool *more);
/* Flushes what is announced; for the error state. */
uint32_t efasim_flush_sends(struct efasim_qp *qp);
/* In a state before RTS, what is announced is a violation. */
uint32_t efasim_refuse_sends(struct efasim_qp *qp);

/* batch_limit.c */
/* For a queue pair whose send queue is empty. */
void efasim_batch_init(struct efasim_qp *qp);
/* The first descriptor beyond the limit is written: were all before it written without a doorbell? */
EFA_COLD void efasim_batch_check(struct efasim_qp *qp);
/*
 * The first word of a descriptor that the client may be writing. It writes with plain stores, as to
 * device memory; the device reads its own memory, which is no race. What the word decides is
 * confirmed by the doorbell.
 */
EFA_RACING_READ uint32_t efasim_batch_peek(const uint8_t *descriptor)
{
#if EFA_THREAD_SANITIZER
    return *(const volatile uint32_t *)(const void *)descriptor;
#else
    return efa_load_acquire_u32((const uint32_t *)(const void *)descriptor);
#endif
}
/* Whether the slot of this producer counter holds a descriptor of this pass over the ring. */
EFA_INLINE bool efasim_batch_is_written(const struct efasim_qp *qp, uint32_t counter)
{
    size_t slot = counter & (qp->send.entries - 1);
    const uint8_t *descriptor = qp->send.memory + slot * EFA_SEND_DESCRIPTOR_SIZE;
    uint32_t head = efasim_batch_peek(descriptor);
    /* Reserved bits tell a descriptor from one that was poisoned. */
    const uint32_t mask =
        (uint32_t)(EFA_SEND_CTRL2_MBZ | EFA_SEND_PHASE) << 24 | (uint32_t)EFA_SEND_META_DESC << 16;
    uint32_t phase = (counter & qp->send.entries) != 0 ? (uint32_t)EFA_SEND_PHASE << 24 : 0;

    return (head & mask) == (phase | (uint32_t)EFA_SEND_META_DESC << 16);
}
/* Looks for descriptors beyond the limit that no doorbell has announced. */
EFA_INLINE void efasim_batch_look(struct efasim_qp *qp)
{
    if (qp->batch.looks == EFASIM_BATCH_ALWAYS ||
        (qp->batch.looks == EFASIM_BATCH_IDLE && qp->in_flight == 0)) {
        uint32_t doorbell = efa_load_acquire_u32(qp->send.doorbell);
        if (EFA_UNLIKELY(efasim_batch_is_written(qp, doorbell + qp->batch.limit)))
            efasim_batch_check(qp);
    }
}
/* How many of `count` announced descriptors the adapter still has. */
EFA_INLINE uint16_t efasim_batch_clip(const struct efasim_qp *qp, uint16_t count)
{
    uint16_t left = (uint16_t)(qp->batch.lost_from - qp->send.taken);

    return EFA_UNLIKELY(qp->batch.has_lost) && left < count ? left : count;
}

/* message.c */
/* A message of this QP, the last of its row; NULL without memory. */
struct efasim_message *efasim_message_take(struct efasim_qp *qp);
void efasim_message_enter_fabric(struct efasim_message *message, bool delayed);
void efasim_message_leave_fabric(struct efasim_message *message);
/* Takes it out of its QP and the fabric, and frees it. */
void efasim_message_free(struct efasim_message *message);
/* Completes it at the sender, unless it succeeded and is not signaled, and frees it. */
void efasim_message_complete(struct efasim_message *message, uint8_t status);
void efasim_messages_release_all(struct efasim *sim);

/* transit.c: latency, bandwidth, order, loss; everything between two adapters */
void efasim_transit_send(struct efasim_message *message);
void efasim_transit_answer(struct efasim_message *message, uint8_t status);
void efasim_transit_retry(struct efasim_message *message, uint64_t delay);
/* Lost once: SRD sends again, UD does not. */
void efasim_transit_lose(struct efasim_message *message);
/* Nobody is there: SRD gives up after a while. */
void efasim_transit_no_peer(struct efasim_message *message);
/* The success of an RDMA read, once its last `size` bytes have crossed the responder's wire. */
void efasim_transit_answer_read(struct efasim_message *message, uint32_t size);
/* The next chunk of an RDMA read, after one of `size` bytes. */
void efasim_transit_continue(struct efasim_message *message, uint32_t size);

/* recv_fetch.c */
enum efasim_recv_result {
    EFASIM_RECV_OK,
    EFASIM_RECV_NONE,      /* nothing posted */
    EFASIM_RECV_TOO_SHORT, /* left where it was */
    EFASIM_RECV_BAD_KEY,   /* completed in error */
    EFASIM_RECV_VIOLATION  /* the queue pair is now in the error state */
};
/* Takes the next receive request if it has `size` bytes; its buffers go to `segments`. */
enum efasim_recv_result efasim_take_recv(struct efasim_qp *qp, uint32_t size,
                                         struct efasim_segments *segments, uint16_t *request_id);
/* Nothing posted: cheaper to ask than efasim_take_recv. */
EFA_INLINE bool efasim_recv_is_empty(const struct efasim_qp *qp)
{
    return (uint16_t)efa_load_acquire_u32(qp->recv.doorbell) == qp->recv.taken;
}
uint32_t efasim_flush_recvs(struct efasim_qp *qp);

/* deliver.c */
void efasim_deliver(struct efasim_message *message);

/* rdma_read.c */
void efasim_read_remote(struct efasim_message *message, struct efasim_qp *responder);

/* batch.c: payloads on their way, and what is completed when they arrive */
struct efasim_batch *efasim_batch_create(struct efasim *sim);
void efasim_batch_flush(struct efasim *sim);
/*
 * Moves the payload, at once or with the batch, and completes both sides. `receiver` is NULL for
 * an RDMA read, whose progress grows by the size instead.
 */
void efasim_move(struct efasim_message *message, const struct efasim_segments *source,
                 const struct efasim_segments *target, struct efasim_qp *receiver,
                 uint16_t recv_request_id, const struct efasim_received *received);
/* Called by the batch for each chunk of an RDMA read that has moved. */
void efasim_read_moved(struct efasim_message *message, uint32_t size, bool source_ok,
                       bool target_ok);

/* fault_rules.c */
const struct efasim_fault *efasim_fault_strikes(struct efasim_device *device,
                                                enum efasim_fault_kind first,
                                                enum efasim_fault_kind last, uint32_t target);
EFA_INLINE struct efasim_patch efasim_patch_of(const struct efasim_fault *fault)
{
    struct efasim_patch patch = {fault->offset, fault->value, fault->size};
    return patch;
}
/* Does what of the patch lies in these bytes, the first of which has the place `first`. */
void efasim_patch(uint8_t *bytes, uint64_t first, uint64_t size, const struct efasim_patch *patch);

/* trace.c */
EFA_INLINE bool efasim_traced(const struct efasim *sim, uint32_t event)
{
    return EFA_UNLIKELY((sim->trace.events & event) != 0);
}
EFA_COLD void efasim_trace_request(struct efasim_client *client, uint32_t code, uint32_t input_size,
                                   uint32_t error, const void *input, const void *output,
                                   uint32_t returned);
EFA_COLD void efasim_trace_doorbell(struct efasim_qp *qp, bool is_send, uint32_t value);
/* Where it has been rung since the last look: the device needs it no sooner than a message comes. */
EFA_COLD void efasim_trace_recv_doorbell(struct efasim_qp *qp);
EFA_COLD void efasim_trace_descriptor(struct efasim_qp *qp, bool is_send, uint32_t index,
                                      const void *bytes);
EFA_COLD void efasim_trace_completion(struct efasim_qp *qp,
                                      const struct efa_completion_entry *entry);

#endif
