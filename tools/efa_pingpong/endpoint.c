/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The verbs objects of one side, from protection domain to address handle; see endpoint.h. */
#include "endpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <infiniband/efadv.h>

#include "common/cause.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/queue_pair.h"

#define PORT 1
#define INLINE_WANTED 32

static bool check_limits(struct endpoint *endpoint)
{
    const struct pingpong_plan *plan = endpoint->plan;
    struct ibv_port_attr port;
    struct ibv_device_attr common;
    struct efadv_device_attr device;
    uint32_t deepest;
    int error = ibv_query_port(endpoint->context, PORT, &port);

    memset(&device, 0, sizeof device); /* its comp_mask asks for nothing more */
    if (error == 0)
        error = ibv_query_device(endpoint->context, &common);
    if (error == 0)
        error = efadv_query_device(endpoint->context, &device, sizeof device);
    if (error != 0) {
        tool_error("asking the device for its limits failed: %s", tool_errno_text(error));
        return false;
    }
    if (plan->size > port.max_msg_sz) {
        tool_error("--size %u: the device carries at most %u bytes a message (its MTU)", plan->size,
                   port.max_msg_sz);
        return false;
    }
    /* All receives and one send may complete before the first completion is read. */
    deepest = (uint32_t)common.max_cqe - 1;
    if (deepest > device.max_rq_wr)
        deepest = device.max_rq_wr;
    if (plan->rx_depth > deepest) {
        tool_error("--rx-depth %u: the device takes at most %u receives", plan->rx_depth, deepest);
        return false;
    }
    endpoint->send_inline = plan->size <= INLINE_WANTED && plan->size <= device.inline_buf_size;
    return true;
}

static bool create_memory(struct endpoint *endpoint)
{
    const struct pingpong_plan *plan = endpoint->plan;
    size_t size;

    /* Each slot starts at a cache line, so that slots do not share one. */
    endpoint->slot_size = (plan->size + UD_HEADER_SIZE + 63) & ~(size_t)63;
    size = endpoint->slot_size * ((size_t)plan->rx_depth + 1);
    endpoint->memory = (uint8_t *)calloc(1, size);
    if (!endpoint->memory) {
        tool_error("no memory for %zu bytes of buffers: lower --rx-depth", size);
        return false;
    }
    errno = 0;
    endpoint->mr = ibv_reg_mr(endpoint->pd, endpoint->memory, size, IBV_ACCESS_LOCAL_WRITE);
    if (!endpoint->mr)
        tool_error("registering %zu bytes of memory failed: %s (lower --rx-depth)", size,
                   tool_errno_text(errno));
    return endpoint->mr != NULL;
}

bool endpoint_create(struct endpoint *endpoint, struct ibv_context *context,
                     const struct pingpong_plan *plan)
{
    int error;

    memset(endpoint, 0, sizeof *endpoint);
    endpoint->plan = plan;
    endpoint->context = context;
    /* Any value of 31 bits. A sender must use the receiver's value. */
    endpoint->local.qkey = (uint32_t)(tool_now_ns() >> 4) & 0x7fffffffu;
    if (!check_limits(endpoint))
        return false;
    errno = 0;
    endpoint->pd = ibv_alloc_pd(context);
    if (!endpoint->pd) {
        tool_error("allocating a protection domain failed: %s", tool_errno_text(errno));
        return false;
    }
    if (!create_memory(endpoint) ||
        !(plan->ud ? ud_create_queues(endpoint) : srd_create_queues(endpoint)) ||
        !tool_make_ready(endpoint->qp, endpoint->local.qkey))
        return false;
    error = ibv_query_gid(context, PORT, 0, &endpoint->local.gid);
    if (error != 0) {
        tool_error("asking for the device's GID failed: %s", tool_errno_text(error));
        return false;
    }
    endpoint->local.qp_num = endpoint->qp->qp_num;
    for (uint64_t slot = 0; slot < plan->rx_depth; slot++) {
        if (!endpoint_post_receive(endpoint, slot))
            return false;
    }
    return true;
}

bool endpoint_connect(struct endpoint *endpoint, const struct pingpong_address *remote)
{
    struct ibv_ah_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.is_global = 1;
    attr.port_num = PORT;
    attr.grh.dgid = remote->gid;
    errno = 0;
    endpoint->ah = ibv_create_ah(endpoint->pd, &attr);
    if (!endpoint->ah) {
        tool_error("creating an address handle for the other side failed: %s",
                   tool_errno_text(errno));
        return false;
    }
    endpoint->remote = *remote;
    return true;
}

/* In reverse order. After a failure the rest is destroyed too. */
void endpoint_destroy(struct endpoint *endpoint)
{
    int error = 0;

    if (endpoint->qp && (error = ibv_destroy_qp(endpoint->qp)) != 0)
        tool_error("destroying the queue pair failed: %s", tool_errno_text(error));
    if (endpoint->cq && (error = ibv_destroy_cq(endpoint->cq)) != 0)
        tool_error("destroying the completion queue failed: %s", tool_errno_text(error));
    if (endpoint->ah && (error = ibv_destroy_ah(endpoint->ah)) != 0)
        tool_error("destroying the address handle failed: %s", tool_errno_text(error));
    if (endpoint->mr && (error = ibv_dereg_mr(endpoint->mr)) != 0)
        tool_error("deregistering the memory failed: %s", tool_errno_text(error));
    if (endpoint->pd && (error = ibv_dealloc_pd(endpoint->pd)) != 0)
        tool_error("deallocating the protection domain failed: %s", tool_errno_text(error));
    free(endpoint->memory);
    memset(endpoint, 0, sizeof *endpoint);
}

static uint8_t *slot_address(const struct endpoint *endpoint, uint64_t slot)
{
    return endpoint->memory + slot * endpoint->slot_size;
}

bool endpoint_post_receive(struct endpoint *endpoint, uint64_t slot)
{
    struct ibv_sge sge;
    struct ibv_recv_wr request, *bad = NULL;
    int error;

    memset(&sge, 0, sizeof sge);
    sge.addr = (uintptr_t)slot_address(endpoint, slot);
    sge.length = (uint32_t)endpoint->slot_size;
    sge.lkey = endpoint->mr->lkey;
    memset(&request, 0, sizeof request);
    request.wr_id = slot;
    request.sg_list = &sge;
    request.num_sge = 1;
    error = ibv_post_recv(endpoint->qp, &request, &bad);
    if (error != 0)
        tool_run_error("posting a receive failed: %s", tool_errno_text(error));
    return error == 0;
}

const uint8_t *endpoint_received(const struct endpoint *endpoint, uint64_t slot)
{
    return slot_address(endpoint, slot) + (endpoint->plan->ud ? UD_HEADER_SIZE : 0);
}

uint8_t *endpoint_send_buffer(const struct endpoint *endpoint)
{
    return slot_address(endpoint, endpoint->plan->rx_depth);
}
