/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Completion queues: creation, destruction, and writing of entries. The device does not know what a
 * client has read. If more is outstanding than a queue has entries, unread entries are overwritten,
 * as on hardware.
 */
#include "completion_queue.h"

#include <string.h>

#include "../../src/device/send_descriptor.h"
#include "../../src/driver/protocol.h"
#include "../../src/driver/win32_error.h"
#include "fault_rules.h"
#include "patch.h"
#include "trace.h"

static uint32_t check_cq(const struct efasim_device_config *config,
                         const struct efa_create_cq_params *params)
{
    if (params->depth == 0 || (params->depth & (params->depth - 1)) != 0 ||
        params->depth > config->max_cq_depth || params->num_sub_cqs != config->num_sub_cqs ||
        params->entry_size != EFA_COMPLETION_ENTRY_SIZE)
        return EFA_WIN32_INVALID_PARAMETER;
    return EFA_WIN32_SUCCESS;
}

static void init_sub_cqs(struct efasim_cq *cq, uint32_t depth)
{
    struct efa_completion_entry *ring = cq->mapping.model;
    for (uint32_t i = 0; i < cq->sub_cq_count; i++) {
        cq->sub_cqs[i].ring = ring + (size_t)i * depth;
        cq->sub_cqs[i].entries = depth;
        cq->sub_cqs[i].phase = EFA_COMPLETION_PHASE;
    }
}

uint32_t efasim_create_cq(struct efasim_client *client, const void *input, void *output)
{
    struct efasim *sim = client->sim;
    const struct efa_create_cq_params *params = input;
    struct efa_cq_info *info = output;

    uint32_t error = check_cq(&client->device->config, params);
    if (error != EFA_WIN32_SUCCESS)
        return error;
    struct efasim_cq *cq = efasim_allocate(sim, sizeof *cq);
    if (!cq)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    cq->owner = client;
    cq->sub_cq_count = params->num_sub_cqs;
    cq->number = efasim_slots_put(&client->device->cqs, cq);
    if (cq->number == EFASIM_NO_SLOT) {
        efasim_release(sim, cq);
        return EFA_WIN32_NO_SYSTEM_RESOURCES;
    }
    cq->mapping.size = (size_t)params->depth * cq->sub_cq_count * EFA_COMPLETION_ENTRY_SIZE;
    error = sim->platform.map(sim->platform.context, client->front_client,
                              EFASIM_MAP_COMPLETION_RING, cq->mapping.size, &cq->mapping);
    if (error != EFA_WIN32_SUCCESS) {
        efasim_slots_remove(&client->device->cqs, cq->number);
        efasim_release(sim, cq);
        return error;
    }
    init_sub_cqs(cq, params->depth);
    info->cq_addr = cq->mapping.client;
    info->cq_index = (uint16_t)cq->number;
    info->actual_depth = params->depth;
    return EFA_WIN32_SUCCESS;
}

struct efasim_cq *efasim_find_cq(struct efasim_client *client, uint32_t number)
{
    struct efasim_cq *cq = efasim_slots_get(&client->device->cqs, number);
    return cq && cq->owner == client ? cq : NULL;
}

void efasim_release_cq(struct efasim_cq *cq)
{
    struct efasim *sim = cq->owner->sim;
    efasim_slots_remove(&cq->owner->device->cqs, cq->number);
    sim->platform.unmap(sim->platform.context, cq->owner->front_client, &cq->mapping);
    efasim_release(sim, cq);
}

uint32_t efasim_destroy_cq(struct efasim_client *client, const void *input, void *output)
{
    const struct efa_destroy_cq_params *params = input;
    struct efasim_cq *cq = efasim_find_cq(client, params->cq_index);
    (void)output;

    if (!cq)
        return EFA_WIN32_NOT_FOUND;
    if (cq->queue_pairs != 0)
        return EFA_WIN32_BUSY;
    efasim_release_cq(cq);
    return EFA_WIN32_SUCCESS;
}

/*
 * `flags` lacks the phase bit. An entry is written as two words, the one with the phase bit last,
 * in one store. A write of the adapter appears like this to the processor: a client may read the
 * flags byte or the whole first word.
 */
static void write_entry(struct efasim_sub_cq *sub_cq, const struct efa_completion_entry *values)
{
    struct efa_completion_entry entry = *values;
    uint64_t words[2];
    uint64_t *target = (uint64_t *)(void *)&sub_cq->ring[sub_cq->index];

    entry.flags |= sub_cq->phase;
    memcpy(words, &entry, sizeof words);
    efa_store_relaxed_u64(&target[1], words[1]);
    efa_store_release_u64(&target[0], words[0]);
    if (++sub_cq->index == sub_cq->entries) {
        sub_cq->index = 0;
        sub_cq->phase ^= EFA_COMPLETION_PHASE;
    }
}

/* Applies a fault to the entry. The phase bit stays correct, or no client would see the entry. */
static EFA_NOINLINE void write_faulty(struct efasim_qp *qp, struct efasim_sub_cq *sub_cq,
                                      struct efa_completion_entry *values,
                                      const struct efasim_fault *fault)
{
    struct efasim_patch patch;

    if (fault->kind == EFASIM_FAULT_COMPLETION_LOSE)
        return;
    if (fault->kind == EFASIM_FAULT_COMPLETION_DOUBLE) {
        write_entry(sub_cq, values);
        qp->device->sim->completions_written++;
    } else {
        patch = efasim_patch_of(fault);
        efasim_patch((uint8_t *)values, 0, sizeof *values, &patch);
        values->flags &= (uint8_t)~EFA_COMPLETION_PHASE;
    }
    write_entry(sub_cq, values);
    qp->device->sim->completions_written++;
}

static void complete(struct efasim_qp *qp, struct efasim_sub_cq *sub_cq,
                     struct efa_completion_entry *values)
{
    struct efasim *sim = qp->device->sim;
    struct efasim_counters *counters = &qp->device->counters;
    unsigned counted =
        values->status < EFASIM_STATUS_VALUES ? values->status : EFASIM_STATUS_VALUES - 1;

    counters->completions++;
    counters->completions_by_status[counted]++;
    if (efasim_traced(sim, EFASIM_TRACE_COMPLETIONS))
        efasim_trace_completion(qp, values);
    if (EFA_UNLIKELY(sim->fault_count != 0)) {
        const struct efasim_fault *fault =
            efasim_fault_strikes(qp->device, EFASIM_FAULT_ON_COMPLETION, qp->number);
        if (fault) {
            write_faulty(qp, sub_cq, values, fault);
            return;
        }
    }
    write_entry(sub_cq, values);
    sim->completions_written++;
}

void efasim_complete_send(struct efasim_qp *qp, uint16_t request_id, uint8_t operation,
                          uint8_t status)
{
    struct efa_completion_entry values = {0};

    values.request_id = request_id;
    values.status = status;
    values.flags = (uint8_t)(EFA_COMPLETION_QUEUE_SEND |
                             ((operation << EFA_COMPLETION_OP_SHIFT) & EFA_COMPLETION_OP_MASK));
    values.qp_num = (uint16_t)qp->number;
    if (status != EFA_STATUS_OK)
        qp->counters.send_errors++;
    complete(qp, qp->send_sub_cq, &values);
}

void efasim_complete_recv(struct efasim_qp *qp, uint16_t request_id, uint8_t status,
                          const struct efasim_received *received)
{
    struct efa_completion_entry values = {0};

    values.request_id = request_id;
    values.status = status;
    values.flags = EFA_COMPLETION_QUEUE_RECV;
    values.qp_num = (uint16_t)qp->number;
    values.source_ah = EFA_AH_NONE;
    if (received) {
        values.length = received->length;
        values.source_ah = received->source_ah;
        values.source_qp = received->source_qp;
        values.immediate_data = received->immediate_data;
        if (received->has_immediate)
            values.flags |= EFA_COMPLETION_HAS_IMM;
    }
    if (status != EFA_STATUS_OK)
        qp->counters.receive_errors++;
    complete(qp, qp->recv_sub_cq, &values);
}
