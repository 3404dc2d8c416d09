/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What a Win32 error of the driver means to a caller of verbs. */
#ifndef EFA_DRIVER_ERRORS_H
#define EFA_DRIVER_ERRORS_H

#include <stdint.h>

struct efa_error_meaning {
    uint32_t win32;
    int error;        /* errno */
    const char *name; /* as in winerror.h */
    const char *hint; /* what to do */
};

/* Never NULL: an unknown code means EIO. */
const struct efa_error_meaning *efa_error_meaning(uint32_t win32);

#endif
