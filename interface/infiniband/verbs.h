/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The calls of the verbs interface: what the library exports, and the inline calls that go through
 * the operation tables of its objects. The types are in verbs_api.h, SRD and other EFA-only
 * features in efadv.h, loading the library on Windows in efawin.h.
 *
 * Conventions, unless a call says otherwise:
 * - A function that returns a pointer returns NULL on failure and sets errno.
 * - A function that returns int returns 0, or a positive errno value on failure.
 * - Outputs are written only on success. A failed call changes nothing.
 * - Any thread may make any call at any time, with two exceptions. While one thread destroys an
 *   object, no other thread may use it. Only one thread at a time may make the calls of a send
 *   session or of an open poll.
 * - Any exported call can fail with these errors, which are not repeated below. ENOSYS: on Windows,
 *   efawin.dll is not loaded (see efawin.h). EOPNOTSUPP: efawin.dll is older than the call
 *   (EFAWIN_OPTIONAL_CALLS in efawinver.h lists such calls). ENODEV: the adapter or its driver is
 *   gone. ENOMEM: no memory, or the adapter's table of such objects is full. EIO: the driver failed
 *   the command, or its reply was invalid.
 */
#ifndef INFINIBAND_VERBS_H
#define INFINIBAND_VERBS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "verbs_api.h"

/* Linux names that ported programs expect from this header. Define EFAWIN_NO_COMPAT to leave them
 * out. */
#if defined(_WIN32) && !defined(EFAWIN_NO_COMPAT)
#include "../efacompat.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Devices ---- */

/*
 * Finds the adapters. Returns a NULL-terminated array and stores its length in *num_devices, unless
 * num_devices is NULL. Free the array with ibv_free_device_list. If no adapter can be used, the
 * list is empty. That is not a failure, but errno then has the reason.
 */
struct ibv_device **ibv_get_device_list(int *num_devices);

/* Frees a list. Contexts opened from its devices stay valid. NULL is allowed. */
void ibv_free_device_list(struct ibv_device **list);

/*
 * Opens a device that is in a list not yet freed. A device can be opened several times.
 * Errors: EINVAL (NULL), EACCES (no permission), EBUSY (another program has opened the adapter
 * exclusively), EPROTONOSUPPORT (the driver supports no interface version that the library knows).
 */
struct ibv_context *ibv_open_device(struct ibv_device *device);

/* Closes a context. Errors: EINVAL (NULL), EBUSY (objects of the context still exist). */
int ibv_close_device(struct ibv_context *context);

/* Reports the limits and the identity of the adapter. Errors: EINVAL (NULL). */
int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *device_attr);

/*
 * Reports a port's attributes. EFA has only port 1. The exported function fills only the first 48
 * bytes, the structure's earlier form. In source code this name is a macro, which fills the whole
 * structure; members that the library does not support are 0. Errors: EINVAL (NULL, other port).
 */
int ibv_query_port(struct ibv_context *context, uint8_t port_num, struct ibv_port_attr *port_attr);

/* Reports the GID at an index; only index 0 exists. Errors: EINVAL (NULL, other port or index). */
int ibv_query_gid(struct ibv_context *context, uint8_t port_num, int index, union ibv_gid *gid);

/* Reports the P_Key at an index; only index 0 exists, with the default key 0xffff. Errors: EINVAL
 * (NULL, other port or index). */
int ibv_query_pkey(struct ibv_context *context, uint8_t port_num, int index, uint16_t *pkey);

/* Reports the entry of the GID table at an index; only index 0 exists. flags must be 0. Errors:
 * EINVAL (NULL, other port or index, flags). */
int ibv_query_gid_ex(struct ibv_context *context, uint32_t port_num, uint32_t gid_index,
                     struct ibv_gid_entry *entry, uint32_t flags);

/* Reports all entries of the GID table; EFA has one. Returns the number of entries, or a negative
 * errno value: -EINVAL (NULL, max_entries 0, flags not 0). */
intptr_t ibv_query_gid_table(struct ibv_context *context, struct ibv_gid_entry *entries,
                             size_t max_entries, uint32_t flags);

/* Returns the device's name. It stays valid as long as the device. Errors: EINVAL (NULL). */
const char *ibv_get_device_name(struct ibv_device *device);

/* Returns the index of the device among the adapters, from 0; -1 if device is NULL. */
int ibv_get_device_index(struct ibv_device *device);

/* Each returns an English text, never NULL. */
const char *ibv_node_type_str(enum ibv_node_type node_type);
const char *ibv_port_state_str(enum ibv_port_state port_state);
const char *ibv_event_type_str(enum ibv_event_type event);

/* Has no effect, because Windows has no fork. Always returns 0. */
int ibv_fork_init(void);

/* Always returns IBV_FORK_UNNEEDED, even if efawin.dll is not loaded. */
enum ibv_fork_status ibv_is_fork_initialized(void);

/* ---- Protection domains and memory ---- */

/* Allocates a protection domain. Errors: EINVAL (NULL). */
struct ibv_pd *ibv_alloc_pd(struct ibv_context *context);

/* Frees a protection domain or parent domain. Errors: EINVAL (NULL), EBUSY (memory regions, address
 * handles, queues or parent domains still use it). */
int ibv_dealloc_pd(struct ibv_pd *pd);

/*
 * Registers `length` bytes at `addr`, so that requests can use them. The adapter may always read
 * them. IBV_ACCESS_LOCAL_WRITE lets it receive into them. IBV_ACCESS_REMOTE_READ lets peers read
 * them, if the device supports RDMA read. The bits of IBV_ACCESS_OPTIONAL_RANGE have no effect. In
 * source code this name is a macro, which calls ibv_reg_mr_iova2 if such bits are set.
 * Errors: EINVAL (NULL pd, length 0 or beyond max_mr_size), EOPNOTSUPP (access that the device does
 * not support), EFAULT (memory that is not mapped or not writable).
 */
struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access);

/* As ibv_reg_mr, with the address (iova) by which requests name the memory. EFA supports only the
 * memory's own address: an iova other than addr fails with EOPNOTSUPP. */
struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
                                unsigned int access);

/* Deregisters memory. Requests that still use it complete with an error. Errors: EINVAL (NULL). */
int ibv_dereg_mr(struct ibv_mr *mr);

/*
 * Creates an address handle, which sends and RDMA reads need for their peer. Set attr->is_global
 * and port_num to 1, grh.dgid to the peer's GID, and grh.sgid_index to 0.
 * Errors: EINVAL (NULL, not global, other port or sgid_index, a GID that the adapter rejects).
 */
struct ibv_ah *ibv_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr);

/* Requests that still use the handle complete with an error. Errors: EINVAL (NULL). */
int ibv_destroy_ah(struct ibv_ah *ah);

/* ---- Completion queues ---- */

/*
 * Creates a completion queue (CQ) with at least `cqe` entries, 1 to max_cqe. The library rounds the
 * number up to a power of two; `cqe` of the result has the rounded number. The CQ must have an
 * entry for each request that can be outstanding on its queue pairs, because the adapter does not
 * detect overruns. `cq_context` is for the caller's use. There are no completion events: `channel`
 * must be NULL and `comp_vector` 0.
 * Errors: EINVAL (NULL context, cqe or comp_vector out of range), EOPNOTSUPP (a channel).
 */
struct ibv_cq *ibv_create_cq(struct ibv_context *context, int cqe, void *cq_context,
                             struct ibv_comp_channel *channel, int comp_vector);

/*
 * Creates a CQ for ibv_start_poll and related calls. wc_flags selects the fields that will be read
 * from completions: any of IBV_WC_STANDARD_FLAGS. With IBV_CREATE_CQ_ATTR_SINGLE_THREADED the
 * program promises that calls on the CQ, and calls that destroy or reset its queue pairs, never
 * overlap. A parent_domain with a thread domain promises the same.
 * Errors: EINVAL (NULL, cqe or comp_vector out of range, parent_domain NULL or of another context),
 * EOPNOTSUPP (other bits in comp_mask, flags or wc_flags, a channel).
 */
struct ibv_cq_ex *ibv_create_cq_ex(struct ibv_context *context,
                                   struct ibv_cq_init_attr_ex *cq_attr);

/* Errors: EINVAL (NULL), EBUSY (queue pairs still use it, or a poll of it is open). */
int ibv_destroy_cq(struct ibv_cq *cq);

/* Returns an English text for a completion status, never NULL. */
const char *ibv_wc_status_str(enum ibv_wc_status status);

/* ---- Queue pairs ---- */

/*
 * Creates a UD queue pair (qp_type IBV_QPT_UD) in state RESET. `cap` requests queue depths, buffers
 * per request and inline data; the library updates it to the actual values. One of the depths may
 * be 0: then the queue pair only sends or only receives.
 * Errors: EINVAL (NULL, a limit of the device exceeded, both depths 0, receives without a buffer,
 * an SRQ, IBV_QPT_DRIVER: see efadv_create_qp_ex), EOPNOTSUPP (types that EFA does not have).
 */
struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *qp_init_attr);

/*
 * Changes state and attributes. attr_mask (enum ibv_qp_attr_mask) says which members of attr to
 * use. RESET to INIT needs STATE, PKEY_INDEX, PORT and QKEY. INIT to RTR needs STATE. RTR to RTS
 * needs STATE and SQ_PSN; SRD also allows RNR_RETRY. RTS and SQD can alternate. Any state can go to
 * ERR, where outstanding requests complete with IBV_WC_WR_FLUSH_ERR, and to RESET, where they end
 * without completions.
 * Errors: EINVAL (NULL, an invalid transition, an attribute that is missing, not allowed or out of
 * range), EOPNOTSUPP (attributes that EFA does not have, a pkey_index other than 0, RNR_RETRY if
 * the device lacks it), EBUSY (to RESET while an ibv_wr_* session is open).
 */
int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask);

/*
 * Reports state, attributes and creation attributes as the library recorded them, all of them for
 * any attr_mask. The driver cannot be asked: if the adapter itself moved a queue pair to an error
 * state, the call still reports the previous state. Errors: EINVAL (NULL).
 */
int ibv_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask,
                 struct ibv_qp_init_attr *init_attr);

/* Returns which parts of a message arrive in memory in order: always 0 (no guarantee), for all
 * flags (enum ibv_query_qp_data_in_order_flags). */
int ibv_query_qp_data_in_order(struct ibv_qp *qp, enum ibv_wr_opcode op, uint32_t flags);

/* Destroys a queue pair. Outstanding requests end without completions. Errors: EINVAL (NULL). */
int ibv_destroy_qp(struct ibv_qp *qp);

/* Returns the queue pair for the ibv_wr_* calls; it is the same object. Errors: EINVAL (NULL, a
 * queue pair created without IBV_QP_INIT_ATTR_SEND_OPS_FLAGS). */
struct ibv_qp_ex *ibv_qp_to_qp_ex(struct ibv_qp *qp);

/* ---- Extended contexts ---- */

/* Returns the verbs_context that contains a context, or NULL if the library has none. */
static inline struct verbs_context *verbs_get_ctx(struct ibv_context *context)
{
    if (context->abi_compat != (void *)UINTPTR_MAX)
        return NULL;
    return (struct verbs_context *)(void *)((char *)context -
                                            offsetof(struct verbs_context, context));
}

/* As verbs_get_ctx, but also NULL if the library's verbs_context has fewer than `tail` bytes. */
static inline struct verbs_context *verbs_get_ctx_tail(struct ibv_context *context, size_t tail)
{
    struct verbs_context *extended = verbs_get_ctx(context);

    return extended != NULL && extended->sz >= tail ? extended : NULL;
}

/* The verbs_context if it contains the operation and the operation is set, else NULL. A
 * verbs_context grows at its front, so an operation's place is counted from its end. */
#define VERBS_CONTEXT_TAIL(op) (sizeof(struct verbs_context) - offsetof(struct verbs_context, op))
#define verbs_get_ctx_op(context, op)                                                  \
    (verbs_get_ctx_tail(context, VERBS_CONTEXT_TAIL(op)) && verbs_get_ctx(context)->op \
         ? verbs_get_ctx(context)                                                      \
         : NULL)

/*
 * Called after an operation that was called in the library directly, not through efawin.c, returned
 * NULL. Copies the library's errno to this module's, which may belong to another C runtime. Other
 * systems have one C runtime.
 */
#ifdef _WIN32
void efawin_carry_errno(void);
#else
#define efawin_carry_errno() ((void)0)
#endif

static inline int efawin_query_port(struct ibv_context *context, uint8_t port_num,
                                    struct ibv_port_attr *port_attr)
{
    struct verbs_context *extended = verbs_get_ctx_op(context, query_port);
    struct ibv_port_attr whole;
    int error;

    if (extended != NULL)
        return extended->query_port(context, port_num, port_attr, sizeof(*port_attr));
    memset(&whole, 0, sizeof(whole));
    error = ibv_query_port(context, port_num, &whole);
    if (error == 0)
        *port_attr = whole;
    return error;
}

static inline struct ibv_mr *efawin_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access)
{
    if ((access & IBV_ACCESS_OPTIONAL_RANGE) == 0)
        return ibv_reg_mr(pd, addr, length, access);
    return ibv_reg_mr_iova2(pd, addr, length, (uint64_t)(uintptr_t)addr, (unsigned int)access);
}

#define ibv_query_port(context, port_num, port_attr) efawin_query_port(context, port_num, port_attr)
#define ibv_reg_mr(pd, addr, length, access) efawin_reg_mr(pd, addr, length, access)

/* As ibv_reg_mr_iova2, with a signed `access`. */
static inline struct ibv_mr *ibv_reg_mr_iova(struct ibv_pd *pd, void *addr, size_t length,
                                             uint64_t iova, int access)
{
    return ibv_reg_mr_iova2(pd, addr, length, iova, (unsigned int)access);
}

/*
 * As ibv_query_device, with members that were added later. `input` may be NULL. If the library
 * supports only ibv_query_device, those members are 0. Errors: EINVAL (input->comp_mask not 0).
 */
static inline int ibv_query_device_ex(struct ibv_context *context,
                                      const struct ibv_query_device_ex_input *input,
                                      struct ibv_device_attr_ex *attr)
{
    struct verbs_context *extended = verbs_get_ctx_op(context, query_device_ex);
    struct ibv_device_attr_ex whole;
    int error;

    if (input != NULL && input->comp_mask != 0)
        return EINVAL;
    if (extended != NULL) {
        error = extended->query_device_ex(context, input, attr, sizeof(*attr));
        if (error != EOPNOTSUPP && error != ENOSYS)
            return error;
    }
    memset(&whole, 0, sizeof(whole));
    error = ibv_query_device(context, &whole.orig_attr);
    if (error == 0)
        *attr = whole;
    return error;
}

/*
 * As ibv_create_qp, with more attributes. comp_mask (enum ibv_qp_init_attr_mask) says which are
 * set, and must include PD. With SEND_OPS_FLAGS the queue pair supports the ibv_wr_* calls that
 * send_ops_flags selects.
 * Errors: as ibv_create_qp; EINVAL (no PD), EOPNOTSUPP (an attribute or operation that the library
 * or the device lacks).
 */
static inline struct ibv_qp *ibv_create_qp_ex(struct ibv_context *context,
                                              struct ibv_qp_init_attr_ex *qp_init_attr_ex)
{
    struct verbs_context *extended = verbs_get_ctx_op(context, create_qp_ex);
    struct ibv_qp_init_attr plain;
    struct ibv_qp *qp;

    if (extended != NULL) {
        qp = extended->create_qp_ex(context, qp_init_attr_ex);
        if (qp == NULL)
            efawin_carry_errno();
        return qp;
    }
    if (qp_init_attr_ex->comp_mask != IBV_QP_INIT_ATTR_PD) {
        errno = EOPNOTSUPP;
        return NULL;
    }
    plain.qp_context = qp_init_attr_ex->qp_context;
    plain.send_cq = qp_init_attr_ex->send_cq;
    plain.recv_cq = qp_init_attr_ex->recv_cq;
    plain.srq = qp_init_attr_ex->srq;
    plain.cap = qp_init_attr_ex->cap;
    plain.qp_type = qp_init_attr_ex->qp_type;
    plain.sq_sig_all = qp_init_attr_ex->sq_sig_all;
    qp = ibv_create_qp(qp_init_attr_ex->pd, &plain);
    if (qp != NULL)
        qp_init_attr_ex->cap = plain.cap;
    return qp;
}

/*
 * Creates a thread domain. By creating objects in a parent domain with it, the program promises
 * that calls on each object never overlap; such objects skip their locks.
 * Errors: EINVAL (NULL), EOPNOTSUPP (comp_mask not 0, or the library lacks the call).
 */
static inline struct ibv_td *ibv_alloc_td(struct ibv_context *context,
                                          struct ibv_td_init_attr *init_attr)
{
    struct verbs_context *extended = verbs_get_ctx_op(context, alloc_td);
    struct ibv_td *td;

    if (extended == NULL) {
        errno = EOPNOTSUPP;
        return NULL;
    }
    td = extended->alloc_td(context, init_attr);
    if (td == NULL)
        efawin_carry_errno();
    return td;
}

/* Errors: EBUSY (parent domains still use it). */
static inline int ibv_dealloc_td(struct ibv_td *td)
{
    struct verbs_context *extended = verbs_get_ctx_op(td->context, dealloc_td);

    return extended == NULL ? EOPNOTSUPP : extended->dealloc_td(td);
}

/*
 * Creates a protection domain on top of another, if wanted with a thread domain. Free it with
 * ibv_dealloc_pd.
 * Errors: EINVAL (NULL, pd a parent domain, pd or td of another context), EOPNOTSUPP (allocators
 * and unknown bits in comp_mask, or the library lacks the call).
 */
static inline struct ibv_pd *ibv_alloc_parent_domain(struct ibv_context *context,
                                                     struct ibv_parent_domain_init_attr *attr)
{
    struct verbs_context *extended = verbs_get_ctx_op(context, alloc_parent_domain);
    struct ibv_pd *pd;

    if (extended == NULL) {
        errno = EOPNOTSUPP;
        return NULL;
    }
    pd = extended->alloc_parent_domain(context, attr);
    if (pd == NULL)
        efawin_carry_errno();
    return pd;
}

/*
 * Completion counters count completions instead of queueing them. EFA on Windows does not support
 * them: all these calls fail with EOPNOTSUPP. They exist so that programs that try them compile.
 */
static inline struct ibv_comp_cntr *ibv_create_comp_cntr(struct ibv_context *context,
                                                         struct ibv_comp_cntr_init_attr *cc_attr)
{
    (void)context;
    (void)cc_attr;
    errno = EOPNOTSUPP;
    return NULL;
}

static inline int ibv_destroy_comp_cntr(struct ibv_comp_cntr *comp_cntr)
{
    (void)comp_cntr;
    return EOPNOTSUPP;
}

static inline int ibv_set_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value)
{
    (void)comp_cntr;
    (void)value;
    return EOPNOTSUPP;
}

static inline int ibv_set_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value)
{
    (void)comp_cntr;
    (void)value;
    return EOPNOTSUPP;
}

static inline int ibv_inc_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount)
{
    (void)comp_cntr;
    (void)amount;
    return EOPNOTSUPP;
}

static inline int ibv_inc_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount)
{
    (void)comp_cntr;
    (void)amount;
    return EOPNOTSUPP;
}

/* Real implementations write to `value`. NOLINTBEGIN(readability-non-const-parameter) */
static inline int ibv_read_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value)
{
    (void)comp_cntr;
    (void)value;
    return EOPNOTSUPP;
}

static inline int ibv_read_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value)
{
    (void)comp_cntr;
    (void)value;
    return EOPNOTSUPP;
}
/* NOLINTEND(readability-non-const-parameter) */

static inline int ibv_query_comp_cntr_caps(struct ibv_context *context,
                                           struct ibv_comp_cntr_caps *caps)
{
    (void)context;
    (void)caps;
    return EOPNOTSUPP;
}

static inline int ibv_qp_attach_comp_cntr(struct ibv_qp *qp, struct ibv_comp_cntr *comp_cntr,
                                          struct ibv_qp_attach_comp_cntr_attr *attr)
{
    (void)qp;
    (void)comp_cntr;
    (void)attr;
    return EOPNOTSUPP;
}

/* ---- Data path ---- */

/*
 * Posts a list of send requests. On failure *bad_wr is the first request that was not posted; the
 * requests before it were posted. Errors: EINVAL (the queue's state; opcode, flags, buffers or
 * address handle of the request), ENOMEM (the queue is full: poll, then post the rest).
 */
static inline int ibv_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr,
                                struct ibv_send_wr **bad_wr)
{
    return qp->context->ops.post_send(qp, wr, bad_wr);
}

/* Posts a list of receive requests; otherwise as ibv_post_send. */
static inline int ibv_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr,
                                struct ibv_recv_wr **bad_wr)
{
    return qp->context->ops.post_recv(qp, wr, bad_wr);
}

/* Moves up to `num_entries` completions to wc[]. Returns their number; 0 also while a poll by
 * ibv_start_poll is open. Returns -EINVAL (negative) if num_entries is negative. */
static inline int ibv_poll_cq(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc)
{
    return cq->context->ops.poll_cq(cq, num_entries, wc);
}

/* Requests a completion event. Fails with EOPNOTSUPP, because EFA on Windows has no events. */
static inline int ibv_req_notify_cq(struct ibv_cq *cq, int solicited_only)
{
    if (cq->context->ops.req_notify_cq == NULL)
        return EOPNOTSUPP;
    return cq->context->ops.req_notify_cq(cq, solicited_only);
}

/*
 * Polling an extended CQ: ibv_start_poll opens a poll and makes the first completion current.
 * ibv_next_poll makes the next one current. ibv_end_poll closes the poll. In between, `status` and
 * `wr_id` of the CQ and the ibv_wc_read_* calls describe the current completion. Other polls of the
 * CQ find no completions meanwhile.
 * ibv_start_poll returns 0, or an error: ENOENT (no completion, or another poll is open), EINVAL
 * (attr->comp_mask not 0). Call ibv_end_poll only after 0. ibv_next_poll returns 0 or ENOENT; in
 * both cases the poll stays open.
 */
static inline int ibv_start_poll(struct ibv_cq_ex *cq, struct ibv_poll_cq_attr *attr)
{
    return cq->start_poll(cq, attr);
}

static inline int ibv_next_poll(struct ibv_cq_ex *cq)
{
    return cq->next_poll(cq);
}

static inline void ibv_end_poll(struct ibv_cq_ex *cq)
{
    cq->end_poll(cq);
}

/* Returns the CQ for calls that take a struct ibv_cq; it is the same object. */
static inline struct ibv_cq *ibv_cq_ex_to_cq(struct ibv_cq_ex *cq)
{
    return (struct ibv_cq *)(void *)cq;
}

/* Each reads a field of the current completion. Opcode, vendor_err and wc_flags can always be read,
 * the other fields only if wc_flags at the CQ's creation had their flag. struct ibv_wc explains the
 * fields. */
static inline enum ibv_wc_opcode ibv_wc_read_opcode(struct ibv_cq_ex *cq)
{
    return cq->read_opcode(cq);
}

static inline uint32_t ibv_wc_read_vendor_err(struct ibv_cq_ex *cq)
{
    return cq->read_vendor_err(cq);
}

static inline unsigned int ibv_wc_read_wc_flags(struct ibv_cq_ex *cq)
{
    return cq->read_wc_flags(cq);
}

static inline uint32_t ibv_wc_read_byte_len(struct ibv_cq_ex *cq)
{
    return cq->read_byte_len(cq);
}

/* Big-endian. */
static inline uint32_t ibv_wc_read_imm_data(struct ibv_cq_ex *cq)
{
    return cq->read_imm_data(cq);
}

static inline uint32_t ibv_wc_read_qp_num(struct ibv_cq_ex *cq)
{
    return cq->read_qp_num(cq);
}

static inline uint32_t ibv_wc_read_src_qp(struct ibv_cq_ex *cq)
{
    return cq->read_src_qp(cq);
}

static inline uint32_t ibv_wc_read_slid(struct ibv_cq_ex *cq)
{
    return cq->read_slid(cq);
}

static inline uint8_t ibv_wc_read_sl(struct ibv_cq_ex *cq)
{
    return cq->read_sl(cq);
}

static inline uint8_t ibv_wc_read_dlid_path_bits(struct ibv_cq_ex *cq)
{
    return cq->read_dlid_path_bits(cq);
}

/*
 * A send session starts with ibv_wr_start. For each request, set `wr_id` and `wr_flags` of the
 * queue pair and call one operation; then set its destination (ibv_wr_set_ud_addr) and its data
 * (one of the four ibv_wr_set_sge* and ibv_wr_set_inline_data* calls), in either order. At the end
 * ibv_wr_complete posts all requests, or ibv_wr_abort drops them. Operations and setters return
 * nothing. If one of them failed, ibv_wr_complete posts nothing and returns the first error.
 * Errors: ENOMEM (more requests than the queue has room for), EINVAL (the queue's state, wr_flags,
 * too many buffers or bytes, no destination), EOPNOTSUPP (an operation that send_ops_flags did not
 * have at creation).
 */
static inline void ibv_wr_start(struct ibv_qp_ex *qp)
{
    qp->wr_start(qp);
}

static inline int ibv_wr_complete(struct ibv_qp_ex *qp)
{
    return qp->wr_complete(qp);
}

static inline void ibv_wr_abort(struct ibv_qp_ex *qp)
{
    qp->wr_abort(qp);
}

static inline void ibv_wr_send(struct ibv_qp_ex *qp)
{
    qp->wr_send(qp);
}

/* imm_data: big-endian. */
static inline void ibv_wr_send_imm(struct ibv_qp_ex *qp, uint32_t imm_data)
{
    qp->wr_send_imm(qp, imm_data);
}

static inline void ibv_wr_rdma_read(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr)
{
    qp->wr_rdma_read(qp, rkey, remote_addr);
}

static inline void ibv_wr_rdma_write(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr)
{
    qp->wr_rdma_write(qp, rkey, remote_addr);
}

static inline void ibv_wr_rdma_write_imm(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr,
                                         uint32_t imm_data)
{
    qp->wr_rdma_write_imm(qp, rkey, remote_addr, imm_data);
}

/* Sets the destination of the request, with SRD as with UD. */
static inline void ibv_wr_set_ud_addr(struct ibv_qp_ex *qp, struct ibv_ah *ah, uint32_t remote_qpn,
                                      uint32_t remote_qkey)
{
    qp->wr_set_ud_addr(qp, ah, remote_qpn, remote_qkey);
}

static inline void ibv_wr_set_sge(struct ibv_qp_ex *qp, uint32_t lkey, uint64_t addr,
                                  uint32_t length)
{
    qp->wr_set_sge(qp, lkey, addr, length);
}

static inline void ibv_wr_set_sge_list(struct ibv_qp_ex *qp, size_t num_sge,
                                       const struct ibv_sge *sg_list)
{
    qp->wr_set_sge_list(qp, num_sge, sg_list);
}

/* Copies the data during the call, so the buffer needs no registration. */
static inline void ibv_wr_set_inline_data(struct ibv_qp_ex *qp, void *addr, size_t length)
{
    qp->wr_set_inline_data(qp, addr, length);
}

/* num_buf may be 0, for an empty message. */
static inline void ibv_wr_set_inline_data_list(struct ibv_qp_ex *qp, size_t num_buf,
                                               const struct ibv_data_buf *buf_list)
{
    qp->wr_set_inline_data_list(qp, num_buf, buf_list);
}

#ifdef __cplusplus
}
#endif

#endif
