/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Explains why no adapter can be used. The library has only its log and errno. To explain the cause
 * to a user, all programs use this file: it asks the driver once more, without the library, and
 * checks the reply like the library.
 */
#ifndef EFA_TOOLS_CAUSE_H
#define EFA_TOOLS_CAUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "driver/protocol.h"
#include "os/compiler.h"

enum { TOOL_INTERFACE_VERSIONS = 3 };

/* The driver's replies to direct requests, without the library. */
struct tool_driver_answer {
    /* Win32 error of opening the device; if it is not 0, the rest is not known */
    uint32_t open_error;
    /* Of QUERY_DEVICE for the versions 3, 2 and 1: Win32 errors, and bytes of the replies. */
    uint32_t query_errors[TOOL_INTERFACE_VERSIONS];
    uint32_t reply_sizes[TOOL_INTERFACE_VERSIONS];
    unsigned spoken;             /* bit N: interface version N */
    struct efa_device_info info; /* of the newest supported version */
};

/* Opens the device, asks for each interface version, closes it. Changes nothing. */
void tool_ask_driver(struct tool_driver_answer *answer);

enum tool_cause_kind {
    TOOL_USABLE, /* nothing is wrong with the driver */
    TOOL_ABSENT,
    TOOL_DENIED,
    TOOL_BUSY,
    TOOL_REMOVED,
    TOOL_VERSIONS_UNKNOWN,
    TOOL_REPLY_WRONG,
    TOOL_DRIVER_FAILS
};

struct tool_cause {
    enum tool_cause_kind kind;
    int error;          /* the library's errno for this problem */
    uint32_t win32;     /* the driver's error; 0: its reply is wrong, or nothing is */
    char text[160];     /* what is wrong, with names and figures */
    const char *advice; /* what to do */
};

void tool_judge_driver(const struct tool_driver_answer *answer, struct tool_cause *cause);

/*
 * Prints why the library found no adapter, or did not open `device` (NULL: it found none), where it
 * left `error` in errno.
 */
void tool_report_cause(const char *device, int error);

/*
 * After a failure during a run: reports a removed adapter, if that is the cause, and otherwise the
 * given message.
 */
void tool_run_error(const char *format, ...) EFA_PRINTF(1, 2);

#endif
