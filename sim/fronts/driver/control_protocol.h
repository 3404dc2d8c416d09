/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What efasim_ctl asks of the running driver through \\.\EFASimControl: the simulation's own
 * requests, which no real adapter has. Both sides are built together from one tree, so structures
 * pass as they are.
 */
#ifndef EFASIM_DRIVER_CONTROL_PROTOCOL_H
#define EFASIM_DRIVER_CONTROL_PROTOCOL_H

#include <stdint.h>

#include "driver/protocol.h"
#include "efasim.h"

/* Names of the kernel driver service and of the values under its Parameters key. */
#define EFASIM_SERVICE_NAME L"efasim"
#define EFASIM_VALUE_CONFIG_FILE L"ConfigFile"             /* REG_SZ, an NT path */
#define EFASIM_VALUE_LOG_FILE L"LogFile"                   /* REG_SZ, an NT path */
#define EFASIM_VALUE_TRACE_FILE L"TraceFile"               /* REG_SZ, an NT path */
#define EFASIM_VALUE_INTERFACE_VERSION L"InterfaceVersion" /* REG_DWORD: speak this one alone */
#define EFASIM_VALUE_PLAIN_COPIES L"PlainCopies" /* REG_DWORD: 1 leaves out the fast way */

enum efasim_control_code {
    EFASIM_CONTROL_OBJECTS = EFA_CONTROL_CODE(0x900),        /* none -> efasim_objects */
    EFASIM_CONTROL_COUNTERS = EFA_CONTROL_CODE(0x901),       /* none -> efasim_counters */
    EFASIM_CONTROL_RESET_COUNTERS = EFA_CONTROL_CODE(0x902), /* none -> none */
    EFASIM_CONTROL_STALL = EFA_CONTROL_CODE(0x903),          /* u32 0 or 1 -> none */
    EFASIM_CONTROL_REMOVE = EFA_CONTROL_CODE(0x904),         /* u32 0 or 1 -> none */
    EFASIM_CONTROL_FAULTS = EFA_CONTROL_CODE(0x905),         /* configuration text -> added */
    EFASIM_CONTROL_CLEAR_FAULTS = EFA_CONTROL_CODE(0x906),   /* none -> none */
    EFASIM_CONTROL_TRACE = EFA_CONTROL_CODE(0x907),          /* efasim_trace_filter -> none */
    EFASIM_CONTROL_LIST_FAULTS = EFA_CONTROL_CODE(0x908),    /* none -> efasim_control_faults */
    EFASIM_CONTROL_QP_COUNTERS = EFA_CONTROL_CODE(0x909)     /* u32 number -> efasim_qp_counters */
};

struct efasim_control_added {
    uint32_t count;
    char message[252]; /* when not empty: why none was added */
};

struct efasim_control_faults {
    uint32_t count;
    struct efasim_fault_state list[EFASIM_MAX_FAULTS];
};

#endif
