/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The transport that strikes at the nth request. */
#include "fault_transport.h"

#include <assert.h>
#include <string.h>

#include "driver/protocol.h"
#include "driver/win32_error.h"

static struct fault_transport *of(const struct efa_transport *transport)
{
    return (struct fault_transport *)(uintptr_t)transport;
}

static uint32_t open_session(const struct efa_transport *transport, void **session)
{
    const struct efa_transport *inner = of(transport)->inner;

    return inner->open(inner, session);
}

static void close_session(const struct efa_transport *transport, void *session)
{
    const struct efa_transport *inner = of(transport)->inner;

    inner->close(inner, session);
}

static void note(struct fault_transport *transport, uint32_t code, const void *input,
                 uint32_t reply_size)
{
    struct request_seen *seen = &transport->seen[transport->count++];

    assert(transport->count < FAULT_MAX_REQUESTS);
    *seen = (struct request_seen){.code = code, .reply_size = reply_size};
    if (code == EFA_QUERY_DEVICE)
        seen->version = ((const struct efa_query_device_params *)input)->interface_version;
    if (code == EFA_CREATE_QP)
        seen->rq_depth = ((const struct efa_create_qp_params *)input)->rq_depth;
}

/* What the fault makes of a reply that has come. */
static uint32_t spoil(struct fault_transport *transport, unsigned char *output,
                      uint32_t output_size, uint32_t *returned)
{
    const struct request_fault *fault = &transport->fault;

    transport->struck = true;
    switch (fault->kind) {
    case FAULT_LOST_REPLY:
        *returned = 0;
        return (uint32_t)fault->value;
    case FAULT_MORE_DATA:
        *returned = (uint32_t)fault->value;
        return EFA_WIN32_MORE_DATA;
    case FAULT_RETURNED:
        *returned = (uint32_t)fault->value;
        return 0;
    case FAULT_PATCH:
        assert(fault->offset + fault->size <= output_size);
        memcpy(output + fault->offset, &fault->value, fault->size); /* little-endian */
        return 0;
    case FAULT_FILL:
        memset(output, (int)fault->value, output_size);
        return 0;
    default:
        return 0;
    }
}

static uint32_t request(const struct efa_transport *efa_transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned)
{
    struct fault_transport *transport = of(efa_transport);
    const struct efa_transport *inner = transport->inner;
    bool strikes;
    uint32_t error;

    note(transport, code, input, output_size);
    strikes = transport->count == transport->nth && transport->fault.kind != FAULT_NONE;
    *returned = 0;
    if (strikes && transport->fault.kind == FAULT_ERROR) {
        transport->struck = true;
        return (uint32_t)transport->fault.value;
    }
    if (strikes && transport->fault.kind == FAULT_REMOVED) {
        transport->struck = true;
        transport->remove(transport->context);
    }
    if (strikes && transport->fault.kind == FAULT_LATE)
        transport->meanwhile(transport->context);
    error = inner->request(inner, session, code, input, input_size, output, output_size, returned);
    if (strikes && transport->fault.kind == FAULT_LATE)
        transport->meanwhile(transport->context);
    if (!strikes || error)
        return error;
    return spoil(transport, output, output_size, returned);
}

void fault_transport_init(struct fault_transport *transport, const struct efa_transport *inner)
{
    memset(transport, 0, sizeof *transport);
    transport->transport.name = "simulated";
    transport->transport.open = open_session;
    transport->transport.request = request;
    transport->transport.close = close_session;
    transport->inner = inner;
}

void fault_transport_arm(struct fault_transport *transport, unsigned nth,
                         struct request_fault fault)
{
    transport->fault = fault;
    transport->nth = nth;
    transport->count = 0;
    transport->struck = false;
}
