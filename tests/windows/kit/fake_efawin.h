/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The fake efawin.dll of the loader's tests: additions to the kit's interface. It records its last
 * call. */
#ifndef FAKE_EFAWIN_H
#define FAKE_EFAWIN_H

#include <stdint.h>

#define FAKE_MAX_ARGUMENTS 5

struct fake_record {
    const char *name;
    int count; /* calls so far */
    uint64_t arguments[FAKE_MAX_ARGUMENTS];
};

/* Exports, resolved by name. Calls that return pointers return FAKE_POINTER, the others 0.
 * fake_fail_with makes them fail with an errno value; if it is negative, they do not set errno. The
 * device list has FAKE_POINTER in it, or is empty. */
#define FAKE_POINTER ((uintptr_t)0x5a5a0)
#define FAKE_COUNT 0x77 /* of calls that return a count */

typedef const struct fake_record *(*fake_last_call_fn)(void);
typedef void (*fake_fail_with_fn)(int error);
typedef int *(*fake_errno_address_fn)(void);

/* In the environment: how the DLL misbehaves when loaded. */
#define FAKE_REJECT_VERSION "FAKE_EFAWIN_REJECT_VERSION"
#define FAKE_REJECT_ATTACH "FAKE_EFAWIN_REJECT_ATTACH"
/* check_version signals an event of this name, and does not come back. */
#define FAKE_STALL_VERSION "FAKE_EFAWIN_STALL_VERSION"

#endif
