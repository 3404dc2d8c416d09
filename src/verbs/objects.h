/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Protection domains, thread domains, memory regions and address handles. */
#ifndef EFA_VERBS_OBJECTS_H
#define EFA_VERBS_OBJECTS_H

#include "address_table.h"
#include "context.h"

/*
 * A thread domain: the caller promises that one thread at a time uses each object created with it.
 */
struct efa_td {
    struct ibv_td ibv;
    uint32_t children; /* parent domains; atomic */
};

/* A protection domain, or a parent domain: another PD together with a thread domain. */
struct efa_pd {
    struct ibv_pd ibv;
    uint16_t pdn;        /* a parent domain shows its PD's */
    uint32_t children;   /* atomic: MRs, AHs, QPs, parent domains, and CQs that named it */
    struct efa_pd *base; /* of a parent domain; NULL in an ordinary PD */
    struct efa_td *td;   /* of a parent domain; may be NULL */
    struct efa_address_table addresses; /* of an ordinary PD, for its parent domains too */
};

EFA_INLINE struct efa_td *efa_td_of(struct ibv_td *td)
{
    return EFA_CONTAINER_OF(td, struct efa_td, ibv);
}

EFA_INLINE struct efa_pd *efa_pd_of(struct ibv_pd *pd)
{
    return EFA_CONTAINER_OF(pd, struct efa_pd, ibv);
}

/* The ordinary PD: the driver knows only these. */
EFA_INLINE struct efa_pd *efa_pd_root(struct efa_pd *pd)
{
    return pd->base ? pd->base : pd;
}

/* Whether the client promised one thread for the objects created in the domain. */
EFA_INLINE bool efa_pd_is_exclusive(const struct efa_pd *pd)
{
    return pd->td != NULL;
}

struct ibv_pd *efa_alloc_pd(struct ibv_context *context);
struct ibv_td *efa_alloc_td(struct ibv_context *context, struct ibv_td_init_attr *attr);
int efa_dealloc_td(struct ibv_td *td);
struct ibv_pd *efa_alloc_parent_domain(struct ibv_context *context,
                                       struct ibv_parent_domain_init_attr *attr);
int efa_dealloc_pd(struct ibv_pd *pd); /* of either kind */

struct ibv_mr *efa_reg_mr(struct ibv_pd *pd, const char *call, void *address, size_t length,
                          unsigned int access);
struct ibv_mr *efa_reg_mr_iova2(struct ibv_pd *pd, void *address, size_t length, uint64_t iova,
                                unsigned int access);
int efa_dereg_mr(struct ibv_mr *mr);

struct ibv_ah *efa_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr);
int efa_destroy_ah(struct ibv_ah *ah);

#endif
