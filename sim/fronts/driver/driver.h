/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The whole driver, which DriverEntry builds from the files of this folder. driver.c owns the only
 * one.
 */
#ifndef EFASIM_DRIVER_DRIVER_H
#define EFASIM_DRIVER_DRIVER_H

#include "nt.h"
#include "client_calls.h"
#include "driver_log.h"
#include "engine.h"
#include "engine_lock.h"
#include "ntdll_calls.h"
#include "efasim.h"

struct driver {
    struct ntdll_calls ntdll;
    struct driver_log log;
    struct driver_log trace;
    struct engine_lock lock;
    struct efasim_platform platform;
    struct efasim *sim;
    struct engine engine;
    struct client_calls client_calls;
    bool leaving;           /* the driver is being unloaded under clients that have it open */
    bool plain_copies;      /* do not look for fast access to clients' memory */
    bool slow_copies_noted; /* the log has a line that fast access was not found */
    DEVICE_OBJECT *efa_device;
    DEVICE_OBJECT *control_device;
};

/* platform.c: fills driver->platform with callbacks onto Wine's kernel. */
void driver_platform_init(struct driver *driver);

/* dispatch.c: the kernel calls these for open, close and device-control. */
NTSTATUS NTAPI dispatch_create(DEVICE_OBJECT *device, IRP *irp);
NTSTATUS NTAPI dispatch_cleanup(DEVICE_OBJECT *device, IRP *irp);
NTSTATUS NTAPI dispatch_close(DEVICE_OBJECT *device, IRP *irp);
NTSTATUS NTAPI dispatch_device_control(DEVICE_OBJECT *device, IRP *irp);

/* control_requests.c: requests on the control device; `buffer` is input and output. */
NTSTATUS control_request(struct driver *driver, uint32_t code, void *buffer, uint32_t input_size,
                         uint32_t output_size, uint32_t *returned);

/* driver.c */
struct driver *driver_instance(void);

#endif
