/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The table behind nt_status.h: what a driver would say for each error of the protocol. */
#include "nt_status.h"

#include <stddef.h>

#include "driver/win32_error.h"
#include "os/compiler.h"

/* A status of this facility carries its Win32 code in the low half. */
#define STATUS_OF_WIN32 0xc0010000u

static const struct {
    uint32_t win32;
    uint32_t status;
} statuses[] = {
    {EFA_WIN32_INVALID_FUNCTION, 0xc0000010u},     /* STATUS_INVALID_DEVICE_REQUEST */
    {EFA_WIN32_FILE_NOT_FOUND, 0xc0000034u},       /* STATUS_OBJECT_NAME_NOT_FOUND */
    {EFA_WIN32_PATH_NOT_FOUND, 0xc000003au},       /* STATUS_OBJECT_PATH_NOT_FOUND */
    {EFA_WIN32_TOO_MANY_OPEN_FILES, 0xc000011fu},  /* STATUS_TOO_MANY_OPENED_FILES */
    {EFA_WIN32_ACCESS_DENIED, 0xc0000022u},        /* STATUS_ACCESS_DENIED */
    {EFA_WIN32_INVALID_HANDLE, 0xc0000008u},       /* STATUS_INVALID_HANDLE */
    {EFA_WIN32_NOT_ENOUGH_MEMORY, 0xc0000017u},    /* STATUS_NO_MEMORY */
    {EFA_WIN32_NOT_READY, 0xc00000a3u},            /* STATUS_DEVICE_NOT_READY */
    {EFA_WIN32_GEN_FAILURE, 0xc0000001u},          /* STATUS_UNSUCCESSFUL */
    {EFA_WIN32_SHARING_VIOLATION, 0xc0000043u},    /* STATUS_SHARING_VIOLATION */
    {EFA_WIN32_NOT_SUPPORTED, 0xc00000bbu},        /* STATUS_NOT_SUPPORTED */
    {EFA_WIN32_DEV_NOT_EXIST, 0xc00000c0u},        /* STATUS_DEVICE_DOES_NOT_EXIST */
    {EFA_WIN32_INVALID_PARAMETER, 0xc000000du},    /* STATUS_INVALID_PARAMETER */
    {EFA_WIN32_INSUFFICIENT_BUFFER, 0xc0000023u},  /* STATUS_BUFFER_TOO_SMALL */
    {EFA_WIN32_BUSY, 0x80000011u},                 /* STATUS_DEVICE_BUSY */
    {EFA_WIN32_NOACCESS, 0xc0000005u},             /* STATUS_ACCESS_VIOLATION */
    {EFA_WIN32_OPERATION_ABORTED, 0xc0000120u},    /* STATUS_CANCELLED */
    {EFA_WIN32_IO_DEVICE, 0xc0000185u},            /* STATUS_IO_DEVICE_ERROR */
    {EFA_WIN32_DEVICE_NOT_CONNECTED, 0xc000009du}, /* STATUS_DEVICE_NOT_CONNECTED */
    {EFA_WIN32_NOT_FOUND, 0xc0000225u},            /* STATUS_NOT_FOUND */
    {EFA_WIN32_REVISION_MISMATCH, 0xc0000059u},    /* STATUS_REVISION_MISMATCH */
    {EFA_WIN32_NO_SYSTEM_RESOURCES, 0xc000009au},  /* STATUS_INSUFFICIENT_RESOURCES */
};

uint32_t nt_status_from_win32(uint32_t win32_error)
{
    if (win32_error == 0)
        return 0;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(statuses); i++)
        if (statuses[i].win32 == win32_error)
            return statuses[i].status;
    return STATUS_OF_WIN32 | (win32_error & 0xffffu);
}
