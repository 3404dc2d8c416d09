/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Where instances are on Linux. */
#include "instance.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/os/compiler.h"

#define SOCKET_ENDING ".socket"

/* Composes a path; false if it is too long. */
static EFA_PRINTF(2, 3) bool compose(char path[EFASIM_INSTANCE_PATH_SIZE], const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(path, EFASIM_INSTANCE_PATH_SIZE, format, arguments);
    va_end(arguments);
    return length >= 0 && length < (int)EFASIM_INSTANCE_PATH_SIZE;
}

static bool too_long(const char *folder, char *message, size_t message_size)
{
    snprintf(message, message_size,
             "the folder '%s' is too long for a socket's path (%zu characters): set "
             "XDG_RUNTIME_DIR to a shorter one",
             folder, (size_t)EFASIM_INSTANCE_PATH_SIZE - 1);
    return false;
}

/* Takes a socket's path: without its ending it is the instance's path. */
static bool from_path(const char *path, struct efasim_instance *instance, char *message,
                      size_t message_size)
{
    size_t length = strlen(path), ending = strlen(SOCKET_ENDING);
    const char *slash = strrchr(path, '/');

    if (length <= ending || strcmp(path + length - ending, SOCKET_ENDING) != 0) {
        snprintf(message, message_size,
                 "'%s' is not the path of an instance's socket: such a path ends in %s", path,
                 SOCKET_ENDING);
        return false;
    }
    if (!compose(instance->socket, "%s", path) ||
        !compose(instance->folder, "%.*s", (int)(slash - path), path) ||
        !compose(instance->lock, "%.*s.lock", (int)(length - ending), path))
        return too_long(path, message, message_size);
    return true;
}

static bool from_name(const char *name, struct efasim_instance *instance, char *message,
                      size_t message_size)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    bool fits;

    if (!efasim_instance_check_name(name, message, message_size))
        return false;
    if (runtime && runtime[0] == '/')
        fits = compose(instance->folder, "%s/efasim", runtime);
    else
        fits = compose(instance->folder, "/tmp/efasim-%ju", (uintmax_t)geteuid());
    if (!fits || !compose(instance->socket, "%s/%s" SOCKET_ENDING, instance->folder, name) ||
        !compose(instance->lock, "%s/%s.lock", instance->folder, name))
        return too_long(runtime ? runtime : "/tmp", message, message_size);
    return true;
}

bool efasim_instance_find(const char *name, struct efasim_instance *instance, char *message,
                          size_t message_size)
{
    if (!name)
        name = getenv(EFASIM_INSTANCE_VARIABLE);
    if (!name || !name[0])
        name = EFASIM_INSTANCE_DEFAULT;
    if (name[0] == '/')
        return from_path(name, instance, message, message_size);
    return from_name(name, instance, message, message_size);
}

void efasim_adapter_name(unsigned number, char *name, size_t size)
{
    snprintf(name, size, "efa_%u", number);
}
