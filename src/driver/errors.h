/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What a Win32 error of the driver means to a caller of verbs. */
#ifndef EFA_DRIVER_ERRORS_H
#define EFA_DRIVER_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

struct efa_error_meaning {
    uint32_t win32;
    int error;        /* errno */
    const char *name; /* as in winerror.h */
    const char *hint; /* what to do */
};

/* Never NULL: an unknown code means EIO. */
const struct efa_error_meaning *efa_error_meaning(uint32_t win32);

/* The object of the request is no more: the driver does not know it, or the adapter is gone. */
bool efa_error_means_gone(uint32_t win32);
/* The request may have been carried out all the same. */
bool efa_error_leaves_open(uint32_t win32);

#endif
