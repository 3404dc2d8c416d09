/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The transport that ibv_get_device_list probes. */
#ifndef EFA_DRIVER_DEFAULT_TRANSPORT_H
#define EFA_DRIVER_DEFAULT_TRANSPORT_H

#include "transport.h"

/* On Windows the driver's device; elsewhere the transport set below, or NULL: no driver. */
const struct efa_transport *efa_default_transport(void);

#ifndef _WIN32
/*
 * Sets the transport of a simulated EFA; NULL removes it. It must outlive all devices and contexts
 * made from it. Not safe against concurrent ibv_get_device_list.
 */
void efa_set_default_transport(const struct efa_transport *transport);
#endif

#endif
