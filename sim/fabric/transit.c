/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The wire between two adapters: latency, bandwidth, order, loss, retransmission. This file decides
 * about time and order; waiting.c only keeps the queue.
 *
 * A fabric without latency, jitter and bandwidth delivers at once: all messages are due at time 0,
 * in the order of their sequence numbers.
 */
#include "transit.h"

#include "../../src/driver/protocol.h"
#include "../device/address_handle.h"
#include "../device/remote_device.h"
#include "state.h"

/* How often SRD sends the same packet before it gives up the peer. */
#define MAX_TRANSMISSIONS 8u

#define NANOSECONDS 1000000000u

/* Advances the clock of the sender's wire by `size` bytes and returns it. */
static uint64_t cross_wire(const struct efasim *sim, uint64_t *wire_free_at, uint32_t size)
{
    uint64_t start = *wire_free_at > sim->now ? *wire_free_at : sim->now;

    if (sim->config.bandwidth != 0)
        start += (uint64_t)size * NANOSECONDS / sim->config.bandwidth;
    *wire_free_at = start;
    return start;
}

static uint64_t due_time(struct efasim_message *message)
{
    struct efasim *sim = message->qp->device->sim;
    const struct efasim_config *config = &sim->config;

    if (config->latency == 0 && config->jitter == 0 && config->bandwidth == 0)
        return 0;
    /* The data of a read uses the responder's wire, later. */
    uint32_t size = message->operation == EFA_SEND_OP_RDMA_READ ? 0 : message->size;
    uint64_t due = cross_wire(sim, &message->qp->device->wire_free_at, size) + config->latency;
    if (config->jitter != 0)
        due += efasim_random_below(&sim->random, config->jitter + 1);
    return due;
}

static uint64_t place_in_line(struct efasim *sim, struct efasim_counters *counters)
{
    uint64_t place = sim->fabric->waiting.next_order++;
    if (sim->config.reorder_window != 0 && efasim_chance(sim, sim->config.reorder_probability)) {
        place += 1 + efasim_random_below(&sim->random, sim->config.reorder_window);
        counters->reordered++;
    }
    return place;
}

/* The delay of a packet by loss and retransmission; EFASIM_NEVER if SRD gives it up. */
static uint64_t retransmit(struct efasim *sim, struct efasim_counters *counters)
{
    uint64_t delay = 0;
    for (unsigned i = 1; efasim_chance(sim, sim->config.loss); i++) {
        if (i == MAX_TRANSMISSIONS)
            return EFASIM_NEVER;
        delay += sim->config.retransmit_timeout;
        counters->retransmissions++;
    }
    return delay;
}

static void time_out(struct efasim_message *message)
{
    struct efasim *sim = message->qp->device->sim;

    message->state = EFASIM_MESSAGE_TIMING_OUT;
    efasim_transit_retry(message, sim->config.peer_timeout);
}

static void drop_lost(struct efasim_message *message)
{
    message->qp->device->counters.drops[EFASIM_DROP_LOST]++;
    efasim_message_complete(message, EFA_STATUS_OK);
}

void efasim_transit_send(struct efasim_message *message)
{
    struct efasim_device *device = message->qp->device;
    struct efasim *sim = device->sim;
    bool is_srd = message->qp->type == EFA_DRIVER_QP_SRD;
    uint64_t delay = 0;

    message->entry.due = due_time(message);
    message->entry.order = place_in_line(sim, &device->counters);
    if (EFA_UNLIKELY(sim->config.loss != 0)) {
        if (!is_srd && efasim_chance(sim, sim->config.loss)) {
            drop_lost(message);
            return;
        }
        delay = is_srd ? retransmit(sim, &device->counters) : 0;
        if (delay == EFASIM_NEVER) {
            time_out(message);
            return;
        }
        if (delay != 0)
            message->entry.due =
                (message->entry.due > sim->now ? message->entry.due : sim->now) + delay;
    }
    efasim_message_enter_fabric(message, delay != 0);
}

void efasim_transit_lose(struct efasim_message *message)
{
    struct efasim_device *device = message->qp->device;
    if (message->qp->type != EFA_DRIVER_QP_SRD) {
        drop_lost(message);
        return;
    }
    device->counters.retransmissions++;
    efasim_transit_retry(message, device->sim->config.retransmit_timeout);
}

/* `wire` is the time until the reply has left the responder. */
static void answer(struct efasim_message *message, uint8_t status, uint64_t wire)
{
    struct efasim_device *device = message->qp->device;
    struct efasim *sim = device->sim;
    uint64_t delay = 0;

    if (message->qp->type == EFA_DRIVER_QP_SRD && sim->config.loss != 0) {
        /* A lost acknowledgement: the message is sent again and the receiver drops the copy. */
        delay = retransmit(sim, &device->counters);
        if (delay == EFASIM_NEVER) {
            status = EFA_STATUS_PEER_TIMEOUT;
            delay = sim->config.peer_timeout;
        }
        if (delay != 0)
            device->counters.duplicates++;
    }
    if (message->qp->type == EFA_DRIVER_QP_SRD)
        delay += sim->config.latency + wire;
    if (delay == 0) {
        efasim_message_complete(message, status);
        return;
    }
    message->state = EFASIM_MESSAGE_ANSWERED;
    message->status = status;
    message->entry.due = sim->now + delay;
    message->entry.order = sim->fabric->waiting.next_order++;
    efasim_message_enter_fabric(message, delay > sim->config.latency);
}

void efasim_transit_answer(struct efasim_message *message, uint8_t status)
{
    answer(message, status, 0);
}

/* How long the responder's wire takes until it has carried `size` more bytes of a read. */
static uint64_t carry_read(struct efasim_message *message, uint32_t size)
{
    struct efasim_device *reader = message->qp->device;
    const struct efasim_ah *ah = reader->ahs.objects[message->ah];
    uint64_t *wire = ah->peer ? &ah->peer->wire_free_at : &ah->remote->wire_free_at;

    return cross_wire(reader->sim, wire, size) - reader->sim->now;
}

void efasim_transit_answer_read(struct efasim_message *message, uint32_t size)
{
    answer(message, EFA_STATUS_OK, carry_read(message, size));
}

void efasim_transit_retry(struct efasim_message *message, uint64_t delay)
{
    struct efasim *sim = message->qp->device->sim;
    message->entry.due = sim->now + delay;
    message->entry.order = sim->fabric->waiting.next_order++;
    efasim_message_enter_fabric(message, true);
}

void efasim_transit_no_peer(struct efasim_message *message)
{
    message->qp->device->counters.drops[EFASIM_DROP_NO_PEER]++;
    if (message->qp->type == EFA_DRIVER_QP_SRD)
        time_out(message);
    else
        efasim_message_complete(message, EFA_STATUS_OK);
}

void efasim_transit_continue(struct efasim_message *message, uint32_t size)
{
    struct efasim *sim = message->qp->device->sim;

    message->entry.due = 0;
    if (sim->config.bandwidth != 0)
        message->entry.due = sim->now + carry_read(message, size);
    message->entry.order = sim->fabric->waiting.next_order++;
    efasim_message_enter_fabric(message, sim->config.bandwidth != 0);
}
