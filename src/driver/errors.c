/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The table of Win32 errors, their errno and advice. */
#include "errors.h"

#include <errno.h>

#include "os/compiler.h"
#include "win32_error.h"

#define NO_ADAPTER "check that the EFA adapter is attached and its driver service 'efa' runs"
#define TABLE_FULL "the adapter or the driver has no more of these; destroy some first"
#define REPORT "see the system event log for the driver's own message"

static const struct efa_error_meaning meanings[] = {
    {EFA_WIN32_INVALID_FUNCTION, EOPNOTSUPP, "ERROR_INVALID_FUNCTION",
     "this driver does not know the request; a newer efa.sys may"},
    {EFA_WIN32_FILE_NOT_FOUND, ENODEV, "ERROR_FILE_NOT_FOUND", NO_ADAPTER},
    {EFA_WIN32_PATH_NOT_FOUND, ENODEV, "ERROR_PATH_NOT_FOUND", NO_ADAPTER},
    {EFA_WIN32_TOO_MANY_OPEN_FILES, EMFILE, "ERROR_TOO_MANY_OPEN_FILES", "close some handles"},
    {EFA_WIN32_ACCESS_DENIED, EACCES, "ERROR_ACCESS_DENIED",
     "the account may not use the adapter, the object belongs to another process, or the driver "
     "was "
     "unloaded meanwhile: open the device again"},
    {EFA_WIN32_INVALID_HANDLE, EBADF, "ERROR_INVALID_HANDLE", "the context was closed"},
    {EFA_WIN32_NOT_ENOUGH_MEMORY, ENOMEM, "ERROR_NOT_ENOUGH_MEMORY", "free some memory"},
    {EFA_WIN32_OUTOFMEMORY, ENOMEM, "ERROR_OUTOFMEMORY", "free some memory"},
    {EFA_WIN32_NOT_READY, EAGAIN, "ERROR_NOT_READY", "the adapter is starting; try again"},
    {EFA_WIN32_GEN_FAILURE, EIO, "ERROR_GEN_FAILURE", REPORT},
    {EFA_WIN32_SHARING_VIOLATION, EBUSY, "ERROR_SHARING_VIOLATION",
     "another program holds the adapter for itself"},
    {EFA_WIN32_NOT_SUPPORTED, EOPNOTSUPP, "ERROR_NOT_SUPPORTED",
     "this adapter or driver does not offer it"},
    {EFA_WIN32_DEV_NOT_EXIST, ENODEV, "ERROR_DEV_NOT_EXIST", NO_ADAPTER},
    {EFA_WIN32_INVALID_PARAMETER, EINVAL, "ERROR_INVALID_PARAMETER",
     "the driver refused a value of the request"},
    {EFA_WIN32_INSUFFICIENT_BUFFER, EINVAL, "ERROR_INSUFFICIENT_BUFFER",
     "the driver expects other structures than those of the interface versions 1 to 3"},
    {EFA_WIN32_BUSY, EBUSY, "ERROR_BUSY", "something still uses the object"},
    {EFA_WIN32_MORE_DATA, EINVAL, "ERROR_MORE_DATA",
     "the driver expects other structures than those of the interface versions 1 to 3"},
    {EFA_WIN32_NO_SUCH_DEVICE, ENODEV, "ERROR_NO_SUCH_DEVICE", NO_ADAPTER},
    {EFA_WIN32_OPERATION_ABORTED, ECANCELED, "ERROR_OPERATION_ABORTED",
     "the request was cancelled, for instance because the adapter is going away"},
    {EFA_WIN32_NOACCESS, EFAULT, "ERROR_NOACCESS", "the memory is not mapped or not writable"},
    {EFA_WIN32_IO_DEVICE, EIO, "ERROR_IO_DEVICE", REPORT},
    {EFA_WIN32_DEVICE_NOT_CONNECTED, ENODEV, "ERROR_DEVICE_NOT_CONNECTED", NO_ADAPTER},
    {EFA_WIN32_NOT_FOUND, ENOENT, "ERROR_NOT_FOUND", "the driver does not know the object"},
    {EFA_WIN32_REVISION_MISMATCH, EPROTONOSUPPORT, "ERROR_REVISION_MISMATCH",
     "install an efa.sys that speaks interface version 1, 2 or 3"},
    {EFA_WIN32_NO_SYSTEM_RESOURCES, ENOMEM, "ERROR_NO_SYSTEM_RESOURCES", TABLE_FULL},
    {EFA_WIN32_TIMEOUT, ETIMEDOUT, "ERROR_TIMEOUT", REPORT},
    {EFA_WIN32_DEVICE_REMOVED, ENODEV, "ERROR_DEVICE_REMOVED", NO_ADAPTER},
};

static const struct efa_error_meaning unknown = {0, EIO, "unknown error", REPORT};

const struct efa_error_meaning *efa_error_meaning(uint32_t win32)
{
    for (size_t i = 0; i < EFA_ARRAY_SIZE(meanings); i++)
        if (meanings[i].win32 == win32)
            return &meanings[i];
    return &unknown;
}

bool efa_error_means_gone(uint32_t win32)
{
    switch (win32) {
    case EFA_WIN32_FILE_NOT_FOUND:
    case EFA_WIN32_PATH_NOT_FOUND:
    case EFA_WIN32_ACCESS_DENIED: /* of an open handle: its device is being deleted, or was */
    case EFA_WIN32_DEV_NOT_EXIST:
    case EFA_WIN32_NO_SUCH_DEVICE:
    case EFA_WIN32_DEVICE_NOT_CONNECTED:
    case EFA_WIN32_NOT_FOUND:
    case EFA_WIN32_DEVICE_REMOVED:
        return true;
    default:
        return false;
    }
}

bool efa_error_leaves_open(uint32_t win32)
{
    switch (win32) {
    case EFA_WIN32_GEN_FAILURE:
    case EFA_WIN32_OPERATION_ABORTED:
    case EFA_WIN32_IO_DEVICE:
    case EFA_WIN32_TIMEOUT:
        return true;
    default:
        return efa_error_meaning(win32) == &unknown;
    }
}
