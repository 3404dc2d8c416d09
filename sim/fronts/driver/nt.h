/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The NT kernel's declarations, with those that the headers lack, for the files of the driver that
 * call the kernel. The device model does not include them.
 */
#ifndef EFASIM_DRIVER_NT_H
#define EFASIM_DRIVER_NT_H

#include <ntifs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The result of ZwQueryVirtualMemory for a range of pages (class 0, "basic information"). */
struct nt_memory_region {
    void *base;
    void *allocation_base;
    ULONG allocation_protection;
    ULONG reserved1;
    SIZE_T size;
    ULONG state; /* MEM_COMMIT, MEM_RESERVE or free */
    ULONG protection;
    ULONG type;
    ULONG reserved2;
};

#define NT_MEMORY_BASIC_INFORMATION 0

NTSYSAPI NTSTATUS NTAPI ZwYieldExecution(void);
NTSYSAPI NTSTATUS NTAPI ZwQueryVirtualMemory(HANDLE process, const void *address, int class,
                                             void *information, SIZE_T size, SIZE_T *returned);

#define EFASIM_NS_PER_TICK 100u /* the kernel counts time in units of 100 ns */

/* Blocks the calling thread for about this long. */
static inline void nt_sleep(uint64_t nanoseconds)
{
    LARGE_INTEGER interval;

    interval.QuadPart = -(LONGLONG)(nanoseconds / EFASIM_NS_PER_TICK);
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

static inline void *nt_allocate(size_t size)
{
    void *memory = ExAllocatePoolWithTag(NonPagedPool, size, 0x61666565u /* "eefa" */);

    if (memory)
        memset(memory, 0, size);
    return memory;
}

static inline void nt_release(void *memory)
{
    if (memory)
        ExFreePoolWithTag(memory, 0x61666565u);
}

#endif
