/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim run: an instance for one command and its children. */
#include <stdio.h>
#include <string.h>

#include "../fronts/service/system.h"
#include "program.h"

#define ARGUMENTS_BEFORE 2 /* the program's name, `run` */

struct run_options {
    struct serving_options serving;
    struct program_environment environment;
    const char *device;
    char name[32];
    char **command;
    int place; /* of the command in the program's arguments */
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
        if (environment_option(&options->environment, argv[i]))
            continue;
        if (strcmp(argv[i], "--device") == 0) {
            options->device = program_value(argc, argv, &i);
            if (!options->device)
                return PROGRAM_USAGE;
        } else {
            return program_usage("run: unknown option", argv[i]);
        }
    }
    if (i < argc && strcmp(argv[i], "--") == 0)
        i++;
    if (i == argc)
        return program_usage("run: no command given", NULL);
    options->command = &argv[i];
    options->place = ARGUMENTS_BEFORE + i;
    return 0;
}

/* The command sees one adapter of the configuration. */
static bool choose_device(const struct run_options *options, const struct serving *serving)
{
    unsigned count = serving_adapters(serving);
    char name[16], last[16];

    for (unsigned i = 0; options->device && i < count; i++) {
        efasim_adapter_name(i, name, sizeof name);
        if (strcmp(options->device, name) != 0)
            continue;
        snprintf(name, sizeof name, "%u", i);
        return environment_put(EFASIM_DEVICE_VARIABLE, name);
    }
    if (!options->device)
        return true;
    efasim_adapter_name(0, name, sizeof name);
    efasim_adapter_name(count - 1, last, sizeof last);
    program_say("there is no adapter '%s': the configuration has %s%s%s", options->device, name,
                count > 1 ? " to " : "", count > 1 ? last : "");
    return false;
}

static int run(struct run_options *options, const struct serving *serving)
{
    int status = PROGRAM_FAILED;

    if (!environment_make(&options->environment, serving))
        return status;
    if (choose_device(options, serving) && environment_set(&options->environment, serving))
        status = child_run(options->command, options->place);
    environment_remove(&options->environment);
    return status;
}

/* Without this line the command would seem to fail by itself. */
static void end_on_request(void)
{
    program_say("a client stops the instance: the command is ended");
    child_end();
}

int run_command(int argc, char **argv)
{
    struct run_options options = {0};
    struct serving *serving;
    int status = parse(argc, argv, &options);

    if (status != 0)
        return status;
    if (!options.serving.name) {
        snprintf(options.name, sizeof options.name, "run-%u", (unsigned)system_process());
        options.serving.name = options.name;
    }
    options.serving.violated = child_end;
    options.serving.stop = end_on_request;
    serving = serving_start(&options.serving);
    if (!serving)
        return PROGRAM_FAILED;
    status = run(&options, serving);
    return serving_stop(serving, status);
}
