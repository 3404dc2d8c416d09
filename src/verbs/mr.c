/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Memory regions. The keys translate addresses of the process, so iova is the address. */
#include <errno.h>

#include "objects.h"
#include "os/log.h"

/* Access bits that a provider may ignore, by the verbs convention: bits 20 to 29. */
#define OPTIONAL_ACCESS 0x3ff00000u

static int check_access(const struct efa_context *context, const char *call, unsigned int access)
{
    unsigned int offered = IBV_ACCESS_LOCAL_WRITE;

    if (efa_limits_have(&context->limits, EFA_FEATURE_RDMA_READ))
        offered |= IBV_ACCESS_REMOTE_READ;
    if (access & ~offered)
        return efa_reject(EOPNOTSUPP,
                          "%s: access 0x%x; only 0x%x is supported (LOCAL_WRITE 1, REMOTE_READ 4)",
                          call, access, offered);
    return 0;
}

static int check_range(const struct efa_context *context, const char *call, const void *address,
                       size_t length)
{
    if (length == 0)
        return efa_reject(EINVAL, "%s: length is 0", call);
    if (length > context->limits.max_mr_size)
        return efa_reject(EINVAL, "%s: length %llu; the adapter registers up to %llu bytes", call,
                          (unsigned long long)length,
                          (unsigned long long)context->limits.max_mr_size);
    if (length - 1 > UINTPTR_MAX - (uintptr_t)address)
        return efa_reject(EINVAL, "%s: the range exceeds the address space", call);
    return 0;
}

struct ibv_mr *efa_reg_mr(struct ibv_pd *ibv_pd, const char *call, void *address, size_t length,
                          unsigned int access)
{
    struct efa_context *context;
    struct efa_reg_mr_params params;
    struct efa_mr_info info;
    struct efa_pd *pd;
    struct ibv_mr *mr;
    int error;

    if (!ibv_pd)
        return efa_reject_null(EINVAL, "%s: pd is NULL", call);
    pd = efa_pd_of(ibv_pd);
    context = efa_context_of(ibv_pd->context);
    access &= ~OPTIONAL_ACCESS;
    error = check_range(context, call, address, length);
    if (!error)
        error = check_access(context, call, access);
    if (error)
        return efa_null(error);
    mr = efa_os_alloc(sizeof *mr);
    if (!mr)
        return efa_reject_null(ENOMEM, "%s: out of memory", call);

    params = (struct efa_reg_mr_params){
        .length = length,
        .addr = (uintptr_t)address,
        .pdn = pd->pdn,
        .permissions = (uint8_t)access,
    };
    error = efa_driver_reg_mr(&context->driver, &params, &info);
    if (error) {
        efa_os_free(mr);
        return efa_null(error);
    }
    mr->context = ibv_pd->context;
    mr->pd = ibv_pd;
    mr->addr = address;
    mr->length = length;
    mr->handle = info.lkey;
    mr->lkey = info.lkey;
    mr->rkey = info.rkey;
    efa_fetch_add_u32(&pd->children, 1);
    return mr;
}

struct ibv_mr *efa_reg_mr_iova2(struct ibv_pd *pd, void *address, size_t length, uint64_t iova,
                                unsigned int access)
{
    if (iova != (uintptr_t)address)
        return efa_reject_null(EOPNOTSUPP,
                               "ibv_reg_mr_iova2: iova 0x%llx differs from the address; EFA keys "
                               "translate only the process's own addresses: pass the address",
                               (unsigned long long)iova);
    return efa_reg_mr(pd, "ibv_reg_mr_iova2", address, length, access);
}

int efa_dereg_mr(struct ibv_mr *mr)
{
    int error;

    if (!mr)
        return efa_reject(EINVAL, "ibv_dereg_mr: mr is NULL");
    error = efa_driver_dereg_mr(&efa_context_of(mr->context)->driver, mr->lkey);
    if (error)
        return error;
    efa_fetch_add_u32(&efa_pd_of(mr->pd)->children, UINT32_MAX);
    efa_os_free(mr);
    return 0;
}
