/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The operations of a random walk: what there is, as text and back, and at random. What they mean
 * is in oracle.h (what must happen) and exec.h (what does).
 */
#ifndef WALK_OP_H
#define WALK_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Objects of each client; a reference to one of any client is client * N + slot. */
enum {
    WALK_CLIENTS = 2,
    WALK_PDS = 3,
    WALK_TDS = 2,
    WALK_MRS = 4,
    WALK_AHS = 3,
    WALK_CQS = 3,
    WALK_QPS = 4,
    WALK_LIST = 6, /* requests of one post */
    WALK_ARGS = 8
};

enum walk_kind {
    WALK_OPEN,
    WALK_CLOSE,
    WALK_ALLOC_PD,
    WALK_DEALLOC_PD,
    WALK_ALLOC_TD,
    WALK_DEALLOC_TD,
    WALK_PARENT_DOMAIN,
    WALK_REG_MR,
    WALK_DEREG_MR,
    WALK_CREATE_AH,
    WALK_DESTROY_AH,
    WALK_CREATE_CQ,
    WALK_DESTROY_CQ,
    WALK_CREATE_QP,
    WALK_DESTROY_QP,
    WALK_MODIFY_QP,
    WALK_QUERY_QP,
    WALK_POST_RECV,
    WALK_POST_SEND,
    WALK_WR_START,
    WALK_WR_ADD,
    WALK_WR_END,
    WALK_POLL,
    WALK_START_POLL,
    WALK_NEXT_POLL,
    WALK_END_POLL,
    WALK_RUN,
    WALK_KINDS
};

/* Arguments are small numbers; the first is the client, the second its object, if the operation has
 * them. */
struct walk_op {
    enum walk_kind kind;
    int a[WALK_ARGS];
};

/* The number of choices of each argument that is not a reference. */
enum { ACCESS_NONE, ACCESS_LOCAL, ACCESS_REMOTE, ACCESS_WRONG };
enum { REGION_WHOLE, REGION_WHOLE_TOO, REGION_SHORT, REGION_EMPTY };
enum { DEST_SELF, DEST_SELF_TOO, DEST_NOBODY, DEST_BAD_PORT };
enum { CQ_PLAIN, CQ_EXTENDED, CQ_SINGLE, CQ_IN_DOMAIN };
enum { TYPE_UD, TYPE_UD_EX, TYPE_SRD_EX, TYPE_SRD };
enum { TO_NEXT = 7, TO_NEXT_TOO, TO_STATES };
enum {
    MASK_RIGHT, /* up to MASK_LACKS */
    MASK_LACKS = 4,
    MASK_TOO_MUCH,
    MASK_OTHER_QKEY, /* right, where a QKey may be given */
    MASK_BAD_VALUE,
    MASKS
};
enum { RECV_SHORT, RECV_USUAL, RECV_TWO, RECV_THREE, RECV_NONE, RECV_SHAPES };
enum {
    SEND_EMPTY,
    SEND_BYTE,
    SEND_IMMEDIATE,
    SEND_TWO,
    SEND_INLINE,
    SEND_INLINE_LONG,
    SEND_TOO_LONG,
    SEND_NO_ADDRESS, /* of a session; elsewhere an operation that there is not */
    SEND_FENCED,
    SEND_OTHER_QKEY,
    SEND_UNSIGNALED,
    SEND_SHAPES
};

const char *walk_name(enum walk_kind kind);
/* The least that an argument may be. */
int walk_least(enum walk_kind kind, int argument);

/* One line without a line feed. */
void walk_print(const struct walk_op *op, char *text, size_t size);
/* False if it is not an operation. */
bool walk_parse(const char *text, struct walk_op *op);

/* Moves the state, which is never 0. */
uint32_t walk_below(uint64_t *random, uint32_t bound);
struct walk_op walk_random_op(uint64_t *random);

#endif
