/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Requests to \\.\EFASimControl (sim_control.h). */
#include "sim_control.h"

#include <windows.h>

#include <stdio.h>

#include "fronts/driver/control_protocol.h"

enum { TRIES = 1000, PAUSE_MS = 10 };

static bool control(uint32_t code, void *output, uint32_t output_size)
{
    HANDLE device = CreateFileW(L"\\\\.\\EFASimControl", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                OPEN_EXISTING, 0, NULL);
    DWORD returned = 0;
    BOOL done;

    if (device == INVALID_HANDLE_VALUE)
        return false;
    done = DeviceIoControl(device, code, NULL, 0, output, output_size, &returned, NULL);
    CloseHandle(device);
    return done && returned == output_size;
}

bool sim_get_objects(struct efasim_objects *objects)
{
    return control(EFASIM_CONTROL_OBJECTS, objects, sizeof *objects);
}

bool sim_get_counters(struct efasim_counters *counters)
{
    return control(EFASIM_CONTROL_COUNTERS, counters, sizeof *counters);
}

bool sim_reset_counters(void)
{
    return control(EFASIM_CONTROL_RESET_COUNTERS, NULL, 0);
}

void sim_print_drops(void)
{
    static const char *const reasons[EFASIM_DROP_REASONS] = {
        "lost by the fabric", "no peer",           "no queue pair", "wrong QKey",
        "no receive posted",  "receive too short", "bad receive"};
    struct efasim_counters counters;
    bool any = false;

    if (!sim_get_counters(&counters)) {
        printf("    the driver does not report its counters\n");
        return;
    }
    for (unsigned i = 0; i < EFASIM_DROP_REASONS; i++) {
        if (counters.drops[i] != 0)
            printf("    dropped, %s: %llu\n", reasons[i], (unsigned long long)counters.drops[i]);
        any = any || counters.drops[i] != 0;
    }
    if (!any)
        printf("    the driver dropped no message\n");
}

bool sim_becomes_clean(void)
{
    struct efasim_objects objects;

    for (unsigned i = 0; i < TRIES; i++) {
        if (!sim_get_objects(&objects))
            return false;
        if ((objects.clients | objects.pds | objects.mrs | objects.cqs | objects.qps | objects.ahs |
             objects.messages) == 0)
            return true;
        Sleep(PAUSE_MS);
    }
    return false;
}

bool sim_reaches(unsigned clients, unsigned qps)
{
    struct efasim_objects objects;

    for (unsigned i = 0; i < TRIES; i++) {
        if (!sim_get_objects(&objects))
            return false;
        if (objects.clients == clients && objects.qps == qps)
            return true;
        Sleep(PAUSE_MS);
    }
    return false;
}
