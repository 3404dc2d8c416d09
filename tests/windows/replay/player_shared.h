/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the players of a recording share: whose turn it is, what the programs told each other over
 * another network, and the messages on their way. Only the player whose turn it is uses it. */
#ifndef PLAYER_SHARED_H
#define PLAYER_SHARED_H

#include <windows.h>

#include "recording.h"

#define MOST_SHARED_QUEUES 64
#define MOST_SHARED_REGIONS 4096
#define MOST_MESSAGES 65536

struct shared_region {
    uint64_t addr;
    uint32_t rkey;
};

struct message {
    uint64_t hash;
    uint32_t length;
    uint32_t source, destination; /* numbers of queue pairs */
    bool is_received;
};

struct shared_side {
    DWORD process;
    uint32_t queue_nums[MOST_SHARED_QUEUES];
    struct shared_region regions[MOST_SHARED_REGIONS];
};

struct shared {
    volatile LONG step; /* that is to be made next */
    volatile LONG has_failed;
    uint32_t fills; /* for different contents */
    struct shared_side sides[MAX_SIDES];
    unsigned calls, completions, messages_verified, reads_verified, missing;
    uint64_t bytes_verified;
    unsigned message_count;
    struct message messages[MOST_MESSAGES];
};

#endif
