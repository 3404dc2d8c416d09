/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The simulated EFA: one or more adapters joined by a fabric, driven by device-control requests and
 * by rings and doorbells in memory shared with clients. This is the whole interface that the fronts
 * use. platform.h has what the model needs from a front, config.h its configuration.
 *
 * All functions may be called from several threads at once, except efasim_create and
 * efasim_destroy. Errors are Win32 codes.
 */
#ifndef EFASIM_EFASIM_H
#define EFASIM_EFASIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/counters.h"
#include "config/config.h"
#include "config/trace_filter.h"
#include "platform.h"

struct efasim;
struct efasim_client;

/*
 * Checks the configuration and builds the adapters. Copies both arguments. On failure *sim is not
 * set and the log has the reason. EFA_WIN32_INVALID_PARAMETER, EFA_WIN32_NOT_ENOUGH_MEMORY.
 */
uint32_t efasim_create(const struct efasim_config *config, const struct efasim_platform *platform,
                       struct efasim **sim);

/* Closes the remaining clients and frees everything. No other call may be running. */
void efasim_destroy(struct efasim *sim);

const struct efasim_config *efasim_get_config(const struct efasim *sim);

/* A client: an opened device, as a file handle is for the driver. `front_client` is passed to
 * the callbacks. */
uint32_t efasim_client_open(struct efasim *sim, unsigned device, void *front_client,
                            struct efasim_client **client);

/* Destroys everything that the client still owns, as when its process died, and the client. */
void efasim_client_close(struct efasim_client *client);

/*
 * Executes one device-control request. `input` and `output` may be the same memory, because the
 * input is copied before anything is written. *returned is always set; `output` is written on
 * success only.
 */
uint32_t efasim_request(struct efasim_client *client, uint32_t code, const void *input,
                        uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned);

struct efasim_step_result {
    uint32_t work;          /* descriptors fetched and messages handled */
    uint32_t completions;   /* completion entries written */
    bool more;              /* the budget was used up and work is left */
    uint64_t next_deadline; /* when the next waiting message is due, or EFASIM_NEVER */
};

/*
 * Runs the adapters once: fetches what doorbells announce, delivers messages that are due, writes
 * completions. Fetches and handles up to `budget` messages each, so that the call returns soon.
 */
struct efasim_step_result efasim_step(struct efasim *sim, uint32_t budget);

/* The number of queue pairs. With 0, no doorbell can be rung and an engine may block until
 * platform.wake is called. */
bool efasim_has_queue_pairs(struct efasim *sim);

/* With EFASIM_ALL_DEVICES the sum of all devices. */
void efasim_get_objects(struct efasim *sim, unsigned device, struct efasim_objects *objects);
/* Those of one client. */
void efasim_get_client_objects(struct efasim_client *client, struct efasim_objects *objects);
void efasim_get_counters(struct efasim *sim, unsigned device, struct efasim_counters *counters);
/* EFA_WIN32_NOT_FOUND if there is no such queue pair. */
uint32_t efasim_get_qp_counters(struct efasim *sim, unsigned device, uint32_t qp_num,
                                struct efasim_qp_counters *counters);
void efasim_reset_counters(struct efasim *sim);

/*
 * For a front that sees reads: one of `front_client`'s clients read device memory at the client's
 * `address`. If a queue pair has its send ring or doorbells there, this is a violation.
 */
void efasim_report_read(struct efasim *sim, void *front_client, uint64_t address);

/*
 * The same for a store, after it happened. If a front reports every store to send doorbells, or
 * also to send rings, the batch limit is exact: descriptors beyond it never execute.
 */
void efasim_report_write(struct efasim *sim, void *front_client, uint64_t address);

/* Faults (faults.h). The id names the fault in efasim_fault_remove. */
uint32_t efasim_fault_add(struct efasim *sim, const struct efasim_fault *fault, uint32_t *id);
uint32_t efasim_fault_remove(struct efasim *sim, uint32_t id);
void efasim_fault_clear(struct efasim *sim);
/* Copies the active faults, oldest first, into a list of EFASIM_MAX_FAULTS. Returns how many. */
uint32_t efasim_get_faults(struct efasim *sim, struct efasim_fault_state *list);
/* How often the fault took effect; 0 for an unknown id. */
uint64_t efasim_fault_hits(struct efasim *sim, uint32_t id);

/* Stops and resumes descriptors and messages; requests still work. */
void efasim_stall(struct efasim *sim, bool stalled);

/*
 * Removes the adapter: requests fail with EFA_WIN32_DEVICE_NOT_CONNECTED, its queue pairs go to the
 * error state (outstanding requests complete as flushed), its peers time out. Or restores it,
 * without working queue pairs; clients may destroy their objects and start again.
 */
uint32_t efasim_set_removed(struct efasim *sim, unsigned device, bool removed);

/* Sets what is traced. Lines go to platform.trace. */
void efasim_set_trace(struct efasim *sim, const struct efasim_trace_filter *filter);

#endif
