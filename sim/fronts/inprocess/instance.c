/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The instance: the library's transport, and running the adapters in the caller's thread. */
#include <errno.h>
#include <stdlib.h>

#include "device_memory.h"
#include "inprocess_internal.h"

/* How many messages a step may handle before requests from other threads are served. */
#define STEP_BUDGET 256u

static uint32_t open_session(const struct efa_transport *transport, void **session)
{
    const struct inprocess_device *device =
        (const struct inprocess_device *)(const void *)transport;
    struct efasim_client *client;
    uint32_t error = efasim_client_open(device->inprocess->sim, device->index,
                                        (void *)(uintptr_t)device, &client);
    if (error == EFA_WIN32_SUCCESS)
        *session = client;
    return error;
}

static uint32_t request(const struct efa_transport *transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned)
{
    (void)transport;
    return efasim_request(session, code, input, input_size, output, output_size, returned);
}

static void close_session(const struct efa_transport *transport, void *session)
{
    (void)transport;
    efasim_client_close(session);
}

struct efasim_inprocess *efasim_inprocess_create(const struct efasim_config *config)
{
    struct efasim_inprocess *inprocess = calloc(1, sizeof *inprocess);
    if (!inprocess)
        return NULL;
    if (!inprocess_platform_init(inprocess)) {
        free(inprocess);
        return NULL;
    }
    uint32_t error = efasim_create(config, &inprocess->platform, &inprocess->sim);
    if (error != EFA_WIN32_SUCCESS) {
        inprocess_platform_destroy(inprocess);
        free(inprocess);
        errno = error == EFA_WIN32_NOT_ENOUGH_MEMORY ? ENOMEM : EINVAL;
        return NULL;
    }
    for (unsigned i = 0; i < config->device_count; i++) {
        struct inprocess_device *device = &inprocess->devices[i];
        device->transport.name = "simulated";
        device->transport.open = open_session;
        device->transport.request = request;
        device->transport.close = close_session;
        device->inprocess = inprocess;
        device->index = i;
        device->watches_doorbells =
            config->devices[i].max_batch != 0 &&
            config->devices[i].max_batch < config->devices[i].max_sq_depth &&
            device_memory_is_supported();
    }
    inprocess->device_count = config->device_count;
    return inprocess;
}

void efasim_inprocess_destroy(struct efasim_inprocess *inprocess)
{
    if (!inprocess)
        return;
    efasim_inprocess_stop_engine(inprocess);
    efasim_destroy(inprocess->sim);
    inprocess_platform_destroy(inprocess);
    free(inprocess);
}

const struct efa_transport *efasim_inprocess_transport(struct efasim_inprocess *inprocess,
                                                       unsigned device_index)
{
    return device_index < inprocess->device_count ? &inprocess->devices[device_index].transport
                                                  : NULL;
}

struct efasim *efasim_inprocess_model(struct efasim_inprocess *inprocess)
{
    return inprocess->sim;
}

unsigned efasim_inprocess_run(struct efasim_inprocess *inprocess)
{
    unsigned completions = 0;
    struct efasim_step_result result;
    do {
        result = efasim_step(inprocess->sim, STEP_BUDGET);
        completions += result.completions;
    } while (result.more || result.work != 0);
    return completions;
}

void efasim_inprocess_set_virtual_time(struct efasim_inprocess *inprocess)
{
    inprocess->virtual_now = inprocess_real_time();
    efa_store_release_u32(&inprocess->is_virtual, 1);
}

unsigned efasim_inprocess_advance(struct efasim_inprocess *inprocess, uint64_t nanoseconds)
{
    uint64_t now = efa_load_acquire_u64(&inprocess->virtual_now);
    uint64_t end = now + nanoseconds;
    unsigned completions = 0;

    for (;;) {
        completions += efasim_inprocess_run(inprocess);
        struct efasim_step_result result = efasim_step(inprocess->sim, STEP_BUDGET);
        completions += result.completions;
        if (result.more)
            continue;
        if (result.next_deadline > end)
            break;
        efa_store_release_u64(&inprocess->virtual_now, result.next_deadline);
    }
    efa_store_release_u64(&inprocess->virtual_now, end);
    return completions;
}
