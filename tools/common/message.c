/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Messages of the tools; see message.h. */
#include "message.h"

#include <stdio.h>
#include <string.h>

static char *kept;
static size_t kept_size;
static char *first_text;
static size_t first_size;
static uint32_t first_is_taken;

void tool_keep_errors(char *text, size_t size)
{
    kept = text;
    kept_size = size;
    if (text)
        text[0] = '\0';
}

bool tool_keeps_errors(void)
{
    return kept != NULL;
}

void tool_print_first_only(char *first, size_t size)
{
    first_text = first;
    first_size = size;
    first_is_taken = 0;
    if (first)
        first[0] = '\0';
}

void tool_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    tool_error_list(format, arguments);
    va_end(arguments);
}

void tool_error_list(const char *format, va_list arguments)
{
    if (kept) {
        if (kept[0] == '\0')
            vsnprintf(kept, kept_size, format, arguments);
        return;
    }
    if (first_text) {
        va_list again;

        if (efa_exchange_acquire_u32(&first_is_taken, 1))
            return;
        va_copy(again, arguments);
        vsnprintf(first_text, first_size, format, again);
        va_end(again);
    }
    /* If standard output and standard error go to one terminal or file, earlier output must come
     * before the failure. */
    fflush(stdout);
    fprintf(stderr, "%s: ", tool_name);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    fflush(stderr);
}

const char *tool_errno_text(int error)
{
    return error == 0 ? "no error code given" : strerror(error);
}
