/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The environment of programs that use an instance: variables, and the sysfs files that
 * libfabric reads. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

#define PRELOAD_NAME "libefasim-verbs.so"
#define SHM_VARIABLE "FI_EFA_ENABLE_SHM_TRANSFER"

const char environment_help_run[] =
    "      --device NAME     the command sees only this adapter: efa_0, efa_1, ...\n"
    "      --no-preload      for a command that reads EFASIM_INSTANCE itself\n";
const char environment_help_serve[] =
    "  serve [OPTION...]     runs an instance until it is stopped, and prints the\n"
    "                        environment that programs need: eval it in a shell.\n"
    "                        Takes --config, --instance, --trace, --verbose\n"
    "      --listen ADDRESS:PORT, --peer ADDRESS:PORT (up to 32 times)\n"
    "                        one fabric with instances on other machines\n"
    "      --key FILE        the key of all of them; without it loopback only\n"
    "  key FILE              makes a key\n";
const char environment_help_examples[] =
    "\n"
    "  efasim run -- fi_info -p efa\n"
    "  efasim run -- sh -c 'fi_pingpong -p efa & fi_pingpong -p efa localhost'\n"
    "\n"
    "Exit status: 0: done; 1: it failed, standard error says why; 2: wrong usage;\n"
    "3: `diff` found differences. `run` returns the command's; 126: the command\n"
    "cannot be run; 127: it was not found; 128 + N: signal N ended it.\n";

bool environment_option(struct program_environment *environment, const char *option)
{
    if (strcmp(option, "--no-preload") != 0)
        return false;
    environment->no_preload = true;
    return true;
}

/* Beside this program, or where packages install it. */
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

bool environment_put(const char *name, const char *value)
{
    if (setenv(name, value, 1) == 0)
        return true;
    program_say("cannot set %s in the environment: %s", name, strerror(errno));
    return false;
}

bool environment_make(struct program_environment *environment, const struct serving *serving)
{
    const struct efasim_instance *instance = serving_instance(serving);
    size_t stem = strlen(instance->lock) - strlen(".lock");

    if (!environment->no_preload &&
        !find_preload(environment->preload, sizeof environment->preload))
        return false;
    snprintf(environment->sysfs, sizeof environment->sysfs, "%.*s.sysfs", (int)stem,
             instance->lock);
    /* removes the files of an instance of this name that was killed */
    sysfs_remove(environment->sysfs);
    if (sysfs_make(environment->sysfs, serving_adapters(serving)))
        return true;
    environment_remove(environment);
    return false;
}

void environment_remove(const struct program_environment *environment)
{
    sysfs_remove(environment->sysfs);
}

static bool set_preload(const struct program_environment *environment)
{
    const char *others = getenv("LD_PRELOAD");
    char preload[1024];

    if (!others)
        others = "";
    if (snprintf(preload, sizeof preload, "%s%s%s", environment->preload, others[0] ? ":" : "",
                 others) >= (int)sizeof preload) {
        program_say("LD_PRELOAD is too long: %zu characters", strlen(others));
        return false;
    }
    return environment_put("LD_PRELOAD", preload) &&
           environment_put("SYSFS_PATH", environment->sysfs) &&
           /* Without it libfabric uses shared memory instead of the adapter between processes of
            * one host. */
           (getenv(SHM_VARIABLE) || environment_put(SHM_VARIABLE, "0"));
}

bool environment_set(const struct program_environment *environment, const struct serving *serving)
{
    return environment_put(EFASIM_INSTANCE_VARIABLE, serving_instance(serving)->socket) &&
           (environment->no_preload || set_preload(environment));
}

void environment_print(const struct program_environment *environment, const struct serving *serving)
{
    printf("export " EFASIM_INSTANCE_VARIABLE "='%s'\n", serving_instance(serving)->socket);
    if (environment->no_preload)
        return;
    printf("export SYSFS_PATH='%s' " SHM_VARIABLE "=0\n", environment->sysfs);
    printf("export LD_PRELOAD='%s'\n", environment->preload);
}
