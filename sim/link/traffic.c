/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The threads of a connection. The reader hands packets to the model. The writer sends what the
 * model has queued, confirms packets that have arrived, and pings a silent peer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "links_internal.h"

/* Between pings: while messages wait for replies, a part of the peer's timeout. */
#define IDLE_PING (500 * SYSTEM_MILLISECOND)
#define LONGEST_PING (250 * SYSTEM_MILLISECOND)
#define SHORTEST_PING SYSTEM_MILLISECOND
/* The connection counts as lost if the peer is silent for longer than this and the timeout. */
#define SILENCE (2 * SYSTEM_SECOND)
#define CONFIRM_BYTES 65536u
#define STALL_PAUSE SYSTEM_MILLISECOND
#define BATCH 64u

static uint64_t patience(const struct link *link)
{
    return link->links->peer_timeout + SILENCE;
}

static uint64_t ping_interval(const struct link *link)
{
    uint64_t interval = link->links->peer_timeout / 4;

    if (!efasim_link_awaits_any(link->model))
        return IDLE_PING;
    if (interval > LONGEST_PING)
        interval = LONGEST_PING;
    return interval < SHORTEST_PING ? SHORTEST_PING : interval;
}

/* Waits until there is something to send, or a ping is due. The link's lock is held. */
static void await_work(struct link *link, uint64_t until)
{
    struct timespec time = system_timespec(until);

    while (!link->is_ending && !link->queue.unsent && !link->must_reply &&
           link->new_bytes < CONFIRM_BYTES)
        if (pthread_cond_timedwait(&link->changed, &link->lock, &time) == ETIMEDOUT)
            return;
}

/* Composes the next record. 0: the connection ends. */
static size_t compose(struct link *link, uint8_t *bytes, uint64_t *last_ping)
{
    struct link_record_head head = {0};
    size_t size;

    pthread_mutex_lock(&link->lock);
    await_work(link, *last_ping + ping_interval(link));
    if (link->is_ending) {
        pthread_mutex_unlock(&link->lock);
        return 0;
    }
    size = sizeof head + link_queue_take(&link->queue, bytes + sizeof head);
    head.received = link->received;
    if (system_now() - *last_ping >= ping_interval(link)) {
        head.flags = LINK_RECORD_PING;
        *last_ping = system_now();
    }
    link->new_bytes = 0;
    link->must_reply = false;
    pthread_mutex_unlock(&link->lock);
    memcpy(bytes, &head, sizeof head);
    return size;
}

static void write_records(void *argument)
{
    struct link *link = argument;
    struct link_session *session = link->session;
    uint64_t last_ping = 0;
    size_t size;

    while ((size = compose(link, session->out_plain, &last_ping)) != 0)
        if (link_session_write(session, size, patience(link)) != LINK_SOCKET_DONE)
            break;
    /* The reader sees it too. */
    (void)shutdown(session->socket.file, SHUT_RDWR);
}

bool traffic_start_writer(struct link *link, struct system_thread *thread)
{
    return system_thread_start(thread, write_records, link);
}

void traffic_stop_writer(struct link *link, struct system_thread *thread)
{
    pthread_mutex_lock(&link->lock);
    link->is_ending = true;
    pthread_cond_signal(&link->changed);
    pthread_mutex_unlock(&link->lock);
    system_thread_join(thread);
}

static bool note_head(struct link *link, const struct link_record_head *head)
{
    bool ok;

    pthread_mutex_lock(&link->lock);
    ok = link_queue_arrived(&link->queue, head->received);
    link->must_reply = link->must_reply || (head->flags & LINK_RECORD_PING) != 0;
    if (link->must_reply)
        pthread_cond_signal(&link->changed);
    pthread_mutex_unlock(&link->lock);
    return ok;
}

/* Skips packets that arrived through an earlier connection. False: the numbers do not ascend. */
static bool drop_known(const struct link *link, struct efasim_link_arrival *arrivals,
                       uint32_t *count)
{
    uint64_t last = 0;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < *count; i++) {
        if (arrivals[i].packet.number <= last)
            return false;
        last = arrivals[i].packet.number;
        if (last > link->received)
            arrivals[kept++] = arrivals[i];
    }
    *count = kept;
    return true;
}

/* Notes that `count` packets have arrived, and that `size` bytes must be confirmed. */
static void note_arrival(struct link *link, uint64_t number, uint32_t count, uint32_t size)
{
    pthread_mutex_lock(&link->lock);
    link->received = number;
    link->counts.received += count;
    link->new_bytes += size;
    if (link->new_bytes >= CONFIRM_BYTES)
        pthread_cond_signal(&link->changed);
    pthread_mutex_unlock(&link->lock);
}

/* `size` is that of their record. */
static bool take_batch(struct link *link, struct efasim_link_arrival *arrivals, uint32_t count,
                       uint32_t size)
{
    while (count != 0) {
        uint32_t taken = count < BATCH ? count : BATCH;
        enum efasim_link_taken result = efasim_link_receive(link->model, arrivals, &taken);

        if (taken != 0)
            note_arrival(link, arrivals[taken - 1].packet.number, taken, taken == count ? size : 0);
        if (result == EFASIM_LINK_NONSENSE)
            return false;
        if (result == EFASIM_LINK_STALLED && link_socket_pause(link->links->stop, STALL_PAUSE))
            return true;
        arrivals += taken;
        count -= taken;
    }
    return true;
}

static bool take_record(struct link *link, struct link_session *session, size_t size)
{
    struct link_record_head head;
    uint32_t count;

    if (!link_record_read(session->in_plain, size, &head, session->arrivals, &count) ||
        !note_head(link, &head) || !drop_known(link, session->arrivals, &count))
        return false;
    if (count == 0)
        efasim_link_heard(link->model);
    return take_batch(link, session->arrivals, count, (uint32_t)size);
}

void traffic_read(struct link *link, struct link_session *session, char *message,
                  size_t message_size)
{
    size_t size;

    while (link_session_read(session, &size, patience(link), message, message_size)) {
        if (take_record(link, session, size))
            continue;
        snprintf(message, message_size, "%s sent an invalid record", session->name);
        return;
    }
}
