/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Lives with one fault each, one after the other on the same simulated device: what the call that
 * meets the fault must answer, what must hold after it, and that nothing is left at the end.
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

/* What is known beforehand of the step that meets the fault. */
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
    unsigned points;      /* faults that struck, over all lives */
};

/* On a driver that speaks the versions of `versions` (1 << version). */
struct rig *rig_create(uint32_t versions);
void rig_destroy(struct rig *rig);

/* A whole life; fails the test, and says with which fault, where something is not as it must be. */
void rig_live(struct rig *rig, const struct trial *trial);

#endif
