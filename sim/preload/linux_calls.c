/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Calls of libibverbs that the kit lacks, implemented by calls that it has. */
#include "linux_calls.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include "driver/win32_error.h"
#include "verbs/context.h"
#include "verbs/query.h"
#include "verbs/tables.h"

static uint32_t open_closed(const struct efa_transport *transport, void **session)
{
    (void)transport;
    (void)session;
    return EFA_WIN32_DEVICE_NOT_CONNECTED;
}

static uint32_t request_closed(const struct efa_transport *transport, void *session, uint32_t code,
                               const void *input, uint32_t input_size, void *output,
                               uint32_t output_size, uint32_t *returned)
{
    (void)transport;
    (void)session;
    (void)code;
    (void)input;
    (void)input_size;
    (void)output;
    (void)output_size;
    *returned = 0;
    return EFA_WIN32_DEVICE_NOT_CONNECTED;
}

static void close_closed(const struct efa_transport *transport, void *session)
{
    (void)transport;
    (void)session;
}

/*
 * On Linux closing succeeds even if objects are left, because the kernel destroys them. Programs
 * such as perftest 4.5 rely on that. The objects may still refer to the context, so its memory is
 * not freed.
 */
int ibv_close_device(struct ibv_context *ibv_context)
{
    static const struct efa_transport closed = {"simulated", open_closed, request_closed,
                                                close_closed};
    int error = efa_close_device(ibv_context);
    struct efa_context *context;

    if (error != EBUSY)
        return error;
    context = efa_context_of(ibv_context);
    efa_driver_close(&context->driver);
    context->driver.transport = &closed;
    efa_device_release(context->device);
    return 0;
}

/* 0 if the adapter is gone. */
uint64_t ibv_get_device_guid(struct ibv_device *device)
{
    struct ibv_context *context = ibv_open_device(device);
    struct ibv_device_attr attr;
    uint64_t guid = 0;

    if (!context)
        return 0;
    if (ibv_query_device(context, &attr) == 0)
        guid = attr.node_guid;
    ibv_close_device(context);
    return guid;
}

/* The index, or -1. */
int ibv_get_pkey_index(struct ibv_context *context, uint8_t port_num, uint16_t pkey)
{
    uint16_t found; /* EFA's table has one entry */

    return ibv_query_pkey(context, port_num, 0, &found) == 0 && found == pkey ? 0 : -1;
}

int _ibv_query_gid_ex(struct ibv_context *context, uint32_t port_num, uint32_t gid_index,
                      struct ibv_gid_entry *entry, uint32_t flags, size_t entry_size)
{
    struct ibv_gid_entry found;
    int error;

    if (entry_size < sizeof found)
        return EINVAL;
    error = efa_query_gid_ex(context, port_num, gid_index, &found, flags);
    if (error)
        return error;
    memset(entry, 0, entry_size);
    memcpy(entry, &found, sizeof found);
    return 0;
}

ssize_t _ibv_query_gid_table(struct ibv_context *context, struct ibv_gid_entry *entries,
                             size_t max_entries, uint32_t flags, size_t entry_size)
{
    /* A later libibverbs may have a larger entry: the rest of the entry is cleared. */
    struct ibv_gid_entry found;
    intptr_t count;

    if (entry_size < sizeof found)
        return -EINVAL;
    count = efa_query_gid_table(context, &found, max_entries ? 1 : 0, flags);
    if (count <= 0)
        return count;
    memset(entries, 0, entry_size);
    memcpy(entries, &found, sizeof found);
    return count;
}

int ibv_query_gid_type(struct ibv_context *context, uint8_t port_num, unsigned int index, int *type)
{
    struct ibv_gid_entry entry;
    int error = efa_query_gid_ex(context, port_num, index, &entry, 0);

    if (error) {
        errno = error;
        return -1;
    }
    *type = (int)entry.gid_type;
    return 0;
}
