/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * ibv_modify_qp and ibv_query_qp: the transitions, the attributes that each requires and allows,
 * and their effect on the queues. A driver of interface version 1 has no MODIFY_QP: there the
 * library alone keeps the state, and the device's queues do not change.
 */
#include <errno.h>

#include "os/log.h"
#include "qp.h"

#define MAX_RNR_RETRY 7
#define MAX_PSN 0xffffffu

struct transition {
    enum ibv_qp_state from, to;
    int needs;
    int allows;     /* in addition to STATE and CUR_STATE */
    int allows_srd; /* additional ones for SRD */
};

#define IDENTITY (IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY)

static const struct transition transitions[] = {
    {IBV_QPS_RESET, IBV_QPS_INIT, IDENTITY, 0, 0},
    {IBV_QPS_INIT, IBV_QPS_INIT, 0, IDENTITY, 0},
    {IBV_QPS_INIT, IBV_QPS_RTR, 0, IBV_QP_PKEY_INDEX | IBV_QP_QKEY, 0},
    {IBV_QPS_RTR, IBV_QPS_RTS, IBV_QP_SQ_PSN, IBV_QP_QKEY, IBV_QP_RNR_RETRY},
    {IBV_QPS_RTS, IBV_QPS_RTS, 0, IBV_QP_QKEY, 0},
    {IBV_QPS_RTS, IBV_QPS_SQD, 0, IBV_QP_EN_SQD_ASYNC_NOTIFY, 0},
    {IBV_QPS_SQD, IBV_QPS_RTS, 0, IBV_QP_QKEY, 0},
    {IBV_QPS_SQD, IBV_QPS_SQD, 0, IBV_QP_PKEY_INDEX | IBV_QP_QKEY, 0},
    {IBV_QPS_SQE, IBV_QPS_RTS, 0, IBV_QP_QKEY, 0},
};

/* All attributes of EFA; the others of the verbs interface are for connections and paths. */
#define OFFERED                                                                         \
    (IBV_QP_STATE | IBV_QP_CUR_STATE | IBV_QP_EN_SQD_ASYNC_NOTIFY | IBV_QP_PKEY_INDEX | \
     IBV_QP_PORT | IBV_QP_QKEY | IBV_QP_SQ_PSN | IBV_QP_RNR_RETRY)

static const char *const state_names[] = {"RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR"};

static const char *state_name(enum ibv_qp_state state)
{
    return (uint32_t)state < EFA_ARRAY_SIZE(state_names) ? state_names[state] : "unknown";
}

static int reject_mask(enum ibv_qp_state from, enum ibv_qp_state to, int mask, int needs,
                       int allows)
{
    return efa_reject(EINVAL,
                      "ibv_modify_qp: attr_mask 0x%x; the transition from %s to %s needs 0x%x and "
                      "also allows 0x%x",
                      (unsigned)mask, state_name(from), state_name(to), (unsigned)needs,
                      (unsigned)allows);
}

static int check_mask(const struct efa_qp *qp, enum ibv_qp_state from, enum ibv_qp_state to,
                      int mask)
{
    int always = IBV_QP_STATE | IBV_QP_CUR_STATE;

    if (mask == 0)
        return efa_reject(EINVAL, "ibv_modify_qp: attr_mask is 0; there is nothing to change");
    if ((mask & IBV_QP_STATE) && (to == IBV_QPS_RESET || to == IBV_QPS_ERR)) {
        /* Allowed from any state, without other attributes. */
        if (mask & ~always)
            return reject_mask(from, to, mask, IBV_QP_STATE, IBV_QP_CUR_STATE);
        return 0;
    }
    for (size_t i = 0; i < EFA_ARRAY_SIZE(transitions); i++) {
        const struct transition *transition = &transitions[i];
        int allows = transition->allows | (qp->is_srd ? transition->allows_srd : 0);

        if (transition->from != from || transition->to != to)
            continue;
        if ((mask & transition->needs) != transition->needs ||
            (mask & ~(transition->needs | allows | always)))
            return reject_mask(from, to, mask, transition->needs | IBV_QP_STATE,
                               allows | IBV_QP_CUR_STATE);
        return 0;
    }
    return efa_reject(EINVAL,
                      "ibv_modify_qp: there is no transition from %s to %s (RESET > INIT > RTR > "
                      "RTS <> SQD; any > ERR, any > RESET)",
                      state_name(from), state_name(to));
}

static int check_values(const struct efa_qp *qp, const struct ibv_qp_attr *attr, int mask)
{
    const struct efa_context *context = efa_context_of(qp->queues.verbs.qp.context);

    if ((mask & IBV_QP_PKEY_INDEX) && attr->pkey_index != 0)
        return efa_reject(EOPNOTSUPP, "ibv_modify_qp: pkey_index %u; only 0 is supported",
                          attr->pkey_index);
    if ((mask & IBV_QP_PORT) && attr->port_num != 1)
        return efa_reject(EINVAL, "ibv_modify_qp: port_num %u; the adapter has only port 1",
                          attr->port_num);
    if ((mask & IBV_QP_SQ_PSN) && attr->sq_psn > MAX_PSN)
        return efa_reject(EINVAL, "ibv_modify_qp: sq_psn 0x%x has more than 24 bits", attr->sq_psn);
    if ((mask & IBV_QP_RNR_RETRY) && attr->rnr_retry > MAX_RNR_RETRY)
        return efa_reject(EINVAL, "ibv_modify_qp: rnr_retry %u; use 0 to 6, or 7 for no limit",
                          attr->rnr_retry);
    if ((mask & IBV_QP_RNR_RETRY) && !efa_limits_have(&context->limits, EFA_FEATURE_RNR_RETRY))
        return efa_reject(EOPNOTSUPP,
                          "ibv_modify_qp: this adapter does not support setting rnr_retry (see "
                          "efadv_device_attr.device_caps)");
    return 0;
}

static void to_driver(struct efa_modify_qp_params *params, const struct ibv_qp_attr *attr, int mask,
                      uint32_t qp_handle)
{
    *params = (struct efa_modify_qp_params){.qp_handle = qp_handle};
    if (mask & IBV_QP_STATE) {
        params->modify_mask |= EFA_MODIFY_QP_STATE;
        params->state = (uint32_t)attr->qp_state;
    }
    if (mask & IBV_QP_CUR_STATE) {
        params->modify_mask |= EFA_MODIFY_QP_CUR_STATE;
        params->cur_state = (uint32_t)attr->cur_qp_state;
    }
    if (mask & IBV_QP_QKEY) {
        params->modify_mask |= EFA_MODIFY_QP_QKEY;
        params->qkey = attr->qkey;
    }
    if (mask & IBV_QP_SQ_PSN) {
        params->modify_mask |= EFA_MODIFY_QP_SQ_PSN;
        params->sq_psn = attr->sq_psn;
    }
    if (mask & IBV_QP_EN_SQD_ASYNC_NOTIFY) {
        params->modify_mask |= EFA_MODIFY_QP_SQ_DRAINED_ASYNC_NOTIFY;
        params->sq_drained_async_notify = attr->en_sqd_async_notify;
    }
    if (mask & IBV_QP_RNR_RETRY) {
        params->modify_mask |= EFA_MODIFY_QP_RNR_RETRY;
        params->rnr_retry = attr->rnr_retry;
    }
}

static void remember(struct efa_qp *qp, const struct ibv_qp_attr *attr, int mask)
{
    if (mask & IBV_QP_QKEY)
        qp->qkey = attr->qkey;
    if (mask & IBV_QP_SQ_PSN)
        qp->sq_psn = attr->sq_psn;
    if (mask & IBV_QP_RNR_RETRY)
        qp->rnr_retry = attr->rnr_retry;
    if (mask & IBV_QP_PORT)
        qp->port_num = attr->port_num;
    if (mask & IBV_QP_EN_SQD_ASYNC_NOTIFY)
        qp->en_sqd_async_notify = attr->en_sqd_async_notify;
}

void efa_qp_set_posting(struct efa_qp *qp, enum ibv_qp_state state)
{
    bool ours = !efa_queue_pair_is_handed_over(&qp->queues);

    efa_send_queue_set_posting(&qp->queues.sq,
                               ours && (state == IBV_QPS_RTS || state == IBV_QPS_SQD));
    efa_recv_queue_set_posting(&qp->queues.rq,
                               ours && state != IBV_QPS_RESET && state != IBV_QPS_ERR);
}

/*
 * Keeps posters out while the queues are emptied. A wr_* session may stay open for as long as its
 * owner likes: that is EBUSY, not a wait.
 */
static bool lock_queues(struct efa_qp *qp)
{
    if (!efa_send_queue_lock_unless_session(&qp->queues.sq))
        return false;
    efa_recv_queue_lock(&qp->queues.rq);
    return true;
}

static void unlock_queues(struct efa_qp *qp)
{
    efa_spinlock_release(&qp->queues.rq.lock);
    efa_spinlock_release(&qp->queues.sq.lock);
}

int efa_qp_hand_over(struct efa_qp *qp)
{
    struct ibv_qp *ibv = &qp->queues.verbs.qp;
    struct efa_context *context = efa_context_of(ibv->context);
    int error = EBUSY;

    efa_mutex_lock(&context->qp_mutex);
    if (efa_queue_pair_is_handed_over(&qp->queues)) {
        error = 0;
    } else if (lock_queues(qp)) {
        if (efa_send_queue_posted(&qp->queues.sq) == 0 &&
            efa_recv_queue_posted(&qp->queues.rq) == 0 && !qp->queues.sq.is_abandoned &&
            !qp->queues.rq.is_abandoned) {
            efa_store_relaxed_u32(&qp->queues.handed_over, 1);
            efa_send_queue_set_posting(&qp->queues.sq, false);
            error = 0;
        }
        unlock_queues(qp);
        efa_qp_set_posting(qp, ibv->state);
    }
    efa_mutex_unlock(&context->qp_mutex);
    if (error)
        efa_log(EFA_LOG_INFO,
                "efadv_query_qp_wqs: requests were posted to QP %u through the library, or a wr_* "
                "session is open; call it before the first request, or after RESET",
                ibv->qp_num);
    return error;
}

static int reset_in_driver(struct efa_context *context, struct efa_qp *qp,
                           const struct efa_modify_qp_params *params)
{
    struct efa_fresh_tables fresh = {NULL, NULL};
    int error = efa_qp_prepare_tables(qp, qp->queues.verbs.qp.qp_num, &fresh);

    if (error)
        return error;
    if (!lock_queues(qp)) {
        efa_qp_discard_tables(&fresh);
        efa_log(EFA_LOG_INFO,
                "ibv_modify_qp: a wr_* session of QP %u is open; complete or abort it first",
                qp->queues.verbs.qp.qp_num);
        return EBUSY;
    }
    error = efa_driver_modify_qp(&context->driver, params);
    if (error) {
        efa_qp_discard_tables(&fresh);
    } else {
        efa_send_queue_set_posting(&qp->queues.sq, false);
        efa_qp_empty_queues(qp, &fresh);
    }
    unlock_queues(qp);
    return error;
}

static int modify_in_driver(struct efa_context *context, struct efa_qp *qp,
                            const struct ibv_qp_attr *attr, int mask)
{
    struct efa_modify_qp_params params;

    if (!efa_driver_modifies_qps(&context->driver))
        return 0;
    to_driver(&params, attr, mask, qp->queues.verbs.qp.handle);
    if ((mask & IBV_QP_STATE) && attr->qp_state == IBV_QPS_RESET)
        return reset_in_driver(context, qp, &params);
    return efa_driver_modify_qp(&context->driver, &params);
}

static int modify(struct efa_context *context, struct efa_qp *qp, const struct ibv_qp_attr *attr,
                  int mask)
{
    struct ibv_qp *ibv = &qp->queues.verbs.qp;
    enum ibv_qp_state from = ibv->state;
    enum ibv_qp_state to = (mask & IBV_QP_STATE) ? attr->qp_state : from;
    int error;

    if (mask & ~OFFERED)
        return efa_reject(EOPNOTSUPP,
                          "ibv_modify_qp: attr_mask 0x%x; EFA queue pairs have only the attributes "
                          "0x%x",
                          (unsigned)mask, (unsigned)OFFERED);
    if ((mask & IBV_QP_CUR_STATE) && attr->cur_qp_state != from)
        return efa_reject(EINVAL, "ibv_modify_qp: cur_qp_state %s, but QP %u is in %s",
                          state_name(attr->cur_qp_state), ibv->qp_num, state_name(from));
    error = check_mask(qp, from, to, mask);
    if (!error)
        error = check_values(qp, attr, mask);
    if (!error)
        error = modify_in_driver(context, qp, attr, mask);
    if (error)
        return error;
    remember(qp, attr, mask);
    efa_qp_state_set(ibv, to);
    efa_qp_set_posting(qp, to);
    return 0;
}

int efa_modify_qp(struct ibv_qp *ibv, struct ibv_qp_attr *attr, int attr_mask)
{
    struct efa_context *context;
    int error;

    if (!ibv || !attr)
        return efa_reject(EINVAL, "ibv_modify_qp: qp or attr is NULL");
    context = efa_context_of(ibv->context);
    efa_mutex_lock(&context->qp_mutex);
    error = modify(context, efa_qp_of(ibv), attr, attr_mask);
    efa_mutex_unlock(&context->qp_mutex);
    return error;
}

static void fill_init_attr(const struct efa_qp *qp, struct ibv_qp_init_attr *init_attr)
{
    const struct ibv_qp *ibv = &qp->queues.verbs.qp;

    *init_attr = (struct ibv_qp_init_attr){
        .qp_context = ibv->qp_context,
        .send_cq = ibv->send_cq,
        .recv_cq = ibv->recv_cq,
        .srq = NULL,
        .cap = qp->cap,
        .qp_type = ibv->qp_type,
        .sq_sig_all = qp->sq_sig_all,
    };
}

int efa_query_qp(struct ibv_qp *ibv, struct ibv_qp_attr *attr, int attr_mask,
                 struct ibv_qp_init_attr *init_attr)
{
    struct efa_context *context;
    struct efa_qp *qp;

    /*
     * The mask says what the caller will read. All known attributes are filled in, whatever it
     * says.
     */
    (void)attr_mask;
    if (!ibv || !attr || !init_attr)
        return efa_reject(EINVAL, "ibv_query_qp: qp, attr or init_attr is NULL");
    qp = efa_qp_of(ibv);
    context = efa_context_of(ibv->context);
    efa_mutex_lock(&context->qp_mutex);
    *attr = (struct ibv_qp_attr){
        .qp_state = ibv->state,
        .cur_qp_state = ibv->state,
        .qkey = qp->qkey,
        .sq_psn = qp->sq_psn,
        .cap = qp->cap,
        .en_sqd_async_notify = qp->en_sqd_async_notify,
        .port_num = qp->port_num,
        .rnr_retry = qp->rnr_retry,
    };
    fill_init_attr(qp, init_attr);
    efa_mutex_unlock(&context->qp_mutex);
    return 0;
}
