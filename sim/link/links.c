/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Listening for peers, and dialling them again and again while the instance runs. */
#define _GNU_SOURCE
#include "links.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "links_internal.h"

#define DIAL_PATIENCE (2000 * SYSTEM_MILLISECOND)
/* Between two attempts; doubled after each that fails. */
#define SHORTEST_PAUSE (50 * SYSTEM_MILLISECOND)
#define LONGEST_PAUSE (1000 * SYSTEM_MILLISECOND)
#define REJECTION_PAUSE (20 * SYSTEM_MILLISECOND)
#define MOST_INBOUND 64u
/* The bytes of an adapter's usual GID that are 0. */
#define GID_HASH_AT 9
#define GID_HASH_SIZE 4

void links_log(const struct links *links, enum efasim_log_level level, const char *format, ...)
{
    char line[LINKS_MESSAGE_SIZE + 64];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    links->log(links->context, level, line);
}

/* Logs a message once while it repeats itself. */
static void report(struct links *links, char *last, enum link_end end, const char *message)
{
    if (!message[0] || efa_load_acquire_u32(&links->is_stopping) != 0)
        return;
    if (end == LINK_LOST)
        links_log(links, EFASIM_LOG_WARNING, "link lost: %s", message);
    else if (strcmp(last, message) != 0)
        links_log(links, EFASIM_LOG_WARNING, "no link: %s", message);
    snprintf(last, LINKS_MESSAGE_SIZE, "%s", end == LINK_LOST ? "" : message);
}

static struct link_session *make_session(const struct links *links, int file, const char *name,
                                         bool is_dialer)
{
    struct link_session *session = calloc(1, sizeof *session);

    if (!session)
        return NULL;
    session->socket.file = file;
    session->socket.stop = links->stop;
    session->is_dialer = is_dialer;
    snprintf(session->name, sizeof session->name, "%s", name);
    return session;
}

static void free_session(struct link_session *session)
{
    link_seal_forget(&session->seal);
    free(session);
}

static enum link_end run_socket(struct links *links, int file, const char *name, bool is_dialer,
                                struct link **link, char *message, size_t message_size)
{
    struct link_session *session = make_session(links, file, name, is_dialer);
    enum link_end end = LINK_REJECTED;

    if (session) {
        end = link_run(links, session, link, message, message_size);
        free_session(session);
    } else {
        snprintf(message, message_size, "not enough memory for a connection to %s", name);
    }
    close(file);
    return end;
}

static enum link_end dial(struct dialer *dialer, char *message, size_t message_size)
{
    struct link_socket socket = {.file = -1, .stop = dialer->links->stop};
    enum link_socket_result result = link_socket_connect(&socket, &dialer->address, DIAL_PATIENCE);

    message[0] = '\0';
    if (result == LINK_SOCKET_DONE)
        return run_socket(dialer->links, socket.file, dialer->address.text, true, &dialer->link,
                          message, message_size);
    if (result != LINK_SOCKET_STOPPED)
        snprintf(message, message_size, "%s: %s; trying again", dialer->address.text,
                 result == LINK_SOCKET_SILENT ? "no reply" : strerror(errno));
    return LINK_REJECTED;
}

/* Waits while the peer's own connection has the link. */
static void await_need(struct dialer *dialer)
{
    struct links *links = dialer->links;

    pthread_mutex_lock(&links->lock);
    while (!links->is_stopping && dialer->link && dialer->link->session)
        pthread_cond_wait(&links->changed, &links->lock);
    pthread_mutex_unlock(&links->lock);
}

static void keep_dialling(void *argument)
{
    struct dialer *dialer = argument;
    uint64_t pause = SHORTEST_PAUSE;
    char message[LINKS_MESSAGE_SIZE];

    do {
        enum link_end end;

        await_need(dialer);
        end = dial(dialer, message, sizeof message);
        report(dialer->links, dialer->last, end, message);
        if (end != LINK_REJECTED)
            pause = SHORTEST_PAUSE;
        else if (pause < LONGEST_PAUSE)
            pause *= 2;
        /* Random: two instances that dial at the same intervals could collide again and again. */
    } while (!link_socket_pause(dialer->links->stop,
                                pause + randombytes_uniform((uint32_t)SHORTEST_PAUSE)));
}

static void serve_inbound(void *argument)
{
    struct inbound *inbound = argument;
    char message[LINKS_MESSAGE_SIZE] = "";
    struct links *links = inbound->links;
    struct link *link = NULL;
    enum link_end end =
        run_socket(links, inbound->file, inbound->name, false, &link, message, sizeof message);

    pthread_mutex_lock(&links->lock);
    report(links, links->last_inbound, end, message);
    pthread_mutex_unlock(&links->lock);
    efa_store_release_u32(&inbound->finished, 1);
}

/* Returns how many connections are left. */
static uint32_t drop_finished(struct links *links)
{
    struct inbound **place = &links->inbound;
    uint32_t left = 0;

    while (*place) {
        struct inbound *inbound = *place;

        if (!efa_load_acquire_u32(&inbound->finished)) {
            place = &inbound->next;
            left++;
            continue;
        }
        system_thread_join(&inbound->thread);
        *place = inbound->next;
        free(inbound);
    }
    return left;
}

static void start_inbound(struct links *links, int file, const char *name)
{
    struct inbound *inbound = calloc(1, sizeof *inbound);

    if (inbound) {
        inbound->links = links;
        inbound->file = file;
        snprintf(inbound->name, sizeof inbound->name, "%s", name);
        if (system_thread_start(&inbound->thread, serve_inbound, inbound)) {
            inbound->next = links->inbound;
            links->inbound = inbound;
            return;
        }
    }
    links_log(links, EFASIM_LOG_ERROR, "not enough memory or threads for the connection from %s",
              name);
    free(inbound);
    close(file);
}

static void accept_peers(void *argument)
{
    struct links *links = argument;

    while (link_socket_await_peer(links->listener, links->stop)) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof peer;
        char name[LINK_ADDRESS_SIZE];
        int file =
            accept4(links->listener, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (file < 0) {
            (void)link_socket_pause(links->stop, REJECTION_PAUSE);
            continue;
        }
        link_address_describe(&peer, size, name, sizeof name);
        if (drop_finished(links) < MOST_INBOUND) {
            link_socket_send_at_once(file);
            start_inbound(links, file, name);
            continue;
        }
        links_log(links, EFASIM_LOG_WARNING, "no link: %s: more than %u connections", name,
                  MOST_INBOUND);
        close(file);
        (void)link_socket_pause(links->stop, REJECTION_PAUSE);
    }
}

static bool read_address(const char *text, bool has_key, struct link_address *address,
                         char *message, size_t message_size)
{
    if (!link_address_read(text, address, message, message_size))
        return false;
    if (has_key || link_address_is_loopback(address))
        return true;
    snprintf(message, message_size,
             "%s is not a loopback address: links between machines need a key, --key FILE; efasim "
             "key FILE makes one key file for all machines",
             text);
    return false;
}

bool links_make_gids(const struct links_options *options, struct efasim_config *config,
                     char *message, size_t message_size)
{
    struct efasim_config usual;
    crypto_generichash_state state;
    uint8_t hash[crypto_generichash_BYTES];
    char host[256] = "";

    if (!link_key_prepare(message, message_size))
        return false;
    (void)gethostname(host, sizeof host - 1);
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const uint8_t *)host, strlen(host) + 1);
    if (options->listen)
        crypto_generichash_update(&state, (const uint8_t *)options->listen,
                                  strlen(options->listen));
    crypto_generichash_final(&state, hash, sizeof hash);
    efasim_config_default(&usual);
    for (uint32_t i = 0; i < config->device_count; i++) {
        if (i >= usual.device_count)
            (void)efasim_config_add_device(&usual);
        if (memcmp(config->devices[i].gid, usual.devices[i].gid, sizeof usual.devices[i].gid) == 0)
            memcpy(config->devices[i].gid + GID_HASH_AT, hash, GID_HASH_SIZE);
    }
    return true;
}

static bool prepare(struct links *links, const struct links_options *options, char *message,
                    size_t message_size)
{
    struct link_address address;

    if (options->key && !link_key_read(options->key, links->key, message, message_size))
        return false;
    for (uint32_t i = 0; i < options->peer_count; i++) {
        links->dialers[i].links = links;
        if (!read_address(options->peers[i], options->key != NULL, &links->dialers[i].address,
                          message, message_size))
            return false;
    }
    links->stop = eventfd(0, EFD_CLOEXEC);
    if (links->stop < 0) {
        snprintf(message, message_size, "cannot make an event: %s", strerror(errno));
        return false;
    }
    return !options->listen ||
           (read_address(options->listen, options->key != NULL, &address, message, message_size) &&
            link_socket_listen(&address, &links->listener, message, message_size));
}

static void free_links(struct links *links)
{
    while (links->list) {
        struct link *link = links->list;

        links->list = link->next;
        link_destroy(link);
    }
    if (links->listener >= 0)
        close(links->listener);
    if (links->stop >= 0)
        close(links->stop);
    pthread_cond_destroy(&links->changed);
    pthread_mutex_destroy(&links->lock);
    sodium_memzero(links->key, sizeof links->key);
    free(links);
}

static void stop_threads(struct links *links)
{
    pthread_mutex_lock(&links->lock);
    efa_store_release_u32(&links->is_stopping, 1);
    pthread_cond_broadcast(&links->changed);
    pthread_mutex_unlock(&links->lock);
    system_event_set(links->stop);
    if (links->listener >= 0)
        system_thread_join(&links->acceptor);
    for (uint32_t i = 0; i < links->dialer_count; i++)
        system_thread_join(&links->dialers[i].thread);
    while (links->inbound) {
        struct inbound *inbound = links->inbound;

        system_thread_join(&inbound->thread);
        links->inbound = inbound->next;
        free(inbound);
    }
}

struct links *links_start(const struct links_options *options, struct efasim *sim, char *message,
                          size_t message_size)
{
    struct links *links;

    if (!link_key_prepare(message, message_size))
        return NULL;
    snprintf(message, message_size, "not enough memory or threads for the links");
    links = calloc(1, sizeof *links);
    if (!links)
        return NULL;
    links->sim = sim;
    links->context = options->context;
    links->log = options->log;
    links->peer_timeout = efasim_get_config(sim)->peer_timeout;
    links->listener = links->stop = -1;
    links->started = time(NULL);
    pthread_mutex_init(&links->lock, NULL);
    pthread_cond_init(&links->changed, NULL);
    randombytes_buf(links->instance, sizeof links->instance);
    if (!prepare(links, options, message, message_size))
        goto free_all;
    if (options->listen && !system_thread_start(&links->acceptor, accept_peers, links))
        goto free_all;
    for (; links->dialer_count < options->peer_count; links->dialer_count++) {
        struct dialer *dialer = &links->dialers[links->dialer_count];

        if (!system_thread_start(&dialer->thread, keep_dialling, dialer))
            goto stop;
    }
    message[0] = '\0';
    return links;

stop:
    links_stop(links);
    return NULL;
free_all:
    free_links(links);
    return NULL;
}

void links_stop(struct links *links)
{
    stop_threads(links);
    free_links(links);
}
