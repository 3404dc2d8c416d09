/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Words and values of the configuration's text form. Keys are in text.c. */
#ifndef EFASIM_VALUE_H
#define EFASIM_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/format.h"

/* A piece of the text, not terminated. */
struct efasim_word {
    const char *start;
    size_t size;
};

enum efasim_value_type {
    EFASIM_VALUE_NUMBER,       /* 17, 0x11 */
    EFASIM_VALUE_SIZE,         /* 512, 512k, 1.5M, 1G */
    EFASIM_VALUE_TIME,         /* 100, 100ns, 1.5us, 10ms, 1s */
    EFASIM_VALUE_PARTS,        /* 10000, 1%, 0.5%: parts of a million */
    EFASIM_VALUE_BOOL,         /* yes, no, true, false, on, off */
    EFASIM_VALUE_VERSIONS,     /* 1 2 3 */
    EFASIM_VALUE_FEATURES,     /* none, or names of driver/features.h, or a number */
    EFASIM_VALUE_DUPLICATE_AH, /* count, reject, alias */
    EFASIM_VALUE_GID /* 32 hexadecimal digits, with optional colons between groups of four */
};

bool efasim_word_is(const struct efasim_word *word, const char *string);
struct efasim_word efasim_trim(const char *start, const char *end);
/* Removes the first word from `rest` and returns it. If `rest` is empty, its size is 0. */
struct efasim_word efasim_next_word(struct efasim_word *rest);
/* Whether the word can name a device. Names go into log lines, JSON and `device=` unchanged. */
bool efasim_word_is_name(const struct efasim_word *word);
/* The valid characters of a name, for messages. */
#define EFASIM_NAME_FORM "characters: letters, digits, '_', '-', '.'"
/* Room for one in a message. */
#define EFASIM_WORD_TEXT_SIZE 48
/* Copies the word as a string of at most `size` - 1 printable characters, for messages. */
void efasim_word_text(const struct efasim_word *word, char *buffer, size_t size);
/* The edit distance of two words; a large number if one of them is long. */
unsigned efasim_word_distance(const struct efasim_word *word, const char *string);

/* A value that fits 64 bits; a GID needs efasim_parse_gid. */
bool efasim_parse_value(enum efasim_value_type type, const struct efasim_word *word,
                        uint64_t *value);
bool efasim_parse_gid(const struct efasim_word *word, uint8_t gid[16]);
/* A description of valid values of this type, for messages. */
const char *efasim_value_form(enum efasim_value_type type);

#endif
