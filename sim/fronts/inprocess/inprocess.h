/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The simulated EFA in one's own process: the device model behind the library's transport seam, for
 * native builds, tests, fuzzing and benchmarks. All devices of one instance share one fabric.
 */
#ifndef EFASIM_INPROCESS_H
#define EFASIM_INPROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../../src/driver/transport.h"
#include "../../efasim.h"

struct efasim_inprocess;

/* NULL when the configuration cannot be met (stderr says why) or memory is short. */
struct efasim_inprocess *efasim_inprocess_create(const struct efasim_config *config);

/* Stops the engine and closes what sessions are left. */
void efasim_inprocess_destroy(struct efasim_inprocess *inprocess);

/* The way to one device; NULL when there are fewer. Lives as long as the instance. */
const struct efa_transport *efasim_inprocess_transport(struct efasim_inprocess *inprocess,
                                                       unsigned device_index);

/*
 * Runs the adapters in the calling thread until nothing is left to do now; what waits for its time
 * stays waiting. Returns the number of completions written.
 */
unsigned efasim_inprocess_run(struct efasim_inprocess *inprocess);

/*
 * A thread of its own that runs the adapters: it spins while there is traffic, then sleeps for ever
 * longer up to a millisecond, and blocks while there is no queue pair. Starting twice does nothing.
 */
bool efasim_inprocess_start_engine(struct efasim_inprocess *inprocess);
void efasim_inprocess_stop_engine(struct efasim_inprocess *inprocess);

/*
 * Time that stands still but for efasim_inprocess_advance, which goes from one waiting message's
 * moment to the next and runs the adapters at each. Returns the completions written.
 */
void efasim_inprocess_set_virtual_time(struct efasim_inprocess *inprocess);
unsigned efasim_inprocess_advance(struct efasim_inprocess *inprocess, uint64_t nanoseconds);

/* The model itself: counters, objects, faults, trace, removal. */
struct efasim *efasim_inprocess_model(struct efasim_inprocess *inprocess);

/*
 * Where log lines and trace lines go instead of stderr (the trace: nowhere), and what a violation
 * does instead of ending the process when abort_on_violation is set. Called with the model's lock
 * held. Any may be NULL: back to the default. Set them before traffic starts.
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
 * Move payloads through the platform's copy callback, as a front must that cannot address its
 * clients' memory, instead of straight from source to target. Set it before regions are registered.
 */
void efasim_inprocess_set_indirect(struct efasim_inprocess *inprocess, bool indirect);

/*
 * From now on, send rings and doorbells of new queue pairs can be written by clients and not read: a
 * read is a violation (EFASIM_VIOLATION_READ), reported in the thread that reads, and then gives
 * what is there. Each access takes microseconds. The hooks are called from a signal handler of a
 * thread that may be anywhere in the client's code: they must not need a lock that it may hold.
 * SIGSEGV and SIGTRAP are handled for as long as there are such queue pairs; what is not ours goes
 * to who handled them before. A thread that blocks them ends the process with its first access; a
 * system call that is given such memory fails with EFAULT; an access is not seen while another
 * thread's access to the same page is under way. False, and nothing done, where this cannot be:
 * elsewhere than on Linux on x86-64, under the thread sanitizer, a debugger or valgrind.
 */
bool efasim_inprocess_trap_reads(struct efasim_inprocess *inprocess);

/*
 * Whether each store to a send doorbell of a new queue pair is seen, by the same means: then the
 * batch limit is exact. At first this is so for adapters with a max_batch below their max_sq_depth
 * (every part but 0xefa0). Without it, or
 * where it cannot be, only descriptors that the device finds written and not rung show a breach
 * (sim/device/batch_limit.c). False, and nothing done, where it cannot be. efasim_inprocess_trap_reads
 * goes further: it also counts descriptors that are written and never rung.
 */
bool efasim_inprocess_watch_doorbells(struct efasim_inprocess *inprocess, bool watch);

#endif
