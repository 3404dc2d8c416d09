/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The JSON writer; see json.h. */
#include "json.h"

#include <assert.h>
#include <inttypes.h>

void tool_json_begin(struct tool_json *json, FILE *file)
{
    json->file = file;
    json->depth = 0;
    json->has_members[0] = false;
}

bool tool_json_end(struct tool_json *json)
{
    assert(json->depth == 0);
    fputc('\n', json->file);
    return fflush(json->file) == 0 && !ferror(json->file);
}

static void write_string(FILE *file, const char *text)
{
    fputc('"', file);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(file, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            fprintf(file, "\\u%04x", *c);
        else
            fputc(*c, file);
    }
    fputc('"', file);
}

static void new_line(const struct tool_json *json)
{
    fprintf(json->file, "\n%*s", (int)(2 * json->depth), "");
}

/* Writes what comes before a value: comma, indentation, name. */
static void begin_value(struct tool_json *json, const char *name)
{
    if (json->depth > 0) {
        if (json->has_members[json->depth])
            fputc(',', json->file);
        new_line(json);
    }
    json->has_members[json->depth] = true;
    if (name) {
        write_string(json->file, name);
        fputs(": ", json->file);
    }
}

static void open_nested(struct tool_json *json, const char *name, char bracket)
{
    begin_value(json, name);
    fputc(bracket, json->file);
    assert(json->depth + 1 < TOOL_JSON_DEPTH);
    json->has_members[++json->depth] = false;
}

static void close_nested(struct tool_json *json, char bracket)
{
    const bool had_members = json->has_members[json->depth];

    assert(json->depth > 0);
    json->depth--;
    if (had_members)
        new_line(json);
    fputc(bracket, json->file);
}

void tool_json_object(struct tool_json *json, const char *name)
{
    open_nested(json, name, '{');
}

void tool_json_end_object(struct tool_json *json)
{
    close_nested(json, '}');
}

void tool_json_array(struct tool_json *json, const char *name)
{
    open_nested(json, name, '[');
}

void tool_json_end_array(struct tool_json *json)
{
    close_nested(json, ']');
}

void tool_json_text(struct tool_json *json, const char *name, const char *value)
{
    begin_value(json, name);
    if (!value)
        fputs("null", json->file);
    else
        write_string(json->file, value);
}

void tool_json_number(struct tool_json *json, const char *name, uint64_t value)
{
    begin_value(json, name);
    fprintf(json->file, "%" PRIu64, value);
}

void tool_json_real(struct tool_json *json, const char *name, double value, int decimals)
{
    begin_value(json, name);
    fprintf(json->file, "%.*f", decimals, value);
}

void tool_json_figure(struct tool_json *json, const char *name, double value)
{
    begin_value(json, name);
    if (tool_is_nan(value))
        fputs("null", json->file);
    else
        fprintf(json->file, "%.15g", value);
}

void tool_json_raw(struct tool_json *json, const char *name, const char *value)
{
    begin_value(json, name);
    fputs(value, json->file);
}

void tool_json_bool(struct tool_json *json, const char *name, bool value)
{
    begin_value(json, name);
    fputs(value ? "true" : "false", json->file);
}
