/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Which transport ibv_get_device_list probes. */
#ifndef EFA_DRIVER_DEFAULT_TRANSPORT_H
#define EFA_DRIVER_DEFAULT_TRANSPORT_H

#include "transport.h"

/* On Windows the driver's device; elsewhere the one set below, or NULL: no driver. */
const struct efa_transport *efa_default_transport(void);

#ifndef _WIN32
/*
 * Puts a simulated device behind the library. It must outlive all devices and contexts made from
 * it. NULL takes it away. Not safe against concurrent ibv_get_device_list.
 */
void efa_set_default_transport(const struct efa_transport *transport);
#endif

#endif
