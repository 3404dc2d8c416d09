/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Words and values of the configuration's text form. */
#include "value.h"

#include "../../src/driver/protocol.h"
#include "config.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == ',';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 16 if it is not a digit. */
static unsigned hex_digit(char c)
{
    if (is_digit(c))
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 16;
}

bool efasim_word_is(const struct efasim_word *word, const char *string)
{
    size_t i = 0;
    while (i < word->size && string[i] != '\0' && string[i] == word->start[i])
        i++;
    return i == word->size && string[i] == '\0';
}

struct efasim_word efasim_trim(const char *start, const char *end)
{
    while (start < end && is_space(*start))
        start++;
    while (end > start && is_space(end[-1]))
        end--;
    struct efasim_word word = {start, (size_t)(end - start)};
    return word;
}

struct efasim_word efasim_next_word(struct efasim_word *rest)
{
    const char *end = rest->start + rest->size;
    const char *p = rest->start;
    while (p < end && is_space(*p))
        p++;
    struct efasim_word word = {p, 0};
    while (p < end && !is_space(*p))
        p++;
    word.size = (size_t)(p - word.start);
    rest->start = p;
    rest->size = (size_t)(end - p);
    return word;
}

bool efasim_word_is_name(const struct efasim_word *word)
{
    for (size_t i = 0; i < word->size; i++) {
        char c = word->start[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
              c == '-' || c == '.'))
            return false;
    }
    return word->size != 0 && word->size < EFASIM_NAME_SIZE;
}

void efasim_word_text(const struct efasim_word *word, char *buffer, size_t size)
{
    size_t used = 0;
    for (; used < word->size && used + 1 < size; used++) {
        char c = word->start[used];
        buffer[used] = '?';
        if (c >= ' ' && c <= '~')
            buffer[used] = c;
    }
    buffer[used] = '\0';
}

unsigned efasim_word_distance(const struct efasim_word *word, const char *string)
{
    enum { LONGEST = 40 };
    unsigned row[LONGEST + 1];
    size_t length = 0;

    while (string[length] != '\0')
        length++;
    if (length > LONGEST || word->size > LONGEST)
        return 1000;
    for (unsigned k = 0; k <= length; k++)
        row[k] = k;
    for (size_t i = 1; i <= word->size; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t k = 1; k <= length; k++) {
            unsigned best = diagonal + (word->start[i - 1] != string[k - 1]);
            diagonal = row[k];
            if (row[k] + 1 < best)
                best = row[k] + 1;
            if (row[k - 1] + 1 < best)
                best = row[k - 1] + 1;
            row[k] = best;
        }
    }
    return row[length];
}

static bool is_hexadecimal_number(const struct efasim_word *word)
{
    return word->size > 2 && word->start[0] == '0' &&
           (word->start[1] == 'x' || word->start[1] == 'X');
}

/* Parses the digits at the start of `word` and removes them from it. */
static bool take_number(struct efasim_word *word, uint64_t *value)
{
    unsigned base = 10;
    size_t used = 0;

    *value = 0;
    if (is_hexadecimal_number(word)) {
        base = 16;
        word->start += 2;
        word->size -= 2;
    }
    while (used < word->size && hex_digit(word->start[used]) < base) {
        uint64_t digit = hex_digit(word->start[used]);
        if (*value > (UINT64_MAX - digit) / base)
            return false;
        *value = *value * base + digit;
        used++;
    }
    word->start += used;
    word->size -= used;
    return used != 0;
}

struct unit {
    const char *name;
    uint64_t factor;
};

/* The decimals behind a point, which are taken off: `numerator` of `denominator` parts. */
static bool take_fraction(struct efasim_word *word, uint64_t *numerator, uint64_t *denominator)
{
    const uint64_t longest = 1000000000;

    *numerator = 0;
    *denominator = 1;
    if (word->size == 0 || word->start[0] != '.')
        return true;
    word->start++;
    word->size--;
    while (word->size != 0 && is_digit(word->start[0])) {
        if (*denominator == longest)
            return false;
        *denominator *= 10;
        *numerator = *numerator * 10 + (uint64_t)(word->start[0] - '0');
        word->start++;
        word->size--;
    }
    return *denominator != 1;
}

/*
 * A number and its unit. With decimals, such as 1.5us, it must still be a whole number of the
 * smallest.
 */
static bool parse_scaled(struct efasim_word *word, const struct unit *units, size_t count,
                         uint64_t *value)
{
    const bool is_hexadecimal = is_hexadecimal_number(word);
    uint64_t numerator, denominator;

    if (!take_number(word, value))
        return false;
    if (is_hexadecimal && word->size != 0 && word->start[0] == '.')
        return false;
    if (!take_fraction(word, &numerator, &denominator))
        return false;
    for (size_t i = 0; i < count; i++) {
        uint64_t part;

        if (!efasim_word_is(word, units[i].name))
            continue;
        if (numerator * units[i].factor % denominator != 0)
            return false;
        part = numerator * units[i].factor / denominator;
        if (*value > (UINT64_MAX - part) / units[i].factor)
            return false;
        *value = *value * units[i].factor + part;
        return true;
    }
    return false;
}

/* After the digits of a percentage: up to four decimals and the sign. */
static bool parse_percentage(struct efasim_word *word, uint64_t *value)
{
    uint64_t weight = 1000;

    if (*value > 100)
        return false;
    *value *= 10000;
    if (word->size != 0 && word->start[0] == '.') {
        word->start++;
        word->size--;
        for (; word->size != 0 && is_digit(word->start[0]) && weight != 0; weight /= 10) {
            *value += (uint64_t)(word->start[0] - '0') * weight;
            word->start++;
            word->size--;
        }
    }
    return efasim_word_is(word, "%");
}

static bool parse_bool(const struct efasim_word *word, uint64_t *value)
{
    static const char *const yes[] = {"yes", "true", "on", "1"};
    static const char *const no[] = {"no", "false", "off", "0"};
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(yes); i++) {
        if (efasim_word_is(word, yes[i]) || efasim_word_is(word, no[i])) {
            *value = efasim_word_is(word, yes[i]);
            return true;
        }
    }
    return false;
}

static bool parse_versions(struct efasim_word rest, uint64_t *value)
{
    struct efasim_word word;
    *value = 0;
    while ((word = efasim_next_word(&rest)).size != 0) {
        if (word.size != 1 || word.start[0] < '0' + (char)EFA_INTERFACE_VERSION_OLDEST ||
            word.start[0] > '0' + (char)EFA_INTERFACE_VERSION_NEWEST)
            return false;
        *value |= 1u << (unsigned)(word.start[0] - '0');
    }
    return *value != 0;
}

/* The bit of a feature's name, or 0. */
static uint32_t feature_bit(const struct efasim_word *word)
{
#define FEATURE(name, bit, text, modifies_qps) \
    if (efasim_word_is(word, text))            \
        return bit;
    EFA_FEATURE_TABLE(FEATURE)
#undef FEATURE
    return 0;
}

static bool parse_features(struct efasim_word rest, uint64_t *value)
{
    struct efasim_word word;
    *value = 0;
    while ((word = efasim_next_word(&rest)).size != 0) {
        struct efasim_word digits = word;
        uint64_t number;
        uint32_t bit = feature_bit(&word);
        if (bit != 0)
            *value |= bit;
        else if (take_number(&digits, &number) && digits.size == 0)
            *value |= number;
        else if (!efasim_word_is(&word, "none"))
            return false;
    }
    return true;
}

static bool parse_duplicate_ah(const struct efasim_word *word, uint64_t *value)
{
    static const char *const names[] = {EFASIM_DUPLICATE_AH_NAMES};

    for (unsigned i = 0; i < EFA_ARRAY_SIZE(names); i++) {
        if (efasim_word_is(word, names[i])) {
            *value = i;
            return true;
        }
    }
    return false;
}

bool efasim_parse_value(enum efasim_value_type type, const struct efasim_word *word,
                        uint64_t *value)
{
    static const struct unit sizes[] = {{"", 1}, {"k", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}};
    static const struct unit times[] = {
        {"", 1}, {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};
    struct efasim_word rest = *word;

    switch (type) {
    case EFASIM_VALUE_NUMBER:
        return take_number(&rest, value) && rest.size == 0;
    case EFASIM_VALUE_SIZE:
        return parse_scaled(&rest, sizes, EFA_ARRAY_SIZE(sizes), value);
    case EFASIM_VALUE_TIME:
        return parse_scaled(&rest, times, EFA_ARRAY_SIZE(times), value);
    case EFASIM_VALUE_PARTS:
        if (!take_number(&rest, value))
            return false;
        return rest.size == 0 ? *value <= 1000000 : parse_percentage(&rest, value);
    case EFASIM_VALUE_BOOL:
        return parse_bool(word, value);
    case EFASIM_VALUE_VERSIONS:
        return parse_versions(rest, value);
    case EFASIM_VALUE_FEATURES:
        return parse_features(rest, value);
    case EFASIM_VALUE_DUPLICATE_AH:
        return parse_duplicate_ah(word, value);
    default:
        return false;
    }
}

bool efasim_parse_gid(const struct efasim_word *word, uint8_t gid[16])
{
    unsigned digits = 0;
    for (size_t i = 0; i < word->size; i++) {
        unsigned digit = hex_digit(word->start[i]);
        if (word->start[i] == ':' && digits % 4 == 0 && digits != 0)
            continue;
        if (digit == 16 || digits == 32)
            return false;
        gid[digits / 2] = (uint8_t)(digits % 2 == 0 ? digit << 4 : gid[digits / 2] | digit);
        digits++;
    }
    return digits == 32;
}

const char *efasim_value_form(enum efasim_value_type type)
{
    switch (type) {
    case EFASIM_VALUE_NUMBER:
        return "a number such as 17 or 0x11";
    case EFASIM_VALUE_SIZE:
        return "a number of bytes such as 512, 8k, 1.5M or 1G";
    case EFASIM_VALUE_TIME:
        return "a time such as 500ns, 20us, 1.5ms or 1s";
    case EFASIM_VALUE_PARTS:
        return "a share such as 1%, 0.05% or 10000 (of a million)";
    case EFASIM_VALUE_BOOL:
        return "yes or no";
    case EFASIM_VALUE_VERSIONS:
        return "one or more of 1 2 3";
    case EFASIM_VALUE_FEATURES:
#define FEATURE(name, bit, text, modifies_qps) " " text
        return "none, or one or more of" EFA_FEATURE_TABLE(FEATURE);
#undef FEATURE
    case EFASIM_VALUE_DUPLICATE_AH:
        return "count, reject or alias";
    case EFASIM_VALUE_GID:
        return "32 hexadecimal digits, such as fe80:0000:0000:0000:0200:0000:001d:0f01";
    }
    return "something else";
}
