/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The transport on Windows: efa.sys, opened by its device name. */
#include "default_transport.h"

#include <windows.h>

/* The driver's header calls this fixed name temporary. One name means one adapter. */
static const wchar_t device_path[] = L"\\\\.\\EFADevice";

static uint32_t open_device(const struct efa_transport *transport, void **session)
{
    HANDLE handle;

    (void)transport;
    /* A session can give the name to a pipe: its server must not be able to impersonate us. */
    handle =
        CreateFileW(device_path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                    FILE_ATTRIBUTE_NORMAL | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return GetLastError();
    *session = handle;
    return ERROR_SUCCESS;
}

static uint32_t request(const struct efa_transport *transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned)
{
    DWORD length = 0;
    BOOL ok;

    (void)transport;
    /* DeviceIoControl declares its input as writable, but METHOD_BUFFERED copies it. */
    ok = DeviceIoControl((HANDLE)session, code, (void *)(uintptr_t)input, input_size, output,
                         output_size, &length, NULL);
    *returned = length;
    if (ok)
        return ERROR_SUCCESS;

    DWORD error = GetLastError();

    return error != ERROR_SUCCESS ? error : ERROR_GEN_FAILURE;
}

static void close_device(const struct efa_transport *transport, void *session)
{
    (void)transport;
    CloseHandle((HANDLE)session);
}

static const struct efa_transport win32_transport = {
    "\\\\.\\EFADevice",
    open_device,
    request,
    close_device,
};

const struct efa_transport *efa_default_transport(unsigned index)
{
    return index == 0 ? &win32_transport : NULL;
}

const struct efa_device_names *efa_default_names(unsigned index)
{
    (void)index;
    return NULL;
}
