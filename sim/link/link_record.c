/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Reading records. Every length and count comes from another machine and is checked. */
#include "link_record.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct link_record_head) == 16, "is sent as it lies in memory");
static_assert(sizeof(struct link_hello) == 24 + sizeof((struct link_hello *)0)->gids,
              "is sent as it lies in memory");
static_assert(LINK_RECORD_PACKETS > LINK_RECORD_LARGEST / sizeof(struct efasim_packet),
              "a record has at most so many packets");

static bool read_head(const uint8_t *bytes, size_t size, struct link_record_head *head)
{
    if (size < sizeof *head || size > LINK_RECORD_LARGEST)
        return false;
    memcpy(head, bytes, sizeof *head);
    return head->reserved == 0;
}

bool link_record_read(uint8_t *bytes, size_t size, struct link_record_head *head,
                      struct efasim_link_arrival *arrivals, uint32_t *count)
{
    size_t at = sizeof *head;

    *count = 0;
    if (!read_head(bytes, size, head) || (head->flags & ~(uint32_t)LINK_RECORD_PING) != 0)
        return false;
    while (at < size) {
        struct efasim_link_arrival *arrival = &arrivals[*count];

        if (size - at < sizeof arrival->packet)
            return false;
        memcpy(&arrival->packet, bytes + at, sizeof arrival->packet);
        at += sizeof arrival->packet;
        if (arrival->packet.size > size - at)
            return false;
        arrival->payload = bytes + at;
        at += arrival->packet.size;
        ++*count;
    }
    return true;
}

bool link_record_read_resume(const uint8_t *bytes, size_t size, uint64_t *received)
{
    struct link_record_head head;

    if (!read_head(bytes, size, &head) || size != sizeof head || head.flags != LINK_RECORD_RESUME)
        return false;
    *received = head.received;
    return true;
}

bool link_record_read_hello(const uint8_t *bytes, size_t size, struct link_hello *hello)
{
    struct link_record_head head;

    if (!read_head(bytes, size, &head) || head.flags != LINK_RECORD_HELLO ||
        size != sizeof head + sizeof *hello)
        return false;
    memcpy(hello, bytes + sizeof head, sizeof *hello);
    return hello->gid_count >= 1 && hello->gid_count <= EFASIM_MAX_DEVICES;
}

bool link_record_read_rejection(const uint8_t *bytes, size_t size, char text[LINK_REJECTION_SIZE])
{
    struct link_record_head head;
    size_t length;

    if (!read_head(bytes, size, &head) || head.flags != LINK_RECORD_REJECTION ||
        size - sizeof head >= LINK_REJECTION_SIZE)
        return false;
    length = size - sizeof head;
    for (size_t i = 0; i < length; i++) {
        const uint8_t c = bytes[sizeof head + i];

        text[i] = '?';
        if (c >= ' ' && c <= '~')
            text[i] = (char)c;
    }
    text[length] = '\0';
    return true;
}
