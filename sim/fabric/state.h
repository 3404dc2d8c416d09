/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The data of the fabric: messages, and all messages in flight of one simulation. */
#ifndef EFASIM_FABRIC_STATE_H
#define EFASIM_FABRIC_STATE_H

#include "../../src/device/recv_descriptor.h"
#include "../../src/device/send_descriptor.h"
#include "../device/patch.h"
#include "../device/qp.h"
#include "waiting.h"

/* The bytes before a UD message, in place of a GRH. */
#define EFASIM_UD_HEADER_BYTE 0xdb

enum efasim_message_state {
    EFASIM_MESSAGE_UNDELIVERED,
    EFASIM_MESSAGE_READING,  /* an RDMA read that has begun */
    EFASIM_MESSAGE_ANSWERED, /* its result is on the way back */
    EFASIM_MESSAGE_TIMING_OUT,
    EFASIM_MESSAGE_AWAY /* at a link to another instance: its timer is in the fabric */
};

/* A send request between its fetch and its completion. */
struct efasim_message {
    struct efasim_waiting_entry entry; /* first, because waiting.c uses only this part */
    struct efasim_message *previous;   /* of the same QP */
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
    bool is_signaled; /* complete it also on success */
    uint8_t state;    /* enum efasim_message_state */
    uint8_t status;   /* once answered */
    uint8_t rnr_left;
    bool fault_checked;
    bool is_patched;
    bool in_fabric;
    struct efasim_link *link; /* that has it or holds it back; NULL: none */
    uint32_t link_slot;
    struct efasim_message *previous_held;
    struct efasim_message *next_held;
    union {
        struct efa_buffer_descriptor buffers[EFA_SEND_MAX_BUFFERS];
        uint8_t inline_data[EFA_SEND_MAX_INLINE];
        struct {
            struct efa_remote_address remote;
            struct efa_buffer_descriptor local;
        } rdma;
    } payload;
    /* the patch, if any: offsets count from the start of what moves, with a UD message's header */
    struct efasim_patch patch;
};

/* The pool of messages. It grows by chunks, so that a message usually needs no allocation. */
struct efasim_message_pool {
    struct efasim_message *free; /* linked by `next` */
    void *chunks;                /* each starts with a pointer to the previous chunk */
};

struct efasim_link;
struct efasim_mover;

struct efasim_fabric {
    struct efasim_waiting waiting;
    struct efasim_message_pool pool;
    struct efasim_mover *mover;
    struct efasim_link *links;
    uint8_t ud_header[EFA_UD_GRH_SIZE];
};

#endif
