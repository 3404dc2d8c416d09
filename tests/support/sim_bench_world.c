/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* An in-process device for tests that look inside the model. */
#include "sim_bench_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_case_failed(const char *file, int line, const char *what, unsigned long long left,
                     unsigned long long right)
{
    print_error("%s: %llu and %llu\n", what, left, right);
    _fail(file, line);
    abort(); /* cmocka does not declare that _fail does not return */
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

int bench_set_up(void **state)
{
    static struct bench bench;

    memset(&bench, 0, sizeof bench);
    efasim_config_default(&bench.config);
    *state = &bench;
    return 0;
}

int bench_tear_down(void **state)
{
    struct bench *bench = *state;
    if (bench->inprocess)
        bench_stop(bench);
    return 0;
}

void bench_start(struct bench *bench)
{
    struct efasim_inprocess_hooks hooks = {bench, keep_log, keep_trace, keep_violation};

    bench->inprocess = efasim_inprocess_create(&bench->config);
    assert_non_null(bench->inprocess);
    bench->model = efasim_inprocess_model(bench->inprocess);
    bench->round = 1000;
    bench->log.count = 0;
    bench->trace.count = 0;
    bench->violations.count = 0;
    memset(bench->worlds, 0, sizeof bench->worlds);
    efasim_inprocess_set_virtual_time(bench->inprocess);
    efasim_inprocess_set_hooks(bench->inprocess, &hooks);
    for (unsigned i = 0; i < bench->config.device_count; i++) {
        bench->worlds[i].transport = efasim_inprocess_transport(bench->inprocess, i);
        bench->worlds[i].progress = progress;
        bench->worlds[i].context = bench;
    }
}

void bench_start_client(struct bench *bench)
{
    bench_start(bench);
    raw_open(&bench->worlds[0], &bench->client);
}

void bench_start_endpoint(struct bench *bench, const struct raw_options *options)
{
    bench_start(bench);
    raw_endpoint_open(&bench->worlds[0], &bench->from, options);
}

void bench_start_pair(struct bench *bench, const struct raw_options *options)
{
    bench_start_endpoint(bench, options);
    raw_endpoint_open(&bench->worlds[0], &bench->to, options);
}

void bench_stop(struct bench *bench)
{
    struct efasim_objects objects;

    raw_endpoint_close(&bench->to);
    raw_endpoint_close(&bench->from);
    if (bench->client.session)
        raw_close(&bench->client);
    objects = bench_objects(bench);
    efasim_inprocess_destroy(bench->inprocess);
    bench->inprocess = NULL;
    assert_int_equal(objects.clients, 0);
    assert_int_equal(objects.qps, 0);
    assert_int_equal(objects.messages, 0);
}

void bench_send(struct raw_endpoint *from, struct raw_endpoint *to, uint16_t id)
{
    raw_recv(to, id, 4096, 200);
    raw_send_message(from, to, id, 0, 64);
}

void bench_open_between(struct bench *bench, unsigned from, unsigned to)
{
    struct raw_endpoint *sender = &bench->from;

    raw_endpoint_open(&bench->worlds[from], sender, &raw_srd);
    raw_endpoint_open(&bench->worlds[to], &bench->to, &raw_srd);
    assert_int_equal(
        raw_alloc_ah(&sender->client, sender->pdn, bench->to.client.info.addr, &sender->ah), 0);
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
        if (strstr(lines->text[i], text))
            return true;
    }
    return false;
}

uint32_t bench_fault(struct bench *bench, const struct efasim_fault *fault)
{
    uint32_t id = 0;
    assert_int_equal(efasim_fault_add(bench->model, fault, &id), 0);
    assert_int_not_equal(id, 0);
    return id;
}
