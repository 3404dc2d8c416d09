/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Links are supported on Linux only. */
#include "program.h"

/* NOLINTNEXTLINE(readability-non-const-parameter): where there are links it moves on. */
int links_option(struct program_links *links, int argc, char **argv, int *i)
{
    (void)links;
    (void)argc;
    (void)argv;
    (void)i;
    return 0;
}

bool links_are_wanted(const struct program_links *links)
{
    (void)links;
    return false;
}

void links_default(struct efasim_config *config)
{
    (void)config;
}

bool links_adjust(const struct program_links *links, struct efasim_config *config)
{
    (void)links;
    (void)config;
    return true;
}

bool links_begin(struct program_links *links, struct efasim *sim,
                 void (*log)(void *context, enum efasim_log_level level, const char *line),
                 void *context)
{
    (void)links;
    (void)sim;
    (void)log;
    (void)context;
    return true;
}

void links_end(struct program_links *links)
{
    (void)links;
}

void links_tell(struct program_links *links, uint32_t first, struct efasim_service_links *listed)
{
    (void)links;
    (void)first;
    (void)listed;
}

int key_command(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return program_usage("unknown command", "key");
}
