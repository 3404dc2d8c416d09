/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * fabric_user PART: a program for libfabric that does what fi_pingpong does not. It prints "PART:
 * ok", or what was wrong on standard error.
 */
#include <stdio.h>
#include <string.h>

#include "fabric.h"

static const struct part {
    const char *name;
    void (*run)(void);
} parts[] = {
    {"tagged", run_tagged},
    {"directed", run_directed},
    {"multi_receive", run_multi_receive},
    {"inject", run_inject},
    {"write_and_read", run_write_and_read},
    {"atomics", run_atomics},
    {"endpoints", run_endpoints},
    {"eviction", run_eviction},
    {"cancel", run_cancel},
    {"truncation", run_truncation},
    {"counters", run_counters},
    {"victim", run_victim},
};

static int usage(void)
{
    fprintf(stderr, "usage: fabric_user PART; the parts are");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        fprintf(stderr, " %s", parts[i].name);
    fprintf(stderr, " survivor ADDRESS\n");
    return 2;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "survivor") == 0) {
        run_survivor(argv[2]);
    } else if (argc == 2) {
        const struct part *part = parts, *const end = parts + sizeof parts / sizeof parts[0];

        while (part < end && strcmp(part->name, argv[1]) != 0)
            part++;
        if (part == end)
            return usage();
        part->run();
    } else {
        return usage();
    }
    printf("%s: ok\n", argv[1]);
    return 0;
}
