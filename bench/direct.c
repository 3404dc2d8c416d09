/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The direct client of the benchmark. */
#include "direct.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/completion_entry.h"
#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "os/barrier.h"
#include "queue/u128.h"
#include "standin.h"

/* One queue: its ring, and the requests that are outstanding in it. */
struct direct_queue {
    unsigned char *ring;
    uint32_t *doorbell;
    uint32_t written;    /* descriptors since the start */
    uint32_t free_count; /* of free_ids, a stack */
    uint16_t free_ids[CHUNK];
    uint64_t wr_ids[CHUNK];
};

static struct direct {
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct direct_queue sq, rq;
    const unsigned char *entries;
    uint32_t entry_mask;
    uint32_t taken; /* completions since the start */
} direct;

/* ---- posting ---- */

EFA_INLINE uint16_t take_id(struct direct_queue *queue, uint64_t wr_id)
{
    uint16_t id = queue->free_ids[--queue->free_count];

    queue->wr_ids[id] = wr_id;
    return id;
}

EFA_INLINE void write_send(struct direct_queue *sq, const struct ibv_sge *sge, uint64_t wr_id)
{
    unsigned char *place = sq->ring + (size_t)(sq->written % CHUNK) * EFA_SEND_DESCRIPTOR_SIZE;
    uint64_t phase = sq->written / CHUNK & 1;
    uint64_t id = take_id(sq, wr_id);

    /* Request, META and FIRST | LAST | COMPLETION, destination 1, one buffer; the handle is 0. */
    efa_u128_store(place, efa_u128_of(id | (uint64_t)0x80 << 16 | (0x1c | phase) << 24 |
                                          (uint64_t)1 << 32 | (uint64_t)1 << 48,
                                      0));
    efa_u128_store(place + 16, efa_u128_of(0x11111111, 0));
    efa_u128_store(place + 32, efa_u128_of(sge->length | (uint64_t)sge->lkey << 32, sge->addr));
    efa_u128_store(place + 48, efa_u128_of(0, 0));
    sq->written++;
}

EFA_INLINE void write_recv(struct direct_queue *rq, const struct ibv_sge *sge, uint64_t wr_id)
{
    uint64_t *place = (void *)(rq->ring + (size_t)(rq->written % CHUNK) * EFA_RECV_DESCRIPTOR_SIZE);
    uint64_t id = take_id(rq, wr_id);

    place[0] = sge->addr;
    place[1] = id | (uint64_t)sge->length << 16 |
               (uint64_t)(sge->lkey | EFA_RECV_FIRST | EFA_RECV_LAST) << 32;
    rq->written++;
}

EFA_INLINE void ring_send_doorbell(struct direct_queue *sq)
{
    efa_flush_write_combining();
    efa_ring_doorbell(sq->doorbell, sq->written & 0xffff);
    efa_order_after_doorbell(false);
}

EFA_INLINE void post_sends(struct bench_run *bench, unsigned batch)
{
    struct direct_queue *sq = &direct.sq;

    for (unsigned i = 0; i < CHUNK; i += batch) {
        for (unsigned j = 0; j < batch; j++)
            write_send(sq, &bench->sge, i + j);
        ring_send_doorbell(sq);
    }
}

EFA_INLINE void post_recvs(struct bench_run *bench, unsigned batch)
{
    struct direct_queue *rq = &direct.rq;

    for (unsigned i = 0; i < CHUNK; i += batch) {
        for (unsigned j = 0; j < batch; j++)
            write_recv(rq, &bench->sge, i + j);
        efa_ring_doorbell(rq->doorbell, rq->written & 0xffff);
    }
}

void direct_send_1(struct bench_run *bench)
{
    post_sends(bench, 1);
}

void direct_send_16(struct bench_run *bench)
{
    post_sends(bench, 16);
}

void direct_recv_1(struct bench_run *bench)
{
    post_recvs(bench, 1);
}

void direct_recv_16(struct bench_run *bench)
{
    post_recvs(bench, 16);
}

/* ---- polling ---- */

/* The next entry, or NULL if the device has not written it. */
EFA_INLINE const struct efa_completion_entry *next_entry(void)
{
    const struct efa_completion_entry *entry =
        (const void *)(direct.entries +
                       (size_t)(direct.taken & direct.entry_mask) * EFA_COMPLETION_ENTRY_SIZE);
    uint32_t head = efa_load_acquire_u32((const uint32_t *)(const void *)entry);
    uint32_t expected = (direct.taken & (direct.entry_mask + 1)) == 0 ? EFA_COMPLETION_PHASE : 0;

    return (head >> 24 & EFA_COMPLETION_PHASE) == expected ? entry : NULL;
}

/* The seven fields of a receive that the extended polling reads. */
EFA_INLINE bool take(uint32_t *sum)
{
    const struct efa_completion_entry *entry = next_entry();
    struct direct_queue *queue;

    if (!entry)
        return false;
    queue = (entry->flags & EFA_COMPLETION_QUEUE_MASK) == EFA_COMPLETION_QUEUE_SEND ? &direct.sq
                                                                                    : &direct.rq;
    *sum += (uint32_t)queue->wr_ids[entry->request_id] + entry->status + entry->flags +
            entry->qp_num + entry->length + entry->source_qp + entry->source_ah;
    queue->free_ids[queue->free_count++] = entry->request_id;
    direct.taken++;
    return true;
}

void direct_poll(struct bench_run *bench)
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < CHUNK; i++) {
        if (!take(&sum)) {
            fputs("benchmark: the direct client lost a completion\n", stderr);
            exit(1);
        }
    }
    bench->checksum += sum;
}

/* ---- around the measured part ---- */

void direct_finish_sends(struct bench_run *bench)
{
    const struct efa_send_descriptor *ring = (const void *)direct.sq.ring;

    for (unsigned i = 0; i < CHUNK; i++)
        standin_complete_send(standin_cq_of(direct.cq), 0,
                              ring[(direct.sq.written + i) % CHUNK].request_id, direct.qp->qp_num);
    direct_poll(bench);
}

static void complete_recvs(void)
{
    const struct efa_recv_descriptor *ring = (const void *)direct.rq.ring;

    for (unsigned i = 0; i < CHUNK; i++)
        standin_complete_recv(standin_cq_of(direct.cq), 0,
                              ring[(direct.rq.written + i) % CHUNK].request_id, direct.qp->qp_num);
}

void direct_prepare_poll(struct bench_run *bench)
{
    post_recvs(bench, 16);
    complete_recvs();
}

void direct_finish_recvs(struct bench_run *bench)
{
    complete_recvs();
    direct_poll(bench);
}

/* ---- objects ---- */

static void init_queue(struct direct_queue *queue, const struct efadv_wq_attr *attr)
{
    queue->ring = attr->buffer;
    queue->doorbell = attr->doorbell;
    for (queue->free_count = 0; queue->free_count < CHUNK; queue->free_count++)
        queue->free_ids[queue->free_count] = (uint16_t)queue->free_count;
}

void direct_open(void)
{
    struct efadv_wq_attr sq, rq;
    struct efadv_cq_attr cq;

    memset(&sq, 0, sizeof sq);
    memset(&rq, 0, sizeof rq);
    memset(&cq, 0, sizeof cq);
    standin_set_sub_cqs(1);
    direct.context = bench_open_device();
    direct.pd = bench_need(ibv_alloc_pd(direct.context), "ibv_alloc_pd");
    direct.cq =
        bench_need(ibv_create_cq(direct.context, 2 * CHUNK, NULL, NULL, 0), "ibv_create_cq");
    direct.qp = bench_make_qp(direct.context, direct.pd, direct.cq, CHUNK, CHUNK);
    bench_succeed(efadv_query_qp_wqs(direct.qp, &sq, &rq, sizeof sq), "efadv_query_qp_wqs");
    bench_succeed(efadv_query_cq(direct.cq, &cq, sizeof cq), "efadv_query_cq");
    if (sq.num_entries != CHUNK || rq.num_entries != CHUNK) {
        fputs("benchmark: the direct client's rings are not as deep as requested\n", stderr);
        exit(1);
    }
    init_queue(&direct.sq, &sq);
    init_queue(&direct.rq, &rq);
    direct.entries = cq.buffer;
    direct.entry_mask = cq.num_entries - 1;
}

void direct_close(void)
{
    bench_succeed(ibv_destroy_qp(direct.qp), "ibv_destroy_qp");
    bench_succeed(ibv_destroy_cq(direct.cq), "ibv_destroy_cq");
    bench_succeed(ibv_dealloc_pd(direct.pd), "ibv_dealloc_pd");
}
