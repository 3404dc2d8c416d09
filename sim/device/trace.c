/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The trace: requests, doorbells, descriptors and completions as lines for people or as JSON, one
 * object a line. A run without trace does not execute this.
 */
#include "trace.h"

#include "../../src/device/recv_descriptor.h"
#include "../../src/device/send_descriptor.h"
#include "../../src/driver/protocol.h"
#include "../base/format.h"
#include "log.h"

static bool is_wanted(const struct efasim *sim, uint32_t device, uint32_t qp_num)
{
    const struct efasim_trace_filter *filter = &sim->trace;
    return (filter->device == EFASIM_ALL_DEVICES || filter->device == device) &&
           (filter->qp_num == 0 || filter->qp_num == qp_num);
}

/* Starts a line with the fields that all lines have. */
static void begin(const struct efasim *sim, struct efasim_text *text, char *line, const char *event,
                  const struct efasim_device *device)
{
    efasim_text_init(text, line, EFASIM_LINE_SIZE);
    if (sim->trace.json)
        efasim_text_add(text, "{\"t\":%llu,\"device\":\"%s\",\"event\":\"%s\"",
                        (unsigned long long)sim->now, device->config.name, event);
    else
        efasim_text_add(text, "%llu.%09llu %s %s", (unsigned long long)(sim->now / 1000000000u),
                        (unsigned long long)(sim->now % 1000000000u), device->config.name, event);
}

static void add_number(const struct efasim *sim, struct efasim_text *text, const char *name,
                       uint64_t value)
{
    efasim_text_add(text, sim->trace.json ? ",\"%s\":%llu" : " %s=%llu", name,
                    (unsigned long long)value);
}

static void add_string(const struct efasim *sim, struct efasim_text *text, const char *name,
                       const char *value)
{
    efasim_text_add(text, sim->trace.json ? ",\"%s\":\"%s\"" : " %s=%s", name, value);
}

static void add_bytes(const struct efasim *sim, struct efasim_text *text, const char *name,
                      const void *bytes, size_t count)
{
    if (count == 0)
        return;
    efasim_text_add(text, sim->trace.json ? ",\"%s\":\"" : " %s=[", name);
    efasim_text_add_bytes(text, bytes, count);
    efasim_text_add(text, sim->trace.json ? "\"" : "]");
}

static void end(struct efasim *sim, struct efasim_text *text, const char *line)
{
    if (sim->trace.json)
        efasim_text_add(text, "}");
    sim->platform.trace(sim->platform.context, line);
}

void efasim_trace_request(struct efasim_client *client, uint32_t code, uint32_t input_size,
                          uint32_t error, const void *input, const void *output, uint32_t returned)
{
    struct efasim *sim = client->sim;
    char line[EFASIM_LINE_SIZE];
    struct efasim_text text;
    const char *name = NULL;

    if (!is_wanted(sim, client->device->index, 0))
        return;
    if (code >= EFA_QUERY_DEVICE && (code & 3u) == 0)
        name = efasim_request_name((code - EFA_QUERY_DEVICE) >> 2);
    begin(sim, &text, line, "request", client->device);
    add_number(sim, &text, "client", client->number);
    add_string(sim, &text, "name", name ? name : "unknown");
    add_number(sim, &text, "code", code);
    add_number(sim, &text, "input_size", input_size);
    add_number(sim, &text, "error", error);
    /* An input longer than any structure was not kept. */
    add_bytes(sim, &text, "input", input, input_size <= 32 ? input_size : 0);
    add_bytes(sim, &text, "output", output, returned);
    end(sim, &text, line);
}

void efasim_trace_doorbell(struct efasim_qp *qp, bool is_send, uint32_t value)
{
    struct efasim *sim = qp->device->sim;
    char line[EFASIM_LINE_SIZE];
    struct efasim_text text;

    if (!is_wanted(sim, qp->device->index, qp->number))
        return;
    begin(sim, &text, line, "doorbell", qp->device);
    add_number(sim, &text, "qp", qp->number);
    add_string(sim, &text, "queue", is_send ? "send" : "recv");
    add_number(sim, &text, "value", value);
    add_number(sim, &text, "taken", is_send ? qp->send.taken : qp->recv.taken);
    end(sim, &text, line);
}

void efasim_trace_recv_doorbell(struct efasim_qp *qp)
{
    uint32_t value = efa_load_acquire_u32(qp->recv.doorbell);

    if ((uint16_t)value == qp->recv.traced)
        return;
    qp->recv.traced = (uint16_t)value;
    efasim_trace_doorbell(qp, false, value);
}

void efasim_trace_descriptor(struct efasim_qp *qp, bool is_send, uint32_t index, const void *bytes)
{
    struct efasim *sim = qp->device->sim;
    char line[EFASIM_LINE_SIZE];
    struct efasim_text text;

    if (!is_wanted(sim, qp->device->index, qp->number))
        return;
    begin(sim, &text, line, "descriptor", qp->device);
    add_number(sim, &text, "qp", qp->number);
    add_string(sim, &text, "queue", is_send ? "send" : "recv");
    add_number(sim, &text, "index", index);
    add_bytes(sim, &text, "bytes", bytes,
              is_send ? EFA_SEND_DESCRIPTOR_SIZE : EFA_RECV_DESCRIPTOR_SIZE);
    end(sim, &text, line);
}

void efasim_trace_completion(struct efasim_qp *qp, const struct efa_completion_entry *entry)
{
    struct efasim *sim = qp->device->sim;
    bool is_recv = (entry->flags & EFA_COMPLETION_QUEUE_MASK) == EFA_COMPLETION_QUEUE_RECV;
    char line[EFASIM_LINE_SIZE];
    struct efasim_text text;

    if (!is_wanted(sim, qp->device->index, qp->number))
        return;
    begin(sim, &text, line, "completion", qp->device);
    add_number(sim, &text, "qp", qp->number);
    add_string(sim, &text, "queue", is_recv ? "recv" : "send");
    add_number(sim, &text, "id", entry->request_id);
    add_number(sim, &text, "status", entry->status);
    add_string(sim, &text, "meaning", efasim_status_name(entry->status));
    if (is_recv) {
        add_number(sim, &text, "length", entry->length);
        add_number(sim, &text, "source_ah", entry->source_ah);
        add_number(sim, &text, "source_qp", entry->source_qp);
    }
    end(sim, &text, line);
}
