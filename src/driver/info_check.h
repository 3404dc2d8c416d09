/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Finds invalid limits in the driver's description of the device. Logs nothing: the programs use it
 * too.
 */
#ifndef EFA_DRIVER_INFO_CHECK_H
#define EFA_DRIVER_INFO_CHECK_H

#include "protocol.h"

/* QP numbers have 16 bits. */
#define EFA_REPLY_MAX_QPS 0x10000u

/* A limit and its valid range. */
struct efa_info_limit {
    const char *name;
    uint64_t value, least, most;
};

/* More than the number of limits in a description. */
#define EFA_INFO_LIMITS 16

/* Writes the invalid limits; returns their number. */
uint32_t efa_find_wrong_limits(const struct efa_device_info *info,
                               struct efa_info_limit wrong[EFA_INFO_LIMITS]);

#endif
