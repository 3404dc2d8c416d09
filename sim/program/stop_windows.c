/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The end of `serve` on Windows: an event that Ctrl-C, Ctrl-Break and the console's end set. */
#include <windows.h>

#include "program.h"

static HANDLE asked;
static HANDLE cleaned_up;

static BOOL WINAPI on_console_event(DWORD event)
{
    SetEvent(asked);
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        WaitForSingleObject(cleaned_up, PROGRAM_CLEAN_UP_MS);
    return TRUE;
}

bool stop_prepare(void)
{
    asked = CreateEventW(NULL, TRUE, FALSE, NULL);
    cleaned_up = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (asked && cleaned_up && SetConsoleCtrlHandler(on_console_event, TRUE))
        return true;
    program_say("cannot wait for Ctrl-C: Win32 error %lu", GetLastError());
    return false;
}

void stop_wait(void)
{
    WaitForSingleObject(asked, INFINITE);
}

void stop_request(void)
{
    SetEvent(asked);
}

/* The events stay: the handler may run until the process has ended. */
void stop_clean_up(void)
{
    SetEvent(cleaned_up);
}
