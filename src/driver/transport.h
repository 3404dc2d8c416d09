/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The transport between the library and the driver: every command passes through it. The Windows
 * build uses transport_win32.c, native builds the simulated device. A transport knows nothing of
 * the protocol.
 */
#ifndef EFA_DRIVER_TRANSPORT_H
#define EFA_DRIVER_TRANSPORT_H

#include <stdint.h>

/*
 * An implementation embeds this structure. All calls are thread-safe; each returns 0 or a Win32
 * error code (win32_error.h). Outputs are set only on success, with two exceptions: *returned is
 * always set, and with EFA_WIN32_MORE_DATA the first *returned bytes of the reply are set.
 */
struct efa_transport {
    const char *name; /* for log lines: the device's path, or "simulated" */
    uint32_t (*open)(const struct efa_transport *transport, void **session);
    uint32_t (*request)(const struct efa_transport *transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned);
    /* Ends the session; the driver destroys whatever it still owns. */
    void (*close)(const struct efa_transport *transport, void *session);
};

#endif
