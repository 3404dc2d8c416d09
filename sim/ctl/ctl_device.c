/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Requests to the running driver's control device. */
#include "ctl.h"

#include <stdio.h>

/* Errors that have one cause only are explained by it. */
static int fail(DWORD error)
{
    if (error == ERROR_FILE_NOT_FOUND) {
        fprintf(stderr,
                "efasim_ctl: the driver has no trace file: unload it, and load it with "
                "--trace FILE (with-efa has this option, too)\n");
        return CTL_EXIT_FAILED;
    }
    if (error == ERROR_NOT_FOUND) {
        fprintf(stderr, "efasim_ctl: the driver has no such queue pair or adapter\n");
        return CTL_EXIT_FAILED;
    }
    return ctl_fail("the driver rejects the request", error);
}

int ctl_request(uint32_t code, const void *input, uint32_t input_size, void *output,
                uint32_t output_size)
{
    HANDLE device = CreateFileW(L"\\\\.\\EFASimControl", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                OPEN_EXISTING, 0, NULL);
    DWORD returned = 0, error = 0;

    if (device == INVALID_HANDLE_VALUE)
        return ctl_fail("no simulated driver is running here", GetLastError());
    if (!DeviceIoControl(device, code, (void *)(uintptr_t)input, input_size, output, output_size,
                         &returned, NULL))
        error = GetLastError();
    else if (returned != output_size)
        error = ERROR_INVALID_DATA;
    CloseHandle(device);
    return error == 0 ? CTL_EXIT_OK : fail(error);
}
