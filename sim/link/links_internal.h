/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Shared by links.c (listening and dialling), link.c (a link's states) and traffic.c (its two
 * threads). Lock order: links.lock, the model's lock, link.lock.
 */
#ifndef EFASIM_LINK_LINKS_INTERNAL_H
#define EFASIM_LINK_LINKS_INTERNAL_H

#include <pthread.h>
#include <time.h>

#include "../../src/os/compiler.h"
#include "../fronts/service/system.h"
#include "link_queue.h"
#include "link_session.h"
#include "links_options.h"

struct link {
    struct links *links;
    struct link *next;
    struct efasim_link *model;
    uint8_t gid[16]; /* the first of its adapters */

    /* Under links.lock. */
    struct link_session *session;     /* the connection that has the link; NULL: no connection */
    uint8_t peer[LINK_INSTANCE_SIZE]; /* the instance of the last connection that had it */
    bool is_known;                /* both sides have kept what that connection did not transfer */
    char name[LINK_ADDRESS_SIZE]; /* of the peer, by the last connection that was up */
    bool is_up;
    time_t since;  /* when it went up or down */
    uint32_t rose; /* how often it went up */

    pthread_mutex_t lock; /* of the rest */
    pthread_cond_t changed;
    struct link_queue queue;
    uint64_t received;  /* the last packet's number */
    uint32_t new_bytes; /* received since the last confirmation */
    bool must_reply;
    bool is_ending;
    bool has_lost; /* a packet, because memory was short */
    struct link_counts {
        uint64_t sent, received, lost; /* packets */
    } counts;
};

struct dialer {
    struct links *links;
    struct link_address address;
    struct link *link; /* of its last connection */
    char last[LINKS_MESSAGE_SIZE];
    struct system_thread thread;
};

struct inbound {
    struct links *links;
    int file;
    char name[LINK_ADDRESS_SIZE];
    struct system_thread thread;
    uint32_t finished;
    struct inbound *next;
};

struct links {
    struct efasim *sim;
    void *context;
    void (*log)(void *context, enum efasim_log_level level, const char *line);
    uint8_t key[LINK_KEY_SIZE]; /* zeros without a file */
    uint64_t peer_timeout;
    int stop;
    int listener; /* -1: none */
    struct system_thread acceptor;
    struct inbound *inbound; /* the acceptor's */
    char last_inbound[LINKS_MESSAGE_SIZE];

    time_t started;
    pthread_mutex_t lock; /* of the rest */
    pthread_cond_t changed;
    uint8_t instance[LINK_INSTANCE_SIZE];
    struct link *list;
    uint32_t is_stopping; /* also read without the lock */

    uint32_t dialer_count;
    struct dialer dialers[LINKS_MAX_PEERS];
};

void links_log(const struct links *links, enum efasim_log_level level, const char *format, ...)
    EFA_PRINTF(3, 4);

/* link.c */
enum link_end {
    LINK_REJECTED, /* by this side or the other; `message` says why */
    LINK_KEPT,     /* another connection to the same instance stays */
    LINK_LOST      /* it was up */
};
/* Greets the peer, joins the link, and runs the connection until it ends. *link is set once the
 * peer is known. */
enum link_end link_run(struct links *links, struct link_session *session, struct link **link,
                       char *message, size_t message_size);
void link_destroy(struct link *link);
/* An efasim_link_sender. */
void link_send(void *link, const struct efasim_packet *packet, const void *payload);

/* traffic.c: both run until the connection ends; `message` says why. */
void traffic_read(struct link *link, struct link_session *session, char *message,
                  size_t message_size);
bool traffic_start_writer(struct link *link, struct system_thread *thread);
void traffic_stop_writer(struct link *link, struct system_thread *thread);

#endif
