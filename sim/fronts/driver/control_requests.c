/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The simulation's own requests on the control device. */
#include "driver.h"

#include "../control/control_requests.h"
#include "nt_status.h"

static void *allocate(size_t size)
{
    return nt_allocate(size);
}

static void release(void *memory)
{
    nt_release(memory);
}

NTSTATUS control_request(struct driver *driver, uint32_t code, void *buffer, uint32_t input_size,
                         uint32_t output_size, uint32_t *returned)
{
    const struct control_target target = {driver->sim, driver->trace.file != NULL, allocate,
                                          release};

    return (NTSTATUS)nt_status_from_win32(
        control_serve(&target, code, buffer, input_size, output_size, returned));
}
