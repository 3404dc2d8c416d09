/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The events. Each carries its own description (name, fields, types), so that no manifest has to be
 * installed to read it. Nothing of the system is called but through efa_etw_calls.
 */
#include "trace_etw.h"

#include <string.h>

#include "trace.h"

/* Types of fields, as they stand in a description. */
#define TYPE_TEXT "\x82\x23" /* zero-terminated; to be read as UTF-8 */
#define TYPE_UINT32 "\x08"
#define TYPE_UINT64 "\x0a"
#define NO_TAGS "\0"

/*
 * A description: its length, then texts and types. The final zero of the literal is not part of it.
 */
#define DESCRIPTION(variable, literal) \
    static const struct {              \
        uint16_t size;                 \
        char text[sizeof(literal)];    \
    } variable = {(uint16_t)(sizeof(uint16_t) + sizeof literal - 1), literal}

DESCRIPTION(provider_traits, EFA_ETW_PROVIDER_NAME "\0");
DESCRIPTION(message_description, NO_TAGS
            "Message\0"
            "Text\0" TYPE_TEXT);
DESCRIPTION(request_description, NO_TAGS
            "Request\0"
            "Name\0" TYPE_TEXT "Error\0" TYPE_UINT32 "Returned\0" TYPE_UINT32);
DESCRIPTION(completion_queue_description, NO_TAGS
            "CompletionQueue\0"
            "Number\0" TYPE_UINT32 "DroppedUnknown\0" TYPE_UINT64 "DroppedDeparted\0" TYPE_UINT64
            "DroppedStale\0" TYPE_UINT64);

static const struct efa_guid provider = {
    0x68051ff0, 0xdb11, 0x5d78, {0x96, 0xe9, 0xe3, 0x77, 0x6e, 0xcc, 0x56, 0xdf}};

/* Written before `registered` is set; unset: nobody records. */
static const struct efa_etw_calls *etw;
static uint64_t registration;
static uint32_t registered;

static struct efa_etw_data piece(const void *address, uint32_t size, enum efa_etw_piece kind)
{
    struct efa_etw_data data = {(uint64_t)(uintptr_t)address, size, (uint32_t)kind};

    return data;
}

static struct efa_etw_data text_field(const char *text)
{
    return piece(text, (uint32_t)strlen(text) + 1, EFA_ETW_FIELD);
}

void efa_etw_start(const struct efa_etw_calls *calls)
{
    if (calls->event_register(&provider, NULL, NULL, &registration) != 0)
        return;
    /* Windows 7 has no such call; there the provider has only its GUID. */
    if (calls->event_set_information)
        calls->event_set_information(registration, EFA_ETW_SET_TRAITS,
                                     (void *)(uintptr_t)&provider_traits, provider_traits.size);
    etw = calls;
    efa_store_release_u32(&registered, 1);
}

void efa_trace_stop(void)
{
    if (efa_exchange_acquire_u32(&registered, 0) != 0)
        etw->event_unregister(registration);
}

static bool is_wanted(enum efa_etw_level level, enum efa_etw_keyword keyword)
{
    return efa_load_acquire_u32(&registered) &&
           etw->event_provider_enabled(registration, (uint8_t)level, keyword) != 0;
}

/* `data` has room for the two descriptions in front of the fields. */
static void write_event(enum efa_etw_level level, enum efa_etw_keyword keyword,
                        struct efa_etw_data description, struct efa_etw_data *data, uint32_t count)
{
    struct efa_etw_event event = {0};

    event.channel = EFA_ETW_CHANNEL_SELF_DESCRIBING;
    event.level = (uint8_t)level;
    event.keyword = keyword;
    data[0] = piece(&provider_traits, provider_traits.size, EFA_ETW_PROVIDER_METADATA);
    data[1] = description;
    etw->event_write_transfer(registration, &event, NULL, NULL, count, data);
}

static enum efa_etw_level etw_level(enum efa_log_level level)
{
    switch (level) {
    case EFA_LOG_ERROR:
        return EFA_ETW_ERROR;
    case EFA_LOG_WARN:
        return EFA_ETW_WARNING;
    case EFA_LOG_INFO:
        return EFA_ETW_INFORMATION;
    default:
        return EFA_ETW_VERBOSE;
    }
}

bool efa_trace_wants(enum efa_log_level level)
{
    return is_wanted(etw_level(level), EFA_ETW_MESSAGES);
}

void efa_trace_message(enum efa_log_level level, const char *text)
{
    struct efa_etw_data data[3];

    if (!efa_trace_wants(level))
        return;
    data[2] = text_field(text);
    write_event(etw_level(level), EFA_ETW_MESSAGES,
                piece(&message_description, message_description.size, EFA_ETW_EVENT_METADATA), data,
                3);
}

void efa_trace_command(const char *name, uint32_t error, uint32_t returned)
{
    enum efa_etw_level level = error != 0 ? EFA_ETW_ERROR : EFA_ETW_VERBOSE;
    struct efa_etw_data data[5];

    if (!is_wanted(level, EFA_ETW_REQUESTS))
        return;
    data[2] = text_field(name);
    data[3] = piece(&error, sizeof error, EFA_ETW_FIELD);
    data[4] = piece(&returned, sizeof returned, EFA_ETW_FIELD);
    write_event(level, EFA_ETW_REQUESTS,
                piece(&request_description, request_description.size, EFA_ETW_EVENT_METADATA), data,
                5);
}

void efa_trace_completion_queue(uint32_t number, uint64_t unknown, uint64_t retired, uint64_t stale)
{
    struct efa_etw_data data[6];

    if (!is_wanted(EFA_ETW_INFORMATION, EFA_ETW_COUNTERS))
        return;
    data[2] = piece(&number, sizeof number, EFA_ETW_FIELD);
    data[3] = piece(&unknown, sizeof unknown, EFA_ETW_FIELD);
    data[4] = piece(&retired, sizeof retired, EFA_ETW_FIELD);
    data[5] = piece(&stale, sizeof stale, EFA_ETW_FIELD);
    write_event(EFA_ETW_INFORMATION, EFA_ETW_COUNTERS,
                piece(&completion_queue_description, completion_queue_description.size,
                      EFA_ETW_EVENT_METADATA),
                data, 6);
}
