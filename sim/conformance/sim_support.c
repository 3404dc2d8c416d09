/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A raw client of the device. */
#include "sim_support.h"

#include <stdlib.h>
#include <string.h>

#include "os/barrier.h"
#include "os/compiler.h"

#define EXPECT_ROUNDS 2000

const struct raw_options raw_srd = {.state = EFA_DRIVER_QP_RTS};
const struct raw_options raw_ud = {.state = EFA_DRIVER_QP_RTS, .type = EFA_DRIVER_QP_UD};

void raw_progress(struct sim_world *world)
{
    world->progress(world->context);
}

static unsigned free_place(const struct sim_world *world)
{
    unsigned place = 0;

    while (place < SIM_MAX_SESSIONS - 1 && world->sessions[place])
        place++;
    CHECK(!world->sessions[place]); /* a case has at most SIM_MAX_SESSIONS */
    return place;
}

void raw_open(struct sim_world *world, struct raw_client *client)
{
    unsigned place = free_place(world);

    memset(client, 0, sizeof *client);
    client->world = world;
    CHECK_EQUAL(world->transport->open(world->transport, &client->session), 0);
    world->sessions[place] = client->session;
}

/* The memory last: the adapter may write to it until its session is closed. */
static void close_place(struct sim_world *world, unsigned place)
{
    world->transport->close(world->transport, world->sessions[place]);
    free(world->memory[place]);
    world->sessions[place] = NULL;
    world->memory[place] = NULL;
}

static unsigned place_of(const struct raw_client *client)
{
    unsigned place = 0;

    while (client->world->sessions[place] != client->session)
        place++;
    return place;
}

void raw_close(struct raw_client *client)
{
    close_place(client->world, place_of(client));
    client->session = NULL;
}

void sim_world_close(struct sim_world *world)
{
    for (unsigned i = 0; i < SIM_MAX_SESSIONS; i++) {
        if (world->sessions[i])
            close_place(world, i);
    }
}

uint32_t raw_try(struct raw_client *client, uint32_t code, const void *input, uint32_t input_size,
                 void *output, uint32_t output_size)
{
    const struct efa_transport *transport = client->world->transport;
    return transport->request(transport, client->session, code, input, input_size, output,
                              output_size, &client->returned);
}

uint32_t raw_query_device(struct raw_client *client, uint32_t version)
{
    struct efa_query_device_params params = {version};
    return raw_try(client, EFA_QUERY_DEVICE, &params, sizeof params, &client->info,
                   sizeof client->info);
}

uint32_t raw_alloc_pd(struct raw_client *client, uint16_t *pdn)
{
    struct efa_pd_info info;
    uint32_t error = raw_try(client, EFA_ALLOC_PD, NULL, 0, &info, sizeof info);
    if (error == 0)
        *pdn = info.pdn;
    return error;
}

uint32_t raw_dealloc_pd(struct raw_client *client, uint16_t pdn)
{
    struct efa_dealloc_pd_params params = {pdn};
    return raw_try(client, EFA_DEALLOC_PD, &params, sizeof params, NULL, 0);
}

uint32_t raw_reg_mr(struct raw_client *client, uint16_t pdn, const void *address, uint64_t length,
                    uint8_t permissions, struct efa_mr_info *mr)
{
    struct efa_reg_mr_params params = {0};
    params.length = length;
    params.addr = (uint64_t)(uintptr_t)address;
    params.pdn = pdn;
    params.permissions = permissions;
    return raw_try(client, EFA_REG_MR, &params, sizeof params, mr, sizeof *mr);
}

uint32_t raw_dereg_mr(struct raw_client *client, uint32_t lkey)
{
    struct efa_dereg_mr_params_v3 params = {lkey};
    return raw_try(client, EFA_DEREG_MR, &params, sizeof params, NULL, 0);
}

uint32_t raw_create_cq(struct raw_client *client, uint16_t depth, struct raw_cq *cq)
{
    struct efa_create_cq_params params = {0};
    uint8_t input[EFA_CREATE_CQ_INPUT_SIZE] = {0};

    memset(cq, 0, sizeof *cq);
    params.depth = depth;
    params.num_sub_cqs = client->info.num_sub_cqs;
    params.entry_size = EFA_COMPLETION_ENTRY_SIZE;
    memcpy(input, &params, sizeof params);
    cq->sub_cqs = client->info.num_sub_cqs;
    return raw_try(client, EFA_CREATE_CQ, input, sizeof input, &cq->info, sizeof cq->info);
}

uint32_t raw_destroy_cq(struct raw_client *client, uint16_t index)
{
    struct efa_destroy_cq_params params = {index};
    return raw_try(client, EFA_DESTROY_CQ, &params, sizeof params, NULL, 0);
}

uint32_t raw_alloc_ah(struct raw_client *client, uint16_t pdn, const uint8_t gid[16], uint16_t *ah)
{
    struct efa_create_ah_params params = {0};
    struct efa_ah_info info;

    params.pdn = pdn;
    memcpy(params.dest_addr, gid, sizeof params.dest_addr);
    uint32_t error = raw_try(client, EFA_ALLOC_AH, &params, sizeof params, &info, sizeof info);
    if (error == 0)
        *ah = info.ah;
    return error;
}

uint32_t raw_dealloc_ah(struct raw_client *client, uint16_t pdn, uint16_t ah)
{
    struct efa_destroy_ah_params params = {pdn, ah};
    return raw_try(client, EFA_DEALLOC_AH, &params, sizeof params, NULL, 0);
}

void raw_qp_params(const struct raw_endpoint *endpoint, uint32_t type, uint32_t depth,
                   struct efa_create_qp_params *params)
{
    memset(params, 0, sizeof *params);
    params->send_cq_index = endpoint->send_cq.info.cq_index;
    params->recv_cq_index = endpoint->recv_cq.info.cq_index;
    params->rq_depth = depth;
    params->sq_depth = depth;
    params->sq_ring_size = depth * EFA_SEND_DESCRIPTOR_SIZE;
    params->rq_ring_size = depth * EFA_RECV_DESCRIPTOR_SIZE;
    params->pdn = endpoint->pdn;
    params->qp_type = type;
}

uint32_t raw_create_qp(struct raw_client *client, const struct efa_create_qp_params *params,
                       struct raw_qp *qp)
{
    memset(qp, 0, sizeof *qp);
    qp->sq_entries = params->sq_ring_size / EFA_SEND_DESCRIPTOR_SIZE;
    qp->rq_entries = params->rq_ring_size / EFA_RECV_DESCRIPTOR_SIZE;
    return raw_try(client, EFA_CREATE_QP, params, sizeof *params, &qp->info, sizeof qp->info);
}

uint32_t raw_destroy_qp(struct raw_client *client, uint32_t handle)
{
    struct efa_destroy_qp_params params = {handle};
    return raw_try(client, EFA_DESTROY_QP, &params, sizeof params, NULL, 0);
}

uint32_t raw_modify_qp(struct raw_client *client, const struct raw_qp *qp, uint32_t mask,
                       uint32_t state)
{
    struct efa_modify_qp_params params = {0};
    params.modify_mask = mask;
    params.qp_handle = qp->info.qp_handle;
    params.state = state;
    params.qkey = RAW_QKEY;
    return raw_try(client, EFA_MODIFY_QP, &params, sizeof params, NULL, 0);
}

void raw_bring_with_retry(struct raw_client *client, const struct raw_qp *qp, uint32_t state,
                          uint32_t rnr_retry)
{
    struct efa_modify_qp_params to_rts = {0};
    const uint32_t set = EFA_MODIFY_QP_STATE;

    if (state == EFA_DRIVER_QP_RESET)
        return;
    CHECK_EQUAL(raw_modify_qp(client, qp, set | EFA_MODIFY_QP_QKEY, EFA_DRIVER_QP_INIT), 0);
    if (state == EFA_DRIVER_QP_INIT)
        return;
    CHECK_EQUAL(raw_modify_qp(client, qp, set, EFA_DRIVER_QP_RTR), 0);
    if (state == EFA_DRIVER_QP_RTR)
        return;
    to_rts.modify_mask = set | EFA_MODIFY_QP_SQ_PSN;
    to_rts.qp_handle = qp->info.qp_handle;
    to_rts.state = EFA_DRIVER_QP_RTS;
    if (rnr_retry != 0) {
        to_rts.modify_mask |= EFA_MODIFY_QP_RNR_RETRY;
        to_rts.rnr_retry = (uint8_t)(rnr_retry - 1);
    }
    CHECK_EQUAL(raw_try(client, EFA_MODIFY_QP, &to_rts, sizeof to_rts, NULL, 0), 0);
    if (state != EFA_DRIVER_QP_RTS)
        CHECK_EQUAL(raw_modify_qp(client, qp, set, state), 0);
}

void raw_bring_to(struct raw_client *client, const struct raw_qp *qp, uint32_t state)
{
    raw_bring_with_retry(client, qp, state, 0);
}

void raw_endpoint_open(struct sim_world *world, struct raw_endpoint *endpoint,
                       const struct raw_options *options)
{
    struct raw_client *client = &endpoint->client;
    struct efa_create_qp_params params;
    uint32_t version = options->version != 0 ? options->version : EFA_INTERFACE_VERSION_NEWEST;
    uint16_t cq_depth = options->cq_depth != 0 ? options->cq_depth : 64;
    uint8_t permissions = EFA_MR_LOCAL_WRITE;

    memset(endpoint, 0, sizeof *endpoint);
    raw_open(world, client);
    CHECK_EQUAL(raw_query_device(client, version), 0);
    if ((client->info.supported_features & EFA_FEATURE_RDMA_READ) != 0)
        permissions |= EFA_MR_REMOTE_READ;
    endpoint->memory = calloc(1, RAW_BUFFER_SIZE);
    CHECK(endpoint->memory != NULL);
    world->memory[place_of(client)] = endpoint->memory;
    CHECK_EQUAL(raw_alloc_pd(client, &endpoint->pdn), 0);
    CHECK_EQUAL(raw_alloc_ah(client, endpoint->pdn, client->info.addr, &endpoint->ah), 0);
    CHECK_EQUAL(raw_reg_mr(client, endpoint->pdn, endpoint->memory, RAW_BUFFER_SIZE, permissions,
                           &endpoint->mr),
                0);
    CHECK_EQUAL(raw_create_cq(client, cq_depth, &endpoint->send_cq), 0);
    CHECK_EQUAL(raw_create_cq(client, cq_depth, &endpoint->recv_cq), 0);
    raw_qp_params(endpoint, options->type, options->depth != 0 ? options->depth : 16, &params);
    CHECK_EQUAL(raw_create_qp(client, &params, &endpoint->qp), 0);
    if (version >= EFA_INTERFACE_VERSION_2)
        raw_bring_with_retry(client, &endpoint->qp, options->state, options->rnr_retry);
}

void raw_endpoint_close(struct raw_endpoint *endpoint)
{
    if (endpoint->client.session)
        raw_close(&endpoint->client);
    endpoint->memory = NULL;
}

void raw_pair_open(struct sim_world *world, struct raw_pair *pair, const struct raw_options *from,
                   const struct raw_options *to)
{
    raw_endpoint_open(world, &pair->from, from);
    raw_endpoint_open(world, &pair->to, to);
    for (uint32_t i = 0; i < RAW_BUFFER_SIZE; i++)
        pair->from.memory[i] = (uint8_t)(i * 7 + i / 256);
    memset(pair->to.memory, RAW_UNTOUCHED, RAW_BUFFER_SIZE);
}

void raw_pair_close(struct raw_pair *pair)
{
    raw_endpoint_close(&pair->to);
    raw_endpoint_close(&pair->from);
}

/* As a client does: whole words, no reading back. */
void raw_write_send(struct raw_qp *qp, const struct efa_send_descriptor *descriptor)
{
    uint8_t *ring = (uint8_t *)(uintptr_t)qp->info.sq;
    size_t index = qp->sq_posted++ & (qp->sq_entries - 1);
    memcpy(ring + index * EFA_SEND_DESCRIPTOR_SIZE, descriptor, EFA_SEND_DESCRIPTOR_SIZE);
}

void raw_write_recv(struct raw_qp *qp, const struct efa_recv_descriptor *descriptor)
{
    uint8_t *ring = (uint8_t *)(uintptr_t)qp->info.rq;
    size_t index = qp->rq_posted++ & (qp->rq_entries - 1);
    memcpy(ring + index * EFA_RECV_DESCRIPTOR_SIZE, descriptor, EFA_RECV_DESCRIPTOR_SIZE);
}

void raw_ring_send(const struct raw_qp *qp)
{
    efa_flush_write_combining();
    efa_ring_doorbell((uint32_t *)(uintptr_t)qp->info.sq_doorbell, qp->sq_posted);
    efa_order_after_doorbell(false);
}

void raw_ring_recv(const struct raw_qp *qp)
{
    efa_ring_doorbell((uint32_t *)(uintptr_t)qp->info.rq_doorbell, qp->rq_posted);
}

struct efa_send_descriptor raw_send_descriptor(const struct raw_endpoint *from,
                                               const struct raw_endpoint *to, uint16_t id,
                                               uint32_t offset, uint32_t size)
{
    struct efa_send_descriptor d = {0};
    uint64_t address = (uint64_t)(uintptr_t)(from->memory + offset);

    d.request_id = id;
    d.ctrl1 = EFA_SEND_META_DESC | EFA_SEND_OP_SEND;
    d.ctrl2 = EFA_SEND_FIRST | EFA_SEND_LAST | EFA_SEND_COMP_REQ;
    if ((from->qp.sq_posted & from->qp.sq_entries) != 0)
        d.ctrl2 |= EFA_SEND_PHASE;
    d.destination_qp = (uint16_t)to->qp.info.qp_num;
    d.address_handle = from->ah;
    d.qkey = RAW_QKEY;
    d.length = 1;
    d.payload.buffers[0].length = size;
    d.payload.buffers[0].lkey = from->mr.lkey;
    d.payload.buffers[0].address_low = (uint32_t)address;
    d.payload.buffers[0].address_high = (uint32_t)(address >> 32);
    return d;
}

void raw_send(struct raw_endpoint *from, const struct efa_send_descriptor *descriptor)
{
    raw_write_send(&from->qp, descriptor);
    raw_ring_send(&from->qp);
    raw_progress(from->client.world);
}

void raw_send_message(struct raw_endpoint *from, const struct raw_endpoint *to, uint16_t id,
                      uint32_t offset, uint32_t size)
{
    struct efa_send_descriptor d = raw_send_descriptor(from, to, id, offset, size);
    raw_send(from, &d);
}

static uint16_t nth_id(const struct raw_endpoint *endpoint, uint16_t first, unsigned n)
{
    return (uint16_t)((first + n) % endpoint->qp.sq_entries);
}

void raw_write_sends(struct raw_endpoint *endpoint, uint16_t first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct efa_send_descriptor d =
            raw_send_descriptor(endpoint, endpoint, nth_id(endpoint, first, i), 0, 8);

        raw_write_send(&endpoint->qp, &d);
    }
}

struct efa_recv_descriptor raw_recv_descriptor(const struct raw_endpoint *endpoint, uint16_t id,
                                               uint32_t offset, uint16_t size)
{
    struct efa_recv_descriptor d = {0};
    uint64_t address = (uint64_t)(uintptr_t)(endpoint->memory + offset);

    d.address_low = (uint32_t)address;
    d.address_high = (uint32_t)(address >> 32);
    d.request_id = id;
    d.length = size;
    d.lkey_ctrl = endpoint->mr.lkey | EFA_RECV_FIRST | EFA_RECV_LAST;
    return d;
}

void raw_recv(struct raw_endpoint *endpoint, uint16_t id, uint32_t offset, uint16_t size)
{
    struct efa_recv_descriptor d = raw_recv_descriptor(endpoint, id, offset, size);
    raw_write_recv(&endpoint->qp, &d);
    raw_ring_recv(&endpoint->qp);
}

bool raw_poll(struct raw_cq *cq, struct efa_completion_entry *entry)
{
    for (uint32_t i = 0; i < cq->sub_cqs; i++) {
        uint32_t depth = cq->info.actual_depth;
        const struct efa_completion_entry *ring =
            (const struct efa_completion_entry *)(uintptr_t)cq->info.cq_addr + (size_t)i * depth;
        const struct efa_completion_entry *next = &ring[cq->consumed[i] % depth];
        uint32_t phase = (cq->consumed[i] / depth) % 2 == 0 ? EFA_COMPLETION_PHASE : 0;
        /* The word that the device writes last, with the flags in its highest byte. */
        uint32_t head = efa_load_acquire_u32((const uint32_t *)(const void *)next);
        if (((head >> 24) & EFA_COMPLETION_PHASE) != phase)
            continue;
        *entry = *next;
        cq->consumed[i]++;
        return true;
    }
    return false;
}

void raw_expect(struct raw_endpoint *endpoint, struct raw_cq *cq,
                struct efa_completion_entry *entry)
{
    bool found = raw_poll(cq, entry);
    for (unsigned i = 0; i < EXPECT_ROUNDS && !found; i++) {
        raw_progress(endpoint->client.world);
        found = raw_poll(cq, entry);
    }
    CHECK(found);
    CHECK_EQUAL(entry->qp_num, endpoint->qp.info.qp_num);
}

void raw_expect_send(struct raw_endpoint *endpoint, uint16_t id, uint8_t status)
{
    struct efa_completion_entry entry = {0};
    raw_expect(endpoint, &endpoint->send_cq, &entry);
    CHECK_EQUAL(entry.status, status);
    CHECK_EQUAL(entry.request_id, id);
    CHECK_EQUAL(entry.flags & EFA_COMPLETION_QUEUE_MASK, EFA_COMPLETION_QUEUE_SEND);
}

void raw_expect_recv(struct raw_endpoint *endpoint, uint16_t id, uint8_t status)
{
    struct efa_completion_entry entry = {0};
    raw_expect(endpoint, &endpoint->recv_cq, &entry);
    CHECK_EQUAL(entry.status, status);
    CHECK_EQUAL(entry.request_id, id);
    CHECK_EQUAL(entry.flags & EFA_COMPLETION_QUEUE_MASK, EFA_COMPLETION_QUEUE_RECV);
}

void raw_expect_sends(struct raw_endpoint *endpoint, uint16_t first, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        raw_expect_send(endpoint, nth_id(endpoint, first, i), EFA_STATUS_OK);
}

void raw_expect_nothing(struct raw_endpoint *endpoint)
{
    struct efa_completion_entry entry;
    raw_progress(endpoint->client.world);
    CHECK(!raw_poll(&endpoint->send_cq, &entry));
    CHECK(!raw_poll(&endpoint->recv_cq, &entry));
}
