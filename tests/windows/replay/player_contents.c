/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The contents of messages. Recordings have none, so a player writes its own before it posts a
 * send, and notes a hash of the message. The receiver finds a note that fits what came, and strikes
 * it out. What was read remotely is compared with the other process's memory.
 */
#include <stdlib.h>
#include <string.h>

#include "player.h"

/* Larger regions are pools, of which the program uses a part only. */
#define LARGEST_FILL (8u << 20)
#define GRH_SIZE 40u

static void fill(unsigned char *memory, uint64_t length, uint32_t seed)
{
    uint64_t state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;

    for (uint64_t i = 0; i < length; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memory[i] = (unsigned char)(state >> 56);
    }
}

void contents_fill_region(const struct player *player, unsigned char *memory, uint64_t length)
{
    if (length <= LARGEST_FILL)
        fill(memory, length, player->shared->fills++);
}

bool contents_overlap(const struct ibv_sge *a, unsigned a_count, const struct ibv_sge *b,
                      unsigned b_count)
{
    for (unsigned i = 0; i < a_count; i++)
        for (unsigned j = 0; j < b_count; j++)
            if (a[i].addr < b[j].addr + b[j].length && b[j].addr < a[i].addr + a[i].length)
                return true;
    return false;
}

/* Whether a message to that queue pair is on its way. */
static bool is_awaited(const struct player *player, uint32_t num)
{
    for (unsigned i = 0; i < player->shared->message_count; i++) {
        const struct message *message = &player->shared->messages[i];

        if (message->destination == num && !message->is_received)
            return true;
    }
    return false;
}

/* Programs send from memory in which they wait for messages (ibv_ud_pingpong). Nothing changes it
 * while no message is on its way. */
static bool is_in_use(const struct player *player, const struct ibv_sge *sges, unsigned count)
{
    for (unsigned i = 0; i < player->request_count; i++) {
        const struct request *request = &player->requests[i];

        if (request->work == UNUSED ||
            !contents_overlap(request->sges, request->sge_count, sges, count))
            continue;
        if (request->work != RECEIVE || is_awaited(player, player->queues[request->queue].num))
            return true;
    }
    return false;
}

/* FNV-1a of `length` bytes from `skip` on. */
static uint64_t hash_of(const struct ibv_sge *sges, unsigned count, uint32_t skip, uint32_t length)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (unsigned i = 0; i < count; i++) {
        const unsigned char *bytes = (const unsigned char *)(uintptr_t)sges[i].addr;

        for (uint32_t at = 0; at < sges[i].length; at++) {
            if (skip) {
                skip--;
                continue;
            }
            if (length == 0)
                return hash;
            length--;
            hash = (hash ^ bytes[at]) * UINT64_C(1099511628211);
        }
    }
    return hash;
}

void contents_of_send(struct player *player, const struct ibv_sge *sges, unsigned count,
                      uint32_t source, uint32_t destination)
{
    struct message *message;

    if (player->shared->message_count == MOST_MESSAGES) {
        play_fail(player, "room for the notes of messages", "none");
        return;
    }
    if (!is_in_use(player, sges, count))
        for (unsigned i = 0; i < count; i++)
            fill((unsigned char *)(uintptr_t)sges[i].addr, sges[i].length, player->shared->fills++);
    message = &player->shared->messages[player->shared->message_count++];
    memset(message, 0, sizeof *message);
    for (unsigned i = 0; i < count; i++)
        message->length += sges[i].length;
    message->hash = hash_of(sges, count, 0, message->length);
    message->source = source;
    message->destination = destination;
}

/* Strikes out the note of a message with that hash. In shared memory it may be that of another
 * message. */
static bool strike_out(struct player *player, uint32_t destination, uint32_t source,
                       uint32_t length, uint64_t hash, bool is_shared)
{
    struct message *oldest = NULL;
    bool is_known = false;

    for (unsigned i = 0; i < player->shared->message_count; i++) {
        struct message *message = &player->shared->messages[i];

        if (message->destination != destination || message->length != length ||
            (source && message->source != source))
            continue;
        if (message->hash == hash && !message->is_received) {
            message->is_received = true;
            return true;
        }
        is_known |= message->hash == hash;
        if (!message->is_received && !oldest)
            oldest = message;
    }
    if (!is_shared || !is_known || !oldest)
        return false;
    oldest->is_received = true;
    return true;
}

/* If other receives have the same memory, it may have a later message, and change just now. */
void contents_check_receive(struct player *player, const struct request *request, uint32_t length,
                            uint32_t source)
{
    const struct queue *queue = &player->queues[request->queue];
    uint32_t skip = queue->is_datagram ? GRH_SIZE : 0;
    ULONGLONG begin = GetTickCount64();

    if (length < skip) {
        play_fail(player, "the 40 bytes before a datagram", "less");
        return;
    }
    for (;;) {
        uint64_t hash = hash_of(request->sges, request->sge_count, skip, length - skip);

        if (strike_out(player, queue->num, source, length - skip, hash, request->is_shared))
            break;
        if (!request->is_shared || GetTickCount64() - begin > player->patience) {
            play_fail(player, "the content of a message that was sent", "another content");
            return;
        }
        Sleep(1);
    }
    player->shared->messages_verified++;
    player->shared->bytes_verified += length - skip;
}

static bool is_equal_to(HANDLE process, uint64_t remote, const struct ibv_sge *sge)
{
    unsigned char *copy = malloc(sge->length ? sge->length : 1);
    SIZE_T size = 0;
    bool is_equal =
        copy &&
        ReadProcessMemory(process, (const void *)(uintptr_t)remote, copy, sge->length, &size) &&
        size == sge->length && memcmp(copy, (const void *)(uintptr_t)sge->addr, size) == 0;

    free(copy);
    return is_equal;
}

void contents_check_read(struct player *player, const struct request *request)
{
    HANDLE process =
        OpenProcess(PROCESS_VM_READ, FALSE, player->shared->sides[request->remote_side].process);
    uint64_t remote = request->remote_addr;

    for (unsigned i = 0; i < request->sge_count; i++) {
        if (!process || !is_equal_to(process, remote, &request->sges[i])) {
            play_fail(player, "the content of the memory that was read", "another content");
            break;
        }
        remote += request->sges[i].length;
        player->shared->bytes_verified += request->sges[i].length;
    }
    if (process)
        CloseHandle(process);
    player->shared->reads_verified++;
}
