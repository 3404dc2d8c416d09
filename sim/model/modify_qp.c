/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* MODIFY_QP: the states of a queue pair, and RESET. */
#include "modify_qp.h"

#include <string.h>

#include "../../src/driver/protocol.h"
#include "../../src/driver/win32_error.h"
#include "../device/batch_limit.h"
#include "../device/qp.h"
#include "../device/violation.h"
#include "../fabric/flush.h"

/* The attributes that a transition requires and allows. Every state may go to RESET or ERR. */
struct transition {
    uint8_t from;
    uint8_t to;
    uint8_t required;
    uint8_t optional;
};

static const struct transition transitions[] = {
    {EFA_DRIVER_QP_RESET, EFA_DRIVER_QP_INIT, EFA_MODIFY_QP_QKEY, 0},
    {EFA_DRIVER_QP_INIT, EFA_DRIVER_QP_INIT, 0, EFA_MODIFY_QP_QKEY},
    {EFA_DRIVER_QP_INIT, EFA_DRIVER_QP_RTR, 0, EFA_MODIFY_QP_QKEY},
    {EFA_DRIVER_QP_RTR, EFA_DRIVER_QP_RTS, EFA_MODIFY_QP_SQ_PSN,
     EFA_MODIFY_QP_QKEY | EFA_MODIFY_QP_RNR_RETRY},
    {EFA_DRIVER_QP_RTS, EFA_DRIVER_QP_RTS, 0, EFA_MODIFY_QP_QKEY},
    {EFA_DRIVER_QP_RTS, EFA_DRIVER_QP_SQD, 0, EFA_MODIFY_QP_SQ_DRAINED_ASYNC_NOTIFY},
    {EFA_DRIVER_QP_SQD, EFA_DRIVER_QP_SQD, 0, EFA_MODIFY_QP_QKEY},
    {EFA_DRIVER_QP_SQD, EFA_DRIVER_QP_RTS, 0, EFA_MODIFY_QP_QKEY},
};

#define KNOWN_ATTRIBUTES 0x3fu
#define MAX_RNR_RETRY 7u

static uint32_t check_transition(const struct efasim_qp *qp,
                                 const struct efa_modify_qp_params *params, uint32_t to)
{
    uint32_t attributes =
        params->modify_mask & ~(uint32_t)(EFA_MODIFY_QP_STATE | EFA_MODIFY_QP_CUR_STATE);

    if ((params->modify_mask & EFA_MODIFY_QP_STATE) != 0 &&
        (to == EFA_DRIVER_QP_RESET || to == EFA_DRIVER_QP_ERR))
        return attributes == 0 ? EFA_WIN32_SUCCESS : EFA_WIN32_INVALID_PARAMETER;
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(transitions); i++) {
        const struct transition *t = &transitions[i];
        if (t->from != qp->state || t->to != to)
            continue;
        if ((attributes & t->required) != t->required ||
            (attributes & ~(uint32_t)(t->required | t->optional)) != 0)
            return EFA_WIN32_INVALID_PARAMETER;
        return EFA_WIN32_SUCCESS;
    }
    return EFA_WIN32_INVALID_PARAMETER;
}

static uint32_t check_modify(const struct efasim_qp *qp, const struct efa_modify_qp_params *params)
{
    uint32_t to = (params->modify_mask & EFA_MODIFY_QP_STATE) != 0 ? params->state : qp->state;

    if (params->modify_mask == 0 || (params->modify_mask & ~KNOWN_ATTRIBUTES) != 0)
        return EFA_WIN32_INVALID_PARAMETER;
    if ((params->modify_mask & EFA_MODIFY_QP_CUR_STATE) != 0 && params->cur_state != qp->state)
        return EFA_WIN32_INVALID_PARAMETER;
    if ((params->modify_mask & EFA_MODIFY_QP_RNR_RETRY) != 0) {
        if ((qp->device->config.features & EFA_FEATURE_RNR_RETRY) == 0 ||
            qp->type != EFA_DRIVER_QP_SRD)
            return EFA_WIN32_NOT_SUPPORTED;
        if (params->rnr_retry > MAX_RNR_RETRY)
            return EFA_WIN32_INVALID_PARAMETER;
    }
    return check_transition(qp, params, to);
}

static void empty_ring(struct efasim_ring *ring)
{
    ring->taken = 0;
    ring->traced = 0;
    efa_store_release_u32(ring->doorbell, 0);
}

static void reset(struct efasim_qp *qp)
{
    efasim_drop_messages(qp);
    empty_ring(&qp->send);
    empty_ring(&qp->recv);
    /* Old descriptors would look like new ones that are not announced yet. */
    memset(qp->send_mapping.model, 0, (size_t)qp->send.entries * EFA_SEND_DESCRIPTOR_SIZE);
    efasim_batch_init(qp);
    qp->rnr_retry = (uint8_t)qp->device->config.default_rnr_retry;
    qp->state = EFA_DRIVER_QP_RESET;
}

static void check_reset_doorbells(struct efasim_qp *qp)
{
    if (efa_load_acquire_u32(qp->send.doorbell) == 0 &&
        efa_load_acquire_u32(qp->recv.doorbell) == 0)
        return;
    efasim_violation(qp, EFASIM_VIOLATION_STATE, NULL, 0, "a doorbell rang in the RESET state");
    efa_store_release_u32(qp->send.doorbell, 0);
    efa_store_release_u32(qp->recv.doorbell, 0);
}

uint32_t efasim_modify_qp(struct efasim_client *client, const void *input, void *output)
{
    const struct efa_modify_qp_params *params = input;
    struct efasim_qp *qp = efasim_find_qp_handle(client, params->qp_handle);
    (void)output;

    if (!qp)
        return EFA_WIN32_NOT_FOUND;
    uint32_t error = check_modify(qp, params);
    if (error != EFA_WIN32_SUCCESS)
        return error;
    if ((params->modify_mask & EFA_MODIFY_QP_QKEY) != 0) {
        qp->qkey = params->qkey;
        qp->has_qkey = true;
    }
    if ((params->modify_mask & EFA_MODIFY_QP_RNR_RETRY) != 0)
        qp->rnr_retry = params->rnr_retry;
    if ((params->modify_mask & EFA_MODIFY_QP_STATE) == 0)
        return EFA_WIN32_SUCCESS;
    switch (params->state) {
    case EFA_DRIVER_QP_ERR:
        efasim_enter_error(qp);
        break;
    case EFA_DRIVER_QP_RESET:
        reset(qp);
        break;
    case EFA_DRIVER_QP_INIT:
        if (qp->state == EFA_DRIVER_QP_RESET)
            check_reset_doorbells(qp);
        qp->state = EFA_DRIVER_QP_INIT;
        break;
    default:
        qp->state = params->state;
        break;
    }
    return EFA_WIN32_SUCCESS;
}
