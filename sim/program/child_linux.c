/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs a command like a shell: it gets the terminal's signals itself, and efasim forwards signals
 * that it receives.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/os/compiler.h"
#include "program.h"

static uint32_t running; /* the command's process, or 0 */

static const int signals[] = {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP};

static void fill(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < EFA_ARRAY_SIZE(signals); i++)
        sigaddset(set, signals[i]);
}

static int start(char **command, const sigset_t *mask, pid_t *child)
{
    posix_spawnattr_t attributes;
    int error = posix_spawnattr_init(&attributes);

    if (error)
        return error;
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, mask);
    error = posix_spawnp(child, command[0], NULL, &attributes, command, environ);
    posix_spawnattr_destroy(&attributes);
    return error;
}

/* The exit status if the command has ended; -1 while it runs. */
static int look(pid_t child)
{
    int status;

    if (waitpid(child, &status, WNOHANG) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : PROGRAM_SIGNALLED + WTERMSIG(status);
}

static int wait_for(pid_t child, const sigset_t *set)
{
    int status;

    while ((status = look(child)) < 0) {
        siginfo_t info;
        int number = sigwaitinfo(set, &info);

        /* The terminal sends Ctrl-C to the command as well; a signal from a process reaches only
         * efasim. */
        if (number == SIGTERM || number == SIGHUP ||
            (number > 0 && number != SIGCHLD && info.si_code <= 0))
            kill(child, number);
    }
    return status;
}

int child_run(char **command, int place)
{
    sigset_t set, before;
    pid_t child;
    int error, status;

    (void)place;
    fill(&set);
    sigprocmask(SIG_BLOCK, &set, &before);
    error = start(command, &before, &child);
    if (error) {
        program_say("cannot run %s: %s", command[0], strerror(error));
        status = error == ENOENT ? PROGRAM_NO_COMMAND : PROGRAM_CANNOT_RUN;
    } else {
        efa_store_release_u32(&running, (uint32_t)child);
        status = wait_for(child, &set);
        efa_store_release_u32(&running, 0);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

void child_end(void)
{
    uint32_t child = efa_load_acquire_u32(&running);

    if (child)
        kill((pid_t)child, SIGTERM);
}
