/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Progress, the summary for people, and the JSON that docs/schemas/efa_probe.json describes. */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/message.h"
#include "common/open_file.h"
#include "common/program.h"
#include "common/version.h"

#define FORMAT 1 /* of the JSON; readers reject a newer one */

void report_progress(const char *line)
{
    if (tool_shows_progress()) {
        fprintf(stderr, "\r%-78.78s", line);
        fflush(stderr);
    }
}

void report_end_progress(void)
{
    if (tool_shows_progress())
        fprintf(stderr, "\r%78s\r", "");
}

static void print_measured(const struct probe *probe)
{
    for (uint32_t i = 0; i < probe->count; i++) {
        const struct probe_point *point = &probe->points[i];

        if (point->state == PROBE_MEASURED)
            printf("  %-40s %s\n", point->name, point->found);
    }
}

static void print_point(const struct probe_point *point)
{
    printf("  %s: %s", point->name, point->found);
    if (point->assumed[0])
        printf(", assumed: %s", point->assumed);
    printf(point->note[0] ? " (%s)\n" : "%s\n", point->note);
}

static void print_points(const struct probe *probe, enum probe_state state, const char *title)
{
    if (probe_count(probe, state) == 0)
        return;
    printf("%s\n", title);
    for (uint32_t i = 0; i < probe->count; i++) {
        if (probe->points[i].state == state)
            print_point(&probe->points[i]);
    }
}

static bool is_first_of_reason(const struct probe *probe, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++) {
        if (probe->points[i].state == PROBE_NOT_RUN &&
            strcmp(probe->points[i].found, probe->points[index].found) == 0)
            return false;
    }
    return true;
}

/* Each reason once, with the number of its points. */
static void print_not_run(const struct probe *probe)
{
    if (probe_count(probe, PROBE_NOT_RUN) != 0)
        printf("Not run:\n");
    for (uint32_t i = 0; i < probe->count; i++) {
        const char *reason = probe->points[i].found;
        unsigned count = 0;

        if (probe->points[i].state != PROBE_NOT_RUN || !is_first_of_reason(probe, i))
            continue;
        for (uint32_t k = i; k < probe->count; k++)
            count += probe->points[k].state == PROBE_NOT_RUN &&
                     strcmp(probe->points[k].found, reason) == 0;
        if (count == 1)
            printf("  %s: %s\n", probe->points[i].name, reason);
        else
            printf("  %u points: %s\n", count, reason);
    }
}

void report_text(const struct probe *probe)
{
    const unsigned compared =
        probe_count(probe, PROBE_AS_ASSUMED) + probe_count(probe, PROBE_DIFFERS);

    if (probe_count(probe, PROBE_MEASURED) != 0) {
        printf("Measured:\n");
        print_measured(probe);
    }
    print_points(probe, PROBE_DIFFERS, "Different from what is assumed:");
    print_points(probe, PROBE_NO_RESULT, "Without a result:");
    print_not_run(probe);
    printf("Device version 0x%x: differs from what is assumed in %u of %u points",
           probe->info.device_version, probe_count(probe, PROBE_DIFFERS), compared);
    printf("; %u measured, %u without a result, %u not run\n", probe_count(probe, PROBE_MEASURED),
           probe_count(probe, PROBE_NO_RESULT), probe_count(probe, PROBE_NOT_RUN));
}

static void write_gid(struct tool_json *json, const struct probe *probe, bool masked)
{
    char text[2 * EFA_GID_SIZE + 1];

    for (unsigned i = 0; i < EFA_GID_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", probe->info.addr[i]);
    tool_json_text(json, "gid", masked ? NULL : text);
}

static void write_summary(struct tool_json *json, const struct probe *probe)
{
    static const char *const names[PROBE_STATES] = {"as_assumed", "differs", "measured", "not_run",
                                                    "no_result"};

    tool_json_object(json, "summary");
    for (int state = 0; state < PROBE_STATES; state++)
        tool_json_number(json, names[state], probe_count(probe, (enum probe_state)state));
    tool_json_end_object(json);
}

static void write_profile(struct tool_json *json, const struct probe *probe)
{
    tool_json_object(json, "profile");
    for (uint32_t i = 0; i < probe->key_count; i++)
        tool_json_raw(json, probe->keys[i].name, probe->keys[i].value);
    tool_json_end_object(json);
}

static void write_points(struct tool_json *json, const struct probe *probe)
{
    tool_json_array(json, "points");
    for (uint32_t i = 0; i < probe->count; i++) {
        const struct probe_point *point = &probe->points[i];

        tool_json_object(json, NULL);
        tool_json_text(json, "point", point->name);
        tool_json_text(json, "state", probe_state_names[point->state]);
        tool_json_text(json, "danger", probe_danger_names[point->danger]);
        tool_json_text(json, "found", point->found);
        if (point->assumed[0])
            tool_json_text(json, "assumed", point->assumed);
        if (point->note[0])
            tool_json_text(json, "note", point->note);
        tool_json_end_object(json);
    }
    tool_json_end_array(json);
}

bool report_json(const struct probe *probe, const char *path, bool mask_gid, bool complete)
{
    FILE *file = tool_open_file(path, "w");
    struct tool_json json;
    bool good;

    if (!file) {
        tool_error("cannot write %s: %s", path, tool_errno_text(errno));
        return false;
    }
    tool_json_begin(&json, file);
    tool_json_object(&json, NULL);
    tool_json_text(&json, "tool", "efa_probe");
    tool_json_number(&json, "format", FORMAT);
    tool_json_text(&json, "version", tool_version);
    tool_json_bool(&json, "complete", complete);
    write_gid(&json, probe, mask_gid);
    write_summary(&json, probe);
    write_profile(&json, probe);
    write_points(&json, probe);
    tool_json_end_object(&json);
    good = tool_json_end(&json);
    if (fclose(file) != 0 || !good) {
        tool_error("cannot write %s: is the disk full?", path);
        return false;
    }
    return true;
}
