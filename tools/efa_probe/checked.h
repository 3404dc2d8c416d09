/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The adapter's transport, with a check of each reply. A raw client writes to and reads from the
 * addresses in a reply, so the program uses no reply that cannot be right. A session destroys its
 * objects before it is closed.
 */
#ifndef EFA_PROBE_CHECKED_H
#define EFA_PROBE_CHECKED_H

#include <stdbool.h>

#include "driver/transport.h"

struct checked_transport {
    struct efa_transport transport;
    const struct efa_transport *inner;
    bool kills; /* a closed session leaves its objects to the driver, as if its process died */
    void (*wrong)(const char *what); /* a reply that cannot be right; does not return */
};

void checked_init(struct checked_transport *checked, const struct efa_transport *inner,
                  void (*wrong)(const char *what));

#endif
