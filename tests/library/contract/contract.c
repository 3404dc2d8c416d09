/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Counting the cases, judging their outcomes, and running the parts. */
#include "contract.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CASES 4096
#define NAME_SIZE 160
#define LEAST_CASES 400
#define PAINT 0xa5

static char *names[MAX_CASES];
static unsigned count;
static struct world *world_of_case;
static struct efasim_objects objects_before;

static const char *current(void)
{
    return count ? names[count - 1] : "";
}

static void get_objects(struct efasim_objects *objects)
{
    efasim_get_objects(efasim_inprocess_model(world_of_case->sim), EFASIM_ALL_DEVICES, objects);
}

void begin_case(struct world *world, const char *call, const char *condition, ...)
{
    char name[NAME_SIZE];
    va_list arguments;
    int length = snprintf(name, sizeof name, "%s: ", call);

    va_start(arguments, condition);
    vsnprintf(name + length, sizeof name - (size_t)length, condition, arguments);
    va_end(arguments);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            fail_msg("the case \"%s\" is there twice", name);
    assert_true(count < MAX_CASES);
    names[count++] = strdup(name);

    world_of_case = world;
    if (world)
        get_objects(&objects_before);
    log_forget();
    errno = 0;
}

static void check_log(const char *log)
{
    if (!log) {
        if (log_last()[0])
            fail_msg("%s: logged \"%s\" where nothing is due", current(), log_last());
    } else if (!log_contains(log)) {
        fail_msg("%s: no log line contains \"%s\"; the last is \"%s\"", current(), log, log_last());
    } else if (!log_last()[0]) {
        fail_msg("%s: nothing was logged", current());
    }
}

/* What no caller can do without. */
static bool is_needed(void)
{
    return log_contains("qp_type") || log_contains("completion events") ||
           log_contains("ibv_wr session");
}

/*
 * Callers ask for optional features, for each queue, and do without them on EOPNOTSUPP: that is not
 * a warning.
 */
static void check_level(int error, const char *log)
{
    enum efa_log_level level = is_needed() ? EFA_LOG_WARN : EFA_LOG_INFO;

    if (log && abs(error) == EOPNOTSUPP && !log_contains("(Win32 error") &&
        !log_contains_at(level, log))
        fail_msg("%s: EOPNOTSUPP is not logged at level %d: %s", current(), level, log_last());
}

static void check_objects(void)
{
    struct efasim_objects now;

    if (!world_of_case)
        return;
    get_objects(&now);
    if (memcmp(&now, &objects_before, sizeof now) != 0)
        fail_msg("%s: the device does not have the objects that it had", current());
}

void rejected(int result, int error, const char *log)
{
    if (result != error)
        fail_msg("%s: returned %d, not %d (%s)", current(), result, error, log_last());
    check_log(log);
    check_level(error, log);
    check_objects();
}

void rejected_null(const void *result, int error, const char *log)
{
    int seen = errno;

    if (result)
        fail_msg("%s: succeeded", current());
    if (seen != error)
        fail_msg("%s: errno %d, not %d (%s)", current(), seen, error, log_last());
    check_log(log);
    check_level(error, log);
    check_objects();
}

void granted(int result)
{
    if (result)
        fail_msg("%s: returned %d (%s)", current(), result, log_last());
}

void granted_object(const void *result)
{
    if (!result)
        fail_msg("%s: NULL, errno %d (%s)", current(), errno, log_last());
}

void holds(bool fact)
{
    if (!fact)
        fail_msg("%s: does not hold", current());
}

void equals(uint64_t actual, uint64_t expected)
{
    if (actual != expected)
        fail_msg("%s: 0x%llx, not 0x%llx", current(), (unsigned long long)actual,
                 (unsigned long long)expected);
}

void paint(void *output, size_t size)
{
    memset(output, PAINT, size);
}

void still_painted(const void *output, size_t size)
{
    const unsigned char *bytes = output;

    for (size_t i = 0; i < size; i++)
        if (bytes[i] != PAINT)
            fail_msg("%s: byte %u of an output was written", current(), (unsigned)i);
}

unsigned cases_count(void)
{
    return count;
}

void stranger_create(struct stranger *stranger, struct world *world)
{
    stranger->context = ibv_open_device(world->context->device);
    assert_non_null(stranger->context);
    stranger->pd = ibv_alloc_pd(stranger->context);
    assert_non_null(stranger->pd);
    stranger->cq = ibv_create_cq(stranger->context, 4, NULL, NULL, 0);
    assert_non_null(stranger->cq);
}

void stranger_destroy(struct stranger *stranger)
{
    assert_int_equal(ibv_destroy_cq(stranger->cq), 0);
    assert_int_equal(ibv_dealloc_pd(stranger->pd), 0);
    assert_int_equal(ibv_close_device(stranger->context), 0);
}

static void enough_distinct_cases(void **state)
{
    (void)state;
    print_message("%u distinct (call, condition) cases\n", count);
    assert_true(count >= LEAST_CASES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(enough_distinct_cases)};
    int failed = 0;

    failed += contract_device();
    failed += contract_efadv();
    failed += contract_tables();
    failed += contract_direct();
    failed += contract_domain();
    failed += contract_memory();
    failed += contract_cq();
    failed += contract_qp_create();
    failed += contract_qp_limits();
    failed += contract_qp_state();
    failed += contract_driver();
    failed += contract_post();
    failed += contract_session();
    failed += contract_operations();
    failed += contract_poll();
    failed += cmocka_run_group_tests_name("contract: count", tests, NULL, NULL);
    for (unsigned i = 0; i < count; i++)
        free(names[i]);
    return failed;
}
