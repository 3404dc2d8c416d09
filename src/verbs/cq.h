/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Completion queues for control calls; polling is in src/queue. */
#ifndef EFA_VERBS_CQ_H
#define EFA_VERBS_CQ_H

#include "context.h"
#include "infiniband/efadv.h"
#include "queue/completion_queue.h"

struct efa_pd;

struct efa_cq {
    struct efa_completion_queue queue; /* the public object comes first in it */
    struct efadv_cq direct;
    uint8_t *entries;      /* the first ring */
    struct efa_pd *domain; /* the PD of its creation, or NULL */
    uint32_t users;        /* QPs on it, once for each of their sides; atomic */
};

EFA_INLINE struct efa_cq *efa_cq_of(struct ibv_cq *cq)
{
    return EFA_CONTAINER_OF(cq, struct efa_cq, queue.verbs.cq);
}

struct ibv_cq *efa_create_cq(struct ibv_context *context, int cqe, void *cq_context,
                             struct ibv_comp_channel *channel, int comp_vector);
struct ibv_cq_ex *efa_create_cq_ex(struct ibv_context *context, struct ibv_cq_init_attr_ex *attr);
struct ibv_cq_ex *efa_create_cq_direct(struct ibv_context *context,
                                       struct ibv_cq_init_attr_ex *attr,
                                       struct efadv_cq_init_attr *efa_attr, uint32_t inlen);
struct efadv_cq *efa_cq_direct_of(struct ibv_cq_ex *cq_ex);
int efa_destroy_cq(struct ibv_cq *cq);

#endif
