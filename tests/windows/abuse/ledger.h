/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The data that the processes of a kill-and-restart run share, in memory that outlives each of
 * them: which clients are running, and the progress of every stream of messages. A life is one run
 * of a client; each life numbers its messages to each other life from 0.
 *
 * Each field has one writer. A process waits for another only by polling.
 */
#ifndef EFAWIN_ABUSE_LEDGER_H
#define EFAWIN_ABUSE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    LEDGER_SLOTS = 4,    /* clients at a time; a slot has one life after the other */
    LEDGER_LIVES = 1024, /* of a run; life 0 is unused */
    LEDGER_SPAN = 128    /* numbers from the oldest unacknowledged one on that may be under way */
};

enum ledger_phase { PHASE_RUN, PHASE_DRAIN, PHASE_END };
enum life_state { LIFE_STARTING, LIFE_READY, LIFE_DRAINED, LIFE_ENDED };

struct ledger_life {
    volatile uint32_t slot;      /* the controller's, as is the next */
    volatile uint32_t condemned; /* set before it is killed or asked to exit */
    volatile uint32_t told_to_leave;
    volatile uint32_t state;
    volatile uint32_t qp_num;
    volatile uint32_t qkey;
    volatile uint64_t messages; /* received and verified */
    volatile uint64_t bytes;
    volatile uint32_t lost;
    volatile uint32_t repeated;
    volatile uint32_t corrupted;
    volatile uint32_t failed_to_dead;   /* sends that ended as they should */
    volatile uint32_t failed_to_living; /* sends that should not have failed, or not so */
    volatile uint32_t aborted_receives; /* their sender died in the middle */
};

struct ledger {
    volatile uint32_t phase;
    volatile uint32_t current[LEDGER_SLOTS]; /* the current life, 0 while the slot has no process */
    struct ledger_life lives[LEDGER_LIVES];
    /* Numbers below: posted, acknowledged without a gap, arrived without a gap. */
    volatile uint32_t posted[LEDGER_LIVES][LEDGER_LIVES];       /* [from][to] */
    volatile uint32_t acknowledged[LEDGER_LIVES][LEDGER_LIVES]; /* [from][to] */
    volatile uint32_t arrived[LEDGER_LIVES][LEDGER_LIVES];      /* [from][to] */
};

/* The controller's; NULL on failure. Clients open what it created. */
struct ledger *ledger_create(void);
struct ledger *ledger_open(void);

/* Which of the numbers have come, each once, with none missing before `complete`. */
struct number_row {
    uint32_t complete;
    uint64_t beyond[LEDGER_SPAN / 64];
};

enum row_result { ROW_ADDED, ROW_REPEATED, ROW_GAP /* earlier ones can no longer arrive */ };

enum row_result row_add(struct number_row *row, uint32_t number);

#endif
