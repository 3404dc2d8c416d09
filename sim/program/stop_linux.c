/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The end of `serve` on Linux is a signal, for which the main thread waits. */
#define _GNU_SOURCE
#include <signal.h>
#include <unistd.h>

#include "program.h"

static sigset_t signals, before;

bool stop_prepare(void)
{
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, &before);
    return true;
}

void stop_wait(void)
{
    while (sigwaitinfo(&signals, NULL) < 0)
        ;
}

void stop_request(void)
{
    kill(getpid(), SIGTERM);
}

void stop_clean_up(void)
{
    sigprocmask(SIG_SETMASK, &before, NULL);
}
