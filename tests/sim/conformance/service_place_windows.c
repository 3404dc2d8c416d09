/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A name of its own. The pipe goes with the service. */
#include "service_place.h"

#include <windows.h>

#include <stdio.h>

#include "client/instance.h"

bool service_place_make(void)
{
    char name[32];

    snprintf(name, sizeof name, "test-%lu", GetCurrentProcessId());
    return SetEnvironmentVariableA(EFASIM_INSTANCE_VARIABLE, name) != 0;
}

bool service_place_remove(void)
{
    struct efasim_instance instance;
    char message[256];

    if (!efasim_instance_find(NULL, &instance, message, sizeof message)) {
        printf("%s\n", message);
        return false;
    }
    if (!WaitNamedPipeA(instance.pipe, 1) && GetLastError() == ERROR_FILE_NOT_FOUND)
        return true;
    printf("the service left its pipe %s\n", instance.pipe);
    return false;
}
