/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The commands' arguments. */
#include "commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fronts/control/control_protocol.h"

const char ctl_commands_help[] =
    "  objects [--json]      objects that clients own now\n"
    "  counters [--json] [--qp N [--device N]]\n"
    "                        events since the start or the last reset, or those of a\n"
    "                        queue pair\n"
    "  reset-counters\n"
    "  fault KIND [NAME=VALUE...]\n"
    "                        adds a fault, as after 'fault =' in the configuration;\n"
    "                        several follow one another, or stand in quotes\n"
    "  faults [--json]       those in force, and how often each found work\n"
    "  clear-faults\n"
    "  stall | resume        stops or resumes descriptors and messages\n"
    "  remove | restore [--device N]\n"
    "                        removes an adapter, or brings it back; the first is 0\n"
    "  trace EVENT...|off [--json] [--qp N]\n"
    "                        writes events to the trace file that was named at the\n"
    "                        start: requests, doorbells, descriptors, completions,\n"
    "                        all\n";

/* The values of the options; `rest` are the other arguments. */
struct options {
    bool json;
    bool has_qp;
    uint32_t qp;
    uint32_t device;
    int count;
    char **rest;
};

enum { TAKES_JSON = 1, TAKES_QP = 2, TAKES_DEVICE = 4, TAKES_REST = 8 };

static int usage(const struct ctl_program *program, const char *what, const char *argument)
{
    fprintf(stderr, "%s: %s%s%s; see %s --help\n", program->name, what, argument ? ": " : "",
            argument ? argument : "", program->name);
    return CTL_EXIT_USAGE;
}

static bool parse_u32(const char *text, uint32_t *value)
{
    char *end;
    unsigned long long number = strtoull(text, &end, 0);

    if (end == text || *end != '\0' || text[0] == '-' || number > UINT32_MAX)
        return false;
    *value = (uint32_t)number;
    return true;
}

/* Parses the number after the option at *i. */
static bool take_u32(int count, char **arguments, int *i, uint32_t *value)
{
    *i += 1;
    return *i < count && parse_u32(arguments[*i], value);
}

/* Returns 0 or an exit code. Moves arguments that are not options to the front. */
static int parse(const struct ctl_program *program, int count, char **arguments, int takes,
                 struct options *options)
{
    memset(options, 0, sizeof *options);
    options->rest = arguments;
    for (int i = 0; i < count; i++) {
        char *word = arguments[i];

        if ((takes & TAKES_JSON) != 0 && strcmp(word, "--json") == 0) {
            options->json = true;
        } else if ((takes & TAKES_QP) != 0 && strcmp(word, "--qp") == 0) {
            if (!take_u32(count, arguments, &i, &options->qp))
                return usage(program, "--qp needs a queue pair's number", NULL);
            options->has_qp = true;
        } else if ((takes & TAKES_DEVICE) != 0 && strcmp(word, "--device") == 0) {
            if (!take_u32(count, arguments, &i, &options->device))
                return usage(program, "--device needs an adapter's number, from 0 on", NULL);
        } else if ((takes & TAKES_REST) != 0 && strncmp(word, "--", 2) != 0) {
            arguments[options->count++] = word;
        } else {
            return usage(program, "unknown argument", word);
        }
    }
    return CTL_EXIT_OK;
}

static int counters(const struct ctl_program *program, const struct options *options)
{
    if (options->has_qp)
        return ctl_show_queue_pair(program, options->device, options->qp, options->json);
    return ctl_show_counters(program, options->json);
}

static int objects(const struct ctl_program *program, const struct options *options)
{
    return ctl_show_objects(program, options->json);
}

static int faults(const struct ctl_program *program, const struct options *options)
{
    return ctl_show_faults(program, options->json);
}

/* What an argument of `fault` is. */
enum fault_part {
    FAULT_LINE,  /* a line of the configuration, with its key, or a comment */
    FAULT_RULE,  /* a rule without its key */
    FAULT_OPTION /* name=value of the rule before it */
};

static enum fault_part judge_part(const char *text)
{
    const char *word = text + strspn(text, " \t");
    const size_t name = strcspn(word, " \t=");
    const char *next = word + name + strspn(word + name, " \t");

    if (*word == '#')
        return FAULT_LINE;
    if (*next != '=')
        return FAULT_RULE;
    return name == strlen("fault") && memcmp(word, "fault", name) == 0 ? FAULT_LINE : FAULT_OPTION;
}

/* The arguments as lines of a configuration. False where they are too long. */
static bool write_faults(const struct options *options, char *text, size_t size, size_t *used)
{
    *used = 0;
    for (int i = 0; i < options->count; i++) {
        static const char *const before[] = {"\n", "\nfault = ", " "};
        const enum fault_part part = judge_part(options->rest[i]);
        const char *separator = before[part == FAULT_OPTION && i == 0 ? FAULT_LINE : part];
        const int length =
            snprintf(text + *used, size - *used, "%s%s",
                     i == 0 && separator[0] == '\n' ? separator + 1 : separator, options->rest[i]);

        if (length < 0 || (size_t)length >= size - *used)
            return false;
        *used += (size_t)length;
    }
    return true;
}

static int fault(const struct ctl_program *program, const struct options *options)
{
    struct efasim_control_added added;
    char text[EFASIM_CONTROL_BYTES];
    size_t used;
    int result;

    if (options->count < 1)
        return usage(program, "fault needs a kind", NULL);
    if (!write_faults(options, text, sizeof text, &used))
        return usage(program, "the faults are too long together: add them one by one", NULL);
    result = program->request(EFASIM_CONTROL_FAULTS, text, (uint32_t)used, &added, sizeof added);
    if (result != CTL_EXIT_OK)
        return result;
    if (added.message[0] != '\0') {
        fprintf(stderr, "%s: %s\n", program->name, added.message);
        return CTL_EXIT_FAILED;
    }
    printf("%" PRIu32 " added\n", added.count);
    return CTL_EXIT_OK;
}

static bool parse_event(const char *name, uint32_t *events)
{
    static const struct {
        const char *name;
        uint32_t events;
    } known[] = {
        {"off", 0},
        {"requests", EFASIM_TRACE_REQUESTS},
        {"doorbells", EFASIM_TRACE_DOORBELLS},
        {"descriptors", EFASIM_TRACE_DESCRIPTORS},
        {"completions", EFASIM_TRACE_COMPLETIONS},
        {"all", EFASIM_TRACE_ALL},
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) == 0) {
            *events |= known[i].events;
            return true;
        }
    }
    return false;
}

static int trace(const struct ctl_program *program, const struct options *options)
{
    struct efasim_trace_filter filter = {0};

    filter.device = EFASIM_ALL_DEVICES;
    filter.json = options->json;
    filter.qp_num = options->qp;
    if (options->count < 1)
        return usage(program, "trace needs events, or off", NULL);
    for (int i = 0; i < options->count; i++)
        if (!parse_event(options->rest[i], &filter.events))
            return usage(program, "unknown event", options->rest[i]);
    return program->request(EFASIM_CONTROL_TRACE, &filter, sizeof filter, NULL, 0);
}

static int set_stalled(const struct ctl_program *program, uint32_t value)
{
    return program->request(EFASIM_CONTROL_STALL, &value, sizeof value, NULL, 0);
}

static int stall(const struct ctl_program *program, const struct options *options)
{
    (void)options;
    return set_stalled(program, 1);
}

static int resume(const struct ctl_program *program, const struct options *options)
{
    (void)options;
    return set_stalled(program, 0);
}

static int set_removed(const struct ctl_program *program, uint32_t device, uint32_t is_removed)
{
    const struct efasim_control_removal removal = {device, is_removed};

    return program->request(EFASIM_CONTROL_REMOVE, &removal, sizeof removal, NULL, 0);
}

static int remove_adapter(const struct ctl_program *program, const struct options *options)
{
    return set_removed(program, options->device, 1);
}

static int restore(const struct ctl_program *program, const struct options *options)
{
    return set_removed(program, options->device, 0);
}

static int reset_counters(const struct ctl_program *program, const struct options *options)
{
    (void)options;
    return program->request(EFASIM_CONTROL_RESET_COUNTERS, NULL, 0, NULL, 0);
}

static int clear_faults(const struct ctl_program *program, const struct options *options)
{
    (void)options;
    return program->request(EFASIM_CONTROL_CLEAR_FAULTS, NULL, 0, NULL, 0);
}

static const struct command {
    const char *name;
    int (*run)(const struct ctl_program *program, const struct options *options);
    int takes;
} commands[] = {
    {"objects", objects, TAKES_JSON},
    {"counters", counters, TAKES_JSON | TAKES_QP | TAKES_DEVICE},
    {"reset-counters", reset_counters, 0},
    {"fault", fault, TAKES_REST},
    {"faults", faults, TAKES_JSON},
    {"clear-faults", clear_faults, 0},
    {"stall", stall, 0},
    {"resume", resume, 0},
    {"remove", remove_adapter, TAKES_DEVICE},
    {"restore", restore, TAKES_DEVICE},
    {"trace", trace, TAKES_JSON | TAKES_QP | TAKES_REST},
};

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

bool ctl_is_command(const char *name)
{
    return find(name) != NULL;
}

int ctl_run(const struct ctl_program *program, const char *name, int count, char **arguments)
{
    const struct command *command = find(name);
    struct options options;
    int result;

    if (!command)
        return usage(program, "unknown command", name);
    result = parse(program, count, arguments, command->takes, &options);
    return result == CTL_EXIT_OK ? command->run(program, &options) : result;
}
