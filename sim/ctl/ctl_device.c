/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Requests to the running driver's control device. */
#include "ctl.h"

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
    return error == 0 ? CTL_EXIT_OK : ctl_fail("the driver rejected the request", error);
}
