/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The account of the work requests of one queue, shared by all threads. Each request has a ticket,
 * whose serial number is part of its wr_id. A ticket is returned once: by the completion, by the
 * post that failed, or by the thread that destroyed or reset the queue. Anything else aborts the
 * program.
 */
#ifndef STRESS_TICKETS_H
#define STRESS_TICKETS_H

#include <stdbool.h>
#include <stdint.h>

#define TICKETS 1024u /* outstanding; a power of two, and more than any queue's depth */
#define NO_TICKET UINT64_MAX

struct tickets {
    uint64_t next;           /* serial */
    uint64_t slots[TICKETS]; /* serial * 4 + enum ticket_state */
    uint64_t taken, completed, rejected, forfeited;
};

/* A serial number, or NO_TICKET where the one that had its place is still out. */
uint64_t ticket_take(struct tickets *tickets);

/* Its request completed, or was not posted. */
void ticket_complete(struct tickets *tickets, uint64_t serial, const char *whose);
void ticket_reject(struct tickets *tickets, uint64_t serial, const char *whose);

/* Their queue is gone, and no earlier poll or post is running. Returns how many were
 * outstanding. */
unsigned tickets_forfeit(struct tickets *tickets);

unsigned tickets_out(const struct tickets *tickets);

/* Every ticket was given back, and the sums agree. */
void tickets_settle(const struct tickets *tickets, const char *whose);

#endif
