/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What an instance may be called, on any system. */
#include "instance.h"

#include <stdio.h>
#include <string.h>

bool efasim_instance_check_name(const char *name, char *message, size_t message_size)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    size_t length = strlen(name);

    if (length > 0 && length <= EFASIM_INSTANCE_NAME_LIMIT && name[0] != '.' &&
        strspn(name, allowed) == length)
        return true;
    snprintf(message, message_size,
             "invalid instance name '%.64s': expected 1 to %u letters, digits, '_', '-' and "
             "'.', the first not '.'",
             name, EFASIM_INSTANCE_NAME_LIMIT);
    return false;
}
