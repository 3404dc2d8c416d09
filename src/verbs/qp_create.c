/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Creating queue pairs: UD by the verbs calls, SRD by the efadv calls. */
#include <errno.h>
#include <string.h>

#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "extension.h"
#include "os/log.h"
#include "qp_attr.h"

static void init_send_queue(struct efa_qp *qp, const struct efa_qp_attributes *wanted,
                            const struct efa_qp_sizes *sizes, const struct efa_context *context,
                            const struct efa_qp_info *info)
{
    struct efa_send_queue *sq = &qp->queues.sq;

    efa_spinlock_init(&sq->lock, EFA_RANK_SEND_QUEUE);
    sq->exclusive = efa_pd_is_exclusive(efa_pd_of(wanted->attr->pd));
    sq->sig_all = wanted->attr->sq_sig_all != 0;
    sq->max_sge = wanted->attr->cap.max_send_sge;
    sq->max_inline = context->limits.max_inline;
    sq->ring = (unsigned char *)(uintptr_t)info->sq;
    sq->ring_end = sq->ring + (size_t)sizes->sq_descriptors * EFA_SEND_DESCRIPTOR_SIZE;
    sq->doorbell = (uint32_t *)(uintptr_t)info->sq_doorbell;
    efa_send_queue_limit_batches(sq, sizes->sq_descriptors, context->max_batch);
}

static void init_recv_queue(struct efa_qp *qp, const struct efa_qp_attributes *wanted,
                            const struct efa_qp_sizes *sizes, const struct efa_qp_info *info)
{
    struct efa_recv_queue *rq = &qp->queues.rq;

    efa_spinlock_init(&rq->lock, EFA_RANK_RECV_QUEUE);
    rq->exclusive = efa_pd_is_exclusive(efa_pd_of(wanted->attr->pd));
    rq->max_sge = wanted->attr->cap.max_recv_sge;
    rq->ring = (unsigned char *)(uintptr_t)info->rq;
    rq->ring_end = rq->ring + (size_t)sizes->rq_descriptors * EFA_RECV_DESCRIPTOR_SIZE;
    rq->doorbell = (uint32_t *)(uintptr_t)info->rq_doorbell;
}

static void init_public(struct efa_qp *qp, const struct efa_qp_attributes *wanted,
                        const struct efa_qp_sizes *sizes, const struct efa_limits *limits,
                        const struct efa_qp_info *info)
{
    const struct ibv_qp_init_attr_ex *attr = wanted->attr;
    struct ibv_qp *ibv = &qp->queues.verbs.qp;

    ibv->context = attr->pd->context;
    ibv->qp_context = attr->qp_context;
    ibv->pd = attr->pd;
    ibv->send_cq = attr->send_cq;
    ibv->recv_cq = attr->recv_cq;
    ibv->handle = info->qp_handle;
    ibv->qp_num = info->qp_num;
    ibv->state = IBV_QPS_RESET;
    ibv->qp_type = attr->qp_type;

    qp->is_srd = wanted->is_srd;
    qp->sq_sig_all = attr->sq_sig_all != 0;
    qp->has_extended_ops = wanted->has_extended_ops;
    qp->operations = efa_qp_operations(wanted->send_ops_flags);
    qp->cap = attr->cap;
    qp->cap.max_send_wr = sizes->sq_depth;
    qp->cap.max_inline_data = limits->max_inline;
    if (qp->has_extended_ops)
        efa_send_queue_set_ops(&qp->queues.verbs.ex, qp->operations);
}

/* Reserves room for the new queues in the maps of their CQs, so that attaching cannot fail. */
static bool reserve_in_cqs(struct efa_qp *qp)
{
    struct ibv_qp *ibv = &qp->queues.verbs.qp;

    return efa_completion_queue_reserve(&efa_cq_of(ibv->send_cq)->queue, EFA_QUEUE_SEND,
                                        ibv->qp_num) &&
           efa_completion_queue_reserve(&efa_cq_of(ibv->recv_cq)->queue, EFA_QUEUE_RECV,
                                        ibv->qp_num);
}

static void attach_to_cqs(struct efa_qp *qp)
{
    struct efa_cq *send_cq = efa_cq_of(qp->queues.verbs.qp.send_cq);
    struct efa_cq *recv_cq = efa_cq_of(qp->queues.verbs.qp.recv_cq);

    if (qp->queues.sq.source.table)
        efa_queue_map_attach(&send_cq->queue.map, EFA_QUEUE_SEND, qp->queues.sq.source.table);
    if (qp->queues.rq.source.table)
        efa_queue_map_attach(&recv_cq->queue.map, EFA_QUEUE_RECV, qp->queues.rq.source.table);
    efa_fetch_add_u32(&send_cq->users, 1);
    efa_fetch_add_u32(&recv_cq->users, 1);
}

/* Needs qp_mutex. Makes the driver's object ready to post and poll. */
static int create_in_driver(struct efa_context *context, struct efa_qp *qp,
                            const struct efa_qp_attributes *wanted,
                            const struct efa_qp_sizes *sizes)
{
    struct efa_create_qp_params params = {
        .send_cq_index = wanted->attr->send_cq->handle,
        .recv_cq_index = wanted->attr->recv_cq->handle,
        .rq_depth = sizes->rq_depth,
        .sq_depth = sizes->sq_descriptors,
        .sq_ring_size = sizes->sq_descriptors * EFA_SEND_DESCRIPTOR_SIZE,
        .rq_ring_size = sizes->rq_descriptors * EFA_RECV_DESCRIPTOR_SIZE,
        .pdn = efa_pd_of(wanted->attr->pd)->pdn,
        .qp_type = wanted->is_srd ? EFA_DRIVER_QP_SRD : EFA_DRIVER_QP_UD,
    };
    struct efa_fresh_tables tables = {NULL, NULL};
    struct efa_qp_info info;
    int error;

    error = efa_driver_create_qp(&context->driver, &params, context->info.num_sub_cqs, &info);
    if (error)
        return error;
    error = efa_context_claim_qp_num(context, info.qp_num);
    if (error)
        goto destroy_in_driver;
    init_send_queue(qp, wanted, sizes, context, &info);
    init_recv_queue(qp, wanted, sizes, &info);
    init_public(qp, wanted, sizes, &context->limits, &info);
    error = efa_qp_prepare_tables(qp, info.qp_num, &tables);
    if (error)
        goto release_qp_num;
    if (!reserve_in_cqs(qp)) {
        error = efa_reject(ENOMEM, "%s: out of memory", wanted->call);
        goto discard_tables;
    }
    efa_context_begin_generation(context, info.qp_num);
    efa_send_queue_reset(&qp->queues.sq, tables.sq);
    efa_recv_queue_reset(&qp->queues.rq, tables.rq);
    efa_qp_set_posting(qp, IBV_QPS_RESET);
    attach_to_cqs(qp);
    return 0;

discard_tables:
    efa_qp_discard_tables(&tables);
release_qp_num:
    efa_context_release_qp_num(context, info.qp_num);
destroy_in_driver:
    (void)efa_driver_destroy_qp(&context->driver, info.qp_handle);
    return error;
}

/* Returns EINVAL unless the attributes name a PD. */
static struct efa_qp *create(const struct efa_qp_attributes *wanted)
{
    struct efa_context *context = efa_context_of(wanted->attr->pd->context);
    struct efa_qp_sizes sizes;
    struct efa_qp *qp;
    int error;

    error = efa_qp_check(context, wanted, &sizes);
    if (error)
        return efa_null(error);
    qp = efa_os_alloc_aligned(sizeof *qp, EFA_CACHE_LINE);
    if (!qp)
        return efa_reject_null(ENOMEM, "%s: out of memory", wanted->call);

    if (wanted->has_extended_ops && sizes.sq_depth != 0 &&
        !efa_send_queue_make_stage(&qp->queues.sq, sizes.sq_depth)) {
        error = efa_reject(ENOMEM, "%s: out of memory", wanted->call);
        goto free_qp;
    }

    efa_mutex_lock(&context->qp_mutex);
    error = create_in_driver(context, qp, wanted, &sizes);
    efa_mutex_unlock(&context->qp_mutex);
    if (error)
        goto free_stage;
    efa_fetch_add_u32(&efa_pd_of(wanted->attr->pd)->children, 1);
    return qp;

free_stage:
    efa_send_queue_free_stage(&qp->queues.sq);
free_qp:
    efa_os_free_aligned(qp);
    return efa_null(error);
}

static struct ibv_qp *create_extended(const char *call, struct ibv_qp_init_attr_ex *attr,
                                      bool is_srd)
{
    bool has_ops = (attr->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS) != 0;
    struct efa_qp_attributes wanted = {
        .call = call,
        .attr = attr,
        .is_srd = is_srd,
        .has_extended_ops = has_ops,
        .send_ops_flags = has_ops ? attr->send_ops_flags : 0,
    };
    struct efa_qp *qp = create(&wanted);

    if (!qp)
        return NULL;
    attr->cap = qp->cap;
    return &qp->queues.verbs.qp;
}

/* Creates a queue pair with the attributes of ibv_create_qp, as those of the extended calls. */
static struct ibv_qp *create_plain(const char *call, struct ibv_pd *pd,
                                   struct ibv_qp_init_attr *attr, bool is_srd)
{
    struct ibv_qp_init_attr_ex extended = {
        .qp_context = attr->qp_context,
        .send_cq = attr->send_cq,
        .recv_cq = attr->recv_cq,
        .srq = attr->srq,
        .cap = attr->cap,
        .qp_type = attr->qp_type,
        .sq_sig_all = attr->sq_sig_all,
        .comp_mask = IBV_QP_INIT_ATTR_PD,
        .pd = pd,
    };
    struct ibv_qp *qp = create_extended(call, &extended, is_srd);

    if (qp)
        attr->cap = extended.cap;
    return qp;
}

static int check_ud_type(const char *call, enum ibv_qp_type type)
{
    switch (type) {
    case IBV_QPT_UD:
        return 0;
    case IBV_QPT_DRIVER:
        return efa_reject(EINVAL,
                          "%s: SRD queue pairs (IBV_QPT_DRIVER) are created by "
                          "efadv_create_qp_ex",
                          call);
    case IBV_QPT_RC:
    case IBV_QPT_UC:
    case IBV_QPT_RAW_PACKET:
    case IBV_QPT_XRC_SEND:
    case IBV_QPT_XRC_RECV:
        efa_log(EFA_LOG_WARN, "%s: qp_type %d; EFA has only UD (4) and SRD", call, (int)type);
        return EOPNOTSUPP;
    default:
        return efa_reject(EINVAL, "%s: invalid qp_type %d", call, (int)type);
    }
}

struct ibv_qp *efa_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
    int error;

    if (!pd || !attr)
        return efa_reject_null(EINVAL, "ibv_create_qp: pd or qp_init_attr is NULL");
    error = check_ud_type("ibv_create_qp", attr->qp_type);
    if (error)
        return efa_null(error);
    return create_plain("ibv_create_qp", pd, attr, false);
}

#define KNOWN_QP_ATTRIBUTES (IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS)

static int check_extended(const char *call, const struct ibv_context *context,
                          const struct ibv_qp_init_attr_ex *attr)
{
    if (attr->comp_mask & ~(uint32_t)KNOWN_QP_ATTRIBUTES)
        return efa_reject(EOPNOTSUPP,
                          "%s: comp_mask 0x%x; only PD and SEND_OPS_FLAGS (0x%x) are "
                          "supported",
                          call, attr->comp_mask, KNOWN_QP_ATTRIBUTES);
    if (!(attr->comp_mask & IBV_QP_INIT_ATTR_PD) || !attr->pd)
        return efa_reject(EINVAL, "%s: comp_mask lacks IBV_QP_INIT_ATTR_PD, or pd is NULL", call);
    if (attr->pd->context != context)
        return efa_reject(EINVAL, "%s: the PD belongs to another context", call);
    return 0;
}

struct ibv_qp *efa_create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr)
{
    int error;

    if (!context || !attr)
        return efa_reject_null(EINVAL, "ibv_create_qp_ex: context or qp_init_attr_ex is NULL");
    error = check_ud_type("ibv_create_qp_ex", attr->qp_type);
    if (!error)
        error = check_extended("ibv_create_qp_ex", context, attr);
    if (error)
        return efa_null(error);
    return create_extended("ibv_create_qp_ex", attr, false);
}

static int check_srd_type(const char *call, enum ibv_qp_type type, uint32_t driver_qp_type)
{
    if (type != IBV_QPT_DRIVER)
        return efa_reject(EINVAL, "%s: qp_type %d; it must be IBV_QPT_DRIVER (255)", call,
                          (int)type);
    if (driver_qp_type != EFADV_QP_DRIVER_TYPE_SRD) {
        efa_log(EFA_LOG_WARN, "%s: driver_qp_type %u; only SRD (0) is supported", call,
                driver_qp_type);
        return EOPNOTSUPP;
    }
    return 0;
}

/* `*wr_flags`: those of efa_attr; 0 if the caller's structure is too short for them. */
static int check_srd(const struct ibv_qp_init_attr_ex *attr,
                     const struct efadv_qp_init_attr *efa_attr, uint32_t inlen, uint64_t *wr_flags)
{
    const char *call = "efadv_create_qp_ex";
    struct efadv_qp_init_attr asked = {0};
    int error;

    error = efa_check_input(call, efa_attr, sizeof asked,
                            EFA_SIZE_THROUGH(efadv_qp_init_attr, driver_qp_type), inlen);
    if (error)
        return error;
    memcpy(&asked, efa_attr, inlen < sizeof asked ? inlen : sizeof asked);
    error = check_srd_type(call, attr->qp_type, asked.driver_qp_type);
    if (error)
        return error;
    if (asked.reserved)
        return efa_reject(EINVAL, "%s: the reserved byte of efa_attr must be 0", call);
    if (asked.flags || asked.sl || (asked.wr_flags & ~(uint64_t)EFADV_WR_EX_WITH_PROCESSING_HINTS))
        return efa_reject(EOPNOTSUPP,
                          "%s: flags 0x%x, sl %u, wr_flags 0x%llx of efa_attr; the driver supports "
                          "no flags and no service levels; of wr_flags only PROCESSING_HINTS (1) "
                          "is supported",
                          call, asked.flags, asked.sl, (unsigned long long)asked.wr_flags);
    *wr_flags = asked.wr_flags;
    return 0;
}

/* Processing hints only affect speed, and the driver accepts none. */
static void ignore_hints(struct efadv_qp *qp, uint32_t hints)
{
    (void)qp;
    (void)hints;
}

struct ibv_qp *efa_create_srd_qp(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr,
                                 struct efadv_qp_init_attr *efa_attr, uint32_t inlen)
{
    struct ibv_qp *qp;
    uint64_t wr_flags = 0;
    int error;

    if (!context || !attr || !efa_attr)
        return efa_reject_null(EINVAL, "efadv_create_qp_ex: context, attr_ex or efa_attr is NULL");
    error = check_srd(attr, efa_attr, inlen, &wr_flags);
    if (!error)
        error = check_extended("efadv_create_qp_ex", context, attr);
    if (error)
        return efa_null(error);
    qp = create_extended("efadv_create_qp_ex", attr, true);
    if (qp && (wr_flags & EFADV_WR_EX_WITH_PROCESSING_HINTS))
        efa_qp_of(qp)->direct.wr_set_processing_hints = ignore_hints;
    return qp;
}

struct ibv_qp *efa_create_driver_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr,
                                    uint32_t driver_qp_type)
{
    int error;

    if (!pd || !attr)
        return efa_reject_null(EINVAL, "efadv_create_driver_qp: pd or attr is NULL");
    error = check_srd_type("efadv_create_driver_qp", attr->qp_type, driver_qp_type);
    if (error)
        return efa_null(error);
    return create_plain("efadv_create_driver_qp", pd, attr, true);
}

struct efadv_qp *efa_qp_direct_of(struct ibv_qp_ex *qp_ex)
{
    if (!qp_ex)
        return efa_reject_null(EINVAL, "efadv_qp_from_ibv_qp_ex: qp_ex is NULL");
    return &efa_qp_of(&qp_ex->qp_base)->direct;
}

struct ibv_qp_ex *efa_qp_to_qp_ex(struct ibv_qp *qp)
{
    if (!qp)
        return efa_reject_null(EINVAL, "ibv_qp_to_qp_ex: qp is NULL");
    if (!efa_qp_of(qp)->has_extended_ops) {
        /* Not a warning: libfabric calls it for datagram endpoints, which do without. */
        efa_log(EFA_LOG_INFO, "ibv_qp_to_qp_ex: QP %u was created without send_ops_flags",
                qp->qp_num);
        return efa_null(EINVAL);
    }
    return &efa_qp_of(qp)->queues.verbs.ex;
}
