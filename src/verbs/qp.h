/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Queue pairs for control calls; posting is in src/queue. */
#ifndef EFA_VERBS_QP_H
#define EFA_VERBS_QP_H

#include "cq.h"
#include "infiniband/efadv.h"
#include "objects.h"
#include "queue/queue_pair.h"

struct efa_qp {
    struct efa_queue_pair queues; /* the public object comes first in it */

    bool is_srd;
    bool has_extended_ops; /* created with send_ops_flags: ibv_qp_to_qp_ex returns it */
    uint32_t operations;   /* 1 << ibv_wr_opcode that a wr_* session may use */
    bool sq_sig_all;
    struct ibv_qp_cap cap; /* the capabilities granted */
    struct efadv_qp direct;

    /* As last set by ibv_modify_qp; the driver has no query for them. */
    uint32_t qkey;
    uint32_t sq_psn;
    uint8_t rnr_retry;
    uint8_t port_num;
    uint8_t en_sqd_async_notify;
};

EFA_INLINE struct efa_qp *efa_qp_of(struct ibv_qp *qp)
{
    return EFA_CONTAINER_OF(qp, struct efa_qp, queues.verbs.qp);
}

struct ibv_qp *efa_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr);
struct ibv_qp *efa_create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr);
struct ibv_qp *efa_create_srd_qp(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr,
                                 struct efadv_qp_init_attr *efa_attr, uint32_t inlen);
struct ibv_qp *efa_create_driver_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr,
                                    uint32_t driver_qp_type);
struct efadv_qp *efa_qp_direct_of(struct ibv_qp_ex *qp_ex);
struct ibv_qp_ex *efa_qp_to_qp_ex(struct ibv_qp *qp);
int efa_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask);
int efa_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask,
                 struct ibv_qp_init_attr *init_attr);
int efa_destroy_qp(struct ibv_qp *qp);

/* Opens or closes the queues for posting, according to the state. */
void efa_qp_set_posting(struct efa_qp *qp, enum ibv_qp_state state);

/*
 * Closes the queues to the library for good, where their rings are at the beginning: EBUSY where
 * something was posted since RESET, or a wr_* session is open.
 */
int efa_qp_hand_over(struct efa_qp *qp);

/*
 * Empties both queues after the driver emptied the device's queues. New request tables replace the
 * old ones; late completions of the old ones are dropped. Needs qp_mutex. ENOMEM changes nothing.
 */
struct efa_fresh_tables {
    struct efa_request_table *sq;
    struct efa_request_table *rq;
};
int efa_qp_prepare_tables(struct efa_qp *qp, uint32_t qp_num, struct efa_fresh_tables *fresh);
void efa_qp_discard_tables(struct efa_fresh_tables *fresh);
void efa_qp_empty_queues(struct efa_qp *qp, struct efa_fresh_tables *fresh);

#endif
