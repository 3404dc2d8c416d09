/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Shared by the files of the service. */
#ifndef EFASIM_SERVICE_SERVICE_INTERNAL_H
#define EFASIM_SERVICE_SERVICE_INTERNAL_H

#include "../../../src/driver/win32_error.h"
#include "../../../src/os/compiler.h"
#include "arena.h"
#include "bells.h"
#include "engine.h"
#include "peer.h"
#include "service_options.h"
#include "system.h"

/* One session; each has a thread. */
struct session {
    struct efasim_service *service;
    struct peer *peer;
    struct arena arena;
    struct efasim_client *client; /* NULL for a control session, and before HELLO */
    bool is_control;
    bool is_silent; /* an adapter's client that does not use the bells */
    struct system_thread thread;
    uint32_t finished; /* the session is finished, and its thread can be joined */
    struct session *next;
};

struct efasim_service {
    struct efasim *sim;
    struct efasim_platform platform;
    struct efasim_service_options options;
    struct listener *listener;
    uint64_t largest_request; /* the ring memory that one request may need */
    uint32_t device_count;

    struct system_mutex model_lock;
    uint32_t silent;    /* sessions that do not use the bells */
    struct bells bells; /* under the model's lock */
    uint32_t waiting;   /* threads that wait for the model's lock: the engine lets them go first */

    struct engine engine;
    struct system_thread acceptor;
    struct session *sessions; /* of the thread that accepts clients */
};

/* platform.c */
void service_platform_init(struct efasim_service *service);
void service_log(struct efasim_service *service, enum efasim_log_level level, const char *format,
                 ...) EFA_PRINTF(3, 4);

/* For the engine: sets or clears the bells. False: a client does not check them. */
bool service_announce_sleep(void *service, bool asleep);

/* session.c: serves the client until it leaves. Runs in the session's thread. */
void session_serve(void *session);

#endif
