/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim_ctl: the command line of the simulated driver. */
#include "ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "../fronts/driver/control_protocol.h"

static const char help_begin[] =
    "efasim_ctl: shows and changes the simulated EFA driver of this Wine prefix.\n"
    "\n"
    "  load EFASIM.SYS [--config FILE] [--log FILE] [--trace FILE]\n"
    "       [--interface-version N] [--plain-copies]\n"
    "                        installs the driver and starts it; with the last option\n"
    "                        it moves messages only by Windows' calls, without\n"
    "                        Linux's /proc: slowly\n"
    "  unload                stops and removes it\n"
    "  status                says whether it runs (exit code 0) or not (1)\n";

static const char help_end[] =
    "\n"
    "Exit code 0: done; 1: it failed, stderr says why; 2: wrong usage.\n";

int ctl_fail(const char *what, DWORD error)
{
    char words[256] = "";
    size_t length;

    FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0,
                   words, sizeof words, NULL);
    length = strcspn(words, "\r\n");
    words[length] = '\0';
    fprintf(stderr, "efasim_ctl: %s: %s (Windows error %lu)\n", what,
            length != 0 ? words : "no description", error);
    return CTL_EXIT_FAILED;
}

/* Not by %ls: C runtimes drop characters that their locale lacks, or the whole line. */
static int usage(const char *what, const wchar_t *argument)
{
    char text[256] = "";

    if (argument &&
        WideCharToMultiByte(CP_UTF8, 0, argument, -1, text, sizeof text, NULL, NULL) == 0)
        snprintf(text, sizeof text, "(an argument that is too long)");
    fprintf(stderr, "efasim_ctl: %s%s%s; see efasim_ctl --help\n", what, argument ? ": " : "",
            text);
    return CTL_EXIT_USAGE;
}

static bool parse_u32(const wchar_t *text, uint32_t *value)
{
    wchar_t *end;
    unsigned long number = wcstoul(text, &end, 0);

    if (end == text || *end != 0)
        return false;
    *value = number;
    return true;
}

static bool is_option(const wchar_t *argument)
{
    return argument[0] == L'-' && argument[1] != 0;
}

/* Where the option's value belongs. NULL: it is no option with a path. */
static const wchar_t **path_of(struct ctl_load_options *options, const wchar_t *name)
{
    if (wcscmp(name, L"--config") == 0)
        return &options->config;
    if (wcscmp(name, L"--log") == 0)
        return &options->log;
    return wcscmp(name, L"--trace") == 0 ? &options->trace : NULL;
}

static int load(int count, wchar_t **arguments)
{
    struct ctl_load_options options = {0};

    if (count < 1)
        return usage("load needs the path of efasim.sys", NULL);
    if (is_option(arguments[0]))
        return usage("load needs the path of efasim.sys, not", arguments[0]);
    options.driver = arguments[0];
    for (int i = 1; i < count; i++) {
        const wchar_t *name = arguments[i];
        const wchar_t **path, *value;

        if (wcscmp(name, L"--plain-copies") == 0) {
            options.plain_copies = true;
            continue;
        }
        path = path_of(&options, name);
        if (!path && wcscmp(name, L"--interface-version") != 0)
            return usage("unknown option", name);
        if (++i == count)
            return usage("the option needs a value", name);
        value = arguments[i];
        if (is_option(value))
            return usage("a value is missing before", value);
        if (path)
            *path = value;
        else if (!parse_u32(value, &options.interface_version) || options.interface_version < 1 ||
                 options.interface_version > EFA_INTERFACE_VERSION_NEWEST)
            return usage("the interface version must be 1, 2 or 3, not", value);
    }
    return ctl_load(&options);
}

/* Converts the arguments to UTF-8 for the shared commands. NULL: no memory. */
static char **to_utf8(int count, wchar_t **arguments)
{
    char **all = calloc((size_t)count + 1, sizeof *all);

    for (int i = 0; all && i < count; i++) {
        int size = WideCharToMultiByte(CP_UTF8, 0, arguments[i], -1, NULL, 0, NULL, NULL);

        all[i] = malloc((size_t)size);
        if (size == 0 || !all[i])
            return NULL; /* freed by the end of the process */
        WideCharToMultiByte(CP_UTF8, 0, arguments[i], -1, all[i], size, NULL, NULL);
    }
    return all;
}

static int run_command(int count, wchar_t **arguments)
{
    static const struct ctl_program program = {"efasim_ctl", ctl_request};
    char **utf8 = to_utf8(count, arguments);

    if (!utf8)
        return ctl_fail("the arguments cannot be read", ERROR_NOT_ENOUGH_MEMORY);
    return ctl_run(&program, utf8[0], count - 1, utf8 + 1);
}

static int run(int argc, wchar_t **argv)
{
    if (argc < 2)
        return usage("no command given", NULL);
    if (wcscmp(argv[1], L"--help") == 0) {
        printf("%s%s%s", help_begin, ctl_commands_help, help_end);
        return CTL_EXIT_OK;
    }
    if (wcscmp(argv[1], L"load") == 0)
        return load(argc - 2, argv + 2);
    if (wcscmp(argv[1], L"unload") == 0 || wcscmp(argv[1], L"status") == 0) {
        if (argc != 2)
            return usage("unknown argument", argv[2]);
        return argv[1][0] == L'u' ? ctl_unload() : ctl_status();
    }
    return run_command(argc - 1, argv + 1);
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    int status = run(argc, argv);

    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr,
            "efasim_ctl: writing to standard output failed: see where it goes, and whether "
            "the disk is full\n");
    return status == CTL_EXIT_OK ? CTL_EXIT_FAILED : status;
}
