/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Each Win32 code of the protocol reaches a client as itself, by way of the driver's NTSTATUS. */
#include <windows.h>

#include <string.h>

#include "cases.h"
#include "driver/win32_error.h"
#include "fronts/driver/nt_status.h"

typedef ULONG(WINAPI *status_to_win32)(LONG status);

static void every_error_comes_back_as_itself(void)
{
    static const uint32_t errors[] = {
        EFA_WIN32_INVALID_FUNCTION,
        EFA_WIN32_FILE_NOT_FOUND,
        EFA_WIN32_PATH_NOT_FOUND,
        EFA_WIN32_TOO_MANY_OPEN_FILES,
        EFA_WIN32_ACCESS_DENIED,
        EFA_WIN32_INVALID_HANDLE,
        EFA_WIN32_NOT_ENOUGH_MEMORY,
        EFA_WIN32_OUTOFMEMORY,
        EFA_WIN32_NOT_READY,
        EFA_WIN32_BAD_COMMAND,
        EFA_WIN32_BAD_LENGTH,
        EFA_WIN32_GEN_FAILURE,
        EFA_WIN32_SHARING_VIOLATION,
        EFA_WIN32_NOT_SUPPORTED,
        EFA_WIN32_DEV_NOT_EXIST,
        EFA_WIN32_ADAP_HDW_ERR,
        EFA_WIN32_INVALID_PARAMETER,
        EFA_WIN32_SEM_TIMEOUT,
        EFA_WIN32_INSUFFICIENT_BUFFER,
        EFA_WIN32_BUSY,
        EFA_WIN32_MORE_DATA,
        EFA_WIN32_NO_SUCH_DEVICE,
        EFA_WIN32_DEVICE_HARDWARE_ERROR,
        EFA_WIN32_OPERATION_ABORTED,
        EFA_WIN32_NOACCESS,
        EFA_WIN32_SWAPERROR,
        EFA_WIN32_IO_DEVICE,
        EFA_WIN32_DEVICE_NOT_CONNECTED,
        EFA_WIN32_NOT_FOUND,
        EFA_WIN32_UNKNOWN_REVISION,
        EFA_WIN32_REVISION_MISMATCH,
        EFA_WIN32_NO_SYSTEM_RESOURCES,
        EFA_WIN32_WORKING_SET_QUOTA,
        EFA_WIN32_PAGEFILE_QUOTA,
        EFA_WIN32_COMMITMENT_LIMIT,
        EFA_WIN32_TIMEOUT,
        EFA_WIN32_DEVICE_REMOVED,
        EFA_WIN32_INVALID_USER_BUFFER,
        EFA_WIN32_NOT_ENOUGH_QUOTA,
        12345,
    };
    FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlNtStatusToDosError");
    status_to_win32 to_win32;

    CHECK(found != NULL);
    memcpy(&to_win32, &found, sizeof to_win32);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        uint32_t status = nt_status_from_win32(errors[i]);

        CHECK((status & 0x80000000u) != 0);
        CHECK_EQUAL(to_win32((LONG)status), errors[i]);
    }
}

static void success_stays_success(void)
{
    CHECK_EQUAL(nt_status_from_win32(0), 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(every_error_comes_back_as_itself),
        TEST_CASE(success_stays_success),
    };

    return run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
