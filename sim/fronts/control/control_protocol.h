/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The requests about a running simulation, besides those of an adapter. The driver (through
 * \\.\EFASimControl) and the service serve the same ones. Both sides are built from one tree, so
 * structures are passed unchanged.
 */
#ifndef EFASIM_CONTROL_CONTROL_PROTOCOL_H
#define EFASIM_CONTROL_CONTROL_PROTOCOL_H

#include <stdint.h>

#include "../../../src/driver/protocol.h"
#include "../../efasim.h"

/* The longest input and output of any of them. */
#define EFASIM_CONTROL_BYTES 4096u

enum efasim_control_code {
    EFASIM_CONTROL_OBJECTS = EFA_CONTROL_CODE(0x900),        /* none -> efasim_objects */
    EFASIM_CONTROL_COUNTERS = EFA_CONTROL_CODE(0x901),       /* none -> efasim_counters */
    EFASIM_CONTROL_RESET_COUNTERS = EFA_CONTROL_CODE(0x902), /* none -> none */
    EFASIM_CONTROL_STALL = EFA_CONTROL_CODE(0x903),          /* u32 0 or 1 -> none */
    EFASIM_CONTROL_REMOVE = EFA_CONTROL_CODE(0x904),         /* efasim_control_removal -> none */
    EFASIM_CONTROL_FAULTS = EFA_CONTROL_CODE(0x905),         /* configuration text -> added */
    EFASIM_CONTROL_CLEAR_FAULTS = EFA_CONTROL_CODE(0x906),   /* none -> none */
    EFASIM_CONTROL_TRACE = EFA_CONTROL_CODE(0x907),          /* efasim_trace_filter -> none */
    EFASIM_CONTROL_LIST_FAULTS = EFA_CONTROL_CODE(0x908),    /* none -> efasim_control_faults */
    EFASIM_CONTROL_QP_COUNTERS = EFA_CONTROL_CODE(0x909)     /* efasim_control_qp -> qp_counters */
};

struct efasim_control_removal {
    uint32_t device; /* its index */
    uint32_t is_removed;
};

struct efasim_control_qp {
    uint32_t device;
    uint32_t number;
};

struct efasim_control_added {
    uint32_t count;
    char message[252]; /* if not empty: why no fault was added */
};

struct efasim_control_faults {
    uint32_t count;
    struct efasim_fault_state list[EFASIM_MAX_FAULTS];
};

static_assert(sizeof(struct efasim_control_faults) <= EFASIM_CONTROL_BYTES, "a reply");

#endif
