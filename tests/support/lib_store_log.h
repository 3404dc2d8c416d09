/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What one thread stores to the send ring and the send doorbell of a queue pair of the fake driver,
 * in the order of the stores. Each store faults, is recorded, and runs as a single step.
 */
#ifndef LIB_STORE_LOG_H
#define LIB_STORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib_fake_driver.h"

struct store_log_entry {
    bool is_doorbell;
    uint32_t value; /* what the doorbell says; else the slot of a descriptor, stored as a whole */
};

/* Whether the system has single steps for it; the thread sanitizer keeps their traps back. */
bool store_log_is_supported(void);

/* One queue pair at a time. */
void store_log_begin(const struct fake_qp *qp);
void store_log_end(void);

/* In between the test itself may touch the ring; nothing where no log is in progress. */
void store_log_pause(void);
void store_log_resume(void);

/* Since the beginning, or since it was last forgotten. Fails where a descriptor was not whole. */
unsigned store_log_count(void);
struct store_log_entry store_log_at(unsigned index);
void store_log_forget(void);

/* Of the entries: the most descriptors stored since a doorbell, and how many after the last. */
struct store_log_batches {
    unsigned doorbells;
    unsigned descriptors;
    unsigned most;
    unsigned unrung;
};
struct store_log_batches store_log_batches(void);

#endif
