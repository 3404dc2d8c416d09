/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A small bounded printf. */
#include "format.h"

void efasim_text_init(struct efasim_text *text, char *buffer, size_t size)
{
    text->buffer = buffer;
    text->size = size;
    text->used = 0;
    if (size != 0)
        buffer[0] = '\0';
}

static void add_char(struct efasim_text *text, char c)
{
    if (text->used + 1 >= text->size)
        return;
    text->buffer[text->used++] = c;
    text->buffer[text->used] = '\0';
}

static void add_string(struct efasim_text *text, const char *string, size_t width)
{
    size_t length = 0;
    for (; string[length] != '\0'; length++)
        add_char(text, string[length]);
    for (; length < width; length++)
        add_char(text, ' ');
}

static void add_number(struct efasim_text *text, uint64_t value, unsigned base, size_t width,
                       char fill)
{
    char digits[24];
    size_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    for (size_t i = count; i < width; i++)
        add_char(text, fill);
    while (count > 0)
        add_char(text, digits[--count]);
}

/* Writes one conversion; `p` points after the per cent sign. Returns the rest of the format. */
static const char *add_conversion(struct efasim_text *text, const char *p, va_list *arguments)
{
    char fill = ' ';
    size_t width = 0;
    bool is_long = false;

    if (*p == '0')
        fill = '0';
    while (*p >= '0' && *p <= '9')
        width = width * 10 + (size_t)(*p++ - '0');
    if (p[0] == 'l' && p[1] == 'l') {
        is_long = true;
        p += 2;
    } else if (p[0] == 'z') {
        is_long = sizeof(size_t) == sizeof(uint64_t);
        p++;
    }
    switch (*p) {
    case 's':
        add_string(text, va_arg(*arguments, const char *), width);
        break;
    case 'c':
        add_char(text, (char)va_arg(*arguments, int));
        break;
    case 'u':
    case 'x':
        add_number(text, is_long ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned),
                   *p == 'u' ? 10 : 16, width, fill);
        break;
    case 'd': {
        int value = va_arg(*arguments, int);
        if (value < 0)
            add_char(text, '-');
        add_number(text, value < 0 ? 0u - (unsigned)value : (unsigned)value, 10, width, fill);
        break;
    }
    case '\0':
        return p;
    default:
        add_char(text, *p);
        break;
    }
    return p + 1;
}

void efasim_text_addv(struct efasim_text *text, const char *format, va_list arguments)
{
    va_list rest;
    va_copy(rest, arguments);
    while (*format != '\0') {
        char c = *format++;
        if (c == '%')
            format = add_conversion(text, format, &rest);
        else
            add_char(text, c);
    }
    va_end(rest);
}

void efasim_text_add(struct efasim_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    efasim_text_addv(text, format, arguments);
    va_end(arguments);
}

void efasim_text_add_bytes(struct efasim_text *text, const void *bytes, size_t count)
{
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < count; i++) {
        if (i != 0 && i % 4 == 0)
            add_char(text, ' ');
        add_number(text, byte[i], 16, 2, '0');
    }
}
