/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The seam in native builds: whatever simulated device a program puts there. */
#include "default_transport.h"

#include <stddef.h>

static const struct efa_transport *installed;

const struct efa_transport *efa_default_transport(void)
{
    return installed;
}

void efa_set_default_transport(const struct efa_transport *transport)
{
    installed = transport;
}
