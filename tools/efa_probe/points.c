/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The points that were found, and the keys of the profile that they settle. */
#include "probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "driver/errors.h"

const char *const probe_state_names[PROBE_STATES] = {"as assumed", "differs", "measured", "not run",
                                                     "no result"};

const char *const probe_danger_names[SIM_DANGERS] = {
    "asks", "uses", "wrong requests", "wrong work", "exhausts", "overruns", "breaks rules"};

struct probe_point *probe_add(struct probe *probe, enum probe_state state, const char *name,
                              const char *format, ...)
{
    static struct probe_point beyond; /* a full table is a defect of this program */
    struct probe_point *point =
        probe->count < PROBE_MOST_POINTS ? &probe->points[probe->count] : &beyond;
    va_list arguments;

    memset(point, 0, sizeof *point);
    point->state = state;
    point->danger = probe->danger;
    snprintf(point->name, sizeof point->name, "%s", name);
    va_start(arguments, format);
    vsnprintf(point->found, sizeof point->found, format, arguments);
    va_end(arguments);
    if (point != &beyond)
        efa_store_release_u32(&probe->count, probe->count + 1);
    return point;
}

void probe_note(struct probe_point *point, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(point->note, sizeof point->note, format, arguments);
    va_end(arguments);
}

struct probe_point *probe_compare_text(struct probe *probe, const char *name, const char *found,
                                       const char *assumed)
{
    enum probe_state state = strcmp(found, assumed) == 0 ? PROBE_AS_ASSUMED : PROBE_DIFFERS;
    struct probe_point *point = probe_add(probe, state, name, "%s", found);

    snprintf(point->assumed, sizeof point->assumed, "%s", assumed);
    return point;
}

struct probe_point *probe_compare(struct probe *probe, const char *name, uint64_t found,
                                  uint64_t assumed)
{
    const char *format = found > 0xffff || assumed > 0xffff ? "0x%llx" : "%llu";
    char texts[2][PROBE_VALUE_SIZE];

    snprintf(texts[0], sizeof texts[0], format, (unsigned long long)found);
    snprintf(texts[1], sizeof texts[1], format, (unsigned long long)assumed);
    return probe_compare_text(probe, name, texts[0], texts[1]);
}

struct probe_point *probe_compare_status(struct probe *probe, const char *name, int status,
                                         uint8_t assumed)
{
    char text[PROBE_VALUE_SIZE], assumed_text[PROBE_VALUE_SIZE];

    if (status < 0)
        return probe_add(probe, PROBE_NO_RESULT, name, "no completion");
    snprintf(text, sizeof text, "status %d", status);
    snprintf(assumed_text, sizeof assumed_text, "status %u", assumed);
    return probe_compare_text(probe, name, text, assumed_text);
}

void probe_settle_text(struct probe *probe, const char *key, const char *json)
{
    uint32_t i = 0;

    while (i < probe->key_count && strcmp(probe->keys[i].name, key) != 0)
        i++;
    if (i == PROBE_MOST_KEYS)
        return;
    probe->keys[i].name = key;
    snprintf(probe->keys[i].value, sizeof probe->keys[i].value, "%s", json);
    if (i == probe->key_count)
        probe->key_count++;
}

void probe_settle(struct probe *probe, const char *key, uint64_t value)
{
    char text[PROBE_VALUE_SIZE];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    probe_settle_text(probe, key, text);
}

unsigned probe_count(const struct probe *probe, enum probe_state state)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < probe->count; i++)
        count += probe->points[i].state == state;
    return count;
}

const char *probe_error_text(uint32_t error, char text[PROBE_VALUE_SIZE])
{
    const struct efa_error_meaning *meaning = efa_error_meaning(error);

    if (error == EFA_WIN32_SUCCESS)
        snprintf(text, PROBE_VALUE_SIZE, "done (0)");
    else if (meaning->win32 == error)
        snprintf(text, PROBE_VALUE_SIZE, "%s (%u)", meaning->name, error);
    else
        snprintf(text, PROBE_VALUE_SIZE, "error %u", error);
    return text;
}
