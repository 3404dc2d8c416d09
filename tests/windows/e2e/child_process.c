/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Child processes of a test program (child_process.h). */
#include "child_process.h"

#include <stdio.h>
#include <string.h>

HANDLE child_start(const char *arguments)
{
    char program[MAX_PATH], command[2 * MAX_PATH];
    PROCESS_INFORMATION process;
    STARTUPINFOA startup;

    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    if (GetModuleFileNameA(NULL, program, sizeof program) == 0)
        return NULL;
    snprintf(command, sizeof command, "\"%s\" %s", program, arguments);
    if (!CreateProcessA(program, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
        printf("    CreateProcess of %s: Win32 error %lu\n", command, GetLastError());
        return NULL;
    }
    CloseHandle(process.hThread);
    return process.hProcess;
}

int child_wait(HANDLE process, unsigned seconds)
{
    DWORD code = 1;
    bool ended = WaitForSingleObject(process, seconds * 1000) == WAIT_OBJECT_0;

    if (!ended)
        TerminateProcess(process, 1);
    else
        GetExitCodeProcess(process, &code);
    CloseHandle(process);
    return ended ? (int)code : -1;
}

void child_kill(HANDLE process)
{
    TerminateProcess(process, 3);
    WaitForSingleObject(process, 10000);
    CloseHandle(process);
}
