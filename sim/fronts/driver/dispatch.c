/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Files on the driver's two devices. An open file on \\.\EFADevice is a client of the model,
 * whichever process uses the handle. An open file on \\.\EFASimControl has no state.
 */
#include "driver.h"

#include "client_process.h"
#include "driver/protocol.h"
#include "nt_status.h"

struct open_file {
    struct client_process process;
    struct efasim_client *client;
};

static NTSTATUS complete(IRP *irp, NTSTATUS status, uint32_t information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS open_client(struct driver *driver, struct open_file *file)
{
    NTSTATUS status =
        client_process_open(&file->process, &driver->client_calls, PsGetCurrentProcessId());
    uint32_t error;

    if (!NT_SUCCESS(status))
        return status;
    error = efasim_client_open(driver->sim, 0, &file->process, &file->client);
    if (error != 0)
        client_process_close(&file->process);
    return (NTSTATUS)nt_status_from_win32(error);
}

NTSTATUS NTAPI dispatch_create(DEVICE_OBJECT *device, IRP *irp)
{
    FILE_OBJECT *file_object = IoGetCurrentIrpStackLocation(irp)->FileObject;
    struct driver *driver = driver_instance();
    struct open_file *file;
    NTSTATUS status;

    file_object->FsContext = file_object->FsContext2 = NULL;
    if (device == driver->control_device)
        return complete(irp, STATUS_SUCCESS, 0);
    file = nt_allocate(sizeof *file);
    if (!file)
        return complete(irp, STATUS_NO_MEMORY, 0);
    status = open_client(driver, file);
    if (NT_SUCCESS(status))
        file_object->FsContext = file;
    else
        nt_release(file);
    /* Wine gives the client a handle also if opening failed: its requests then fail with this. */
    file_object->FsContext2 = (void *)(uintptr_t)(uint32_t)status;
    return complete(irp, status, 0);
}

static NTSTATUS failure_of_opening(const FILE_OBJECT *file_object)
{
    const NTSTATUS status = (NTSTATUS)(uint32_t)(uintptr_t)file_object->FsContext2;

    return NT_SUCCESS(status) ? STATUS_INVALID_HANDLE : status;
}

/* The last handle is closed, but requests may still run: CLOSE cleans up. */
NTSTATUS NTAPI dispatch_cleanup(DEVICE_OBJECT *device, IRP *irp)
{
    (void)device;
    return complete(irp, STATUS_SUCCESS, 0);
}

/* Also when the process was killed. */
NTSTATUS NTAPI dispatch_close(DEVICE_OBJECT *device, IRP *irp)
{
    FILE_OBJECT *file_object = IoGetCurrentIrpStackLocation(irp)->FileObject;
    struct open_file *file = file_object->FsContext;

    (void)device;
    file_object->FsContext = NULL;
    if (file) {
        efasim_client_close(file->client);
        client_process_close(&file->process);
        nt_release(file);
    }
    return complete(irp, STATUS_SUCCESS, 0);
}

/* Takes milliseconds, so it is done before the model's lock is taken. */
static void prepare_copies(struct driver *driver, struct client_process *process)
{
    if (driver->plain_copies)
        return;
    client_memory_prepare(process);
    if (process->memory_file || driver->slow_copies_noted || client_process_is_dead(process))
        return;
    driver->slow_copies_noted = true;
    driver_log_line(&driver->log, "warning",
                    "a client's /proc/PID/mem cannot be used, so messages are slow");
}

NTSTATUS NTAPI dispatch_device_control(DEVICE_OBJECT *device, IRP *irp)
{
    const IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    uint32_t code = stack->Parameters.DeviceIoControl.IoControlCode;
    uint32_t input_size = stack->Parameters.DeviceIoControl.InputBufferLength;
    uint32_t output_size = stack->Parameters.DeviceIoControl.OutputBufferLength;
    struct open_file *file = stack->FileObject->FsContext;
    void *buffer = irp->AssociatedIrp.SystemBuffer;
    struct driver *driver = driver_instance();
    uint32_t returned = 0;
    NTSTATUS status;

    if (device == driver->control_device) {
        status = control_request(driver, code, buffer, input_size, output_size, &returned);
        return complete(irp, status, NT_SUCCESS(status) ? returned : 0);
    }
    if (!file)
        return complete(irp, failure_of_opening(stack->FileObject), 0);
    if (code == EFA_CREATE_QP)
        prepare_copies(driver, &file->process);
    status = (NTSTATUS)nt_status_from_win32(
        efasim_request(file->client, code, buffer, input_size, buffer, output_size, &returned));
    return complete(irp, status, returned); /* also with a warning: STATUS_BUFFER_OVERFLOW */
}
