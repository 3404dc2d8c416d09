/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The transports that ibv_get_device_list probes. */
#ifndef EFA_DRIVER_DEFAULT_TRANSPORT_H
#define EFA_DRIVER_DEFAULT_TRANSPORT_H

#include "transport.h"

/*
 * One for each adapter, from index 0 on; NULL past the last. On Windows the driver's device is the
 * only one; elsewhere it is the transport set below, if one is set.
 */
const struct efa_transport *efa_default_transport(unsigned index);

/* The adapter's names, as in struct ibv_device; NULL: "EFA". */
struct efa_device_names {
    const char *name;
    const char *dev_name;
    const char *dev_path;
    const char *ibdev_path;
};
const struct efa_device_names *efa_default_names(unsigned index);

#ifndef _WIN32
/*
 * Sets the transport of a simulated EFA; NULL removes it. It must outlive all devices and contexts
 * made from it. Not safe against concurrent ibv_get_device_list.
 */
void efa_set_default_transport(const struct efa_transport *transport);
#endif

#endif
