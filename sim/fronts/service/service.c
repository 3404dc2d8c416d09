/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The whole service: start, clients that connect, stop. */
#include "service.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../../src/device/completion_entry.h"
#include "../../../src/device/recv_descriptor.h"
#include "../../../src/device/send_descriptor.h"
#include "service_internal.h"

#define PAUSE (50 * SYSTEM_MILLISECOND) /* the pause after a client that could not be accepted */

static void drop_finished(struct efasim_service *service)
{
    struct session **place = &service->sessions;

    while (*place) {
        struct session *session = *place;

        if (!efa_load_acquire_u32(&session->finished)) {
            place = &session->next;
            continue;
        }
        system_thread_join(&session->thread);
        *place = session->next;
        free(session);
    }
}

static void start_session(struct efasim_service *service, struct peer *peer)
{
    struct session *session = calloc(1, sizeof *session);
    char who[64];

    if (session) {
        session->service = service;
        session->peer = peer;
        if (system_thread_start(&session->thread, session_serve, session)) {
            session->next = service->sessions;
            service->sessions = session;
            return;
        }
    }
    peer_describe(peer, who, sizeof who);
    service_log(service, EFASIM_LOG_ERROR, "no thread for %s: close some clients", who);
    peer_close(peer);
    free(session);
}

static void accept_clients(void *argument)
{
    struct efasim_service *service = argument;
    enum listener_result result;
    struct peer *peer;
    char message[256];

    while ((result = listener_accept(service->listener, &peer, message, sizeof message)) !=
           LISTENER_STOPPED) {
        drop_finished(service);
        if (result == LISTENER_PEER) {
            start_session(service, peer);
        } else {
            service_log(service, EFASIM_LOG_WARNING, "%s", message);
            system_sleep(PAUSE);
        }
    }
}

static uint64_t round_up(uint64_t count)
{
    uint64_t rounded = 1;

    while (rounded < count)
        rounded *= 2;
    return rounded;
}

/* A send ring may be larger than the deepest queue needs. */
static uint64_t largest_send_ring(const struct efasim_device_config *device)
{
    const uint64_t most = (uint64_t)EFASIM_MAX_RING_ENTRIES * EFA_SEND_DESCRIPTOR_SIZE;

    return device->max_llq_size < most ? device->max_llq_size : most;
}

/* The memory of the largest rings of a queue pair or completion queue of all adapters. */
static uint64_t largest_request(const struct efasim_config *config)
{
    uint64_t largest = 0;

    for (uint32_t i = 0; i < config->device_count; i++) {
        const struct efasim_device_config *device = &config->devices[i];
        uint64_t qp =
            largest_send_ring(device) + round_up(device->max_rq_depth) * EFA_RECV_DESCRIPTOR_SIZE;
        uint64_t cq =
            round_up(device->max_cq_depth) * device->num_sub_cqs * EFA_COMPLETION_ENTRY_SIZE;

        largest = qp > largest ? qp : largest;
        largest = cq > largest ? cq : largest;
    }
    return largest + SHARED_MEMORY_PAGE;
}

static bool create_model(struct efasim_service *service, char *message, size_t message_size)
{
    uint32_t error;

    if (!efasim_config_check(service->options.config, message, message_size))
        return false;
    service_platform_init(service);
    error = efasim_create(service->options.config, &service->platform, &service->sim);
    if (error == EFA_WIN32_SUCCESS)
        return true;
    snprintf(message, message_size, "the adapters could not be created (error %u): %s", error,
             error == EFA_WIN32_NOT_ENOUGH_MEMORY ? "not enough memory" : "see the log");
    return false;
}

struct efasim_service *efasim_service_start(const struct efasim_service_options *options,
                                            char *message, size_t message_size)
{
    struct efasim_service *service = calloc(1, sizeof *service);

    snprintf(message, message_size, "not enough memory or threads for the service");
    if (!service)
        return NULL;
    service->options = *options;
    service->device_count = options->config->device_count;
    service->largest_request = largest_request(options->config);
    if (!system_mutex_init(&service->model_lock))
        goto free_service;
    if (!engine_init(&service->engine))
        goto destroy_lock;
    if (!create_model(service, message, message_size))
        goto destroy_engine;
    if (!listener_open(options->instance, &service->listener, message, message_size))
        goto destroy_model;
    snprintf(message, message_size, "not enough threads for the service");
    if (!engine_start(&service->engine, service->sim, &service->waiting, service_announce_sleep,
                      service))
        goto close_listener;
    if (!system_thread_start(&service->acceptor, accept_clients, service))
        goto stop_engine;
    message[0] = '\0';
    return service;

stop_engine:
    engine_stop(&service->engine);
close_listener:
    listener_close(service->listener);
destroy_model:
    efasim_destroy(service->sim);
    bells_destroy(&service->bells);
destroy_engine:
    engine_destroy(&service->engine);
destroy_lock:
    system_mutex_destroy(&service->model_lock);
free_service:
    free(service);
    return NULL;
}

void efasim_service_stop(struct efasim_service *service)
{
    listener_stop(service->listener);
    system_thread_join(&service->acceptor);
    while (service->sessions) {
        struct session *session = service->sessions;

        system_thread_join(&session->thread);
        service->sessions = session->next;
        free(session);
    }
    engine_stop(&service->engine);
    listener_close(service->listener);
    efasim_destroy(service->sim);
    bells_destroy(&service->bells);
    engine_destroy(&service->engine);
    system_mutex_destroy(&service->model_lock);
    free(service);
}

struct efasim *efasim_service_model(struct efasim_service *service)
{
    return service->sim;
}
