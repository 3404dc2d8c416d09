/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The stand-in device. */
#include "standin.h"

#include <string.h>

#include "device/completion_entry.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "os/compiler.h"
#include "platform.h"

#define MAX_OBJECTS 1024

struct pages {
    unsigned char *memory;
    uint64_t size;
};

struct standin_qp {
    EFA_ALIGNED(EFA_CACHE_LINE) uint32_t doorbells[2 * 16]; /* a line each */
    struct pages send_ring, recv_ring;
    uint32_t sub_cqs[2];
    int in_use;
};

static struct standin_cq cqs[MAX_OBJECTS];
static struct standin_qp qps[MAX_OBJECTS];
static struct pages cq_rings[MAX_OBJECTS];
static int cq_in_use[MAX_OBJECTS];
static uint32_t sub_cqs = STANDIN_SUB_CQS;
static uint32_t device_version = 0xefa0;

void standin_set_sub_cqs(uint32_t count)
{
    sub_cqs = count;
}

void standin_set_device_version(uint32_t version)
{
    device_version = version;
}

static void describe(struct efa_device_info *info)
{
    static const uint8_t gid[EFA_GID_SIZE] = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 1};

    memset(info, 0, sizeof *info);
    info->page_size_cap = 0xfffff000;
    info->max_mr_pages = 1 << 20;
    info->device_version = device_version;
    info->supported_features = EFA_FEATURE_RDMA_READ | EFA_FEATURE_RNR_RETRY;
    info->max_qp = 1024;
    info->max_sq_depth = 4096;
    info->max_rq_depth = 32768;
    info->max_cq = 512;
    info->max_cq_depth = 32768;
    info->inline_buf_size = 32;
    info->max_mr = 65536;
    info->max_pd = 256;
    info->max_ah = 1024;
    info->max_llq_size = 512 * 1024;
    info->mtu = 8928;
    info->num_sub_cqs = (uint16_t)sub_cqs;
    info->max_sq_sge = 2;
    info->max_rq_sge = 3;
    memcpy(info->addr, gid, sizeof gid);
}

/* Reuses the memory of destroyed objects, so that the system's allocator is not measured. */
static unsigned char *pages_of(struct pages *pages, uint64_t size)
{
    if (pages->size < size) {
        pages->memory = platform_pages(size);
        pages->size = size;
    }
    return pages->memory;
}

static uint32_t create_cq(const struct efa_create_cq_params *params, struct efa_cq_info *info)
{
    uint64_t size = (uint64_t)params->depth * STANDIN_SUB_CQS * EFA_COMPLETION_ENTRY_SIZE;
    uint16_t index = 0;
    struct standin_cq *cq;
    bool was_written = false;

    while (index < MAX_OBJECTS && cq_in_use[index])
        index++;
    if (index == MAX_OBJECTS)
        return EFA_WIN32_NO_SYSTEM_RESOURCES;
    cq_in_use[index] = 1;
    cq = &cqs[index];
    for (uint32_t i = 0; i < STANDIN_SUB_CQS; i++)
        was_written = was_written || cq->written[i] != 0;
    memset(cq, 0, sizeof *cq);
    cq->depth = params->depth;
    cq->ring = pages_of(&cq_rings[index], size);
    if (was_written)
        memset(cq->ring, 0, (size_t)cq_rings[index].size);
    info->cq_addr = (uintptr_t)cq->ring;
    info->cq_index = index;
    info->actual_depth = params->depth;
    return EFA_WIN32_SUCCESS;
}

static uint32_t create_qp(const struct efa_create_qp_params *params, struct efa_qp_info *info)
{
    uint16_t index = 0;
    struct standin_qp *qp;

    while (index < MAX_OBJECTS && qps[index].in_use)
        index++;
    if (index == MAX_OBJECTS)
        return EFA_WIN32_NO_SYSTEM_RESOURCES;
    qp = &qps[index];
    qp->in_use = 1;
    qp->sub_cqs[0] = 0;
    qp->sub_cqs[1] = sub_cqs - 1;
    memset(info, 0, sizeof *info);
    info->sq = (uintptr_t)pages_of(&qp->send_ring, params->sq_ring_size);
    info->rq = (uintptr_t)pages_of(&qp->recv_ring, params->rq_ring_size);
    info->sq_doorbell = (uintptr_t)&qp->doorbells[0];
    info->rq_doorbell = (uintptr_t)&qp->doorbells[16];
    info->qp_handle = index;
    info->qp_num = index;
    info->send_sub_cq = qp->sub_cqs[0];
    info->recv_sub_cq = qp->sub_cqs[1];
    return EFA_WIN32_SUCCESS;
}

static void destroy_cq(const struct efa_destroy_cq_params *params)
{
    cq_in_use[params->cq_index] = 0;
}

static void destroy_qp(const struct efa_destroy_qp_params *params)
{
    qps[params->qp_handle].in_use = 0;
}

static uint32_t open_session(const struct efa_transport *transport, void **session)
{
    (void)transport;
    *session = cqs;
    return EFA_WIN32_SUCCESS;
}

static void close_session(const struct efa_transport *transport, void *session)
{
    (void)transport;
    (void)session;
}

static uint32_t request(const struct efa_transport *transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned)
{
    (void)transport;
    (void)session;
    (void)input_size;
    if (output_size)
        memset(output, 0, output_size);
    *returned = output_size;
    if (code == EFA_QUERY_DEVICE)
        describe(output);
    else if (code == EFA_CREATE_CQ)
        return create_cq(input, output);
    else if (code == EFA_CREATE_QP)
        return create_qp(input, output);
    else if (code == EFA_DESTROY_CQ)
        destroy_cq(input);
    else if (code == EFA_DESTROY_QP)
        destroy_qp(input);
    return EFA_WIN32_SUCCESS;
}

const struct efa_transport *standin_transport(void)
{
    static const struct efa_transport transport = {
        "stand-in",
        open_session,
        request,
        close_session,
    };

    return &transport;
}

struct standin_cq *standin_cq_of(const struct ibv_cq *cq)
{
    return &cqs[cq->handle];
}

const unsigned char *standin_send_ring(const struct ibv_qp *qp)
{
    return qps[qp->handle].send_ring.memory;
}

const unsigned char *standin_recv_ring(const struct ibv_qp *qp)
{
    return qps[qp->handle].recv_ring.memory;
}

uint32_t standin_sub_cq(const struct ibv_qp *qp, int is_recv)
{
    return qps[qp->handle].sub_cqs[is_recv];
}

static void write_entry(struct standin_cq *cq, uint32_t sub_cq, struct efa_completion_entry *entry)
{
    uint32_t written = cq->written[sub_cq]++;
    uint32_t index = written & (cq->depth - 1);

    entry->flags = (uint8_t)(entry->flags | ((written & cq->depth) ? 0 : EFA_COMPLETION_PHASE));
    memcpy(cq->ring + ((size_t)sub_cq * cq->depth + index) * EFA_COMPLETION_ENTRY_SIZE, entry,
           sizeof *entry);
}

void standin_complete_send(struct standin_cq *cq, uint32_t sub_cq, uint16_t request_id,
                           uint32_t qp_num)
{
    struct efa_completion_entry entry = {
        .request_id = request_id,
        .flags = EFA_COMPLETION_QUEUE_SEND,
        .qp_num = (uint16_t)qp_num,
    };

    write_entry(cq, sub_cq, &entry);
}

void standin_complete_recv(struct standin_cq *cq, uint32_t sub_cq, uint16_t request_id,
                           uint32_t qp_num)
{
    struct efa_completion_entry entry = {
        .request_id = request_id,
        .flags = EFA_COMPLETION_QUEUE_RECV | EFA_COMPLETION_HAS_IMM,
        .qp_num = (uint16_t)qp_num,
        .length = 64,
        .source_ah = 1,
        .source_qp = 9,
        .immediate_data = 0x01020304,
    };

    write_entry(cq, sub_cq, &entry);
}
