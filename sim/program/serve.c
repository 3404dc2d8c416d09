/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim serve: an instance that runs until it is stopped. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "program.h"

/* From any thread: the main thread waits for it. */
static void stop(void)
{
    kill(getpid(), SIGTERM);
}

static void wait_for_the_end(const sigset_t *signals)
{
    int number = sigwaitinfo(signals, NULL);

    while (number < 0)
        number = sigwaitinfo(signals, NULL);
}

static int serve(const struct serving *serving, const sigset_t *signals)
{
    struct program_environment environment = {0};
    unsigned adapters = serving_adapters(serving);

    if (!environment_make(&environment, serving))
        return PROGRAM_FAILED;
    printf("# %u adapter%s until Ctrl-C or 'efasim stop'. For programs that use %s:\n", adapters,
           adapters == 1 ? "" : "s", adapters == 1 ? "it" : "them");
    environment_print(&environment, serving);
    fflush(stdout);
    wait_for_the_end(signals);
    environment_remove(&environment);
    return PROGRAM_OK;
}

int serve_command(int argc, char **argv)
{
    struct serving_options options = {.stop = stop};
    struct serving *serving;
    sigset_t signals, before;
    int status;

    for (int i = 0; i < argc; i++) {
        int taken = serving_option(&options, argc, argv, &i);

        if (taken == 0)
            return program_usage("serve: unknown argument", argv[i]);
        if (taken < 0)
            return PROGRAM_USAGE;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, &before);
    serving = serving_start(&options);
    if (!serving)
        return PROGRAM_FAILED;
    status = serving_stop(serving, serve(serving, &signals));
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}
