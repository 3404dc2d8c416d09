/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim_ctl: the command line of the simulated driver. */
#include "ctl.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "../fronts/driver/control_protocol.h"
#include "efasim.h"

enum { LONGEST_FAULT = 4096 };

static const char help_text[] =
    "efasim_ctl: shows and changes the simulated EFA driver that runs in this Wine prefix.\n"
    "\n"
    "  load EFASIM.SYS [--config FILE] [--log FILE] [--trace FILE] [--interface-version N]\n"
    "       [--plain-copies] installs the driver and starts it; with the last option it moves\n"
    "                        messages by Windows' calls alone, without Linux's /proc: slowly\n"
    "  unload                stops and removes it\n"
    "  status                says whether it runs (exit code 0) or not (1)\n"
    "  objects [--json]      objects that clients own now\n"
    "  counters [--json] [--qp N]\n"
    "                        events since the start or the last reset, or those of a queue pair\n"
    "  reset-counters\n"
    "  fault LINE...         adds faults, each a line as in the configuration file\n"
    "  faults [--json]       those in force, and how often each found work\n"
    "  clear-faults\n"
    "  stall | resume        stops or resumes descriptors and messages\n"
    "  remove | restore      takes the adapter away, or brings it back\n"
    "  trace EVENT...|off [--json] [--qp N]\n"
    "                        writes events to the trace file that load named:\n"
    "                        requests, doorbells, descriptors, completions, all\n"
    "\n"
    "Exit code 0: done; 1: it failed, stderr says why; 2: wrong usage.\n";

int ctl_fail(const char *what, DWORD error)
{
    char words[256] = "";
    size_t length;

    FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0,
                   words, sizeof(words), NULL);
    length = strcspn(words, "\r\n");
    words[length] = '\0';
    fprintf(stderr, "efasim_ctl: %s: %s (Windows error %lu)\n", what,
            length != 0 ? words : "no description", error);
    return CTL_EXIT_FAILED;
}

static int usage(const char *what, const wchar_t *argument)
{
    fprintf(stderr, "efasim_ctl: %s%s%ls; see efasim_ctl --help\n", what,
            argument != NULL ? ": " : "", argument != NULL ? argument : L"");
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

static int load(int count, wchar_t **arguments)
{
    struct ctl_load_options options = {0};

    if (count < 1)
        return usage("load needs the path of efasim.sys", NULL);
    options.driver = arguments[0];
    for (int i = 1; i < count; i++) {
        const wchar_t *name = arguments[i];
        const wchar_t *value;

        if (wcscmp(name, L"--plain-copies") == 0) {
            options.plain_copies = true;
            continue;
        }
        if (++i == count)
            return usage("an option is unknown or lacks its value", name);
        value = arguments[i];
        if (wcscmp(name, L"--config") == 0)
            options.config = value;
        else if (wcscmp(name, L"--log") == 0)
            options.log = value;
        else if (wcscmp(name, L"--trace") == 0)
            options.trace = value;
        else if (wcscmp(name, L"--interface-version") != 0)
            return usage("unknown option", name);
        else if (!parse_u32(value, &options.interface_version) || options.interface_version < 1 ||
                 options.interface_version > EFA_INTERFACE_VERSION_NEWEST)
            return usage("the interface version is 1, 2 or 3, not", value);
    }
    return ctl_load(&options);
}

static int show(int (*print)(bool json), int count, wchar_t **arguments)
{
    if (count > 1 || (count == 1 && wcscmp(arguments[0], L"--json") != 0))
        return usage("unknown argument", arguments[0]);
    return print(count == 1);
}

static int counters(int count, wchar_t **arguments)
{
    bool json = false, of_queue_pair = false;
    uint32_t number = 0;

    for (int i = 0; i < count; i++) {
        if (wcscmp(arguments[i], L"--json") == 0)
            json = true;
        else if (wcscmp(arguments[i], L"--qp") != 0)
            return usage("unknown argument", arguments[i]);
        else if (++i == count || !parse_u32(arguments[i], &number))
            return usage("--qp needs a queue pair's number", NULL);
        else
            of_queue_pair = true;
    }
    return of_queue_pair ? ctl_show_queue_pair(number, json) : ctl_show_counters(json);
}

static int add_faults(int count, wchar_t **arguments)
{
    char text[LONGEST_FAULT];
    size_t used = 0;

    if (count < 1)
        return usage("fault needs a line", NULL);
    for (int i = 0; i < count; i++) {
        int length = snprintf(text + used, sizeof(text) - used, "%ls\n", arguments[i]);

        if (length < 0 || (size_t)length >= sizeof(text) - used)
            return usage("too long", arguments[i]);
        used += (size_t)length;
    }
    return ctl_add_faults(text);
}

static bool parse_event(const wchar_t *name, uint32_t *events)
{
    static const struct {
        const wchar_t *name;
        uint32_t events;
    } known[] = {
        {L"off", 0},
        {L"requests", EFASIM_TRACE_REQUESTS},
        {L"doorbells", EFASIM_TRACE_DOORBELLS},
        {L"descriptors", EFASIM_TRACE_DESCRIPTORS},
        {L"completions", EFASIM_TRACE_COMPLETIONS},
        {L"all", EFASIM_TRACE_ALL},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (wcscmp(name, known[i].name) == 0) {
            *events |= known[i].events;
            return true;
        }
    }
    return false;
}

static int trace(int count, wchar_t **arguments)
{
    struct efasim_trace_filter filter = {0};

    filter.device = EFASIM_ALL_DEVICES;
    if (count < 1)
        return usage("trace needs events, or off", NULL);
    for (int i = 0; i < count; i++) {
        if (wcscmp(arguments[i], L"--json") == 0) {
            filter.json = true;
        } else if (wcscmp(arguments[i], L"--qp") == 0) {
            if (++i == count || !parse_u32(arguments[i], &filter.qp_num))
                return usage("--qp needs a queue pair's number", NULL);
        } else if (!parse_event(arguments[i], &filter.events)) {
            return usage("unknown event", arguments[i]);
        }
    }
    return ctl_command(EFASIM_CONTROL_TRACE, &filter, sizeof(filter));
}

static int plain_command(const wchar_t *name)
{
    static const struct {
        const wchar_t *name;
        uint32_t code;
        bool has_value;
        uint32_t value;
    } known[] = {
        {L"reset-counters", EFASIM_CONTROL_RESET_COUNTERS, false, 0},
        {L"clear-faults", EFASIM_CONTROL_CLEAR_FAULTS, false, 0},
        {L"stall", EFASIM_CONTROL_STALL, true, 1},
        {L"resume", EFASIM_CONTROL_STALL, true, 0},
        {L"remove", EFASIM_CONTROL_REMOVE, true, 1},
        {L"restore", EFASIM_CONTROL_REMOVE, true, 0},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (wcscmp(name, known[i].name) == 0)
            return ctl_command(known[i].code, known[i].has_value ? &known[i].value : NULL,
                               known[i].has_value ? sizeof(known[i].value) : 0);
    return usage("unknown command", name);
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    int count = argc - 2;

    if (argc < 2)
        return usage("what shall be done?", NULL);
    if (wcscmp(argv[1], L"--help") == 0) {
        fputs(help_text, stdout);
        return CTL_EXIT_OK;
    }
    if (wcscmp(argv[1], L"load") == 0)
        return load(count, argv + 2);
    if (wcscmp(argv[1], L"objects") == 0)
        return show(ctl_show_objects, count, argv + 2);
    if (wcscmp(argv[1], L"counters") == 0)
        return counters(count, argv + 2);
    if (wcscmp(argv[1], L"faults") == 0)
        return show(ctl_show_faults, count, argv + 2);
    if (wcscmp(argv[1], L"fault") == 0)
        return add_faults(count, argv + 2);
    if (wcscmp(argv[1], L"trace") == 0)
        return trace(count, argv + 2);
    if (count != 0)
        return usage("unknown argument", argv[2]);
    if (wcscmp(argv[1], L"unload") == 0)
        return ctl_unload();
    if (wcscmp(argv[1], L"status") == 0)
        return ctl_status();
    return plain_command(argv[1]);
}
