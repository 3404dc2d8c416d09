/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs the conformance cases against \\.\EFADevice: the simulated driver under Wine (with
 * `preset = efa-0xefa1`), or whatever stands behind that name. Arguments are the names of suites.
 */
#include <windows.h>

#include "case_runner.h"
#include "driver/default_transport.h"

/* The adapter works by itself; this long it takes at most to look at what was rung. */
#define LOOK_MILLISECONDS 5

static void progress(void *context)
{
    (void)context;
    Sleep(LOOK_MILLISECONDS);
}

static void open_world(struct sim_world *world)
{
    world->transport = efa_default_transport(0);
    world->progress = progress;
}

int main(int argc, char **argv)
{
    static const struct case_front driver = {open_world, NULL, NULL};

    return run_cases(&driver, argc - 1, argv + 1);
}
