/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The options of `efasim serve` about links, and `efasim key`. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "../fronts/service/system.h"
#include "../link/link_key.h"
#include "program.h"

/* Of a peer on another machine, which may have to wait for a processor. */
#define PEER_TIMEOUT SYSTEM_SECOND

/* Clients may ask about links while these begin or end. */
static pthread_mutex_t running_lock = PTHREAD_MUTEX_INITIALIZER;

int links_option(struct program_links *links, int argc, char **argv, int *i)
{
    struct links_options *options = &links->options;
    const char **value;

    if (strcmp(argv[*i], "--listen") == 0) {
        value = &options->listen;
    } else if (strcmp(argv[*i], "--key") == 0) {
        value = &options->key;
    } else if (strcmp(argv[*i], "--peer") != 0) {
        return 0;
    } else if (options->peer_count < LINKS_MAX_PEERS) {
        value = &options->peers[options->peer_count++];
    } else {
        program_say(
            "too many --peer options (limit %u); let the other instances connect to this "
            "one with --listen",
            LINKS_MAX_PEERS);
        return -1;
    }
    *value = program_value(argc, argv, i);
    return *value ? 1 : -1;
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

static struct links *exchange(struct program_links *links, struct links *running)
{
    struct links *before;

    pthread_mutex_lock(&running_lock);
    before = links->running;
    links->running = running;
    pthread_mutex_unlock(&running_lock);
    return before;
}

bool links_begin(struct program_links *links, struct efasim *sim,
                 void (*log)(void *context, enum efasim_log_level level, const char *line),
                 void *context)
{
    char message[LINKS_MESSAGE_SIZE];
    struct links *running;

    links->options.context = context;
    links->options.log = log;
    running = links_start(&links->options, sim, message, sizeof message);
    if (!running)
        program_say("%s", message);
    (void)exchange(links, running);
    return running != NULL;
}

void links_end(struct program_links *links)
{
    struct links *running = exchange(links, NULL);

    if (running)
        links_stop(running);
}

void links_tell(struct program_links *links, uint32_t first, struct efasim_service_links *listed)
{
    pthread_mutex_lock(&running_lock);
    if (links->running)
        links_list(links->running, first, listed);
    pthread_mutex_unlock(&running_lock);
}

int key_command(int argc, char **argv)
{
    char message[LINKS_MESSAGE_SIZE];

    if (argc != 1)
        return program_usage("key: takes the name of a new file", argc > 1 ? argv[1] : NULL);
    if (program_is_option(argv[0]))
        return program_usage("key: takes the name of a new file, not", argv[0]);
    if (link_key_make(argv[0], message, sizeof message)) {
        printf("%s: give each machine a copy that only its user can read\n", argv[0]);
        return PROGRAM_OK;
    }
    program_say("%s", message);
    return PROGRAM_FAILED;
}
