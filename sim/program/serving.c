/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* An instance in this process, its log lines, and its final report. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../client/config_files.h"
#include "program.h"

struct serving {
    struct serving_options options;
    struct efasim_config config;
    struct efasim_instance instance;
    struct efasim_service *service;
    FILE *trace;
    bool trace_failed; /* guarded by the model's lock, which is held for each line of the trace */
};

static void log_line(void *context, enum efasim_log_level level, const char *line)
{
    const struct serving *serving = context;

    if (level <= EFASIM_LOG_WARNING || serving->options.verbose)
        program_say("%s", line);
}

static void fail_trace(struct serving *serving)
{
    program_say("cannot write the trace %s: %s; the rest of it is missing", serving->options.trace,
                strerror(errno));
    serving->trace_failed = true;
}

static void trace_line(void *context, const char *line)
{
    struct serving *serving = context;

    if (!serving->trace_failed && fprintf(serving->trace, "%s\n", line) < 0)
        fail_trace(serving);
}

static bool close_trace(struct serving *serving)
{
    if (!serving->trace)
        return true;
    if (fclose(serving->trace) != 0 && !serving->trace_failed)
        fail_trace(serving);
    return !serving->trace_failed;
}

static void violation(void *context, const char *line)
{
    const struct serving *serving = context;

    (void)line; /* the log has it already */
    if (serving->options.violated)
        serving->options.violated();
}

static void stop(void *context)
{
    const struct serving *serving = context;

    if (serving->options.stop)
        serving->options.stop();
}

static void tell_links(void *context, uint32_t first, struct efasim_service_links *links)
{
    const struct serving *serving = context;

    links_tell(serving->options.links, first, links);
}

int serving_option(struct serving_options *options, int argc, char **argv, int *i)
{
    const char **value;

    if (strcmp(argv[*i], "--verbose") == 0) {
        options->verbose = true;
        return 1;
    }
    if (strcmp(argv[*i], "--config") == 0)
        value = &options->config;
    else if (strcmp(argv[*i], "--instance") == 0)
        value = &options->name;
    else if (strcmp(argv[*i], "--trace") == 0)
        value = &options->trace;
    else
        return 0;
    *value = program_value(argc, argv, i);
    return *value ? 1 : -1;
}

struct text {
    char bytes[256];
    size_t used;
};

static void add(struct text *text, const char *format, ...) EFA_PRINTF(2, 3);

static void add(struct text *text, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length =
        vsnprintf(text->bytes + text->used, sizeof text->bytes - text->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        text->used += (size_t)length;
    if (text->used >= sizeof text->bytes)
        text->used = sizeof text->bytes - 1;
}

static void add_count(struct text *text, uint64_t count, const char *one, const char *many)
{
    if (count != 0)
        add(text, "%s%" PRIu64 " %s", text->used ? ", " : "", count, count == 1 ? one : many);
}

static void left_over(void *context, const struct efasim_left_over *left)
{
    const struct efasim_objects *o = &left->objects;
    struct text text = {"", 0};

    (void)context;
    add_count(&text, o->qps, "queue pair", "queue pairs");
    add_count(&text, o->cqs, "completion queue", "completion queues");
    add_count(&text, o->mrs, "memory region", "memory regions");
    add_count(&text, o->ahs, "address handle", "address handles");
    add_count(&text, o->pds, "protection domain", "protection domains");
    program_say("%s left without destroying %s", left->who, text.bytes);
}

static void report_violations(const struct serving *serving)
{
    struct efasim_counters counters;
    struct text text = {"", 0};

    efasim_get_counters(efasim_service_model(serving->service), EFASIM_ALL_DEVICES, &counters);
    if (counters.violations == 0)
        return;
    for (unsigned i = 0; i < EFASIM_VIOLATION_KINDS; i++)
        if (counters.violations_by_kind[i] != 0)
            add(&text, "%s%s %" PRIu64, text.used ? ", " : "",
                efasim_violation_name((enum efasim_violation_kind)i),
                counters.violations_by_kind[i]);
    program_say("%" PRIu64 " violations of the adapter's rules: %s", counters.violations,
                text.bytes);
}

static bool start(struct serving *serving)
{
    const struct serving_options *options = &serving->options;
    struct efasim_service_options service = {
        .config = &serving->config,
        .instance = &serving->instance,
        .context = serving,
        .log = log_line,
        .violation = violation,
        .left_over = left_over,
        .stop = stop,
    };
    char message[1024];

    efasim_config_default(&serving->config);
    if (options->links)
        links_default(&serving->config);
    if (!efasim_read_config_file(options->config, &serving->config, message, sizeof message)) {
        program_say("%s", message);
        return false;
    }
    if (options->links && !links_adjust(options->links, &serving->config))
        return false;
    if (!efasim_instance_find(options->name, &serving->instance, message, sizeof message)) {
        program_say("%s", message);
        return false;
    }
    if (options->links)
        service.links = tell_links;
    if (options->trace) {
        serving->trace = program_create(options->trace);
        if (!serving->trace) {
            program_say("cannot write the trace %s: %s", options->trace, strerror(errno));
            return false;
        }
        service.trace = trace_line;
    }
    serving->service = efasim_service_start(&service, message, sizeof message);
    if (!serving->service) {
        program_say("%s", message);
        return false;
    }
    if (!options->links ||
        links_begin(options->links, efasim_service_model(serving->service), log_line, serving))
        return true;
    efasim_service_stop(serving->service);
    return false;
}

struct serving *serving_start(const struct serving_options *options)
{
    struct serving *serving = calloc(1, sizeof *serving);

    if (!serving) {
        program_say("not enough memory");
        return NULL;
    }
    serving->options = *options;
    if (start(serving))
        return serving;
    if (serving->trace)
        fclose(serving->trace);
    free(serving);
    return NULL;
}

int serving_stop(struct serving *serving, int status)
{
    bool is_complete;

    if (serving->options.links)
        links_end(serving->options.links);
    report_violations(serving);
    efasim_service_stop(serving->service);
    is_complete = close_trace(serving);
    free(serving);
    return status == PROGRAM_OK && !is_complete ? PROGRAM_FAILED : status;
}

const struct efasim_instance *serving_instance(const struct serving *serving)
{
    return &serving->instance;
}

unsigned serving_adapters(const struct serving *serving)
{
    return serving->config.device_count;
}
