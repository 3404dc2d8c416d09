/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Writes JSON (RFC 8259) to a stream, value by value. The caller opens and closes objects and
 * arrays; commas, indentation and escapes are added here. There is no reader.
 */
#ifndef EFA_TOOLS_JSON_H
#define EFA_TOOLS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TOOL_JSON_DEPTH 16

struct tool_json {
    FILE *file;
    unsigned depth;
    bool has_members[TOOL_JSON_DEPTH]; /* of the open object or array at each depth */
};

void tool_json_begin(struct tool_json *json, FILE *file);
/* Ends the text with a line end. False if writing failed. */
bool tool_json_end(struct tool_json *json);

/* `name` is the member's; NULL in an array and for the outermost value. */
void tool_json_object(struct tool_json *json, const char *name);
void tool_json_end_object(struct tool_json *json);
void tool_json_array(struct tool_json *json, const char *name);
void tool_json_end_array(struct tool_json *json);

/* `value` is UTF-8; NULL is written as null. */
void tool_json_text(struct tool_json *json, const char *name, const char *value);
void tool_json_number(struct tool_json *json, const char *name, uint64_t value);
void tool_json_real(struct tool_json *json, const char *name, double value, int decimals);
/* isnan() causes a warning with -Wconversion in some compilers' headers. */
static inline bool tool_is_nan(double value)
{
    return value != value;
}

/* Writes all digits; NAN becomes null. */
void tool_json_figure(struct tool_json *json, const char *name, double value);
/* `value` is JSON already: a number, true, false or null. */
void tool_json_raw(struct tool_json *json, const char *name, const char *value);
void tool_json_bool(struct tool_json *json, const char *name, bool value);

#endif
