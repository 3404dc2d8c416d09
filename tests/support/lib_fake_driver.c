/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The driver of a few lines. */
#include "lib_fake_driver.h"

#include <stdlib.h>
#include <string.h>

#include "device_info.h"
#include "driver/default_transport.h"
#include "driver/win32_error.h"

#define PAGE 4096
#define RECV_DOORBELL (FAKE_DOORBELLS_SIZE / sizeof(uint32_t) / 2)

static size_t whole_pages(size_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

static struct fake_driver *of(const struct efa_transport *transport)
{
    return (struct fake_driver *)(uintptr_t)transport;
}

static uint32_t open_session(const struct efa_transport *transport, void **session)
{
    *session = of(transport);
    return 0;
}

static void close_session(const struct efa_transport *transport, void *session)
{
    assert_ptr_equal(of(transport), session);
}

static uint32_t create_cq(struct fake_driver *driver, const struct efa_create_cq_params *params,
                          struct efa_cq_info *info)
{
    for (uint16_t i = 0; i < FAKE_CQS; i++) {
        struct fake_cq *cq = &driver->cqs[i];
        size_t size = (size_t)params->depth * params->num_sub_cqs * EFA_COMPLETION_ENTRY_SIZE;

        if (cq->used)
            continue;
        memset(cq, 0, sizeof *cq);
        cq->used = true;
        cq->depth = params->depth;
        if (posix_memalign((void **)&cq->entries, 4096, size))
            return EFA_WIN32_NOT_ENOUGH_MEMORY;
        memset(cq->entries, 0, size);
        *info = (struct efa_cq_info){(uintptr_t)cq->entries, i, params->depth};
        return 0;
    }
    return EFA_WIN32_NO_SYSTEM_RESOURCES;
}

static uint32_t create_qp(struct fake_driver *driver, const struct efa_create_qp_params *params,
                          struct efa_qp_info *info)
{
    for (uint32_t i = 0; i < FAKE_QPS; i++) {
        struct fake_qp *qp = &driver->qps[i];

        if (qp->used)
            continue;
        memset(qp, 0, sizeof *qp);
        qp->used = true;
        qp->number = driver->next_qp_num;
        qp->params = *params;
        if (posix_memalign((void **)&qp->sq, PAGE, whole_pages(params->sq_ring_size + 64)) ||
            posix_memalign((void **)&qp->rq, PAGE, whole_pages(params->rq_ring_size + 64)) ||
            posix_memalign((void **)&qp->doorbells, PAGE, FAKE_DOORBELLS_SIZE))
            return EFA_WIN32_NOT_ENOUGH_MEMORY;
        memset(qp->doorbells, 0, FAKE_DOORBELLS_SIZE);
        memset(qp->sq, 0xee, params->sq_ring_size + 64);
        memset(qp->rq, 0xee, params->rq_ring_size + 64);
        *info = (struct efa_qp_info){
            .rq_doorbell = (uintptr_t)&qp->doorbells[RECV_DOORBELL],
            .sq_doorbell = (uintptr_t)&qp->doorbells[0],
            .rq = (uintptr_t)qp->rq,
            .sq = (uintptr_t)qp->sq,
            .qp_handle = i,
            .qp_num = driver->next_qp_num,
            .send_sub_cq = driver->send_sub_cq,
            .recv_sub_cq = driver->recv_sub_cq,
        };
        return 0;
    }
    return EFA_WIN32_NO_SYSTEM_RESOURCES;
}

static void destroy_qp(struct fake_driver *driver, const struct efa_destroy_qp_params *params)
{
    struct fake_qp *qp = &driver->qps[params->qp_handle];

    assert_true(qp->used);
    qp->used = false;
    free(qp->sq);
    free(qp->rq);
    free(qp->doorbells);
}

static void destroy_cq(struct fake_driver *driver, const struct efa_destroy_cq_params *params)
{
    struct fake_cq *cq = &driver->cqs[params->cq_index];

    assert_true(cq->used);
    cq->used = false;
    free(cq->entries);
}

static void dereg_mr(struct fake_driver *driver, const void *input, uint32_t size)
{
    driver->last_dereg_key = 0;
    driver->last_dereg_size = size;
    driver->deregs++;
    memcpy(&driver->last_dereg_key, input, size);
}

static uint32_t request(const struct efa_transport *transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned)
{
    struct fake_driver *driver = session;

    (void)transport;
    *returned = output_size;
    switch (code) {
    case EFA_QUERY_DEVICE:
        if (((const struct efa_query_device_params *)input)->interface_version != driver->version)
            return EFA_WIN32_REVISION_MISMATCH;
        memcpy(output, &driver->info, sizeof driver->info);
        return 0;
    case EFA_CREATE_CQ:
        driver->last_create_cq_size = input_size;
        return create_cq(driver, input, output);
    case EFA_DESTROY_CQ:
        destroy_cq(driver, input);
        return 0;
    case EFA_CREATE_QP:
        return create_qp(driver, input, output);
    case EFA_DESTROY_QP:
        destroy_qp(driver, input);
        return 0;
    case EFA_REG_MR:
        *(struct efa_mr_info *)output = (struct efa_mr_info){driver->next_lkey, driver->next_lkey};
        driver->next_lkey++;
        return 0;
    case EFA_DEREG_MR:
        dereg_mr(driver, input, input_size);
        return 0;
    case EFA_ALLOC_AH:
        ((struct efa_ah_info *)output)->ah = driver->next_ah;
        return 0;
    case EFA_ALLOC_PD:
        ((struct efa_pd_info *)output)->pdn = driver->next_pdn++;
        return 0;
    case EFA_MODIFY_QP:
        driver->modified++;
        return driver->version == 1 ? EFA_WIN32_INVALID_FUNCTION : 0;
    default: /* DEALLOC_AH, DEALLOC_PD */
        return 0;
    }
}

void fake_driver_init(struct fake_driver *driver, uint32_t version, uint16_t sub_cqs)
{
    memset(driver, 0, sizeof *driver);
    driver->transport.name = "fake";
    driver->transport.open = open_session;
    driver->transport.request = request;
    driver->transport.close = close_session;
    driver->version = version;
    driver->next_qp_num = 5;
    driver->next_lkey = 0x11;
    driver->next_ah = 9;
    driver->next_pdn = 3;
    driver->info = usual_device_info;
    driver->info.num_sub_cqs = sub_cqs;
}

struct world *fake_world_open(struct fake_driver *driver)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world_enter(world, &driver->transport);
    return world;
}

struct world *fake_world_create(struct fake_driver *driver, uint32_t version, uint16_t sub_cqs)
{
    fake_driver_init(driver, version, sub_cqs);
    return fake_world_open(driver);
}

void fake_world_destroy(struct fake_driver *driver, struct world *world)
{
    world_leave(world);
    for (unsigned i = 0; i < FAKE_QPS; i++)
        assert_false(driver->qps[i].used);
    for (unsigned i = 0; i < FAKE_CQS; i++)
        assert_false(driver->cqs[i].used);
    efa_set_default_transport(NULL);
    free(world);
}

struct fake_qp *fake_qp_of(struct fake_driver *driver, const struct ibv_qp *qp)
{
    return &driver->qps[qp->handle];
}

uint32_t fake_sends_rung(const struct fake_qp *qp)
{
    return __atomic_load_n(&qp->doorbells[0], __ATOMIC_ACQUIRE);
}

uint32_t fake_recvs_rung(const struct fake_qp *qp)
{
    return __atomic_load_n(&qp->doorbells[RECV_DOORBELL], __ATOMIC_ACQUIRE);
}

const struct efa_send_descriptor *fake_send(const struct fake_qp *qp, uint32_t slot)
{
    return (const void *)(qp->sq + (size_t)slot * EFA_SEND_DESCRIPTOR_SIZE);
}

const struct efa_recv_descriptor *fake_recv(const struct fake_qp *qp, uint32_t slot)
{
    return (const void *)(qp->rq + (size_t)slot * EFA_RECV_DESCRIPTOR_SIZE);
}

void fake_complete(struct fake_driver *driver, const struct ibv_cq *cq, uint32_t sub_cq,
                   struct efa_completion_entry entry)
{
    struct fake_cq *fake = &driver->cqs[cq->handle];
    uint32_t index = fake->written[sub_cq]++;
    uint8_t *target = fake->entries + ((size_t)sub_cq * fake->depth + index % fake->depth) *
                                          EFA_COMPLETION_ENTRY_SIZE;
    uint64_t halves[2];

    entry.flags = (uint8_t)((entry.flags & ~EFA_COMPLETION_PHASE) | !(index / fake->depth & 1));
    memcpy(halves, &entry, sizeof halves);
    __atomic_store_n((uint64_t *)(void *)(target + 8), halves[1], __ATOMIC_RELAXED);
    __atomic_store_n((uint64_t *)(void *)target, halves[0], __ATOMIC_RELEASE);
}

struct efa_completion_entry fake_sent(const struct ibv_qp *qp, uint16_t request_id)
{
    struct efa_completion_entry entry = {
        .request_id = request_id,
        .flags = EFA_COMPLETION_QUEUE_SEND,
        .qp_num = (uint16_t)qp->qp_num,
    };

    return entry;
}

struct efa_completion_entry fake_received(const struct ibv_qp *qp, uint16_t request_id)
{
    struct efa_completion_entry entry = {
        .request_id = request_id,
        .flags = EFA_COMPLETION_QUEUE_RECV,
        .qp_num = (uint16_t)qp->qp_num,
        .length = 64,
        .source_ah = 9,
        .source_qp = 77,
        .immediate_data = 0x01020304,
    };

    return entry;
}

void fake_both_sides_complete(struct fake_driver *driver, struct world *world, struct ibv_qp *qp,
                              uint64_t wr_id)
{
    const struct fake_qp *fake = fake_qp_of(driver, qp);
    struct ibv_sge sge = {.addr = 1, .length = 64, .lkey = 1};
    struct ibv_wc wc[3];

    assert_int_equal(post_send_to(qp, world, qp, wr_id, NULL, 0), 0);
    assert_int_equal(post_recv_one(qp, wr_id + 1, &sge, 1), 0);
    fake_complete(driver, qp->send_cq, 0, fake_sent(qp, fake_send(fake, 0)->request_id));
    fake_complete(driver, qp->send_cq, 0, fake_received(qp, fake_recv(fake, 0)->request_id));
    assert_int_equal(ibv_poll_cq(qp->send_cq, 3, wc), 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(wc[i].qp_num, qp->qp_num);
        assert_int_equal(wc[i].wr_id, wr_id + i);
    }
}
