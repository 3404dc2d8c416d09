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
        snprintf(short_form, sizeof(short_form), "-%c, ", letter);
    width = snprintf(left, sizeof(left), "  %s--%s%s%s", short_form, name, argument ? " " : "",
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
    printf("Usage: %s %s\n\nOptions beside those of --help:\n\n", tool_name, line->synopsis);
    print_options(line, line->first_count, line->option_count);
    printf("\n%s", line->more);
}

static const struct tool_option *find_option(const struct tool_command_line *line, char letter,
                                             const char *name, size_t name_length)
{
    for (size_t i = 0; i < line->option_count; i++) {
        const struct tool_option *option = &line->options[i];
        if (name == NULL ? option->letter == letter
                         : strlen(option->name) == name_length &&
                               memcmp(option->name, name, name_length) == 0)
            return option;
    }
    return NULL;
}

/* Decimal, or hexadecimal after 0x; the whole text, without sign or blanks. */
static bool parse_number(const char *text, uint64_t *number)
{
    const bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const uint64_t base = hexadecimal ? 16 : 10;
    uint64_t sum = 0;

    if (hexadecimal)
        text += 2;
    if (*text == '\0')
        return false;
    for (; *text; text++) {
        const char *digits = "0123456789abcdef";
        const char lower = *text >= 'A' && *text <= 'F' ? (char)(*text - 'A' + 'a') : *text;
        const char *digit = strchr(digits, lower);
        if (digit == NULL || (uint64_t)(digit - digits) >= base)
            return false;
        if (sum > (UINT64_MAX - (uint64_t)(digit - digits)) / base)
            return false;
        sum = sum * base + (uint64_t)(digit - digits);
    }
    *number = sum;
    return true;
}

static bool set_option(const struct tool_option *option, const char *value)
{
    if (option->kind == TOOL_FLAG) {
        *(bool *)option->value = true;
    } else if (option->kind == TOOL_TEXT) {
        *(const char **)option->value = value;
    } else {
        uint64_t number;
        if (!parse_number(value, &number) || number < option->min || number > option->max) {
            tool_error("--%s %s: must be a number from %" PRIu64 " to %" PRIu64, option->name,
                       value, option->min, option->max);
            return false;
        }
        *(uint64_t *)option->value = number;
    }
    return true;
}

/* Handles argv[*index], an option, and the value that may follow it. */
static bool take_option(const struct tool_command_line *line, int argc, char **argv, int *index)
{
    const char *text = argv[*index];
    const bool is_long = text[1] == '-';
    const char *name = is_long ? text + 2 : NULL;
    const size_t name_length = is_long ? strcspn(name, "=") : 0;
    const char *attached = NULL;
    const struct tool_option *option = find_option(line, text[1], name, name_length);

    if (option == NULL) {
        tool_error("unknown option '%s' (see --help)", text);
        return false;
    }
    if (is_long && name[name_length] == '=')
        attached = name + name_length + 1;
    else if (!is_long && text[2] != '\0')
        attached = text + 2;
    if (option->kind == TOOL_FLAG) {
        if (attached != NULL) {
            tool_error("--%s takes no value (got '%s')", option->name, text);
            return false;
        }
        return set_option(option, NULL);
    }
    if (attached == NULL) {
        if (*index + 1 >= argc) {
            tool_error("--%s needs a value: %s", option->name, option->help);
            return false;
        }
        attached = argv[++*index];
    }
    return set_option(option, attached);
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
        if (options_ended || text[0] != '-' || text[1] == '\0') {
            if (text[0] == '\0') {
                tool_error(
                    "an argument is empty: name what is meant, or leave it out (see --help)");
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
    tool_error("standard output did not take all that was printed: see where it leads");
    return TOOL_FAILED;
}
