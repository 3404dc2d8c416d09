/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Opening and closing a device, and the QP numbers in use on it. */
#include "context.h"

#include <errno.h>

#include "batch_limit.h"
#include "cq.h"
#include "objects.h"
#include "os/log.h"
#include "qp.h"
#include "query.h"
#include "unsupported.h"

/* In ibv_context.abi_compat: this ibv_context is part of a verbs_context. */
#define EXTENDED_CONTEXT ((void *)UINTPTR_MAX)

static void set_operations(struct efa_context *context)
{
    struct verbs_context *verbs = &context->verbs;
    struct ibv_context_ops *ops = &verbs->context.ops;

    ops->poll_cq = efa_poll_cq;
    ops->post_send =
        context->max_batch == EFA_NO_BATCH_LIMIT ? efa_post_send : efa_post_send_in_batches;
    ops->post_recv = efa_post_recv;
    efa_set_unsupported_ops(ops);

    verbs->query_port = efa_query_port;
    verbs->query_device_ex = efa_query_device_ex;
    verbs->create_cq_ex = efa_create_cq_ex;
    verbs->create_qp_ex = efa_create_qp_ex;
    verbs->alloc_td = efa_alloc_td;
    verbs->dealloc_td = efa_dealloc_td;
    verbs->alloc_parent_domain = efa_alloc_parent_domain;
    verbs->sz = sizeof *verbs;
}

struct ibv_context *efa_open_device(struct ibv_device *ibv_device)
{
    struct efa_device *device;
    struct efa_context *context;
    int error;

    if (!ibv_device)
        return efa_reject_null(EINVAL, "ibv_open_device: device is NULL");
    device = efa_device_of(ibv_device);
    context = efa_os_alloc(sizeof *context);
    if (!context)
        return efa_reject_null(ENOMEM, "ibv_open_device: out of memory");
    error = efa_mutex_init(&context->qp_mutex);
    if (error) {
        efa_log(EFA_LOG_ERROR, "ibv_open_device: no memory for a lock");
        goto free_context;
    }
    error = efa_driver_open(&context->driver, device->transport, &context->info, false);
    if (error)
        goto destroy_mutex;

    efa_limits_from_info(&context->limits, &context->info,
                         efa_driver_modifies_qps(&context->driver));
    context->max_batch = efa_batch_limit(context->info.device_version);
    context->max_rdma_size = efa_max_rdma_size(context->info.device_version);
    context->device = device;
    efa_device_acquire(device);
    context->verbs.context.device = ibv_device;
    context->verbs.context.cmd_fd = -1;
    context->verbs.context.async_fd = -1;
    context->verbs.context.num_comp_vectors = 1;
    context->verbs.context.abi_compat = EXTENDED_CONTEXT;
    set_operations(context);
    return &context->verbs.context;

destroy_mutex:
    efa_mutex_destroy(&context->qp_mutex);
free_context:
    efa_os_free(context);
    return efa_null(error);
}

int efa_close_device(struct ibv_context *ibv_context)
{
    struct efa_context *context;

    if (!ibv_context)
        return efa_reject(EINVAL, "ibv_close_device: context is NULL");
    context = efa_context_of(ibv_context);

    uint32_t children = efa_load_acquire_u32(&context->children);

    if (children) {
        efa_log(EFA_LOG_INFO,
                "ibv_close_device: %u protection domains, completion queues and thread domains "
                "still exist; destroy them first",
                children);
        return EBUSY;
    }
    efa_driver_close(&context->driver);
    efa_mutex_destroy(&context->qp_mutex);
    efa_device_release(context->device);
    for (size_t i = 0; i < EFA_ARRAY_SIZE(context->qp_numbers); i++)
        efa_os_free(context->qp_numbers[i]);
    efa_os_free(context);
    return 0;
}

static struct efa_qp_numbers **numbers_of(struct efa_context *context, uint32_t qp_num)
{
    return &context->qp_numbers[qp_num / EFA_QP_NUMBERS_EACH];
}

static uint8_t bit_of(uint32_t qp_num)
{
    return (uint8_t)(1u << (qp_num & 7));
}

int efa_context_claim_qp_num(struct efa_context *context, uint32_t qp_num)
{
    struct efa_qp_numbers **numbers = numbers_of(context, qp_num);
    uint8_t *byte;

    if (!*numbers)
        *numbers = efa_os_alloc(sizeof **numbers);
    if (!*numbers)
        return efa_reject(ENOMEM, "no memory for the record of QP number %u", qp_num);
    byte = &(*numbers)->in_use[qp_num % EFA_QP_NUMBERS_EACH / 8];
    if (*byte & bit_of(qp_num)) {
        efa_log(EFA_LOG_ERROR, "CREATE_QP: the driver replied with QP number %u, which is in use",
                qp_num);
        return EIO;
    }
    *byte |= bit_of(qp_num);
    return 0;
}

void efa_context_release_qp_num(struct efa_context *context, uint32_t qp_num)
{
    uint8_t *byte = &(*numbers_of(context, qp_num))->in_use[qp_num % EFA_QP_NUMBERS_EACH / 8];

    *byte &= (uint8_t)~bit_of(qp_num);
}

uint8_t efa_context_next_generation(struct efa_context *context, uint32_t qp_num)
{
    return (*numbers_of(context, qp_num))->generation[qp_num % EFA_QP_NUMBERS_EACH];
}

void efa_context_begin_generation(struct efa_context *context, uint32_t qp_num)
{
    (*numbers_of(context, qp_num))->generation[qp_num % EFA_QP_NUMBERS_EACH]++;
}
