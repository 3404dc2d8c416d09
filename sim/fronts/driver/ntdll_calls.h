/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Calls that Wine's ntoskrnl.exe does not offer, taken from the ntdll.dll of the process that hosts
 * the driver. A driver must not import ntdll itself: Wine would load it as an ordinary module.
 */
#ifndef EFASIM_DRIVER_NTDLL_CALLS_H
#define EFASIM_DRIVER_NTDLL_CALLS_H

#include "nt.h"

struct ntdll_calls {
    NTSTATUS(NTAPI *read_virtual_memory)
    (HANDLE process, const void *address, void *buffer, SIZE_T size, SIZE_T *done);
    NTSTATUS(NTAPI *write_virtual_memory)
    (HANDLE process, void *address, const void *buffer, SIZE_T size, SIZE_T *done);
    NTSTATUS(NTAPI *terminate_thread)(HANDLE thread, NTSTATUS status);
    NTSTATUS(NTAPI *query_performance_counter)(LARGE_INTEGER *counter, LARGE_INTEGER *frequency);
};

/* STATUS_PROCEDURE_NOT_FOUND if one is missing. */
NTSTATUS ntdll_calls_find(struct ntdll_calls *calls);

#endif
