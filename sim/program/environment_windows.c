/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The environment of programs that use an instance on Windows: its name. */
#include <windows.h>

#include <stdio.h>

#include "program.h"

const char environment_help_run[] =
    "      --device NAME     the command sees only this adapter: EFA, EFA_1, ...\n";
const char environment_help_serve[] =
    "  serve [OPTION...]     runs an instance until it is stopped.\n"
    "                        Takes --config, --instance, --trace, --verbose\n";
const char environment_help_examples[] =
    "\n"
    "Programs need the simulated efawin.dll in their folder, instead of the real one.\n"
    "\n"
    "  efasim run -- efa_pingpong --loopback\n"
    "  efasim run -- efa_doctor\n"
    "\n"
    "Exit status: 0: done; 1: it failed, standard error says why; 2: wrong usage;\n"
    "3: `diff` found differences. `run` returns the command's; 126: the command\n"
    "cannot be run; 127: it was not found.\n";

bool environment_make(struct program_environment *environment, const struct serving *serving)
{
    (void)environment;
    (void)serving;
    return true;
}

void environment_remove(const struct program_environment *environment)
{
    (void)environment;
}

bool environment_put(const char *name, const char *value)
{
    if (SetEnvironmentVariableA(name, value))
        return true;
    program_say("cannot set %s in the environment: Win32 error %lu", name, GetLastError());
    return false;
}

bool environment_set(const struct program_environment *environment, const struct serving *serving)
{
    (void)environment;
    return environment_put(EFASIM_INSTANCE_VARIABLE, serving_instance(serving)->name);
}

void environment_print(const struct program_environment *environment, const struct serving *serving)
{
    const char *name = serving_instance(serving)->name;

    (void)environment;
    printf("PowerShell: $env:" EFASIM_INSTANCE_VARIABLE "='%s'\ncmd: set " EFASIM_INSTANCE_VARIABLE
           "=%s\n",
           name, name);
}

bool environment_option(struct program_environment *environment, const char *option)
{
    (void)environment;
    (void)option;
    return false;
}
