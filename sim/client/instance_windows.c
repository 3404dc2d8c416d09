/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The pipes of instances on Windows. Each pipe's name contains its user's SID. */
#include "instance.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../../src/os/os.h"
#include "user_windows.h"

/* A SID in its usual form: S-1-5-21-... */
static void write_sid(PSID sid, char *text, size_t size)
{
    const SID_IDENTIFIER_AUTHORITY *authority = GetSidIdentifierAuthority(sid);
    uint64_t first = 0;
    size_t used;

    for (size_t i = 0; i < sizeof authority->Value; i++)
        first = first << 8 | authority->Value[i];
    used = (size_t)snprintf(text, size, "S-%u-%llu", SID_REVISION, (unsigned long long)first);
    for (unsigned i = 0; i < *GetSidSubAuthorityCount(sid) && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "-%lu", *GetSidSubAuthority(sid, i));
}

static bool from_name(const char *name, struct efasim_instance *instance, char *message,
                      size_t message_size)
{
    char sid[SECURITY_MAX_SID_SIZE * 3];
    struct windows_user user;

    if (!efasim_instance_check_name(name, message, message_size))
        return false;
    if (!windows_user_self(&user)) {
        snprintf(message, message_size,
                 "cannot find out as which user this process runs (Win32 error %lu)",
                 GetLastError());
        return false;
    }
    write_sid(windows_user_sid(&user), sid, sizeof sid);
    snprintf(instance->name, sizeof instance->name, "%.*s", (int)EFASIM_INSTANCE_NAME_LIMIT, name);
    if (snprintf(instance->pipe, sizeof instance->pipe, "\\\\.\\pipe\\efasim.%s.%s", sid, name) <
        (int)sizeof instance->pipe)
        return true;
    snprintf(message, message_size, "the user's SID %s is too long for the name of a pipe", sid);
    return false;
}

/* The environment is the system's: a DLL may have another C runtime than the program around it. */
bool efasim_instance_find(const char *name, struct efasim_instance *instance, char *message,
                          size_t message_size)
{
    char value[128];

    if (!name)
        name = efa_os_getenv(EFASIM_INSTANCE_VARIABLE, value, sizeof value) ? value : NULL;
    if (!name || !name[0])
        name = EFASIM_INSTANCE_DEFAULT;
    return from_name(name, instance, message, message_size);
}

void efasim_adapter_name(unsigned number, char *name, size_t size)
{
    if (number == 0)
        snprintf(name, size, "EFA");
    else
        snprintf(name, size, "EFA_%u", number);
}
