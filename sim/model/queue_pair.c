/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Queue pairs: creation and destruction. Their states are in modify_qp.c. */
#include "queue_pair.h"

#include "../../src/device/recv_descriptor.h"
#include "../../src/device/send_descriptor.h"
#include "../../src/driver/protocol.h"
#include "../../src/driver/win32_error.h"
#include "../device/address_handle.h"
#include "../device/batch_limit.h"
#include "../device/completion_queue.h"
#include "../fabric/flush.h"
#include "../fabric/message.h"
#include "../fabric/transit.h"

#define DOORBELL_MAPPING_SIZE (2 * EFASIM_DOORBELL_PAGE_SIZE)

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* The number of descriptors in a ring: a power of two, at least the depth. A queue without
 * requests has no ring. */
static bool ring_fits(uint32_t ring_size, uint32_t descriptor_size, uint32_t depth,
                      uint32_t max_depth)
{
    uint32_t entries = ring_size / descriptor_size;
    if (depth == 0)
        return ring_size == 0;
    return depth <= max_depth && entries >= depth && entries <= EFASIM_MAX_RING_ENTRIES &&
           entries * descriptor_size == ring_size && is_power_of_two(entries);
}

/* max_rq_depth counts descriptors; a ring of that many is rounded up to a power of two. */
static bool recv_ring_fits(uint32_t ring_size, uint32_t depth, uint32_t max_depth)
{
    uint32_t most = 1;

    while (most < max_depth)
        most *= 2;
    return ring_fits(ring_size, EFA_RECV_DESCRIPTOR_SIZE, depth, max_depth) &&
           ring_size / EFA_RECV_DESCRIPTOR_SIZE <= most;
}

static uint32_t check_qp(const struct efasim_device_config *config,
                         const struct efa_create_qp_params *params)
{
    if (params->qp_type != EFA_DRIVER_QP_SRD && params->qp_type != EFA_DRIVER_QP_UD)
        return EFA_WIN32_INVALID_PARAMETER;
    if (!ring_fits(params->sq_ring_size, EFA_SEND_DESCRIPTOR_SIZE, params->sq_depth,
                   config->max_sq_depth) ||
        params->sq_ring_size > config->max_llq_size ||
        !recv_ring_fits(params->rq_ring_size, params->rq_depth, config->max_rq_depth))
        return EFA_WIN32_INVALID_PARAMETER;
    return EFA_WIN32_SUCCESS;
}

/* The number has a slot and a generation, so that it is reused as late as possible; 0 is never
 * used. */
static bool assign_number(struct efasim_qp *qp)
{
    struct efasim_device *device = qp->device;
    uint32_t span = device->qp_number_span;

    qp->slot = efasim_slots_put(&device->qps, qp);
    if (qp->slot == EFASIM_NO_SLOT)
        return false;
    uint16_t *generation = &device->qp_generations[qp->slot];
    do {
        uint32_t turn = *generation;
        if (!device->sim->config.reuse_numbers_at_once || qp->slot + turn * span == 0)
            *generation = (uint16_t)((turn + 1) % (EFASIM_QP_NUMBERS / span));
        qp->number = qp->slot + turn * span;
    } while (qp->number == 0);
    qp->handle = (++device->key_seed % 0x7fffu + 1) << 16 | qp->number;
    return true;
}

static uint32_t map_one(struct efasim_qp *qp, enum efasim_mapping_kind kind, uint32_t size,
                        struct efasim_mapping *mapping)
{
    struct efasim *sim = qp->device->sim;
    /* An empty queue has an address as well, because a client may reject the address 0. */
    mapping->size = size != 0 ? size : EFASIM_DOORBELL_PAGE_SIZE;
    uint32_t error = sim->platform.map(sim->platform.context, qp->owner->front_client, kind,
                                       mapping->size, mapping);
    if (error != EFA_WIN32_SUCCESS)
        mapping->size = 0;
    return error;
}

static void unmap_one(struct efasim_qp *qp, struct efasim_mapping *mapping)
{
    struct efasim *sim = qp->device->sim;
    if (mapping->size != 0)
        sim->platform.unmap(sim->platform.context, qp->owner->front_client, mapping);
    mapping->size = 0;
}

static void unmap_rings(struct efasim_qp *qp)
{
    unmap_one(qp, &qp->doorbell_mapping);
    unmap_one(qp, &qp->recv_mapping);
    unmap_one(qp, &qp->send_mapping);
}

static uint32_t map_rings(struct efasim_qp *qp, const struct efa_create_qp_params *params)
{
    uint32_t error = map_one(qp, EFASIM_MAP_SEND_RING, params->sq_ring_size, &qp->send_mapping);
    if (error == EFA_WIN32_SUCCESS)
        error = map_one(qp, EFASIM_MAP_RECV_RING, params->rq_ring_size, &qp->recv_mapping);
    if (error == EFA_WIN32_SUCCESS)
        error = map_one(qp, EFASIM_MAP_DOORBELLS, DOORBELL_MAPPING_SIZE, &qp->doorbell_mapping);
    if (error != EFA_WIN32_SUCCESS) {
        unmap_rings(qp);
        return error;
    }
    uint8_t *doorbells = qp->doorbell_mapping.model;
    qp->send.memory = qp->send_mapping.model;
    qp->send.doorbell = (uint32_t *)(void *)doorbells;
    qp->send.entries = params->sq_ring_size / EFA_SEND_DESCRIPTOR_SIZE;
    qp->recv.memory = qp->recv_mapping.model;
    qp->recv.doorbell = (uint32_t *)(void *)(doorbells + EFASIM_RECV_DOORBELL_OFFSET);
    qp->recv.entries = params->rq_ring_size / EFA_RECV_DESCRIPTOR_SIZE;
    return EFA_WIN32_SUCCESS;
}

static struct efasim_sub_cq *choose_sub_cq(struct efasim_cq *cq, uint32_t *index)
{
    *index = cq->next_sub_cq;
    cq->next_sub_cq = (cq->next_sub_cq + 1) % cq->sub_cq_count;
    cq->queue_pairs++;
    return &cq->sub_cqs[*index];
}

static void init_qp(struct efasim_qp *qp, const struct efa_create_qp_params *params)
{
    struct efasim_client *client = qp->owner;
    qp->type = params->qp_type;
    qp->sq_depth = params->sq_depth;
    qp->rq_depth = params->rq_depth;
    qp->rnr_retry = (uint8_t)qp->device->config.default_rnr_retry;
    efasim_batch_init(qp);
    /* Interface version 1 has no MODIFY_QP: a new QP is ready, and has no QKey to compare. */
    qp->has_qkey = client->version >= EFA_INTERFACE_VERSION_2;
    qp->state = qp->has_qkey ? EFA_DRIVER_QP_RESET : EFA_DRIVER_QP_RTS;
}

uint32_t efasim_create_qp(struct efasim_client *client, const void *input, void *output)
{
    struct efasim *sim = client->sim;
    const struct efa_create_qp_params *params = input;
    struct efa_qp_info *info = output;

    struct efasim_pd *pd = efasim_find_pd(client, params->pdn);
    struct efasim_cq *send_cq = efasim_find_cq(client, params->send_cq_index);
    struct efasim_cq *recv_cq = efasim_find_cq(client, params->recv_cq_index);
    if (!pd || !send_cq || !recv_cq)
        return EFA_WIN32_NOT_FOUND;
    uint32_t error = check_qp(&client->device->config, params);
    if (error != EFA_WIN32_SUCCESS)
        return error;

    struct efasim_qp *qp = efasim_allocate(sim, sizeof *qp);
    if (!qp)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    qp->device = client->device;
    qp->owner = client;
    qp->pd = pd;
    error = map_rings(qp, params);
    if (error != EFA_WIN32_SUCCESS)
        goto free_qp;
    if (!assign_number(qp)) {
        error = EFA_WIN32_NO_SYSTEM_RESOURCES;
        goto unmap;
    }
    init_qp(qp, params);
    pd->children++;
    qp->send_cq = send_cq;
    qp->recv_cq = recv_cq;
    qp->send_sub_cq = choose_sub_cq(send_cq, &info->send_sub_cq);
    qp->recv_sub_cq = choose_sub_cq(recv_cq, &info->recv_sub_cq);
    qp->live_index = sim->live_count;
    sim->live[sim->live_count++] = qp;

    info->sq = qp->send_mapping.client;
    info->rq = qp->recv_mapping.client;
    info->sq_doorbell = qp->doorbell_mapping.client;
    info->rq_doorbell = qp->doorbell_mapping.client + EFASIM_RECV_DOORBELL_OFFSET;
    info->qp_size = params->sq_ring_size + params->rq_ring_size;
    info->qp_handle = qp->handle;
    info->qp_num = qp->number;
    if (sim->platform.wake)
        sim->platform.wake(sim->platform.context);
    return EFA_WIN32_SUCCESS;

unmap:
    unmap_rings(qp);
free_qp:
    efasim_release(sim, qp);
    return error;
}

void efasim_release_qp(struct efasim_qp *qp)
{
    struct efasim *sim = qp->device->sim;

    efasim_drop_messages(qp);
    struct efasim_qp *last = sim->live[--sim->live_count];
    last->live_index = qp->live_index;
    sim->live[qp->live_index] = last;
    qp->send_cq->queue_pairs--;
    qp->recv_cq->queue_pairs--;
    qp->pd->children--;
    efasim_slots_remove(&qp->device->qps, qp->slot);
    unmap_rings(qp);
    efasim_release(sim, qp);
}

uint32_t efasim_destroy_qp(struct efasim_client *client, const void *input, void *output)
{
    const struct efa_destroy_qp_params *params = input;
    struct efasim_qp *qp = efasim_find_qp_handle(client, params->qp_handle);
    (void)output;

    if (!qp)
        return EFA_WIN32_NOT_FOUND;
    if (client->sim->config.flush_on_destroy && qp->state != EFA_DRIVER_QP_RESET)
        efasim_enter_error(qp);
    efasim_release_qp(qp);
    return EFA_WIN32_SUCCESS;
}

static bool is_on_its_way_to(const struct efasim_message *message, const struct efasim_qp *qp)
{
    const struct efasim_ah *ah = efasim_slots_get(&message->qp->device->ahs, message->ah);
    return message->qp != qp && ah && ah->peer == qp->device &&
           message->destination_qp == qp->number && message->state <= EFASIM_MESSAGE_READING;
}

void efasim_reset_peers(struct efasim_qp *qp)
{
    struct efasim *sim = qp->device->sim;
    for (uint32_t i = 0; i < sim->live_count && qp->type == EFA_DRIVER_QP_SRD; i++) {
        struct efasim_qp *peer = sim->live[i];
        for (struct efasim_message *message = peer->first_message, *next; message; message = next) {
            next = message->next;
            if (!is_on_its_way_to(message, qp))
                continue;
            efasim_message_leave_fabric(message);
            efasim_transit_answer(message, EFA_STATUS_REMOTE_ABORT);
        }
    }
}
