/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The library's allocations and locks, counted, and one of them failing on command. The program is
 * linked with FAULT_MEMORY_OPTIONS (CMakeLists.txt), which puts these in the place of src/os.
 */
#ifndef ROBUST_FAULT_MEMORY_H
#define ROBUST_FAULT_MEMORY_H

/* The nth from now on fails, counted from 1; 0: none does. Begins a new count. */
void fault_memory_arm(unsigned nth);
unsigned fault_memory_count(void);    /* since fault_memory_arm() */
unsigned fault_memory_failures(void); /* the same */

/* Allocations and locks that were not given back yet. */
unsigned fault_memory_live(void);

#endif
