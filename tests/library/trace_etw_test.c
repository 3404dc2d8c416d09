/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The events of event tracing as a recording tool would read them, through replacements of the ETW
 * calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "os/trace.h"
#include "os/trace_etw.h"

#define HANDLE 0x1234u

static struct {
    uint32_t registrations;
    uint32_t unregistrations;
    struct efa_guid provider;
    char traits[64];
    uint32_t traits_size;
    uint8_t up_to_level;
    uint64_t keywords;
    uint32_t events;
    struct efa_etw_event event;
    struct efa_etw_data data[8];
    unsigned char pieces[8][600];
    uint32_t count;
    uint32_t register_error;
} etw;

static uint32_t fake_register(const struct efa_guid *provider, void *callback, void *argument,
                              uint64_t *handle)
{
    assert_null(callback);
    assert_null(argument);
    if (etw.register_error)
        return etw.register_error;
    etw.registrations++;
    etw.provider = *provider;
    *handle = HANDLE;
    return 0;
}

static uint32_t fake_unregister(uint64_t handle)
{
    assert_int_equal(handle, HANDLE);
    etw.unregistrations++;
    return 0;
}

static uint32_t fake_set_information(uint64_t handle, uint32_t what, void *value, uint32_t size)
{
    assert_int_equal(handle, HANDLE);
    assert_int_equal(what, EFA_ETW_SET_TRAITS);
    assert_in_range(size, 1, sizeof etw.traits);
    memcpy(etw.traits, value, size);
    etw.traits_size = size;
    return 0;
}

static uint8_t fake_provider_enabled(uint64_t handle, uint8_t level, uint64_t keyword)
{
    assert_int_equal(handle, HANDLE);
    return level <= etw.up_to_level && (keyword & etw.keywords) != 0;
}

static uint32_t fake_write(uint64_t handle, const struct efa_etw_event *event,
                           const struct efa_guid *activity, const struct efa_guid *related,
                           uint32_t count, struct efa_etw_data *data)
{
    assert_int_equal(handle, HANDLE);
    assert_null(activity);
    assert_null(related);
    assert_in_range(count, 3, 8);
    etw.events++;
    etw.event = *event;
    etw.count = count;
    for (uint32_t i = 0; i < count; i++) {
        etw.data[i] = data[i];
        assert_in_range(data[i].size, 1, sizeof etw.pieces[i]);
        memcpy(etw.pieces[i], (const void *)(uintptr_t)data[i].address, data[i].size);
    }
    return 0;
}

static const struct efa_etw_calls fake_calls = {
    fake_register, fake_unregister, fake_set_information, fake_provider_enabled, fake_write};

static int start(void **state)
{
    (void)state;
    memset(&etw, 0, sizeof etw);
    etw.up_to_level = EFA_ETW_VERBOSE;
    etw.keywords = ~0ull;
    efa_etw_start(&fake_calls);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    efa_trace_stop();
    return 0;
}

/* Reads a description as ETW's decoders do; checks that it is exactly as long as it says. */
static void assert_description(uint32_t index, const char *name, const char *const *fields,
                               const uint8_t (*types)[2])
{
    const unsigned char *at = etw.pieces[index];
    const unsigned char *end = at + etw.data[index].size;
    uint16_t size;

    assert_int_equal(etw.data[index].piece, EFA_ETW_EVENT_METADATA);
    memcpy(&size, at, sizeof size);
    assert_int_equal(size, etw.data[index].size);
    at += sizeof size;
    assert_int_equal(*at++, 0); /* tags */
    assert_string_equal((const char *)at, name);
    at += strlen(name) + 1;
    for (; *fields; fields++, types++) {
        assert_string_equal((const char *)at, *fields);
        at += strlen(*fields) + 1;
        assert_int_equal(*at++, (*types)[0]);
        if ((*types)[0] & 0x80)
            assert_int_equal(*at++, (*types)[1]);
    }
    assert_ptr_equal(at, end);
}

static void assert_event(uint8_t level, uint64_t keyword, uint32_t fields)
{
    assert_int_equal(etw.events, 1);
    assert_int_equal(etw.event.channel, EFA_ETW_CHANNEL_SELF_DESCRIBING);
    assert_int_equal(etw.event.level, level);
    assert_int_equal(etw.event.keyword, keyword);
    assert_int_equal(etw.count, fields + 2);
    assert_int_equal(etw.data[0].piece, EFA_ETW_PROVIDER_METADATA);
    assert_int_equal(etw.data[0].size, etw.traits_size);
    assert_memory_equal(etw.pieces[0], etw.traits, etw.traits_size);
    for (uint32_t i = 2; i < etw.count; i++)
        assert_int_equal(etw.data[i].piece, EFA_ETW_FIELD);
}

static void assert_uint32(uint32_t index, uint32_t value)
{
    assert_int_equal(etw.data[index].size, sizeof value);
    assert_memory_equal(etw.pieces[index], &value, sizeof value);
}

static void assert_uint64(uint32_t index, uint64_t value)
{
    assert_int_equal(etw.data[index].size, sizeof value);
    assert_memory_equal(etw.pieces[index], &value, sizeof value);
}

static void assert_text(uint32_t index, const char *text)
{
    assert_int_equal(etw.data[index].size, strlen(text) + 1);
    assert_string_equal((const char *)etw.pieces[index], text);
}

static void traits_name_the_provider(void **state)
{
    uint16_t size;

    (void)state;
    assert_int_equal(etw.registrations, 1);
    assert_int_equal(etw.provider.data1, 0x68051ff0);
    memcpy(&size, etw.traits, sizeof size);
    assert_int_equal(size, etw.traits_size);
    assert_int_equal(size, sizeof size + sizeof "efawin");
    assert_string_equal(etw.traits + sizeof size, "efawin");
}

static void message_has_text_and_level(void **state)
{
    static const char *const fields[] = {"Text", NULL};
    static const uint8_t types[][2] = {{0x82, 35}};
    static const uint8_t levels[] = {EFA_ETW_ERROR, EFA_ETW_WARNING, EFA_ETW_INFORMATION,
                                     EFA_ETW_VERBOSE};

    (void)state;
    for (int level = EFA_LOG_ERROR; level <= EFA_LOG_DEBUG; level++) {
        etw.events = 0;
        efa_trace_message((enum efa_log_level)level, "what was wrong");
        assert_event(levels[level], EFA_ETW_MESSAGES, 1);
        assert_description(1, "Message", fields, types);
        assert_text(2, "what was wrong");
    }
}

static void request_has_name_error_and_length(void **state)
{
    static const char *const fields[] = {"Name", "Error", "Returned", NULL};
    static const uint8_t types[][2] = {{0x82, 35}, {8, 0}, {8, 0}};

    (void)state;
    efa_trace_command("CREATE_QP", 0, 88);
    assert_event(EFA_ETW_VERBOSE, EFA_ETW_REQUESTS, 3);
    assert_description(1, "Request", fields, types);
    assert_text(2, "CREATE_QP");
    assert_uint32(3, 0);
    assert_uint32(4, 88);
    etw.events = 0;
    efa_trace_command("CREATE_QP", 31, 0);
    assert_event(EFA_ETW_ERROR, EFA_ETW_REQUESTS, 3);
    assert_uint32(3, 31);
}

static void completion_queue_has_counters(void **state)
{
    static const char *const fields[] = {"Number", "DroppedUnknown", "DroppedDeparted",
                                         "DroppedStale", NULL};
    static const uint8_t types[][2] = {{8, 0}, {10, 0}, {10, 0}, {10, 0}};

    (void)state;
    efa_trace_completion_queue(3, 1, 1ull << 40, 7);
    assert_event(EFA_ETW_INFORMATION, EFA_ETW_COUNTERS, 4);
    assert_description(1, "CompletionQueue", fields, types);
    assert_uint32(2, 3);
    assert_uint64(3, 1);
    assert_uint64(4, 1ull << 40);
    assert_uint64(5, 7);
}

static void write_one_of_each(void)
{
    efa_trace_message(EFA_LOG_ERROR, "text");
    efa_trace_command("REG_MR", 0, 8);
    efa_trace_completion_queue(1, 0, 0, 0);
}

static void only_what_is_recorded_is_written(void **state)
{
    (void)state;
    etw.keywords = EFA_ETW_COUNTERS;
    write_one_of_each();
    assert_event(EFA_ETW_INFORMATION, EFA_ETW_COUNTERS, 4);
    etw.events = 0;
    etw.keywords = ~0ull;
    etw.up_to_level = EFA_ETW_ERROR;
    assert_true(efa_trace_wants(EFA_LOG_ERROR));
    assert_false(efa_trace_wants(EFA_LOG_WARN));
    write_one_of_each();
    assert_event(EFA_ETW_ERROR, EFA_ETW_MESSAGES, 1);
}

static void nothing_is_written_when_stopped(void **state)
{
    (void)state;
    efa_trace_stop();
    efa_trace_stop();
    assert_int_equal(etw.unregistrations, 1);
    assert_false(efa_trace_wants(EFA_LOG_ERROR));
    write_one_of_each();
    assert_int_equal(etw.events, 0);
}

static void nothing_is_written_when_registration_failed(void **state)
{
    (void)state;
    efa_trace_stop();
    memset(&etw, 0, sizeof etw);
    etw.register_error = 8;
    efa_etw_start(&fake_calls);
    write_one_of_each();
    efa_trace_stop();
    assert_int_equal(etw.events, 0);
    assert_int_equal(etw.unregistrations, 0);
}

static void traits_are_optional(void **state)
{
    struct efa_etw_calls calls = fake_calls;

    (void)state;
    efa_trace_stop();
    memset(&etw, 0, sizeof etw);
    calls.event_set_information = NULL;
    efa_etw_start(&calls);
    assert_int_equal(etw.registrations, 1);
    efa_trace_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(traits_name_the_provider, start, stop),
        cmocka_unit_test_setup_teardown(message_has_text_and_level, start, stop),
        cmocka_unit_test_setup_teardown(request_has_name_error_and_length, start, stop),
        cmocka_unit_test_setup_teardown(completion_queue_has_counters, start, stop),
        cmocka_unit_test_setup_teardown(only_what_is_recorded_is_written, start, stop),
        cmocka_unit_test_setup_teardown(nothing_is_written_when_stopped, start, stop),
        cmocka_unit_test_setup_teardown(nothing_is_written_when_registration_failed, start, stop),
        cmocka_unit_test_setup_teardown(traits_are_optional, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
