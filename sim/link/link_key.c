/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Reading and making the key file. */
#define _GNU_SOURCE
#include "link_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGITS ((size_t)LINK_KEY_SIZE * 2)
#define OTHERS (S_IRWXG | S_IRWXO)

bool link_key_prepare(char *message, size_t message_size)
{
    if (sodium_init() >= 0)
        return true;
    snprintf(message, message_size,
             "cannot initialise libsodium: the system has no random numbers");
    return false;
}

static bool check_owner(const char *path, int file, char *message, size_t message_size)
{
    struct stat found;

    if (fstat(file, &found) != 0) {
        snprintf(message, message_size, "cannot inspect the key %s: %s", path, strerror(errno));
        return false;
    }
    if (!S_ISREG(found.st_mode)) {
        snprintf(message, message_size, "the key %s is not a file", path);
        return false;
    }
    if (found.st_uid != geteuid()) {
        snprintf(message, message_size, "the key %s belongs to user %u, and you are %u", path,
                 (unsigned)found.st_uid, (unsigned)geteuid());
        return false;
    }
    if ((found.st_mode & OTHERS) != 0) {
        snprintf(message, message_size,
                 "the key %s has mode %03o: other users may use it; chmod 600 %s", path,
                 (unsigned)(found.st_mode & 0777), path);
        return false;
    }
    return true;
}

static bool decode(const char *text, size_t length, unsigned char key[LINK_KEY_SIZE])
{
    size_t size = 0;
    const char *end;

    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    return length == DIGITS &&
           sodium_hex2bin(key, LINK_KEY_SIZE, text, length, NULL, &size, &end) == 0 &&
           size == LINK_KEY_SIZE && end == text + length;
}

bool link_key_read(const char *path, unsigned char key[LINK_KEY_SIZE], char *message,
                   size_t message_size)
{
    char text[DIGITS + 3];
    ssize_t length;
    bool ok = false;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (file < 0) {
        snprintf(message, message_size, "cannot open the key %s: %s; efasim key %s makes it", path,
                 strerror(errno), path);
        return false;
    }
    if (!check_owner(path, file, message, message_size))
        goto close_file;
    length = read(file, text, sizeof text);
    ok = length >= 0 && decode(text, (size_t)length, key);
    if (length < 0)
        snprintf(message, message_size, "cannot read the key %s: %s", path, strerror(errno));
    else if (!ok)
        snprintf(message, message_size,
                 "the key %s is not %zu hexadecimal digits; efasim key writes such a file", path,
                 DIGITS);
    sodium_memzero(text, sizeof text);
close_file:
    close(file);
    return ok;
}

bool link_key_make(const char *path, char *message, size_t message_size)
{
    unsigned char key[LINK_KEY_SIZE];
    char text[DIGITS + 2];
    ssize_t length = (ssize_t)DIGITS + 1, written;
    int error, file;

    if (!link_key_prepare(message, message_size))
        return false;
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) {
        snprintf(message, message_size, "cannot make the key %s: %s", path, strerror(errno));
        return false;
    }
    randombytes_buf(key, sizeof key);
    sodium_bin2hex(text, sizeof text, key, sizeof key);
    text[DIGITS] = '\n';
    written = write(file, text, (size_t)length);
    error = written < 0 ? errno : written < length ? ENOSPC : 0;
    if (close(file) != 0 && error == 0)
        error = errno;
    if (error != 0) {
        snprintf(message, message_size, "cannot write the key %s: %s", path, strerror(error));
        unlink(path);
    }
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    return error == 0;
}
