/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What a Win32 error of the driver means to a caller of verbs, and what it says of the request. */
#ifndef EFA_DRIVER_ERRORS_H
#define EFA_DRIVER_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

/* What became of the request, and so of its object. */
enum efa_error_effect {
    EFA_NOTHING_DONE, /* nothing was created, changed or destroyed */
    EFA_OBJECT_GONE,  /* the driver does not know the object, or the adapter is gone with it */
    EFA_MAY_BE_DONE,  /* the request may have been carried out */
    EFA_DONE          /* it was carried out: what it created exists */
};

struct efa_error_meaning {
    uint32_t win32;
    int error; /* errno */
    enum efa_error_effect effect;
    bool may_mean_version; /* of QUERY_DEVICE: the driver may not speak that interface version */
    const char *name;      /* as in winerror.h */
    const char *meaning;
    const char *advice;
};

/* Never NULL: an unknown code means EIO. */
const struct efa_error_meaning *efa_error_meaning(uint32_t win32);

/*
 * Why a driver that failed QUERY_DEVICE for each of `count` interface versions cannot be used:
 * EFA_WIN32_REVISION_MISMATCH where it speaks none of them, else the error that has nothing to do
 * with versions. EFA_WIN32_GEN_FAILURE, for each version, leaves open which of both it is.
 */
uint32_t efa_error_of_all_versions(const uint32_t *errors, uint32_t count);

#endif
