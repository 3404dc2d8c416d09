/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The expected handling of each Win32 error of the driver, independent of the library's own table:
 * its errno, and what a call that creates or destroys an object must conclude.
 */
#ifndef DRIVER_ERRORS_H
#define DRIVER_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

/* What became of the object that the request was about. */
enum driver_error_object {
    OBJECT_UNCHANGED, /* nothing was done: made none, destroyed none */
    OBJECT_GONE,      /* it no longer exists: destroying it succeeds */
    OBJECT_UNKNOWN,   /* the request may have been carried out */
    REQUEST_DONE      /* it was carried out: an object that it made must be destroyed again */
};

struct driver_error {
    uint32_t win32;
    int error;
    enum driver_error_object object;
    bool means_version; /* of QUERY_DEVICE: perhaps the version is not spoken, so ask for another */
    const char *name;
};

extern const struct driver_error driver_errors[];
extern const unsigned driver_error_count;

/* errno of opening a driver that returns this error for all three versions. */
int driver_error_of_opening(const struct driver_error *error);

#endif
