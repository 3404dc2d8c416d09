/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the files of a life share. */
#ifndef ROBUST_LIFE_INTERNAL_H
#define ROBUST_LIFE_INTERNAL_H

#include "life.h"

#define LIFE_QKEY 0x31415926u

enum { DEPTH = 8, CQE = 64, MESSAGE = 100, GRH = 40 };

/* Parts of the client's memory; each has its own memory region. */
enum { MR_SEND, MR_RECV, MR_REMOTE, MR_PARENT };

/* UD by each of its calls, SRD by each of its calls, and one that only sends. */
enum { QP_UD, QP_UD_EX, QP_SRD, QP_SRD_EX, QP_SENDER };

#define NEEDS(object)            \
    do {                         \
        if (!(object))           \
            return LIFE_SKIPPED; \
    } while (0)

/* Says what, and returns LIFE_WRONG. */
int life_wrong(const char *what);

int life_ud_traffic(struct life *life, int unused);
int life_srd_traffic(struct life *life, int unused);
int life_sessions(struct life *life, int unused);
int life_send_alone(struct life *life, int unused);
int life_post_some(struct life *life, int unused);
int life_flushed(struct life *life, int unused);

#endif
