/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim serve: an instance that runs until it is stopped. */
#include <stdio.h>

#include "program.h"

static int serve(const struct serving *serving)
{
    struct program_environment environment = {0};
    unsigned adapters = serving_adapters(serving);
    int status;

    if (!environment_make(&environment, serving))
        return PROGRAM_FAILED;
    printf("# %u adapter%s until Ctrl-C or 'efasim stop'. For programs that use %s:\n", adapters,
           adapters == 1 ? "" : "s", adapters == 1 ? "it" : "them");
    environment_print(&environment, serving);
    status = program_end(PROGRAM_OK);
    if (status == PROGRAM_OK)
        stop_wait();
    environment_remove(&environment);
    return status;
}

int serve_command(int argc, char **argv)
{
    struct serving_options options = {.stop = stop_request};
    struct program_links links = {0};
    struct serving *serving;
    int status;

    for (int i = 0; i < argc; i++) {
        int taken = serving_option(&options, argc, argv, &i);

        if (taken == 0)
            taken = links_option(&links, argc, argv, &i);
        if (taken == 0)
            return program_usage("serve: unknown argument", argv[i]);
        if (taken < 0)
            return PROGRAM_USAGE;
    }
    if (links.options.key && !links_are_wanted(&links))
        return program_usage("serve: --key needs --listen or --peer", NULL);
    if (links_are_wanted(&links))
        options.links = &links;
    if (!stop_prepare())
        return PROGRAM_FAILED;
    serving = serving_start(&options);
    status = serving ? serving_stop(serving, serve(serving)) : PROGRAM_FAILED;
    stop_clean_up();
    return status;
}
