/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Address handles: a peer's GID that the adapter knows. ibv_ah.handle is the adapter's number;
 * handles of the same peer in the same PD share it.
 */
#include <errno.h>
#include <string.h>

#include "objects.h"
#include "os/log.h"

struct efa_ah {
    struct ibv_ah ibv;
    struct efa_address *address;
};

/*
 * Called with the table's mutex held. Creates the address in the driver and adds it to the table
 * with no users.
 */
static int create_address(struct efa_driver *driver, struct efa_pd *pd,
                          const uint8_t gid[EFA_GID_SIZE], struct efa_address **created)
{
    struct efa_address *address = efa_os_alloc(sizeof *address);
    int error;

    if (!address || !efa_address_reserve(&pd->addresses)) {
        error = efa_reject(ENOMEM, "ibv_create_ah: out of memory");
        goto free_address;
    }
    error = efa_driver_create_ah(driver, pd->pdn, gid, &address->number);
    if (error)
        goto free_address;
    memcpy(address->gid, gid, sizeof address->gid);
    efa_address_add(&pd->addresses, address);
    *created = address;
    return 0;

free_address:
    efa_os_free(address);
    return error;
}

/* `pd` is not a parent domain. */
static int acquire_address(struct efa_driver *driver, struct efa_pd *pd,
                           const uint8_t gid[EFA_GID_SIZE], struct efa_address **address)
{
    int error = 0;

    efa_mutex_lock(&pd->addresses.mutex);
    *address = efa_address_find(&pd->addresses, gid);
    if (!*address)
        error = create_address(driver, pd, gid, address);
    else if (efa_driver_seems_gone(driver))
        error = efa_driver_check_alive(driver);
    if (!error && *address)
        (*address)->users++;
    efa_mutex_unlock(&pd->addresses.mutex);
    return error;
}

static int release_address(struct efa_driver *driver, struct efa_pd *pd,
                           struct efa_address *address)
{
    int error = 0;

    efa_mutex_lock(&pd->addresses.mutex);
    if (address->users > 1) {
        address->users--;
    } else {
        error = efa_driver_destroy_ah(driver, pd->pdn, address->number);
        if (!error) {
            efa_address_remove(&pd->addresses, address);
            efa_os_free(address);
        }
    }
    efa_mutex_unlock(&pd->addresses.mutex);
    return error;
}

/* Returns 0 or EINVAL; logs the reason. */
static int check_attributes(const struct ibv_ah_attr *attr)
{
    if (attr->port_num != 1)
        return efa_reject(EINVAL, "ibv_create_ah: port_num %u; the adapter has only port 1",
                          attr->port_num);
    if (!attr->is_global)
        return efa_reject(EINVAL,
                          "ibv_create_ah: is_global is 0; EFA peers are named by GID, in "
                          "grh.dgid");
    if (attr->grh.sgid_index != 0)
        return efa_reject(EINVAL,
                          "ibv_create_ah: grh.sgid_index %u; the adapter has one GID, index 0",
                          attr->grh.sgid_index);
    return 0;
}

struct ibv_ah *efa_create_ah(struct ibv_pd *ibv_pd, struct ibv_ah_attr *attr)
{
    struct efa_context *context;
    struct efa_pd *pd;
    struct efa_ah *ah;
    int error;

    if (!ibv_pd || !attr)
        return efa_reject_null(EINVAL, "ibv_create_ah: pd or attr is NULL");
    error = check_attributes(attr);
    if (error)
        return efa_null(error);
    pd = efa_pd_of(ibv_pd);
    context = efa_context_of(ibv_pd->context);
    ah = efa_os_alloc(sizeof *ah);
    if (!ah)
        return efa_reject_null(ENOMEM, "ibv_create_ah: out of memory");

    error = acquire_address(&context->driver, efa_pd_root(pd), attr->grh.dgid.raw, &ah->address);
    if (error) {
        efa_os_free(ah);
        return efa_null(error);
    }
    ah->ibv.context = ibv_pd->context;
    ah->ibv.pd = ibv_pd;
    ah->ibv.handle = ah->address->number;
    efa_fetch_add_u32(&pd->children, 1);
    return &ah->ibv;
}

int efa_destroy_ah(struct ibv_ah *ibv)
{
    struct efa_ah *ah;
    struct efa_pd *pd;
    int error;

    if (!ibv)
        return efa_reject(EINVAL, "ibv_destroy_ah: ah is NULL");
    ah = EFA_CONTAINER_OF(ibv, struct efa_ah, ibv);
    pd = efa_pd_of(ibv->pd);
    error = release_address(&efa_context_of(ibv->context)->driver, efa_pd_root(pd), ah->address);
    if (error)
        return error;
    efa_fetch_add_u32(&pd->children, UINT32_MAX);
    efa_os_free(ah);
    return 0;
}
