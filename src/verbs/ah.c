/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Address handles: a peer's GID known to the adapter. ibv_ah.handle is the adapter's number. */
#include <errno.h>

#include "objects.h"
#include "os/log.h"

struct ibv_ah *efa_create_ah(struct ibv_pd *ibv_pd, struct ibv_ah_attr *attr)
{
    struct efa_context *context;
    struct efa_pd *pd;
    struct ibv_ah *ah;
    uint16_t number;
    int error;

    if (!ibv_pd || !attr)
        return efa_refuse_null(EINVAL, "ibv_create_ah: pd or attr is NULL");
    if (attr->port_num != 1)
        return efa_refuse_null(EINVAL, "ibv_create_ah: port_num %u; the adapter has port 1 alone",
                               attr->port_num);
    if (!attr->is_global)
        return efa_refuse_null(EINVAL,
                               "ibv_create_ah: is_global is 0; EFA peers are named by GID, "
                               "in grh.dgid");
    if (attr->grh.sgid_index != 0)
        return efa_refuse_null(EINVAL,
                               "ibv_create_ah: grh.sgid_index %u; the adapter has one GID, index 0",
                               attr->grh.sgid_index);
    pd = efa_pd_of(ibv_pd);
    context = efa_context_of(ibv_pd->context);
    ah = efa_os_alloc(sizeof *ah);
    if (!ah)
        return efa_refuse_null(ENOMEM, "ibv_create_ah: out of memory");

    error = efa_driver_create_ah(&context->driver, pd->pdn, attr->grh.dgid.raw, &number);
    if (error) {
        efa_os_free(ah);
        return efa_null(error);
    }
    ah->context = ibv_pd->context;
    ah->pd = ibv_pd;
    ah->handle = number;
    efa_fetch_add_u32(&pd->children, 1);
    return ah;
}

int efa_destroy_ah(struct ibv_ah *ah)
{
    struct efa_pd *pd;
    int error;

    if (!ah)
        return efa_refuse(EINVAL, "ibv_destroy_ah: ah is NULL");
    pd = efa_pd_of(ah->pd);
    error =
        efa_driver_destroy_ah(&efa_context_of(ah->context)->driver, pd->pdn, (uint16_t)ah->handle);
    if (error)
        return error;
    efa_fetch_add_u32(&pd->children, UINT32_MAX);
    efa_os_free(ah);
    return 0;
}
