/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A small bounded printf that needs no C library. It understands %s %c %u %d %x %llu %llx %zu %%,
 * and a width with or without leading zeros.
 */
#ifndef EFASIM_FORMAT_H
#define EFASIM_FORMAT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "../../src/os/compiler.h"

/* A text in a fixed buffer, always terminated. What does not fit is cut off. */
struct efasim_text {
    char *buffer;
    size_t size;
    size_t used;
};

void efasim_text_init(struct efasim_text *text, char *buffer, size_t size);
void efasim_text_addv(struct efasim_text *text, const char *format, va_list arguments);
void efasim_text_add(struct efasim_text *text, const char *format, ...) EFA_PRINTF(2, 3);
/* Bytes as hexadecimal digits, a space after every fourth byte. */
void efasim_text_add_bytes(struct efasim_text *text, const void *bytes, size_t count);

#endif
