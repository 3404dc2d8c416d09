/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs client lives with one fault each, one after the other on the same simulated device. Checks
 * what the call that hits the fault returns, the state after it, and that nothing is left at the
 * end.
 */
#ifndef ROBUST_TRIAL_H
#define ROBUST_TRIAL_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "fault_memory.h"
#include "fault_transport.h"
#include "life.h"

/* What the test expects of the step that hits the fault. */
struct trial {
    unsigned nth_request; /* where the fault is; 0: none */
    struct request_fault fault;
    unsigned nth_allocation; /* the same for memory */
    int error;               /* of the step; 0: it does not notice */
    bool unchanged;          /* and the device has the objects that it had before */
    bool may_need_reset;     /* trying again may not be enough: the driver's state has moved on */
    bool stays_away;         /* of a device that was removed: it does not come back */
};

struct rig {
    struct efasim_inprocess *sim;
    struct fault_transport transport;
    struct life life;
    bool has_no_states;
    unsigned live_before; /* allocations of the library */
    unsigned points;      /* faults that occurred, over all lives */
};

/* On a driver that speaks the versions of `versions` (1 << version). */
struct rig *rig_create(uint32_t versions);
void rig_destroy(struct rig *rig);

/* Runs a whole life. If something is wrong, fails the test and names the fault. */
void rig_live(struct rig *rig, const struct trial *trial);

#endif
