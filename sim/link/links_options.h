/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Settings of links, and where they log. */
#ifndef EFASIM_LINK_LINKS_OPTIONS_H
#define EFASIM_LINK_LINKS_OPTIONS_H

#include "../efasim.h"

#define LINKS_MAX_PEERS 32u
#define LINKS_MESSAGE_SIZE 400

struct links_options {
    const char *listen; /* ADDRESS:PORT, or NULL */
    const char *peers[LINKS_MAX_PEERS];
    uint32_t peer_count;
    const char *key; /* a file, or NULL: loopback only */
    void *context;
    void (*log)(void *context, enum efasim_log_level level, const char *line);
};

#endif
