/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The replay as a Windows program: loads the library as libfabric does, runs the life cycle, and
 * frees the library. */
#include <windows.h>

#include <stdio.h>
#include <string.h>

#include <efawin.h>

#include "libfabric_life.h"

struct call {
    void (*function)(void *argument);
    void *argument;
};

static DWORD WINAPI thread_main(LPVOID parameter)
{
    struct call *call = parameter;

    call->function(call->argument);
    return 0;
}

static bool run_elsewhere(void *host, void (*function)(void *argument), void *argument)
{
    struct call call = {function, argument};
    HANDLE thread = CreateThread(NULL, 0, thread_main, &call, 0, NULL);
    bool ended;

    (void)host;
    if (!thread)
        return false;
    ended = WaitForSingleObject(thread, 30000) == WAIT_OBJECT_0;
    CloseHandle(thread);
    return ended;
}

static void idle(void *host)
{
    (void)host;
    Sleep(0);
}

static void complain(void *host, const char *line)
{
    (void)host;
    fprintf(stderr, "%s\n", line);
}

static int usage(void)
{
    fputs(
        "Usage: libfabric_replay rdm|dgram\nMakes the calls of libfabric's EFA provider over its "
        "whole life, twice, for reliable or\ndatagram endpoints. Exit code 0, or 1 with the first "
        "failure.\n",
        stderr);
    return 2;
}

int main(int count, char **arguments)
{
    struct life_options options = {false, 2, 2000, NULL, idle, run_elsewhere, complain};
    int error;

    if (count != 2)
        return usage();
    options.datagram = strcmp(arguments[1], "dgram") == 0;
    if (!options.datagram && strcmp(arguments[1], "rdm") != 0)
        return usage();
    error = efa_load_efawin_lib();
    if (error) {
        fprintf(stderr, "libfabric_replay: efa_load_efawin_lib returned %d\n", error);
        return 1;
    }
    if (!libfabric_life(&options))
        return 1;
    efa_free_efawin_lib();
    printf("libfabric_replay: %s endpoints lived twice\n", arguments[1]);
    return 0;
}
