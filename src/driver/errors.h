/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The meaning of the driver's Win32 errors for callers of verbs, and for the command that failed.
 */
#ifndef EFA_DRIVER_ERRORS_H
#define EFA_DRIVER_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

/* What happened to the object of the command. */
enum efa_error_effect {
    EFA_NOTHING_DONE, /* nothing was created, changed or destroyed */
    EFA_OBJECT_GONE,  /* the driver does not know the object, or the adapter is gone */
    EFA_MAY_BE_DONE,  /* the command may have been executed */
    EFA_DONE          /* the command was executed: what it created exists */
};

struct efa_error_meaning {
    uint32_t win32;
    int error; /* errno */
    enum efa_error_effect effect;
    bool may_mean_version; /* for QUERY_DEVICE: the driver may not speak that interface version */
    const char *name;      /* as in winerror.h */
    const char *meaning;
    const char *advice;
};

/* Never returns NULL: an unknown code means EIO. */
const struct efa_error_meaning *efa_error_meaning(uint32_t win32);

/*
 * Returns the reason why a driver that failed QUERY_DEVICE for each of `count` interface versions
 * cannot be used: EFA_WIN32_REVISION_MISMATCH if it supports none of them, else the error that is
 * not about versions. EFA_WIN32_GEN_FAILURE for each version can mean either.
 */
uint32_t efa_error_of_all_versions(const uint32_t *errors, uint32_t count);

#endif
