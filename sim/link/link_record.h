/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The content of a sealed record: a head, then packets. In a connection's first record a hello
 * follows the head. The second record is a head that says which packets have arrived, or a
 * rejection with its reason.
 */
#ifndef EFASIM_LINK_RECORD_H
#define EFASIM_LINK_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "../efasim_links.h"

#define LINK_INSTANCE_SIZE 16
/* Bytes of one record, unless one packet is larger. */
#define LINK_RECORD_USUAL 65536u
#define LINK_RECORD_LARGEST \
    (sizeof(struct link_record_head) + sizeof(struct efasim_packet) + (size_t)EFASIM_PACKET_LARGEST)
/* Packets without payload in a record of the largest size. */
#define LINK_RECORD_PACKETS 4096u
#define LINK_REJECTION_SIZE 256

enum link_record_flags {
    LINK_RECORD_PING = 1, /* asks for a record in return */
    LINK_RECORD_HELLO = 2,
    LINK_RECORD_REJECTION = 4,
    LINK_RECORD_RESUME = 8
};

struct link_record_head {
    uint64_t received; /* the number of the last packet that arrived; all before it have too */
    uint32_t flags;
    uint32_t reserved;
};

struct link_hello {
    uint8_t instance[LINK_INSTANCE_SIZE]; /* random, new with each start */
    uint32_t gid_count;
    uint32_t reserved;
    uint8_t gids[EFASIM_MAX_DEVICES][16];
};

/*
 * Finds the packets. The payloads stay where they are. False: the record is invalid.
 * `arrivals` has room for LINK_RECORD_PACKETS.
 */
bool link_record_read(uint8_t *bytes, size_t size, struct link_record_head *head,
                      struct efasim_link_arrival *arrivals, uint32_t *count);
bool link_record_read_resume(const uint8_t *bytes, size_t size, uint64_t *received);
bool link_record_read_hello(const uint8_t *bytes, size_t size, struct link_hello *hello);
/* The reason of a rejection, in printable characters. False: the record is not a rejection. */
bool link_record_read_rejection(const uint8_t *bytes, size_t size, char text[LINK_REJECTION_SIZE]);

#endif
