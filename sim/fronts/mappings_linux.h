/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Which memory of a process is mapped, as the Linux kernel lists it. */
#ifndef EFASIM_MAPPINGS_LINUX_H
#define EFASIM_MAPPINGS_LINUX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Returns whether all of the range is mapped for reading, or for reading and writing. `maps` is the
 * process's list, which is sorted by address.
 */
static inline bool efasim_is_mapped(FILE *maps, uint64_t address, uint64_t size, bool writable)
{
    uint64_t end = address + size;
    char line[512];

    while (address < end && fgets(line, sizeof line, maps)) {
        unsigned long long from, to;
        char can_read, can_write;

        /* The kernel's own numbers are not too large. NOLINTNEXTLINE(cert-err34-c) */
        if (sscanf(line, "%llx-%llx %c%c", &from, &to, &can_read, &can_write) != 4 || to <= address)
            continue;
        if (from > address || can_read != 'r' || (writable && can_write != 'w'))
            break;
        address = to;
    }
    return address >= end;
}

#endif
