/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Reads JSON (RFC 8259) in one pass and calls a function for each member of an object. It is our
 * own because efasim.sys, which has no C library, reads profiles too.
 */
#ifndef EFASIM_JSON_H
#define EFASIM_JSON_H

#include "value.h"

struct efasim_json {
    const char *start;
    const char *at;
    const char *end;
    unsigned depth;
    struct efasim_text *message; /* what is wrong, with the line */
};

void efasim_json_begin(struct efasim_json *json, const char *text, size_t size,
                       struct efasim_text *message);

/* Reads the value of the member. False, with a message, to stop reading. */
typedef bool efasim_json_member(void *context, struct efasim_json *json,
                                const struct efasim_word *name);

/* An object, member by member. */
bool efasim_json_object(struct efasim_json *json, efasim_json_member *member, void *context);
/* A number, true, false, or a string without escapes, as a word. */
bool efasim_json_scalar(struct efasim_json *json, struct efasim_word *word);
/* Any value. */
bool efasim_json_skip(struct efasim_json *json);
/* True if only white space is left. */
bool efasim_json_end(struct efasim_json *json);

/* Adds a message with the number of the line. Returns false. */
bool efasim_json_fail(struct efasim_json *json, const char *format, ...) EFA_PRINTF(2, 3);

#endif
