/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What two instances exchange over a link, as it crosses the wire: a head, then `size` bytes of
 * payload. Both machines are little-endian, as all that EFA exists on.
 */
#ifndef EFASIM_FABRIC_LINK_PACKET_H
#define EFASIM_FABRIC_LINK_PACKET_H

#include <assert.h>
#include <stdint.h>

enum efasim_packet_kind {
    EFASIM_PACKET_SEND = 1, /* a message with its payload: answered */
    EFASIM_PACKET_READ,     /* asks for a chunk of an RDMA read: answered, or by data */
    EFASIM_PACKET_ANSWER,
    EFASIM_PACKET_DATA /* the chunk */
};

/* What became of a message. */
enum efasim_packet_result {
    EFASIM_RESULT_STATUS,    /* it ended with `status`; `drop` is the reason if it was dropped */
    EFASIM_RESULT_NOT_READY, /* no receive is posted */
    EFASIM_RESULT_NO_PEER    /* the adapter was removed, or no adapter has the GID */
};

#define EFASIM_NO_DROP 0xffu

/* A chunk of an RDMA read. The largest payload, too. */
#define EFASIM_PACKET_LARGEST 262144u
/* What a datagram and its 40 bytes leave of a completion's 16 bits. */
#define EFASIM_PACKET_LARGEST_SEND 65495u

/* Names an outstanding message of the sending instance; an answer gives it back. */
struct efasim_token {
    uint32_t slot;
    uint32_t generation;
};

struct efasim_packet {
    uint64_t number; /* of the link's: ascending in each direction */
    uint32_t size;   /* of the payload */
    uint8_t kind;    /* enum efasim_packet_kind */
    uint8_t result;  /* of an answer: enum efasim_packet_result, */
    uint8_t status;  /* a completion status, */
    uint8_t drop;    /* and enum efasim_drop_reason */
    struct efasim_token token;
    uint8_t source_gid[16];
    uint8_t destination_gid[16];
    uint16_t source_qp;
    uint16_t destination_qp;
    uint32_t qkey;
    uint32_t qp_type;
    uint32_t has_immediate;
    uint32_t immediate_data;
    uint32_t rkey;
    uint64_t address; /* where the chunk begins, */
    uint32_t left;    /* and what is left of the read from there */
    uint32_t reserved;
};

static_assert(sizeof(struct efasim_packet) == 96, "is sent as it lies in memory");

/*
 * Hands a packet to the link, which copies it and its payload. Runs under the model's lock while
 * the link is up. It never waits and never fails: what the link cannot take is lost, and the link
 * goes down.
 */
typedef void efasim_link_sender(void *context, const struct efasim_packet *packet,
                                const void *payload);

#endif
