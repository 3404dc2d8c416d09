/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim: the command line. */
#include <stdio.h>
#include <string.h>

#include "../ctl/commands.h"
#include "program.h"

static const char help_begin[] =
    "efasim: a simulated EFA for programs on this machine.\n"
    "\n"
    "  run [OPTION...] [--] COMMAND [ARGUMENT...]\n"
    "                        starts an instance for the command and its children, runs the "
    "command,\n"
    "                        and stops the instance. They find adapters efa_0, efa_1, ...\n"
    "      --config FILE     the adapters and the fabric (docs/simulated-efa.md)\n"
    "      --device NAME     the command sees only this adapter: efa_1\n"
    "      --instance NAME   the instance's name\n"
    "      --trace FILE      writes a trace to the file\n"
    "      --no-preload      for a command that reads EFASIM_INSTANCE itself\n"
    "      --verbose         all log lines, not only warnings\n"
    "  serve [OPTION...]     runs an instance until it is stopped, and prints the environment "
    "that\n"
    "                        programs need: eval it in a shell. Takes --config, --instance,\n"
    "                        --trace, --verbose\n"
    "\n"
    "Commands about a running instance: the one of --instance NAME, else of EFASIM_INSTANCE, else\n"
    "'default'.\n"
    "  status                reports whether it runs (exit status 0) or not (1)\n"
    "  stop                  stops it\n";

static const char help_end[] =
    "\n"
    "  efasim run -- fi_info -p efa\n"
    "  efasim run -- sh -c 'fi_pingpong -p efa & fi_pingpong -p efa localhost'\n"
    "\n"
    "Exit status: 0: done; 1: it failed, standard error says why; 2: wrong usage. `run` returns "
    "the\n"
    "command's; 126: the command cannot be run; 127: it was not found; 128 + N: signal N ended "
    "it.\n";

int main(int argc, char **argv)
{
    if (argc < 2)
        return program_usage("no command given", NULL);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        printf("%s%s%s", help_begin, ctl_commands_help, help_end);
        return PROGRAM_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("efasim " EFASIM_VERSION);
        return PROGRAM_OK;
    }
    if (strcmp(argv[1], "run") == 0)
        return run_command(argc - 2, argv + 2);
    if (strcmp(argv[1], "serve") == 0)
        return serve_command(argc - 2, argv + 2);
    if (control_is_command(argv[1]))
        return control_command(argv[1], argc - 2, argv + 2);
    return program_usage("unknown command", argv[1]);
}
