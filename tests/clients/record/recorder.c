/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The file of a recording, and the library's calls (recorder.h). */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "attribute_text.h"

#ifndef O_BINARY
#define O_BINARY 0
#endif

static struct library_calls calls;
static pthread_once_t calls_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int file = -1;
static pid_t owner; /* of the file */

static void find_calls(void)
{
#define FIND_CALL(type, name, parameters, arguments) library_find(#name, &calls.name);
#define FIND_ANSWER(type, name, parameters, arguments, answer) library_find(#name, &calls.name);
    EFAWIN_CALLS(FIND_CALL, FIND_CALL, FIND_CALL, FIND_CALL, FIND_CALL)
    EFAWIN_OPTIONAL_CALLS(FIND_CALL, FIND_CALL, FIND_CALL, FIND_ANSWER, FIND_CALL)
    CALLS_OF_LINUX(FIND_CALL)
}

const struct library_calls *library(void)
{
    pthread_once(&calls_once, find_calls);
    return &calls;
}

static void add_arguments(struct text *text, const char *format, va_list arguments)
{
    va_list again;
    int needed;

    va_copy(again, arguments);
    needed = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (needed < 0)
        abort();
    if (text->length + (size_t)needed + 2 > text->room) {
        text->room = 2 * (text->length + (size_t)needed + 2);
        text->characters = realloc(text->characters, text->room);
        if (!text->characters)
            abort();
    }
    vsnprintf(text->characters + text->length, (size_t)needed + 1, format, arguments);
    text->length += (size_t)needed;
}

void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add_arguments(text, format, arguments);
    va_end(arguments);
}

uint64_t record_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void write_line(const struct text *line)
{
    const char *folder = getenv("EFASIM_RECORD");
    char path[300];

    if (!folder)
        return;
    if (owner != getpid()) {
        owner = getpid();
        snprintf(path, sizeof path, "%s/%ld", folder, (long)owner);
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_BINARY, 0600);
    }
    if (file < 0 || write(file, line->characters, line->length) != (ssize_t)line->length) {
        fprintf(stderr, "libefasim-record: cannot write into %s: %s\n", folder, strerror(errno));
        abort();
    }
}

void record(uint64_t time, const char *format, ...)
{
    struct text line = {NULL, 0, 0};
    int error = errno;
    va_list arguments;

    text_add(&line, "%llu ", (unsigned long long)time);
    va_start(arguments, format);
    add_arguments(&line, format, arguments);
    va_end(arguments);
    text_add(&line, "\n");
    pthread_mutex_lock(&mutex);
    write_line(&line);
    pthread_mutex_unlock(&mutex);
    free(line.characters);
    errno = error;
}

const char *object_of(const void *object)
{
    static _Thread_local char text[32];

    if (!object)
        return text_of_error(library_errno());
    snprintf(text, sizeof text, "@%p", object);
    return text;
}
