/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim run: an instance for one command and its children. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

struct run_options {
    struct serving_options serving;
    struct program_environment environment;
    const char *device;
    char name[32];
    char **command;
};

/* Returns 0 or an exit status. Stores the command in `options`. */
static int parse(int argc, char **argv, struct run_options *options)
{
    int i = 0;

    for (; i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0; i++) {
        int taken = serving_option(&options->serving, argc, argv, &i);

        if (taken < 0)
            return PROGRAM_USAGE;
        if (taken > 0)
            continue;
        if (strcmp(argv[i], "--no-preload") == 0) {
            options->environment.no_preload = true;
        } else if (strcmp(argv[i], "--device") == 0) {
            if (i + 1 == argc)
                return program_usage("the option needs a value", argv[i]);
            options->device = argv[++i];
        } else {
            return program_usage("run: unknown option", argv[i]);
        }
    }
    if (i < argc && strcmp(argv[i], "--") == 0)
        i++;
    if (i == argc)
        return program_usage("run: no command given", NULL);
    options->command = &argv[i];
    return 0;
}

/* The command sees one adapter of the configuration. */
static bool choose_device(const struct run_options *options, const struct serving *serving)
{
    unsigned count = serving_adapters(serving);
    char name[16];

    for (unsigned i = 0; options->device && i < count; i++) {
        snprintf(name, sizeof name, "efa_%u", i);
        if (strcmp(options->device, name) != 0)
            continue;
        snprintf(name, sizeof name, "%u", i);
        if (setenv(EFASIM_DEVICE_VARIABLE, name, 1) == 0)
            return true;
        program_say("cannot set " EFASIM_DEVICE_VARIABLE ": %s", strerror(errno));
        return false;
    }
    if (!options->device)
        return true;
    program_say("there is no adapter '%s': the configuration has efa_0 to efa_%u", options->device,
                count - 1);
    return false;
}

static int run(struct run_options *options, const struct serving *serving)
{
    int status = PROGRAM_FAILED;

    if (!environment_make(&options->environment, serving))
        return status;
    if (choose_device(options, serving) && environment_set(&options->environment, serving))
        status = child_run(options->command, environ);
    environment_remove(&options->environment);
    return status;
}

int run_command(int argc, char **argv)
{
    struct run_options options = {0};
    struct serving *serving;
    int status = parse(argc, argv, &options);

    if (status != 0)
        return status;
    if (!options.serving.name) {
        snprintf(options.name, sizeof options.name, "run-%jd", (intmax_t)getpid());
        options.serving.name = options.name;
    }
    options.serving.violated = child_end;
    options.serving.stop = child_end;
    serving = serving_start(&options.serving);
    if (!serving)
        return PROGRAM_FAILED;
    status = run(&options, serving);
    return serving_stop(serving, status);
}
