/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim: the command line. */
#include <stdio.h>
#include <string.h>

#include "program.h"

static const char help_text[] =
    "efasim: a simulated EFA for programs of this machine.\n"
    "\n"
    "  efasim run [OPTION...] [--] COMMAND [ARGUMENT...]\n"
    "      runs the command, which finds adapters efa_0, efa_1, ... and so do its children\n"
    "      --config FILE    the adapters and the fabric (docs/simulated-efa.md)\n"
    "      --instance NAME  the instance's name; without it, one of its own\n"
    "      --trace FILE     where a trace goes\n"
    "      --no-preload     for a command that finds EFASIM_INSTANCE by itself\n"
    "      --verbose        all log lines, not only warnings\n"
    "\n"
    "  efasim run -- fi_info -p efa\n"
    "  efasim run -- sh -c 'fi_pingpong -p efa & fi_pingpong -p efa localhost'\n"
    "\n"
    "Exit status of run: the command's; 1: efasim failed, standard error says why; 2: wrong "
    "usage;\n"
    "126, 127: the command cannot be run, or is not there; 128 and more: a signal ended it.\n";

int main(int argc, char **argv)
{
    if (argc < 2)
        return program_usage("what is to be done?", NULL);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        fputs(help_text, stdout);
        return PROGRAM_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("efasim " EFASIM_VERSION);
        return PROGRAM_OK;
    }
    if (strcmp(argv[1], "run") == 0)
        return run_command(argc - 2, argv + 2);
    return program_usage("unknown command", argv[1]);
}
