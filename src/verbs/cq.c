/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Creating and destroying completion queues. */
#include "cq.h"

#include <errno.h>
#include <string.h>

#include "device/ring.h"
#include "extension.h"
#include "objects.h"
#include "os/log.h"
#include "os/trace.h"

#define KNOWN_ATTRIBUTES (IBV_CQ_INIT_ATTR_MASK_FLAGS | IBV_CQ_INIT_ATTR_MASK_PD)
/* The device does not detect overruns, so IGNORE_OVERRUN needs no action. */
#define KNOWN_FLAGS (IBV_CREATE_CQ_ATTR_SINGLE_THREADED | IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN)

static_assert(EFA_REPLY_MAX_SUB_CQS <= EFA_MAX_SUB_CQS, "room for what a reply may say");

static int check_attributes(struct efa_context *context, const char *call,
                            const struct ibv_cq_init_attr_ex *attr)
{
    if (attr->comp_mask & ~(uint32_t)KNOWN_ATTRIBUTES)
        return efa_reject(EOPNOTSUPP, "%s: comp_mask 0x%x; only FLAGS and PD (0x%x) are supported",
                          call, attr->comp_mask, KNOWN_ATTRIBUTES);
    if ((attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_FLAGS) && (attr->flags & ~(uint32_t)KNOWN_FLAGS))
        return efa_reject(EOPNOTSUPP,
                          "%s: flags 0x%x; only SINGLE_THREADED and IGNORE_OVERRUN (0x%x) are "
                          "supported",
                          call, attr->flags, KNOWN_FLAGS);
    if (attr->wc_flags & ~(uint64_t)IBV_WC_STANDARD_FLAGS)
        return efa_reject(EOPNOTSUPP,
                          "%s: wc_flags 0x%llx; completions carry only the standard fields (0x%x)",
                          call, (unsigned long long)attr->wc_flags, IBV_WC_STANDARD_FLAGS);
    if (attr->channel) {
        efa_log(EFA_LOG_WARN, "%s: the driver has no completion events; pass no channel, and poll",
                call);
        return EOPNOTSUPP;
    }
    if (attr->comp_vector >= (uint32_t)context->verbs.context.num_comp_vectors)
        return efa_reject(EINVAL, "%s: comp_vector %u; only 0 is supported", call,
                          attr->comp_vector);
    if (attr->cqe == 0 || attr->cqe > context->limits.max_cqe)
        return efa_reject(EINVAL, "%s: cqe %u; the adapter takes 1 to %u", call, attr->cqe,
                          context->limits.max_cqe);
    if ((attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_PD) &&
        (!attr->parent_domain || attr->parent_domain->context != &context->verbs.context))
        return efa_reject(EINVAL, "%s: parent_domain is NULL or belongs to another context", call);
    return 0;
}

static struct efa_pd *domain_of(const struct ibv_cq_init_attr_ex *attr)
{
    return (attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_PD) ? efa_pd_of(attr->parent_domain) : NULL;
}

static bool is_exclusive(const struct ibv_cq_init_attr_ex *attr)
{
    if ((attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_FLAGS) &&
        (attr->flags & IBV_CREATE_CQ_ATTR_SINGLE_THREADED))
        return true;

    const struct efa_pd *domain = domain_of(attr);

    return domain && efa_pd_is_exclusive(domain);
}

static struct efa_cq *create(struct ibv_context *ibv_context, const char *call,
                             const struct ibv_cq_init_attr_ex *attr)
{
    struct efa_context *context = efa_context_of(ibv_context);
    struct efa_create_cq_params params;
    struct efa_cq_info info;
    struct ibv_cq *ibv;
    struct efa_cq *cq;
    int error;

    error = check_attributes(context, call, attr);
    if (error)
        return efa_null(error);
    cq = efa_os_alloc_aligned(sizeof *cq + context->info.num_sub_cqs * sizeof(struct efa_sub_cq),
                              EFA_CACHE_LINE);
    if (!cq)
        return efa_reject_null(ENOMEM, "%s: out of memory", call);

    params = (struct efa_create_cq_params){
        .depth = (uint16_t)efa_ring_entries(attr->cqe),
        .num_sub_cqs = context->info.num_sub_cqs,
        .entry_size = EFA_COMPLETION_ENTRY_SIZE,
    };
    error = efa_driver_create_cq(&context->driver, &params, &info);
    if (error) {
        efa_os_free_aligned(cq);
        return efa_null(error);
    }
    cq->entries = (uint8_t *)(uintptr_t)info.cq_addr;
    efa_completion_queue_init(&cq->queue, cq->entries, (struct efa_sub_cq *)(void *)(cq + 1),
                              context->info.num_sub_cqs, info.actual_depth, is_exclusive(attr));
    ibv = &cq->queue.verbs.cq;
    ibv->context = ibv_context;
    ibv->cq_context = attr->cq_context;
    ibv->handle = info.cq_index;
    ibv->cqe = info.actual_depth;
    cq->domain = domain_of(attr);
    if (cq->domain)
        efa_fetch_add_u32(&cq->domain->children, 1);
    efa_fetch_add_u32(&context->children, 1);
    return cq;
}

struct ibv_cq *efa_create_cq(struct ibv_context *context, int cqe, void *cq_context,
                             struct ibv_comp_channel *channel, int comp_vector)
{
    struct ibv_cq_init_attr_ex attr = {
        .cqe = (uint32_t)cqe,
        .cq_context = cq_context,
        .channel = channel,
        .comp_vector = (uint32_t)comp_vector,
    };
    struct efa_cq *cq;

    if (!context)
        return efa_reject_null(EINVAL, "ibv_create_cq: context is NULL");
    /* Checked here, where the log can show the caller's number. */
    if (cqe < 0)
        return efa_reject_null(EINVAL, "ibv_create_cq: cqe %d; the adapter takes 1 to %u", cqe,
                               efa_context_of(context)->limits.max_cqe);
    if (comp_vector < 0)
        return efa_reject_null(EINVAL, "ibv_create_cq: comp_vector %d; only 0 is supported",
                               comp_vector);
    cq = create(context, "ibv_create_cq", &attr);
    return cq ? &cq->queue.verbs.cq : NULL;
}

static struct ibv_cq_ex *create_extended(struct ibv_context *context, const char *call,
                                         const struct ibv_cq_init_attr_ex *attr)
{
    struct efa_cq *cq = create(context, call, attr);

    if (!cq)
        return NULL;
    efa_completion_queue_set_ops(&cq->queue, attr->wc_flags);
    return &cq->queue.verbs.ex;
}

struct ibv_cq_ex *efa_create_cq_ex(struct ibv_context *context, struct ibv_cq_init_attr_ex *attr)
{
    if (!context || !attr)
        return efa_reject_null(EINVAL, "ibv_create_cq_ex: context or cq_attr is NULL");
    return create_extended(context, "ibv_create_cq_ex", attr);
}

static int check_direct_attributes(const char *call, const struct efadv_cq_init_attr *attr,
                                   uint32_t inlen)
{
    struct efadv_cq_init_attr asked = {0};
    static const uint8_t zero[sizeof asked.ext_mem_dmabuf.reserved];
    int error = efa_check_input(call, attr, sizeof asked,
                                EFA_SIZE_THROUGH(efadv_cq_init_attr, wc_flags), inlen);

    if (error)
        return error;
    memcpy(&asked, attr, inlen < sizeof asked ? inlen : sizeof asked);
    if (memcmp(asked.ext_mem_dmabuf.reserved, zero, sizeof zero) != 0)
        return efa_reject(EINVAL, "%s: the reserved bytes of efa_attr must be 0", call);
    if (asked.wc_flags)
        return efa_reject(EOPNOTSUPP,
                          "%s: wc_flags 0x%llx of efa_attr; the driver's completion entries carry "
                          "no more than the standard fields",
                          call, (unsigned long long)asked.wc_flags);
    if (asked.flags)
        return efa_reject(
            EOPNOTSUPP, "%s: flags 0x%llx of efa_attr; the driver accepts no memory of the caller",
            call, (unsigned long long)asked.flags);
    return 0;
}

struct ibv_cq_ex *efa_create_cq_direct(struct ibv_context *context,
                                       struct ibv_cq_init_attr_ex *attr,
                                       struct efadv_cq_init_attr *efa_attr, uint32_t inlen)
{
    const char *call = "efadv_create_cq";
    int error;

    if (!context || !attr || !efa_attr)
        return efa_reject_null(EINVAL, "%s: context, attr_ex or efa_attr is NULL", call);
    error = check_direct_attributes(call, efa_attr, inlen);
    if (error)
        return efa_null(error);
    return create_extended(context, call, attr);
}

struct efadv_cq *efa_cq_direct_of(struct ibv_cq_ex *cq_ex)
{
    if (!cq_ex)
        return efa_reject_null(EINVAL, "efadv_cq_from_ibv_cq_ex: cq_ex is NULL");
    return &efa_cq_of(ibv_cq_ex_to_cq(cq_ex))->direct;
}

int efa_destroy_cq(struct ibv_cq *ibv)
{
    struct efa_context *context;
    struct efa_cq *cq;
    int error;

    if (!ibv)
        return efa_reject(EINVAL, "ibv_destroy_cq: cq is NULL");
    cq = efa_cq_of(ibv);
    context = efa_context_of(ibv->context);
    if (efa_load_acquire_u32(&cq->users)) {
        efa_log(EFA_LOG_INFO, "ibv_destroy_cq: queue pairs use CQ %u; destroy them first",
                ibv->handle);
        return EBUSY;
    }
    /* A thread that ended with the process never calls ibv_end_poll. */
    if (efa_completion_queue_is_busy(&cq->queue) && !efa_os_process_is_ending()) {
        efa_log(EFA_LOG_INFO, "ibv_destroy_cq: a poll of CQ %u is open; call ibv_end_poll first",
                ibv->handle);
        return EBUSY;
    }
    error = efa_driver_destroy_cq(&context->driver, (uint16_t)ibv->handle);
    if (error)
        return error;
    if (cq->domain)
        efa_fetch_add_u32(&cq->domain->children, UINT32_MAX);
    efa_trace_completion_queue(ibv->handle, cq->queue.dropped_unknown, cq->queue.dropped_retired,
                               cq->queue.dropped_stale);
    efa_completion_queue_fini(&cq->queue);
    efa_os_free_aligned(cq);
    efa_fetch_add_u32(&context->children, UINT32_MAX);
    return 0;
}
