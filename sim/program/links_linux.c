/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The options of `efasim serve` about links, and `efasim key`. */
#include <stdio.h>
#include <string.h>

#include "../link/link_key.h"
#include "program.h"

/* Of a peer on another machine, which may have to wait for a processor. */
#define PEER_TIMEOUT UINT64_C(1000000000)

static void log_line(void *context, enum efasim_log_level level, const char *line)
{
    const struct program_links *links = context;

    if (level <= EFASIM_LOG_WARNING || links->verbose)
        program_say("%s", line);
}

int links_option(struct program_links *links, int argc, char **argv, int *i)
{
    const char **value;

    if (strcmp(argv[*i], "--listen") == 0) {
        value = &links->options.listen;
    } else if (strcmp(argv[*i], "--key") == 0) {
        value = &links->options.key;
    } else if (strcmp(argv[*i], "--peer") == 0) {
        if (links->options.peer_count == LINKS_MAX_PEERS) {
            program_say(
                "more than %u times --peer; let the other instances dial this one: --listen",
                LINKS_MAX_PEERS);
            return -1;
        }
        value = &links->options.peers[links->options.peer_count];
    } else {
        return 0;
    }
    if (*i + 1 == argc) {
        program_usage("the option needs a value", argv[*i]);
        return -1;
    }
    *value = argv[++*i];
    if (value != &links->options.listen && value != &links->options.key)
        links->options.peer_count++;
    return 1;
}

bool links_are_wanted(const struct program_links *links)
{
    return links->options.listen || links->options.peer_count != 0;
}

void links_default(struct efasim_config *config)
{
    config->peer_timeout = PEER_TIMEOUT;
}

bool links_adjust(const struct program_links *links, struct efasim_config *config)
{
    char message[LINKS_MESSAGE_SIZE];

    if (links_make_gids(&links->options, config, message, sizeof message))
        return true;
    program_say("%s", message);
    return false;
}

bool links_begin(struct program_links *links, struct efasim *sim)
{
    char message[LINKS_MESSAGE_SIZE];

    links->options.context = links;
    links->options.log = log_line;
    links->running = links_start(&links->options, sim, message, sizeof message);
    if (!links->running)
        program_say("%s", message);
    return links->running != NULL;
}

void links_end(struct program_links *links)
{
    if (links->running)
        links_stop(links->running);
    links->running = NULL;
}

int key_command(int argc, char **argv)
{
    char message[LINKS_MESSAGE_SIZE];

    if (argc != 1)
        return program_usage("key: takes the name of a new file", argc > 1 ? argv[1] : NULL);
    if (link_key_make(argv[0], message, sizeof message)) {
        printf("%s: give each machine a copy that only its user can read\n", argv[0]);
        return PROGRAM_OK;
    }
    program_say("%s", message);
    return PROGRAM_FAILED;
}
