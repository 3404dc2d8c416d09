/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs a fuzz target on files and on all files in folders, without a fuzzer: the corpora and
 * earlier failures become ordinary tests, with any compiler. A failure ends the process; the last
 * line of the output names the file.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static char current[4096] = "the empty input";
static unsigned replayed;

static void say_file(int signal_number)
{
    ssize_t ignored = write(STDERR_FILENO, "failed on ", 10);

    ignored = write(STDERR_FILENO, current, strlen(current));
    ignored = write(STDERR_FILENO, "\n", 1);
    (void)ignored;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static bool replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;
    bool ok = false;

    if (file && fseek(file, 0, SEEK_END) == 0)
        size = ftell(file);
    if (size >= 0 && fseek(file, 0, SEEK_SET) == 0) {
        /* An allocation of exactly this size: reading past it is seen. */
        data = malloc(size != 0 ? (size_t)size : 1);
        ok = data && fread(data, 1, (size_t)size, file) == (size_t)size;
    }
    if (file)
        fclose(file);
    if (!ok) {
        fprintf(stderr, "cannot read %s\n", path);
    } else {
        snprintf(current, sizeof current, "%s", path);
        LLVMFuzzerTestOneInput(data, (size_t)size);
        replayed++;
    }
    free(data);
    return ok;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool replay(const char *path);

static bool replay_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, by_name);
    bool ok = count >= 0;

    for (int i = 0; i < count; i++) {
        char inner[4096];

        if (entries[i]->d_name[0] != '.') {
            snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
            ok = replay(inner) && ok;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return ok;
}

static bool replay(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        fprintf(stderr, "there is no %s\n", path);
        return false;
    }
    return S_ISDIR(info.st_mode) ? replay_folder(path) : replay_file(path);
}

int main(int argc, char **argv)
{
    static const uint8_t nothing[1];
    bool ok = true;

    signal(SIGABRT, say_file);
    signal(SIGSEGV, say_file);
    signal(SIGBUS, say_file);
    signal(SIGFPE, say_file);
    signal(SIGILL, say_file);
    LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc; i++)
        ok = replay(argv[i]) && ok;
    printf("%u inputs replayed\n", replayed);
    return ok && replayed != 0 ? 0 : 1;
}
