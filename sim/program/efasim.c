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
    "                        starts an instance for the command and its children,\n"
    "                        runs the command, and stops the instance\n"
    "      --config FILE     the adapters and the fabric (docs/simulated-efa.md)\n"
    "      --instance NAME   the instance's name\n"
    "      --trace FILE      writes a trace to the file\n"
    "      --verbose         all log lines, not only warnings\n";

static const char help_diff[] =
    "  diff [--preset NAME] FILE\n"
    "                        compares a profile that efa_probe measured with the\n"
    "                        built-in one of its part, or with NAME\n";

static const char help_about_instances[] =
    "\n"
    "Commands about a running instance: the one of --instance NAME, else of\n"
    "EFASIM_INSTANCE, else 'default'.\n"
    "  status [--json]       reports whether it runs (exit status 0) or not (1), and\n"
    "                        the state of each link to another machine\n"
    "  stop                  stops it\n";

static void print_help(void)
{
    printf("%s%s%s%s", help_begin, environment_help_run, environment_help_serve, help_diff);
    printf("%s%s%s", help_about_instances, ctl_commands_help, environment_help_examples);
}

static int run_arguments(int argc, char **argv)
{
    if (argc < 2)
        return program_usage("no command given", NULL);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
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
    if (strcmp(argv[1], "key") == 0)
        return key_command(argc - 2, argv + 2);
    if (strcmp(argv[1], "diff") == 0)
        return diff_command(argc - 2, argv + 2);
    if (control_is_command(argv[1]))
        return control_command(argv[1], argc - 2, argv + 2);
    return program_usage("unknown command", argv[1]);
}

int main(int argc, char **argv)
{
    return program_end(run_arguments(argc, argv));
}
