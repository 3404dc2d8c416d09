/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Reads JSON; see json.h. */
#include "json.h"

#define DEEPEST 32u

void efasim_json_begin(struct efasim_json *json, const char *text, size_t size,
                       struct efasim_text *message)
{
    json->start = text;
    json->at = text;
    json->end = text + size;
    json->depth = 0;
    json->message = message;
}

bool efasim_json_fail(struct efasim_json *json, const char *format, ...)
{
    unsigned line = 1;
    va_list arguments;

    for (const char *p = json->start; p < json->at; p++)
        line += *p == '\n';
    efasim_text_add(json->message, "line %u: ", line);
    va_start(arguments, format);
    efasim_text_addv(json->message, format, arguments);
    va_end(arguments);
    return false;
}

static void skip_space(struct efasim_json *json)
{
    while (json->at < json->end &&
           (*json->at == ' ' || *json->at == '\t' || *json->at == '\n' || *json->at == '\r'))
        json->at++;
}

/* The next character that is not white space, without taking it; '\0' at the end. */
static char peek(struct efasim_json *json)
{
    skip_space(json);
    if (json->at == json->end)
        return '\0';
    return *json->at;
}

static bool fail_at(struct efasim_json *json, const char *wanted)
{
    skip_space(json);
    if (json->at == json->end)
        return efasim_json_fail(json, "the file ends where %s should be: it is cut short", wanted);
    return efasim_json_fail(json, "'%c' where %s should be",
                            *json->at >= ' ' && *json->at <= '~' ? *json->at : '?', wanted);
}

static bool take(struct efasim_json *json, char c, const char *wanted)
{
    if (peek(json) != c)
        return fail_at(json, wanted);
    json->at++;
    return true;
}

static bool take_comma(struct efasim_json *json)
{
    if (peek(json) != ',')
        return false;
    json->at++;
    return true;
}

/* With `word` only strings without escapes. */
static bool take_string(struct efasim_json *json, struct efasim_word *word)
{
    const char *first;

    if (!take(json, '"', "a string"))
        return false;
    first = json->at;
    for (; json->at < json->end && *json->at != '"'; json->at++) {
        if ((unsigned char)*json->at < ' ')
            return efasim_json_fail(json, "a string does not end on its line");
        if (*json->at != '\\')
            continue;
        if (word)
            return efasim_json_fail(
                json, "an escape in a name or value: profiles do not contain escapes");
        if (json->end - json->at > 1)
            json->at++;
    }
    if (json->at == json->end)
        return fail_at(json, "the end of a string");
    if (word) {
        word->start = first;
        word->size = (size_t)(json->at - first);
    }
    json->at++;
    return true;
}

static bool is_part_of_literal(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' ||
           c == 'E';
}

static bool is_number(const struct efasim_word *word)
{
    return word->size != 0 &&
           ((word->start[0] >= '0' && word->start[0] <= '9') || word->start[0] == '-');
}

/* A number, true, false or null. */
static bool take_literal(struct efasim_json *json, struct efasim_word *word)
{
    struct efasim_word found;

    skip_space(json);
    found.start = json->at;
    while (json->at < json->end && is_part_of_literal(*json->at))
        json->at++;
    found.size = (size_t)(json->at - found.start);
    if (!is_number(&found) && !efasim_word_is(&found, "true") && !efasim_word_is(&found, "false") &&
        !efasim_word_is(&found, "null")) {
        json->at = found.start;
        return fail_at(json, "a value");
    }
    *word = found;
    return true;
}

bool efasim_json_scalar(struct efasim_json *json, struct efasim_word *word)
{
    char c = peek(json);

    if (c == '{' || c == '[')
        return fail_at(json, "a number, a string, true or false");
    return c == '"' ? take_string(json, word) : take_literal(json, word);
}

bool efasim_json_object(struct efasim_json *json, efasim_json_member *member, void *context)
{
    struct efasim_word name;

    if (++json->depth > DEEPEST)
        return efasim_json_fail(json, "objects and arrays are nested more than %u deep", DEEPEST);
    if (!take(json, '{', "an object"))
        return false;
    if (peek(json) != '}') {
        do {
            if (!take_string(json, &name) || !take(json, ':', "':'") ||
                !member(context, json, &name))
                return false;
        } while (take_comma(json));
    }
    json->depth--;
    return take(json, '}', "',' or '}'");
}

static bool skip_member(void *context, struct efasim_json *json, const struct efasim_word *name)
{
    (void)context;
    (void)name;
    return efasim_json_skip(json);
}

/* NOLINTNEXTLINE(misc-no-recursion): `depth` is limited. */
static bool skip_array(struct efasim_json *json)
{
    if (++json->depth > DEEPEST)
        return efasim_json_fail(json, "objects and arrays are nested more than %u deep", DEEPEST);
    json->at++;
    if (peek(json) != ']') {
        do {
            if (!efasim_json_skip(json))
                return false;
        } while (take_comma(json));
    }
    json->depth--;
    return take(json, ']', "',' or ']'");
}

/* NOLINTNEXTLINE(misc-no-recursion): `depth` is limited. */
bool efasim_json_skip(struct efasim_json *json)
{
    struct efasim_word word;

    switch (peek(json)) {
    case '{':
        return efasim_json_object(json, skip_member, NULL);
    case '[':
        return skip_array(json);
    case '"':
        return take_string(json, NULL);
    default:
        return take_literal(json, &word);
    }
}

bool efasim_json_end(struct efasim_json *json)
{
    skip_space(json);
    return json->at == json->end || fail_at(json, "the end of the file");
}
