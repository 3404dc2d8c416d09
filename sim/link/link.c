/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The states of a link: which instance a connection leads to, which of two connections stays, and
 * which packets a new connection resumes.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "links_internal.h"

#define RESUME_PATIENCE (5 * SYSTEM_SECOND)

static struct link *create(struct links *links, const struct link_hello *hello)
{
    struct link *link = calloc(1, sizeof *link);
    struct link **place = &links->list;
    pthread_condattr_t attributes;

    if (!link)
        return NULL;
    link->links = links;
    memcpy(link->gid, hello->gids[0], sizeof link->gid);
    link->model = efasim_link_create(links->sim, link_send, link);
    if (!link->model) {
        free(link);
        return NULL;
    }
    pthread_mutex_init(&link->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&link->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    link->since = time(NULL);
    while (*place)
        place = &(*place)->next;
    *place = link;
    return link;
}

void link_destroy(struct link *link)
{
    (void)link_queue_clear(&link->queue);
    pthread_cond_destroy(&link->changed);
    pthread_mutex_destroy(&link->lock);
    free(link);
}

void link_send(void *context, const struct efasim_packet *packet, const void *payload)
{
    struct link *link = context;
    bool was_empty;

    pthread_mutex_lock(&link->lock);
    was_empty = !link->queue.unsent;
    link->counts.sent++;
    if (!link_queue_put(&link->queue, packet, payload)) {
        link->counts.lost++;
        link->has_lost = true;
        link->is_ending = true;
    }
    if (was_empty)
        pthread_cond_signal(&link->changed);
    pthread_mutex_unlock(&link->lock);
}

static bool is_same(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, LINK_INSTANCE_SIZE) == 0;
}

/* By its first adapter's GID, which stays when an instance is started again. */
static struct link *find(struct links *links, const struct link_hello *hello)
{
    struct link *link = links->list;

    while (link && memcmp(link->gid, hello->gids[0], sizeof link->gid) != 0)
        link = link->next;
    return link;
}

/* If two instances have dialled each other, the connection of the instance with the lower ID
 * stays. */
static bool takes_over(const struct links *links, const struct link *link,
                       const struct link_session *session, const struct link_hello *hello)
{
    bool is_lower = memcmp(links->instance, hello->instance, LINK_INSTANCE_SIZE) < 0;

    if (session->is_dialer == link->session->is_dialer)
        return !session->is_dialer;
    return session->is_dialer == is_lower;
}

/* links.lock is held. False: another connection stays, or `message` says what is wrong. */
static bool take_link(struct links *links, struct link *link, struct link_session *session,
                      const struct link_hello *hello, char *message, size_t message_size)
{
    /* Decides again after each wait: a third connection may have taken the link. */
    while (link->session && !links->is_stopping) {
        if (!is_same(link->peer, hello->instance)) {
            snprintf(
                message, message_size,
                "another instance with the same GID is linked; give each its own GID: gid = ... "
                "in its configuration");
            return false;
        }
        if (!takes_over(links, link, session, hello))
            return false;
        (void)shutdown(link->session->socket.file, SHUT_RDWR);
        pthread_cond_wait(&links->changed, &links->lock);
    }
    if (links->is_stopping)
        return false;
    if (!is_same(link->peer, hello->instance)) {
        memcpy(link->peer, hello->instance, sizeof link->peer);
        link->is_known = false;
    }
    link->session = session;
    return true;
}

static bool is_wanted(void *context, const struct efasim_packet *packet)
{
    struct link *link = context;

    return packet->kind == EFASIM_PACKET_ANSWER || packet->kind == EFASIM_PACKET_DATA ||
           efasim_link_is_awaited(link->model, packet);
}

/* `index` is of an adapter of the hello where the result is about one. */
static void explain(enum efasim_link_result result, const struct link_hello *hello, uint32_t index,
                    char *message, size_t message_size)
{
    char text[40], *end = text;

    if (result == EFASIM_LINK_TOO_MANY) {
        snprintf(message, message_size,
                 "too many adapters of other instances (limit %u), or not enough memory",
                 EFASIM_LINK_ADAPTERS);
        return;
    }
    for (unsigned i = 0; i < 16; i++)
        end += sprintf(end, i % 2 == 1 && i < 15 ? "%02x:" : "%02x", hello->gids[index][i]);
    snprintf(message, message_size,
             "two instances have an adapter with GID %s; give each its own GID: gid = ... in its "
             "configuration",
             text);
}

/* False: `message` says why. */
static bool exchange_resumes(struct link *link, struct link_session *session, uint64_t *arrived,
                             char *message, size_t message_size)
{
    struct link_record_head head = {.received = link->received, .flags = LINK_RECORD_RESUME};
    char reason[LINK_REJECTION_SIZE];
    size_t size;

    memcpy(session->out_plain, &head, sizeof head);
    (void)link_session_write(session, sizeof head, RESUME_PATIENCE);
    if (!link_session_read(session, &size, RESUME_PATIENCE, message, message_size))
        return false;
    if (link_record_read_resume(session->in_plain, size, arrived))
        return true;
    if (!link_record_read_rejection(session->in_plain, size, reason))
        snprintf(message, message_size, "%s sent an invalid record", session->name);
    else if (reason[0])
        snprintf(message, message_size, "%s rejected the link: %s", session->name, reason);
    else
        message[0] = '\0'; /* another connection stays */
    return false;
}

static bool is_known(struct link *link)
{
    bool known;

    pthread_mutex_lock(&link->links->lock);
    known = link->is_known;
    pthread_mutex_unlock(&link->links->lock);
    return known;
}

/* False if this side has a new instance ID since its hello. */
static void note_known(struct link *link, const struct link_hello *own)
{
    pthread_mutex_lock(&link->links->lock);
    link->is_known = is_same(own->instance, link->links->instance);
    pthread_mutex_unlock(&link->links->lock);
}

static void count_lost(struct link *link, uint64_t lost)
{
    pthread_mutex_lock(&link->lock);
    link->counts.lost += lost;
    pthread_mutex_unlock(&link->lock);
}

/* Resumes the packets that the last connection did not confirm, unless the peer is new. */
static bool carry_on(struct link *link, struct link_session *session, const struct link_hello *own,
                     const struct link_hello *theirs, char *message, size_t message_size)
{
    bool is_new = !is_known(link);
    enum efasim_link_result result;
    uint64_t arrived;
    uint32_t index;

    if (is_new) {
        count_lost(link, link_queue_clear(&link->queue));
        link->received = 0;
    }
    if (!exchange_resumes(link, session, &arrived, message, message_size))
        return false;
    if (!is_new && !link_queue_arrived(&link->queue, arrived)) {
        snprintf(message, message_size, "%s confirmed packets that were never sent", session->name);
        return false;
    }
    count_lost(link, link_queue_resume(&link->queue, is_wanted, link));
    note_known(link, own);
    link->is_ending = false;
    link->must_reply = true; /* the first record confirms */
    result = efasim_link_up(link->model, theirs->gids, theirs->gid_count, is_new, &index);
    if (result != EFASIM_LINK_OK)
        explain(result, theirs, index, message, message_size);
    return result == EFASIM_LINK_OK;
}

static void compose_hello(struct links *links, struct link_hello *hello)
{
    const struct efasim_config *config = efasim_get_config(links->sim);

    memset(hello, 0, sizeof *hello);
    pthread_mutex_lock(&links->lock);
    memcpy(hello->instance, links->instance, sizeof hello->instance);
    pthread_mutex_unlock(&links->lock);
    hello->gid_count = config->device_count;
    for (uint32_t i = 0; i < config->device_count; i++)
        memcpy(hello->gids[i], config->devices[i].gid, sizeof hello->gids[i]);
}

/* Takes a new instance ID, so that no peer waits for the lost packet. links.lock is held. */
static void start_anew(struct links *links)
{
    randombytes_buf(links->instance, sizeof links->instance);
    for (struct link *link = links->list; link; link = link->next)
        link->is_known = false;
}

static void note_up(struct link *link, const struct link_session *session)
{
    pthread_mutex_lock(&link->links->lock);
    snprintf(link->name, sizeof link->name, "%s", session->name);
    link->is_up = true;
    link->since = time(NULL);
    link->rose++;
    pthread_mutex_unlock(&link->links->lock);
}

static void release(struct links *links, struct link *link)
{
    pthread_mutex_lock(&links->lock);
    link->session = NULL;
    if (link->is_up)
        link->since = time(NULL);
    link->is_up = false;
    if (link->has_lost)
        start_anew(links);
    link->has_lost = false;
    pthread_cond_broadcast(&links->changed);
    pthread_mutex_unlock(&links->lock);
}

static struct link *join(struct links *links, struct link_session *session,
                         const struct link_hello *hello, char *message, size_t message_size)
{
    enum efasim_link_result result;
    struct link *link = find(links, hello);
    uint32_t index;

    if (is_same(hello->instance, links->instance)) {
        snprintf(message, message_size, "%s is this instance", session->name);
        return NULL;
    }
    if (!link)
        link = create(links, hello);
    if (!link) {
        snprintf(message, message_size, "not enough memory for a link");
        return NULL;
    }
    result = efasim_link_accepts(link->model, hello->gids, hello->gid_count, &index);
    if (result == EFASIM_LINK_OK)
        return link;
    explain(result, hello, index, message, message_size);
    return NULL;
}

/* Takes the link for this connection, or reports the reason, also to the peer. */
static struct link *admit(struct links *links, struct link_session *session,
                          const struct link_hello *hello, struct link **known, char *message,
                          size_t message_size)
{
    struct link *link;
    bool taken;

    message[0] = '\0';
    pthread_mutex_lock(&links->lock);
    link = join(links, session, hello, message, message_size);
    *known = link;
    taken = link && take_link(links, link, session, hello, message, message_size);
    pthread_mutex_unlock(&links->lock);
    if (taken)
        return link;
    link_session_reject(session, message);
    return NULL;
}

static void run(struct link *link, struct link_session *session, uint32_t adapters, char *message,
                size_t message_size)
{
    struct system_thread writer;

    if (!traffic_start_writer(link, &writer)) {
        snprintf(message, message_size, "cannot start a thread for the link to %s", session->name);
        return;
    }
    note_up(link, session);
    links_log(link->links, EFASIM_LOG_INFO, "linked to %s: %u adapter%s", session->name, adapters,
              adapters == 1 ? "" : "s");
    traffic_read(link, session, message, message_size);
    (void)shutdown(session->socket.file, SHUT_RDWR);
    traffic_stop_writer(link, &writer);
}

enum link_end link_run(struct links *links, struct link_session *session, struct link **known,
                       char *message, size_t message_size)
{
    struct link_hello own, theirs;
    enum link_end end = LINK_REJECTED;
    struct link *link;

    compose_hello(links, &own);
    if (!link_session_greet(session, links->key, &own, &theirs, message, message_size))
        return LINK_REJECTED;
    link = admit(links, session, &theirs, known, message, message_size);
    if (!link)
        return message[0] ? LINK_REJECTED : LINK_KEPT;
    if (carry_on(link, session, &own, &theirs, message, message_size)) {
        run(link, session, theirs.gid_count, message, message_size);
        efasim_link_down(link->model);
        end = LINK_LOST;
    } else if (!message[0]) {
        end = LINK_KEPT;
    }
    release(links, link);
    return end;
}
