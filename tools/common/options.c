/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The option parser; see options.h. */
#include "options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "version.h"

#define HELP_COLUMN 26

static void print_option(char letter, const char *name, const char *argument, const char *help)
{
    char left[64];
    char short_form[8] = "    ";
    int width;

    if (letter)
        snprintf(short_form, sizeof short_form, "-%c, ", letter);
    width = snprintf(left, sizeof left, "  %s--%s%s%s", short_form, name, argument ? " " : "",
                     argument ? argument : "");

    if (width < HELP_COLUMN)
        printf("%-*s%s\n", HELP_COLUMN, left, help);
    else
        printf("%s\n%*s%s\n", left, HELP_COLUMN, "", help);
}

static void print_options(const struct tool_command_line *line, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct tool_option *option = &line->options[i];
        print_option(option->letter, option->name, option->argument, option->help);
    }
}

static void print_help(const struct tool_command_line *line)
{
    const bool has_more = line->first_count > 0;

    printf("Usage: %s %s\n\n%s\n\n", tool_name, line->synopsis, line->summary);
    print_options(line, 0, has_more ? line->first_count : line->option_count);
    if (has_more)
        print_option('h', "help", "[more]", "this text, or the other options");
    else
        print_option('h', "help", NULL, "this text");
    print_option(0, "version", NULL, "versions of program, library and driver");
    printf("\nExamples:\n%s\nExit status: 0 success, 1 failure, 2 wrong usage%s.\n", line->examples,
           line->more_statuses ? line->more_statuses : "");
}

static void print_more_help(const struct tool_command_line *line)
{
    printf(
        "Usage: %s %s\n\nOptions beside those of --help; four figures are for lat, bw, rate and "
        "read:\n\n",
        tool_name, line->synopsis);
    print_options(line, line->first_count, line->option_count);
    printf("\n%s", line->more);
}

static const struct tool_option *find_option(const struct tool_command_line *line, char letter,
                                             const char *name, size_t name_length)
{
    for (size_t i = 0; i < line->option_count; i++) {
        const struct tool_option *option = &line->options[i];
        if (name ? strlen(option->name) == name_length &&
                       memcmp(option->name, name, name_length) == 0
                 : option->letter == letter)
            return option;
    }
    return NULL;
}

/* Decimal, or hexadecimal after 0x; all characters, without sign or blanks. */
static bool parse_number(const char *text, size_t length, uint64_t *number)
{
    const bool hexadecimal = length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const uint64_t base = hexadecimal ? 16 : 10;
    size_t i = hexadecimal ? 2 : 0;
    uint64_t sum = 0;

    if (length == 0)
        return false;
    for (; i < length; i++) {
        static const char digits[] = "0123456789abcdef";
        const char lower = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];
        const char *digit = lower != '\0' ? strchr(digits, lower) : NULL;

        if (!digit || (uint64_t)(digit - digits) >= base)
            return false;
        if (sum > (UINT64_MAX - (uint64_t)(digit - digits)) / base)
            return false;
        sum = sum * base + (uint64_t)(digit - digits);
    }
    *number = sum;
    return true;
}

bool tool_parse_figure(const char *text, size_t length, uint64_t thousand, uint64_t *figure)
{
    static const char suffixes[] = "kmgKMG";
    const char last = length > 0 ? text[length - 1] : '\0';
    const char *suffix = last != '\0' ? strchr(suffixes, last) : NULL;
    uint64_t factor = 1;

    if (suffix) {
        length--;
        for (ptrdiff_t i = (suffix - suffixes) % 3; i >= 0; i--)
            factor *= thousand;
    }
    if (!parse_number(text, length, figure) || *figure > UINT64_MAX / factor)
        return false;
    *figure *= factor;
    return true;
}

static bool set_number(const struct tool_option *option, const char *value)
{
    const bool is_size = option->kind == TOOL_SIZE;
    const size_t length = strlen(value);
    uint64_t number;

    if (!(is_size ? tool_parse_figure(value, length, 1024, &number)
                  : parse_number(value, length, &number)) ||
        number < option->min || number > option->max) {
        tool_error("--%s %s: must be a number from %" PRIu64 " to %" PRIu64 "%s", option->name,
                   value, option->min, option->max,
                   is_size ? " (k and m are for 1024 and 1024^2)" : "");
        return false;
    }
    *(uint64_t *)option->value = number;
    return true;
}

static bool set_option(const struct tool_option *option, const char *value)
{
    switch (option->kind) {
    case TOOL_FLAG:
        *(bool *)option->value = true;
        return true;
    case TOOL_TEXT:
        *(const char **)option->value = value;
        return true;
    default:
        return set_number(option, value);
    }
}

static bool unknown_option(const char *text)
{
    tool_error("unknown option '%s' (see --help)", text);
    return false;
}

/* `attached` is the value in the same argument. NULL: the next argument is the value. */
static bool take_value(const struct tool_option *option, int argc, char **argv, int *index,
                       const char *attached)
{
    const char *value = attached;

    if (!value) {
        if (*index + 1 >= argc) {
            tool_error("--%s needs a value: %s", option->name, option->help);
            return false;
        }
        value = argv[++*index];
        /* A text that is not a number has its own message. */
        if (option->kind == TOOL_TEXT && value[0] == '-' && value[1] != '\0') {
            tool_error(
                "--%s '%s': its value is missing; if the value begins with '-', write it "
                "like this: --%s=%s",
                option->name, value, option->name, value);
            return false;
        }
    }
    return set_option(option, value);
}

/* Several letters in one argument: flags, and a last one that may take a value. */
static bool take_letters(const struct tool_command_line *line, int argc, char **argv, int *index)
{
    const char *text = argv[*index];

    for (const char *letter = text + 1; *letter; letter++) {
        const struct tool_option *option = find_option(line, *letter, NULL, 0);

        if (!option && letter == text + 1)
            return unknown_option(text);
        if (!option) {
            tool_error("unknown option '-%c' in '%s' (see --help)", *letter, text);
            return false;
        }
        if (option->kind != TOOL_FLAG)
            return take_value(option, argc, argv, index, letter[1] ? letter + 1 : NULL);
        set_option(option, NULL);
    }
    return true;
}

/* Handles the option argv[*index], and its value if it has one. */
static bool take_option(const struct tool_command_line *line, int argc, char **argv, int *index)
{
    const char *text = argv[*index], *name = text + 2;
    const size_t length = text[1] == '-' ? strcspn(name, "=") : 0;
    const struct tool_option *option;

    if (text[1] != '-')
        return take_letters(line, argc, argv, index);
    option = find_option(line, '\0', name, length);
    if (!option)
        return unknown_option(text);
    if (option->kind != TOOL_FLAG)
        return take_value(option, argc, argv, index, name[length] ? name + length + 1 : NULL);
    if (name[length] == '=') {
        tool_error("--%s takes no value (got '%s')", option->name, text);
        return false;
    }
    return set_option(option, NULL);
}

static bool is_request(const char *text, const char *letter, const char *name)
{
    return strcmp(text, letter) == 0 || strcmp(text, name) == 0;
}

bool tool_parse_options(const struct tool_command_line *line, int argc, char **argv, int *status)
{
    size_t operand_count = 0;
    bool options_ended = false;

    for (size_t i = 0; i < line->operand_limit; i++)
        line->operands[i] = NULL;
    for (int i = 1; i < argc; i++) {
        const char *text = argv[i];
        if (!options_ended && strcmp(text, "/?") == 0)
            text = "--help";
        if (options_ended || text[0] != '-' || text[1] == '\0') {
            if (text[0] == '\0') {
                tool_error("an argument is empty: give it a value, or leave it out (see --help)");
                *status = TOOL_USAGE;
                return false;
            }
            if (operand_count == line->operand_limit) {
                tool_error("'%s' is one argument too many (see --help)", text);
                *status = TOOL_USAGE;
                return false;
            }
            line->operands[operand_count++] = text;
        } else if (strcmp(text, "--") == 0) {
            options_ended = true;
        } else if (is_request(text, "-h", "--help")) {
            if (line->first_count > 0 && i + 1 < argc && strcmp(argv[i + 1], "more") == 0)
                print_more_help(line);
            else
                print_help(line);
            *status = tool_end(TOOL_OK);
            return false;
        } else if (is_request(text, "--version", "--version")) {
            tool_print_versions();
            *status = tool_end(TOOL_OK);
            return false;
        } else if (!take_option(line, argc, argv, &i)) {
            *status = TOOL_USAGE;
            return false;
        }
    }
    return true;
}

int tool_end(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    tool_error(
        "writing to standard output failed: see where it goes, and whether the disk is full");
    return TOOL_FAILED;
}
