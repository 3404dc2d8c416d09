/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* An in-process device for tests that look inside the model. */
#include "sim_bench_world.h"

#include <stdio.h>
#include <string.h>

void sim_case_failed(const char *file, int line, const char *what, unsigned long long left,
                     unsigned long long right)
{
    print_error("%s: %llu and %llu\n", what, left, right);
    _fail(file, line);
}

static void progress(void *context)
{
    struct bench *bench = context;
    efasim_inprocess_advance(bench->inprocess, bench->round);
}

static void keep(struct lines *lines, const char *line)
{
    if (lines->count < LINE_COUNT)
        snprintf(lines->text[lines->count], LINE_SIZE, "%s", line);
    lines->count++;
}

static void keep_log(void *context, enum efasim_log_level level, const char *line)
{
    struct bench *bench = context;
    (void)level;
    keep(&bench->log, line);
}

static void keep_trace(void *context, const char *line)
{
    struct bench *bench = context;
    keep(&bench->trace, line);
}

static void keep_violation(void *context, const char *line)
{
    struct bench *bench = context;
    keep(&bench->violations, line);
}

void bench_start(struct bench *bench, const struct efasim_config *config)
{
    struct efasim_inprocess_hooks hooks = {bench, keep_log, keep_trace, keep_violation};

    memset(bench, 0, sizeof(*bench));
    bench->inprocess = efasim_inprocess_create(config);
    assert_non_null(bench->inprocess);
    bench->model = efasim_inprocess_model(bench->inprocess);
    bench->round = 1000;
    efasim_inprocess_set_virtual_time(bench->inprocess);
    efasim_inprocess_set_hooks(bench->inprocess, &hooks);
    for (unsigned i = 0; i < config->device_count; i++) {
        bench->worlds[i].transport = efasim_inprocess_transport(bench->inprocess, i);
        bench->worlds[i].progress = progress;
        bench->worlds[i].context = bench;
    }
}

void bench_stop(struct bench *bench)
{
    struct efasim_objects objects = bench_objects(bench);
    assert_int_equal(objects.clients, 0);
    assert_int_equal(objects.qps, 0);
    assert_int_equal(objects.messages, 0);
    efasim_inprocess_destroy(bench->inprocess);
}

struct efasim_counters bench_counters(struct bench *bench)
{
    struct efasim_counters counters;
    efasim_get_counters(bench->model, EFASIM_ALL_DEVICES, &counters);
    return counters;
}

struct efasim_objects bench_objects(struct bench *bench)
{
    struct efasim_objects objects;
    efasim_get_objects(bench->model, EFASIM_ALL_DEVICES, &objects);
    return objects;
}

bool lines_contain(const struct lines *lines, const char *text)
{
    for (unsigned i = 0; i < lines->count && i < LINE_COUNT; i++) {
        if (strstr(lines->text[i], text) != NULL)
            return true;
    }
    return false;
}

void bench_fault(struct bench *bench, const struct efasim_fault *fault)
{
    uint32_t id = 0;
    assert_int_equal(efasim_fault_add(bench->model, fault, &id), 0);
    assert_int_not_equal(id, 0);
}
