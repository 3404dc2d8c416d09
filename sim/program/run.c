/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim run: an instance for one command and its children. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

#define PRELOAD_NAME "libefasim-verbs.so"

extern char **environ;

struct run_options {
    struct serving_options serving;
    bool no_preload;
    char name[32];
    char preload[512];
    char sysfs[EFASIM_INSTANCE_PATH_SIZE + 16];
    char **command;
};

/* 0, or an exit status. Leaves the command in `options`. */
static int parse(int argc, char **argv, struct run_options *options)
{
    int i = 0;

    for (; i < argc && argv[i][0] == '-' && strcmp(argv[i], "--") != 0; i++) {
        const char **value = NULL;

        if (strcmp(argv[i], "--verbose") == 0) {
            options->serving.verbose = true;
            continue;
        }
        if (strcmp(argv[i], "--no-preload") == 0) {
            options->no_preload = true;
            continue;
        }
        if (strcmp(argv[i], "--config") == 0)
            value = &options->serving.config;
        else if (strcmp(argv[i], "--instance") == 0)
            value = &options->serving.name;
        else if (strcmp(argv[i], "--trace") == 0)
            value = &options->serving.trace;
        if (!value)
            return program_usage("run: unknown option", argv[i]);
        if (i + 1 == argc)
            return program_usage("run: the option needs a value", argv[i]);
        *value = argv[++i];
    }
    if (i < argc && strcmp(argv[i], "--") == 0)
        i++;
    if (i == argc)
        return program_usage("run: there is no command to run", NULL);
    options->command = &argv[i];
    return 0;
}

/* Beside this program, or where packages put it. */
static bool find_preload(char *path, size_t size)
{
    static const char *const places[] = {"", "../lib/efasim/"};
    char program[256];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash;

    program[length > 0 ? length : 0] = '\0';
    slash = strrchr(program, '/');
    if (slash)
        slash[1] = '\0';
    for (size_t i = 0; slash && i < sizeof places / sizeof places[0]; i++) {
        snprintf(path, size, "%s%s%s", program, places[i], PRELOAD_NAME);
        if (access(path, R_OK) == 0 && !strpbrk(path, " :"))
            return true;
    }
    program_say("cannot find " PRELOAD_NAME
                " beside efasim or in ../lib/efasim, on a path without blanks and colons");
    return false;
}

static bool put(const char *name, const char *value)
{
    if (setenv(name, value, 1) == 0)
        return true;
    program_say("cannot set %s in the environment: %s", name, strerror(errno));
    return false;
}

/* What makes a program for libibverbs find the adapters. */
static bool set_preload(const struct run_options *options)
{
    const char *others = getenv("LD_PRELOAD");
    char preload[1024];

    if (snprintf(preload, sizeof preload, "%s%s%s", options->preload, others ? ":" : "",
                 others ? others : "") >= (int)sizeof preload) {
        program_say("LD_PRELOAD is too long: %zu characters", strlen(others));
        return false;
    }
    return put("LD_PRELOAD", preload) && put("SYSFS_PATH", options->sysfs) &&
           /* libfabric would not use the adapter between processes of one host. */
           (getenv("FI_EFA_ENABLE_SHM_TRANSFER") || put("FI_EFA_ENABLE_SHM_TRANSFER", "0"));
}

static int run(struct run_options *options, const struct serving *serving)
{
    const struct efasim_instance *instance = serving_instance(serving);
    size_t stem = strlen(instance->lock) - strlen(".lock");
    int status = PROGRAM_FAILED;

    snprintf(options->sysfs, sizeof options->sysfs, "%.*s.sysfs", (int)stem, instance->lock);
    sysfs_remove(options->sysfs); /* of an instance of this name that was killed */
    if (sysfs_make(options->sysfs, serving_adapters(serving)) &&
        put(EFASIM_INSTANCE_VARIABLE, instance->socket) &&
        (options->no_preload || set_preload(options)))
        status = child_run(options->command, environ);
    sysfs_remove(options->sysfs);
    return status;
}

int run_command(int argc, char **argv)
{
    struct run_options options = {0};
    struct serving *serving;
    int status = parse(argc, argv, &options);

    if (status != 0)
        return status;
    if (!options.no_preload && !find_preload(options.preload, sizeof options.preload))
        return PROGRAM_FAILED;
    if (!options.serving.name) {
        snprintf(options.name, sizeof options.name, "run-%jd", (intmax_t)getpid());
        options.serving.name = options.name;
    }
    options.serving.violated = child_end;
    serving = serving_start(&options.serving);
    if (!serving)
        return PROGRAM_FAILED;
    status = run(&options, serving);
    serving_stop(serving);
    return status;
}
