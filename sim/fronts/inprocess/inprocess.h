/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The simulated EFA in the client's process: the device model as a transport of the library, for
 * native builds, tests, fuzzing and benchmarks. All devices of one instance share one fabric.
 */
#ifndef EFASIM_INPROCESS_H
#define EFASIM_INPROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../../src/driver/transport.h"
#include "../../efasim.h"

struct efasim_inprocess;

/* NULL if the configuration is invalid (stderr has the reason) or memory is short. */
struct efasim_inprocess *efasim_inprocess_create(const struct efasim_config *config);

/* Stops the engine and closes the remaining sessions. */
void efasim_inprocess_destroy(struct efasim_inprocess *inprocess);

/* The transport of one device; NULL if there are fewer devices. It lives as long as the
 * instance. */
const struct efa_transport *efasim_inprocess_transport(struct efasim_inprocess *inprocess,
                                                       unsigned device_index);

/*
 * Runs the adapters in the calling thread until there is nothing to do now. Messages that are not
 * due stay in flight. Returns the number of completions written.
 */
unsigned efasim_inprocess_run(struct efasim_inprocess *inprocess);

/*
 * Starts and stops a thread that runs the adapters. It spins while there is traffic, then sleeps
 * longer and longer, up to a millisecond, and blocks while there is no queue pair. Starting it
 * twice does nothing.
 */
bool efasim_inprocess_start_engine(struct efasim_inprocess *inprocess);
void efasim_inprocess_stop_engine(struct efasim_inprocess *inprocess);

/*
 * Stops the simulation's clock. Then only efasim_inprocess_advance moves it: from the due time of
 * one message to the next, running the adapters at each. It returns the number of completions
 * written.
 */
void efasim_inprocess_set_virtual_time(struct efasim_inprocess *inprocess);
unsigned efasim_inprocess_advance(struct efasim_inprocess *inprocess, uint64_t nanoseconds);

/* The model itself: counters, objects, faults, trace, removal. */
struct efasim *efasim_inprocess_model(struct efasim_inprocess *inprocess);

/*
 * Callbacks for log lines (default: stderr), trace lines (default: dropped), and violations if
 * abort_on_violation is set (default: end the process). They are called with the model's lock held.
 * NULL restores the default. Set them before traffic starts.
 */
struct efasim_inprocess_hooks {
    void *context;
    void (*log)(void *context, enum efasim_log_level level, const char *line);
    void (*trace)(void *context, const char *line);
    void (*violation)(void *context, const char *line);
};
void efasim_inprocess_set_hooks(struct efasim_inprocess *inprocess,
                                const struct efasim_inprocess_hooks *hooks);

/*
 * Moves payloads through the platform's copy callback instead of directly, like a front that cannot
 * address its clients' memory. Set it before regions are registered.
 */
void efasim_inprocess_set_indirect(struct efasim_inprocess *inprocess, bool indirect);

/*
 * From now on, clients may write send rings and doorbells of new queue pairs, but not read them. A
 * read is a violation (EFASIM_VIOLATION_READ), reported in the thread that reads; then the read
 * returns the memory's content. Each access takes microseconds. The hooks are called from a signal
 * handler of a thread that may be anywhere in the client's code, so they must not take a lock that
 * it may hold. SIGSEGV and SIGTRAP are handled while there are such queue pairs; other causes of
 * these signals go to the previous handlers. A thread that blocks the signals ends the process with
 * its first access. A system call on such memory fails with EFAULT. An access is not seen while
 * another thread accesses the same page. Returns false and does nothing if the platform is not
 * Linux on x86-64, or under the thread sanitizer, a debugger or valgrind.
 */
bool efasim_inprocess_trap_reads(struct efasim_inprocess *inprocess);

/*
 * Sets whether each store to a send doorbell of a new queue pair is observed, by the same means.
 * Then the batch limit is exact. The default is true for adapters whose max_batch is below their
 * max_sq_depth (every part but 0xefa0). Without it, a violation shows only if the device finds
 * descriptors that are written and not announced (sim/device/batch_limit.c). Returns false and does
 * nothing if it is not possible. efasim_inprocess_trap_reads goes further: it also counts
 * descriptors that are never announced.
 */
bool efasim_inprocess_watch_doorbells(struct efasim_inprocess *inprocess, bool watch);

#endif
