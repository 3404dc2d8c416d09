/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Protection domains, thread domains and parent domains. */
#include <errno.h>

#include "objects.h"
#include "os/log.h"

struct ibv_pd *efa_alloc_pd(struct ibv_context *ibv_context)
{
    struct efa_context *context;
    struct efa_pd *pd;
    int error;

    if (!ibv_context)
        return efa_reject_null(EINVAL, "ibv_alloc_pd: context is NULL");
    context = efa_context_of(ibv_context);
    pd = efa_os_alloc(sizeof *pd);
    if (!pd)
        return efa_reject_null(ENOMEM, "ibv_alloc_pd: out of memory");
    error = efa_address_table_init(&pd->addresses);
    if (error) {
        efa_log(EFA_LOG_ERROR, "ibv_alloc_pd: no memory for a lock");
        goto free_pd;
    }
    error = efa_driver_alloc_pd(&context->driver, &pd->pdn);
    if (error)
        goto end_addresses;

    pd->ibv.context = ibv_context;
    pd->ibv.handle = pd->pdn;
    efa_fetch_add_u32(&context->children, 1);
    return &pd->ibv;

end_addresses:
    efa_address_table_fini(&pd->addresses);
free_pd:
    efa_os_free(pd);
    return efa_null(error);
}

struct ibv_td *efa_alloc_td(struct ibv_context *ibv_context, struct ibv_td_init_attr *attr)
{
    struct efa_td *td;

    if (!ibv_context || !attr)
        return efa_reject_null(EINVAL, "ibv_alloc_td: context or init_attr is NULL");
    if (attr->comp_mask)
        return efa_reject_null(EOPNOTSUPP, "ibv_alloc_td: comp_mask 0x%x; it must be 0",
                               attr->comp_mask);
    td = efa_os_alloc(sizeof *td);
    if (!td)
        return efa_reject_null(ENOMEM, "ibv_alloc_td: out of memory");
    td->ibv.context = ibv_context;
    efa_fetch_add_u32(&efa_context_of(ibv_context)->children, 1);
    return &td->ibv;
}

int efa_dealloc_td(struct ibv_td *ibv_td)
{
    struct efa_td *td;

    if (!ibv_td)
        return efa_reject(EINVAL, "ibv_dealloc_td: td is NULL");
    td = efa_td_of(ibv_td);

    uint32_t children = efa_load_acquire_u32(&td->children);

    if (children) {
        efa_log(EFA_LOG_INFO, "ibv_dealloc_td: %u parent domains use it; destroy them first",
                children);
        return EBUSY;
    }
    efa_fetch_add_u32(&efa_context_of(td->ibv.context)->children, UINT32_MAX);
    efa_os_free(td);
    return 0;
}

/* Returns 0 if a parent domain can be made of these parts. */
static int check_parent_domain(const struct ibv_context *context,
                               const struct ibv_parent_domain_init_attr *attr)
{
    if (!attr->pd)
        return efa_reject(EINVAL, "ibv_alloc_parent_domain: pd is NULL");
    if (attr->pd->context != context || (attr->td && attr->td->context != context))
        return efa_reject(EINVAL, "ibv_alloc_parent_domain: pd or td belongs to another context");
    if (efa_pd_of(attr->pd)->base)
        return efa_reject(EINVAL, "ibv_alloc_parent_domain: pd is itself a parent domain");
    if (attr->comp_mask & IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS)
        return efa_reject(EOPNOTSUPP,
                          "ibv_alloc_parent_domain: the driver allocates the queues; "
                          "allocators are not supported");
    if (attr->comp_mask & ~(uint32_t)IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT)
        return efa_reject(EOPNOTSUPP, "ibv_alloc_parent_domain: comp_mask 0x%x has unknown bits",
                          attr->comp_mask);
    return 0;
}

struct ibv_pd *efa_alloc_parent_domain(struct ibv_context *ibv_context,
                                       struct ibv_parent_domain_init_attr *attr)
{
    struct efa_pd *parent;
    int error;

    if (!ibv_context || !attr)
        return efa_reject_null(EINVAL, "ibv_alloc_parent_domain: context or attr is NULL");
    error = check_parent_domain(ibv_context, attr);
    if (error)
        return efa_null(error);
    parent = efa_os_alloc(sizeof *parent);
    if (!parent)
        return efa_reject_null(ENOMEM, "ibv_alloc_parent_domain: out of memory");

    parent->base = efa_pd_of(attr->pd);
    parent->pdn = parent->base->pdn;
    parent->ibv.context = ibv_context;
    parent->ibv.handle = parent->pdn;
    efa_fetch_add_u32(&parent->base->children, 1);
    if (attr->td) {
        parent->td = efa_td_of(attr->td);
        efa_fetch_add_u32(&parent->td->children, 1);
    }
    return &parent->ibv;
}

int efa_dealloc_pd(struct ibv_pd *ibv_pd)
{
    struct efa_context *context;
    struct efa_pd *pd;

    if (!ibv_pd)
        return efa_reject(EINVAL, "ibv_dealloc_pd: pd is NULL");
    pd = efa_pd_of(ibv_pd);
    context = efa_context_of(ibv_pd->context);

    uint32_t children = efa_load_acquire_u32(&pd->children);

    if (children) {
        efa_log(EFA_LOG_INFO,
                "ibv_dealloc_pd: %u memory regions, address handles, queues and parent domains "
                "use it; destroy them first",
                children);
        return EBUSY;
    }
    if (pd->base) {
        efa_fetch_add_u32(&pd->base->children, UINT32_MAX);
        if (pd->td)
            efa_fetch_add_u32(&pd->td->children, UINT32_MAX);
    } else {
        int error = efa_driver_dealloc_pd(&context->driver, pd->pdn);

        if (error)
            return error;
        efa_address_table_fini(&pd->addresses);
        efa_fetch_add_u32(&context->children, UINT32_MAX);
    }
    efa_os_free(pd);
    return 0;
}
