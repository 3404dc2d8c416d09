/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What control calls cost apart from the driver, and the memory of each object. Prints a line each:
 * `name <tab> label <tab> create ns <tab> destroy ns <tab> bytes`; for queue pairs that post at
 * once the time of the first posts counts as creation.
 */
#ifndef BENCH_CONTROL_H
#define BENCH_CONTROL_H

/* The exit code of the program. */
int control_run(void);

#endif
