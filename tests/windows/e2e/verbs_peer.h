/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One side of an exchange through efawin.dll: a queue pair of either type with buffers, messages
 * that contain their number, and waits with a time limit.
 */
#ifndef EFAWIN_TESTS_VERBS_PEER_H
#define EFAWIN_TESTS_VERBS_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

enum { PEER_QKEY = 0x22222222, PEER_GRH_SIZE = 40 };

struct verbs_peer {
    bool ud;
    uint32_t qkey;
    uint32_t depth; /* receives and sends that can be outstanding */
    uint32_t slot_size;
    uint32_t outstanding_sends;
    uint32_t aborted; /* receives that ended because the sender died; their buffers are back */
    uint32_t *free_send_slots; /* a stack: sends complete in any order */
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_mr *mr;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_ah *ah; /* of this device itself */
    uint8_t *memory;   /* `depth` receive slots, then as many for sends */
};

/* Opens the first device and brings a queue pair to RTS with all receives posted. */
bool peer_open(struct verbs_peer *peer, bool ud, uint32_t depth, uint32_t largest);
/* With another QKey than PEER_QKEY, which peer_send addresses. */
bool peer_open_keyed(struct verbs_peer *peer, bool ud, uint32_t depth, uint32_t largest,
                     uint32_t qkey);
void peer_close(struct verbs_peer *peer);

/* Sends message number `number`; returns false if it cannot be posted. At most `depth` may be
 * outstanding. */
bool peer_send(struct verbs_peer *peer, uint32_t qp_num, uint32_t number, uint32_t size);

/* The same without posted receives, for clients that write the rings themselves. */
bool peer_open_without_receives(struct verbs_peer *peer, bool ud, uint32_t depth, uint32_t largest,
                                uint32_t qkey);

/* For those that post and poll by themselves: the memory of receive and send `index`. */
uint8_t *peer_slot(const struct verbs_peer *peer, uint64_t index);
bool peer_post_receive(struct verbs_peer *peer, uint64_t index);

/* What message `number` of `size` bytes holds. */
void peer_fill(uint8_t *data, uint32_t number, uint32_t size);
bool peer_is_filled(const uint8_t *data, uint32_t number, uint32_t size);

struct peer_message {
    uint32_t size;
    uint32_t source_qp;
    uint32_t number; /* as the immediate data says */
    bool intact;     /* the content is that of the number, over the whole size */
};

/*
 * Takes one completion. 1: a message was received (and its buffer posted again), 0: nothing or a
 * send completed well, -1: a completion with an error, or a call that failed.
 */
int peer_poll(struct verbs_peer *peer, struct peer_message *message);

/* The next message; false after `seconds` without one, or on an error. */
bool peer_receive(struct verbs_peer *peer, struct peer_message *message, unsigned seconds);
/* All sends complete well. A message that arrives meanwhile is dropped. */
bool peer_drain_sends(struct verbs_peer *peer, unsigned seconds);

#endif
