/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Reads a configuration and the files that it names. */
#include "config_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_FILE ((size_t)16 << 20)
#define LONGEST_PATH 4096

#ifdef _WIN32

/* Children do not inherit it. The programs' code page is UTF-8. */
#define READ_MODE "rbN"

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* From a drive or from the root; a path such as "C:x" also starts elsewhere than in the folder. */
static bool is_absolute(const char *path, size_t size)
{
    return is_slash(path[0]) || (size > 1 && path[1] == ':');
}

#else

#define READ_MODE "re"

static bool is_slash(char c)
{
    return c == '/';
}

static bool is_absolute(const char *path, size_t size)
{
    (void)size;
    return is_slash(path[0]);
}

#endif

static bool find(const char *config_path, const char *path, size_t path_size, char *found)
{
    int folder = config_path && !is_absolute(path, path_size) ? (int)strlen(config_path) : 0;
    int length;

    while (folder > 0 && !is_slash(config_path[folder - 1]))
        folder--;
    length = snprintf(found, LONGEST_PATH, "%.*s%.*s", folder, config_path ? config_path : "",
                      (int)path_size, path);

    return length > 0 && length < LONGEST_PATH;
}

static bool read_whole(FILE *file, char **text, size_t *size)
{
    char *room = malloc(LONGEST_FILE + 1);

    if (!room) {
        errno = ENOMEM;
        return false;
    }
    *size = fread(room, 1, LONGEST_FILE + 1, file);
    if (!ferror(file) && *size <= LONGEST_FILE) {
        *text = room;
        return true;
    }
    if (*size > LONGEST_FILE)
        errno = EFBIG;
    free(room);
    return false;
}

static bool read_file(void *context, const char *path, size_t path_size, char **text, size_t *size,
                      char *reason, size_t reason_size)
{
    const char *config_path = context;
    char found[LONGEST_PATH];
    FILE *file;
    bool ok;

    if (path_size == 0 || path_size >= LONGEST_PATH || !find(config_path, path, path_size, found)) {
        snprintf(reason, reason_size, "a path of 1 to %d characters must be given",
                 LONGEST_PATH - 1);
        return false;
    }
    file = fopen(found, READ_MODE);
    ok = file && read_whole(file, text, size);
    if (!ok && errno == EFBIG)
        snprintf(reason, reason_size, "is too long: a file has at most %zu bytes", LONGEST_FILE);
    else if (!ok)
        snprintf(reason, reason_size, "cannot be read: %s", strerror(errno));
    if (file)
        fclose(file);
    return ok;
}

static void release(void *context, char *text)
{
    (void)context;
    free(text);
}

struct efasim_config_files efasim_files_beside(const char *config_path)
{
    struct efasim_config_files files = {(void *)(uintptr_t)config_path, read_file, release};

    return files;
}

bool efasim_read_config_file(const char *path, struct efasim_config *config, char *message,
                             size_t message_size)
{
    const struct efasim_config_files here = efasim_files_beside(NULL);
    const struct efasim_config_files files = efasim_files_beside(path);
    char *text, reason[300];
    size_t size;
    bool ok;

    if (!path)
        return true;
    if (!here.read(here.context, path, strlen(path), &text, &size, reason, sizeof reason)) {
        snprintf(message, message_size, "the configuration %s %s", path, reason);
        return false;
    }
    ok = efasim_config_parse_with(config, text, size, &files, reason, sizeof reason);
    if (!ok)
        snprintf(message, message_size, "%s: %s", path, reason);
    here.release(here.context, text);
    return ok;
}
