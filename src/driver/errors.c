/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The only table of Win32 errors: errno, effect, meaning and advice. scripts/update-docs writes
 * docs/api/driver-errors.md from it.
 */
#include "errors.h"

#include <errno.h>

#include "os/compiler.h"
#include "win32_error.h"

#define VERSION true
#define OTHER false

#define NO_ADAPTER "there is no EFA adapter, or no driver for it"
#define REMOVED "the adapter was removed, or its driver unloaded"
#define NO_VERSION "the driver does not support the interface version"
#define WRONG_SIZE "the driver expects other structure sizes than interface versions 1 to 3"
#define HARDWARE "the adapter reports a fault of its hardware"
#define TIMED_OUT "the adapter did not reply in time"
#define NO_MEMORY "there is not enough memory"

#define ATTACH "check that an EFA adapter is attached and its driver service 'efa' runs"
#define REOPEN "check that it is attached and its driver service 'efa' runs, then open it again"
#define INSTALL "install an efa.sys that supports interface version 1, 2 or 3"
#define REPORT "see the system event log for the driver's own message"
#define REPLACE "restart the instance; replace it if the fault stays"
#define FREE "free some memory"

static const struct efa_error_meaning meanings[] = {
    {EFA_WIN32_INVALID_FUNCTION, EOPNOTSUPP, EFA_NOTHING_DONE, VERSION, "ERROR_INVALID_FUNCTION",
     "the driver does not know the command", "try a newer efa.sys"},
    {EFA_WIN32_FILE_NOT_FOUND, ENODEV, EFA_OBJECT_GONE, OTHER, "ERROR_FILE_NOT_FOUND", NO_ADAPTER,
     ATTACH},
    {EFA_WIN32_PATH_NOT_FOUND, ENODEV, EFA_OBJECT_GONE, OTHER, "ERROR_PATH_NOT_FOUND", NO_ADAPTER,
     ATTACH},
    {EFA_WIN32_TOO_MANY_OPEN_FILES, EMFILE, EFA_NOTHING_DONE, OTHER, "ERROR_TOO_MANY_OPEN_FILES",
     "too many handles are open", "close some"},
    /* For a handle that was valid: STATUS_DELETE_PENDING, the device is being deleted. */
    {EFA_WIN32_ACCESS_DENIED, EACCES, EFA_OBJECT_GONE, OTHER, "ERROR_ACCESS_DENIED",
     "another process has the adapter open, this account may not use it, or its driver was "
     "unloaded meanwhile",
     "end the other process, use an account that may, or open the adapter again"},
    /* Also STATUS_FILE_CLOSED. All objects of the handle are gone with it. */
    {EFA_WIN32_INVALID_HANDLE, EBADF, EFA_OBJECT_GONE, OTHER, "ERROR_INVALID_HANDLE",
     "the handle of the adapter is no longer valid", "open the adapter again"},
    {EFA_WIN32_NOT_ENOUGH_MEMORY, ENOMEM, EFA_NOTHING_DONE, OTHER, "ERROR_NOT_ENOUGH_MEMORY",
     NO_MEMORY, FREE},
    {EFA_WIN32_OUTOFMEMORY, ENOMEM, EFA_NOTHING_DONE, OTHER, "ERROR_OUTOFMEMORY", NO_MEMORY, FREE},
    {EFA_WIN32_NOT_READY, EAGAIN, EFA_NOTHING_DONE, OTHER, "ERROR_NOT_READY",
     "the adapter is starting, or has no power", "try again"},
    /* STATUS_INVALID_DEVICE_STATE: the driver's framework, once it has purged the queue. */
    {EFA_WIN32_BAD_COMMAND, ENODEV, EFA_OBJECT_GONE, OTHER, "ERROR_BAD_COMMAND", REMOVED, REOPEN},
    {EFA_WIN32_BAD_LENGTH, EINVAL, EFA_NOTHING_DONE, VERSION, "ERROR_BAD_LENGTH", WRONG_SIZE,
     INSTALL},
    {EFA_WIN32_GEN_FAILURE, EIO, EFA_MAY_BE_DONE, VERSION, "ERROR_GEN_FAILURE", "the driver failed",
     REPORT},
    {EFA_WIN32_SHARING_VIOLATION, EBUSY, EFA_NOTHING_DONE, OTHER, "ERROR_SHARING_VIOLATION",
     "another program has the adapter for itself", "end that program"},
    {EFA_WIN32_NOT_SUPPORTED, EOPNOTSUPP, EFA_NOTHING_DONE, VERSION, "ERROR_NOT_SUPPORTED",
     "this adapter or driver does not offer it", "do without"},
    {EFA_WIN32_DEV_NOT_EXIST, ENODEV, EFA_OBJECT_GONE, OTHER, "ERROR_DEV_NOT_EXIST", REMOVED,
     REOPEN},
    {EFA_WIN32_ADAP_HDW_ERR, EIO, EFA_MAY_BE_DONE, OTHER, "ERROR_ADAP_HDW_ERR", HARDWARE, REPLACE},
    {EFA_WIN32_INVALID_PARAMETER, EINVAL, EFA_NOTHING_DONE, VERSION, "ERROR_INVALID_PARAMETER",
     "the driver rejects a value of the request", "check the arguments of the call"},
    /* STATUS_IO_TIMEOUT. STATUS_TIMEOUT is a success, so ERROR_TIMEOUT is rare. */
    {EFA_WIN32_SEM_TIMEOUT, ETIMEDOUT, EFA_MAY_BE_DONE, OTHER, "ERROR_SEM_TIMEOUT", TIMED_OUT,
     REPORT},
    {EFA_WIN32_INSUFFICIENT_BUFFER, EINVAL, EFA_NOTHING_DONE, VERSION, "ERROR_INSUFFICIENT_BUFFER",
     WRONG_SIZE, INSTALL},
    {EFA_WIN32_BUSY, EBUSY, EFA_NOTHING_DONE, OTHER, "ERROR_BUSY",
     "the object is in use, or the adapter is busy",
     "destroy first what uses the object, or try again"},
    /* STATUS_BUFFER_OVERFLOW is a warning: the reply comes, as far as there is room for it. */
    {EFA_WIN32_MORE_DATA, EIO, EFA_DONE, VERSION, "ERROR_MORE_DATA",
     "the driver's reply is larger than that of interface versions 1 to 3", INSTALL},
    {EFA_WIN32_NO_SUCH_DEVICE, ENODEV, EFA_OBJECT_GONE, OTHER, "ERROR_NO_SUCH_DEVICE", REMOVED,
     REOPEN},
    {EFA_WIN32_DEVICE_HARDWARE_ERROR, EIO, EFA_MAY_BE_DONE, OTHER, "ERROR_DEVICE_HARDWARE_ERROR",
     HARDWARE, REPLACE},
    {EFA_WIN32_OPERATION_ABORTED, ECANCELED, EFA_MAY_BE_DONE, OTHER, "ERROR_OPERATION_ABORTED",
     "the request was cancelled, for instance because the adapter is being removed",
     "try again, or open the adapter again"},
    {EFA_WIN32_NOACCESS, EFAULT, EFA_NOTHING_DONE, OTHER, "ERROR_NOACCESS",
     "the memory is not mapped, or not writable", "check its address, length and protection"},
    {EFA_WIN32_SWAPERROR, EFAULT, EFA_NOTHING_DONE, OTHER, "ERROR_SWAPERROR",
     "the memory could not be read in from its file or the paging file",
     "check the disk, and that the mapped file is still there"},
    {EFA_WIN32_IO_DEVICE, EIO, EFA_MAY_BE_DONE, OTHER, "ERROR_IO_DEVICE", "the adapter failed",
     REPORT},
    {EFA_WIN32_DEVICE_NOT_CONNECTED, ENODEV, EFA_OBJECT_GONE, OTHER, "ERROR_DEVICE_NOT_CONNECTED",
     REMOVED, REOPEN},
    {EFA_WIN32_NOT_FOUND, ENOENT, EFA_OBJECT_GONE, OTHER, "ERROR_NOT_FOUND",
     "the driver does not know the object", "open the adapter again"},
    {EFA_WIN32_UNKNOWN_REVISION, EPROTONOSUPPORT, EFA_NOTHING_DONE, VERSION,
     "ERROR_UNKNOWN_REVISION", NO_VERSION, INSTALL},
    {EFA_WIN32_REVISION_MISMATCH, EPROTONOSUPPORT, EFA_NOTHING_DONE, VERSION,
     "ERROR_REVISION_MISMATCH", NO_VERSION, INSTALL},
    {EFA_WIN32_NO_SYSTEM_RESOURCES, ENOMEM, EFA_NOTHING_DONE, OTHER, "ERROR_NO_SYSTEM_RESOURCES",
     "the adapter or the driver has no more of these", "destroy some first"},
    {EFA_WIN32_WORKING_SET_QUOTA, ENOMEM, EFA_NOTHING_DONE, OTHER, "ERROR_WORKING_SET_QUOTA",
     "this process may not lock more memory",
     "register less, or raise its working set (SetProcessWorkingSetSize)"},
    {EFA_WIN32_PAGEFILE_QUOTA, ENOMEM, EFA_NOTHING_DONE, OTHER, "ERROR_PAGEFILE_QUOTA",
     "this process has used up its quota of the paging file", FREE},
    {EFA_WIN32_COMMITMENT_LIMIT, ENOMEM, EFA_NOTHING_DONE, OTHER, "ERROR_COMMITMENT_LIMIT",
     "memory and paging file are used up", "free some memory, or enlarge the paging file"},
    {EFA_WIN32_TIMEOUT, ETIMEDOUT, EFA_MAY_BE_DONE, OTHER, "ERROR_TIMEOUT", TIMED_OUT, REPORT},
    {EFA_WIN32_DEVICE_REMOVED, ENODEV, EFA_OBJECT_GONE, OTHER, "ERROR_DEVICE_REMOVED", REMOVED,
     REOPEN},
    /* STATUS_INVALID_USER_BUFFER, and STATUS_INVALID_BUFFER_SIZE. */
    {EFA_WIN32_INVALID_USER_BUFFER, EFAULT, EFA_NOTHING_DONE, VERSION, "ERROR_INVALID_USER_BUFFER",
     "the memory, or a structure of the request, has an address or a size that cannot be used",
     "check address and length; if they are right, " INSTALL},
    {EFA_WIN32_NOT_ENOUGH_QUOTA, ENOMEM, EFA_NOTHING_DONE, OTHER, "ERROR_NOT_ENOUGH_QUOTA",
     "this process has used up a quota", "free some memory, or close some handles"},
};

static const struct efa_error_meaning unknown = {
    0, EIO, EFA_MAY_BE_DONE, OTHER, "unknown error", "the driver failed", REPORT};

const struct efa_error_meaning *efa_error_meaning(uint32_t win32)
{
    for (size_t i = 0; i < EFA_ARRAY_SIZE(meanings); i++)
        if (meanings[i].win32 == win32)
            return &meanings[i];
    return &unknown;
}

uint32_t efa_error_of_all_versions(const uint32_t *errors, uint32_t count)
{
    uint32_t cause = EFA_WIN32_GEN_FAILURE;

    for (uint32_t i = 0; i < count; i++) {
        if (!efa_error_meaning(errors[i])->may_mean_version)
            return errors[i];
        if (errors[i] != EFA_WIN32_GEN_FAILURE)
            cause = EFA_WIN32_REVISION_MISMATCH;
    }
    return cause;
}
