/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Ctrl-C on Windows and elsewhere; see interrupt.h. */
#include "interrupt.h"

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static volatile LONG interrupted; /* set by a thread of the system */

static BOOL WINAPI take_event(DWORD event)
{
    const bool first = !interrupted;

    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        return FALSE;
    interrupted = 1;
    return first;
}

void tool_watch_interrupt(void)
{
    SetConsoleCtrlHandler(take_event, TRUE);
}

#else

#include <signal.h>

static volatile sig_atomic_t interrupted;

static void take_signal(int number)
{
    interrupted = 1;
    signal(number, SIG_DFL);
}

void tool_watch_interrupt(void)
{
    signal(SIGINT, take_signal);
}

#endif

bool tool_interrupted(void)
{
    return interrupted != 0;
}
