/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * An operation as the oracle planned it, and its result: all data that passes between the oracle
 * and the process that carries it out, which may be another one. Plain data, no pointers.
 */
#ifndef WALK_PLAN_H
#define WALK_PLAN_H

#include "op.h"

enum {
    WALK_NONE = -1, /* a reference to nothing: NULL is passed */
    WALK_GRH = 40,
    WALK_MTU = 8928,
    /* A region has places that are sent from, and behind them places that are received into. */
    WALK_CHUNKS = 128,
    WALK_SEND_CHUNK = 64,
    WALK_RECV_CHUNK = 256,
    WALK_SEND_AREA = WALK_CHUNKS * WALK_SEND_CHUNK,
    WALK_REGION = WALK_SEND_AREA + WALK_CHUNKS * WALK_RECV_CHUNK,
    WALK_MOST_POLLED = 8
};

struct walk_wr {
    uint64_t wr_id; /* walk_wr_id() */
    uint32_t lkey;
    uint32_t offset; /* in the region */
    uint32_t length[3];
    int sges;
    uint32_t content; /* of a send: what the bytes are made of */
    uint32_t qkey, immediate;
    int shape;
};

struct walk_plan {
    struct walk_op op;
    bool run_first; /* let the device do what it has to, first */
    int count;      /* of `wr`, or to be polled */
    struct walk_wr wr[WALK_LIST];
    uint32_t dest_number; /* queue pair that is sent to */
    uint32_t mask;        /* of a change of state: IBV_QP_* */
    int to;
    uint32_t qkey;
};

struct walk_wc {
    uint64_t wr_id;
    uint32_t status, vendor, opcode, qp_num;
    uint32_t byte_len, src_qp, slid, flags, immediate; /* of a receive that succeeded */
    uint32_t hash;                                     /* of the bytes received */
};

struct walk_result {
    int error; /* 0 or an errno value */
    int count; /* completions, or requests that were posted */
    uint32_t value[5];
    struct walk_wc wc[WALK_MOST_POLLED];
};

/* The wr_id of a request says where its bytes are. */
static inline uint64_t walk_wr_id(uint32_t serial, uint32_t chunk, uint32_t mr, bool ud)
{
    return (uint64_t)serial << 32 | chunk << 16 | mr << 8 | (ud ? 1u : 0u);
}

/* The bytes of a message, and a sum over them. */
static inline uint8_t walk_byte(uint32_t content, uint32_t place)
{
    return (uint8_t)(content * 131u + (content >> 8) + place * 7u);
}

static inline uint32_t walk_hash(uint32_t hash, uint8_t byte)
{
    return (hash ^ byte) * 16777619u;
}
#define WALK_HASH_START 2166136261u

#endif
