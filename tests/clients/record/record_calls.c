/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The calls by name. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attribute_text.h"
#include "recorder.h"

/* ---- Devices ---- */

struct ibv_device **ibv_get_device_list(int *num_devices)
{
    int count = 0;
    struct ibv_device **list = library()->ibv_get_device_list(&count);
    struct text devices = {NULL, 0, 0};

    text_add(&devices, "%d devices=", count);
    for (int i = 0; list && i < count; i++)
        text_add(&devices, "%s@%p", i ? "," : "", (void *)list[i]);
    record(record_time(), "ibv_get_device_list -> %s %s",
           list ? "ok" : text_of_error(library_errno()), devices.characters);
    free(devices.characters);
    if (num_devices)
        *num_devices = count;
    return list;
}

void ibv_free_device_list(struct ibv_device **list)
{
    record(record_time(), "ibv_free_device_list -> ok");
    library()->ibv_free_device_list(list);
}

const char *ibv_get_device_name(struct ibv_device *device)
{
    record(record_time(), "ibv_get_device_name device=@%p -> ok", (void *)device);
    return library()->ibv_get_device_name(device);
}

struct ibv_context *ibv_open_device(struct ibv_device *device)
{
    struct ibv_context *context = library()->ibv_open_device(device);

    record(record_time(), "ibv_open_device device=@%p -> %s", (void *)device, object_of(context));
    record_context(context);
    return context;
}

int ibv_close_device(struct ibv_context *context)
{
    int error;

    forget_context(context);
    error = library()->ibv_close_device(context);
    record(record_time(), "ibv_close_device context=@%p -> %s", (void *)context,
           text_of_error(error));
    return error;
}

int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *attr)
{
    int error = library()->ibv_query_device(context, attr);
    char text[ATTRIBUTE_TEXT_SIZE];

    record(record_time(), "ibv_query_device context=@%p -> %s %s", (void *)context,
           text_of_error(error), error ? "" : text_of_device(text, attr));
    return error;
}

int efadv_query_device(struct ibv_context *context, struct efadv_device_attr *attr, uint32_t inlen)
{
    int error = library()->efadv_query_device(context, attr, inlen);
    char text[ATTRIBUTE_TEXT_SIZE];
    struct efadv_device_attr whole;

    memset(&whole, 0, sizeof whole);
    memcpy(&whole, attr, inlen < sizeof whole ? inlen : sizeof whole);
    record(record_time(), "efadv_query_device context=@%p inlen=%u -> %s %s", (void *)context,
           inlen, text_of_error(error), error ? "" : text_of_efa_device(text, &whole));
    return error;
}

/* Callers of this name may have only the short structure. */
int ibv_query_port(struct ibv_context *context, uint8_t port_num, struct ibv_port_attr *attr)
{
    int error = library()->ibv_query_port(context, port_num, attr);

    record(record_time(), "ibv_query_port context=@%p port=%u -> %s", (void *)context, port_num,
           text_of_error(error));
    return error;
}

int ibv_query_gid(struct ibv_context *context, uint8_t port_num, int index, union ibv_gid *gid)
{
    int error = library()->ibv_query_gid(context, port_num, index, gid);
    char text[ATTRIBUTE_TEXT_SIZE];

    record(record_time(), "ibv_query_gid context=@%p port=%u index=%d -> %s %s", (void *)context,
           port_num, index, text_of_error(error), error ? "" : text_of_gid(text, gid));
    return error;
}

int ibv_query_pkey(struct ibv_context *context, uint8_t port_num, int index, uint16_t *pkey)
{
    int error = library()->ibv_query_pkey(context, port_num, index, pkey);

    record(record_time(), "ibv_query_pkey context=@%p port=%u index=%d -> %s", (void *)context,
           port_num, index, text_of_error(error));
    return error;
}

int ibv_fork_init(void)
{
    int error = library()->ibv_fork_init();

    record(record_time(), "ibv_fork_init -> %s", text_of_error(error));
    return error;
}

enum ibv_fork_status ibv_is_fork_initialized(void)
{
    record(record_time(), "ibv_is_fork_initialized -> ok");
    return library()->ibv_is_fork_initialized();
}

const char *ibv_wc_status_str(enum ibv_wc_status status)
{
    record(record_time(), "ibv_wc_status_str status=%d -> ok", (int)status);
    return library()->ibv_wc_status_str(status);
}

/* ---- Protection domains, memory, address handles ---- */

struct ibv_pd *ibv_alloc_pd(struct ibv_context *context)
{
    struct ibv_pd *pd = library()->ibv_alloc_pd(context);

    record(record_time(), "ibv_alloc_pd context=@%p -> %s", (void *)context, object_of(pd));
    return pd;
}

int ibv_dealloc_pd(struct ibv_pd *pd)
{
    int error = library()->ibv_dealloc_pd(pd);

    record(record_time(), "ibv_dealloc_pd pd=@%p -> %s", (void *)pd, text_of_error(error));
    return error;
}

static struct ibv_mr *record_mr(const char *name, struct ibv_pd *pd, void *addr, size_t length,
                                unsigned access, struct ibv_mr *mr)
{
    const char *result = object_of(mr);

    if (mr)
        record(record_time(), "%s pd=@%p addr=%p length=%zu access=%#x -> %s lkey=%u rkey=%u", name,
               (void *)pd, addr, length, access, result, mr->lkey, mr->rkey);
    else
        record(record_time(), "%s pd=@%p addr=%p length=%zu access=%#x -> %s", name, (void *)pd,
               addr, length, access, result);
    return mr;
}

struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access)
{
    return record_mr("ibv_reg_mr", pd, addr, length, (unsigned)access,
                     library()->ibv_reg_mr(pd, addr, length, access));
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
                                unsigned int access)
{
    return record_mr("ibv_reg_mr_iova2", pd, addr, length, access,
                     library()->ibv_reg_mr_iova2(pd, addr, length, iova, access));
}

int ibv_dereg_mr(struct ibv_mr *mr)
{
    int error = library()->ibv_dereg_mr(mr);

    record(record_time(), "ibv_dereg_mr mr=@%p -> %s", (void *)mr, text_of_error(error));
    return error;
}

struct ibv_ah *ibv_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
    struct ibv_ah *ah = library()->ibv_create_ah(pd, attr);
    char gid[ATTRIBUTE_TEXT_SIZE];

    record(record_time(), "ibv_create_ah pd=@%p global=%u port=%u sgid=%u sl=%u gid=%s -> %s",
           (void *)pd, attr->is_global, attr->port_num, attr->grh.sgid_index, attr->sl,
           text_of_gid(gid, &attr->grh.dgid), object_of(ah));
    return ah;
}

int ibv_destroy_ah(struct ibv_ah *ah)
{
    int error = library()->ibv_destroy_ah(ah);

    record(record_time(), "ibv_destroy_ah ah=@%p -> %s", (void *)ah, text_of_error(error));
    return error;
}

int efadv_query_ah(struct ibv_ah *ah, struct efadv_ah_attr *attr, uint32_t inlen)
{
    int error = library()->efadv_query_ah(ah, attr, inlen);

    record(record_time(), "efadv_query_ah ah=@%p inlen=%u -> %s", (void *)ah, inlen,
           text_of_error(error));
    return error;
}

/* ---- Completion queues ---- */

struct ibv_cq *ibv_create_cq(struct ibv_context *context, int cqe, void *cq_context,
                             struct ibv_comp_channel *channel, int comp_vector)
{
    struct ibv_cq *cq = library()->ibv_create_cq(context, cqe, cq_context, channel, comp_vector);

    record(record_time(), "ibv_create_cq context=@%p cqe=%d channel=%d vector=%d -> %s cqe=%d",
           (void *)context, cqe, channel != NULL, comp_vector, object_of(cq), cq ? cq->cqe : 0);
    record_cq(cq, false);
    return cq;
}

struct ibv_cq_ex *record_create_cq_ex(const char *name, struct ibv_context *context,
                                      struct ibv_cq_init_attr_ex *attr,
                                      struct efadv_cq_init_attr *efa_attr, uint32_t inlen)
{
    struct ibv_cq_ex *cq = efa_attr ? library()->efadv_create_cq(context, attr, efa_attr, inlen)
                                    : library_create_cq_ex(context, attr);
    char efa[100] = "";

    if (efa_attr)
        snprintf(efa, sizeof efa, " inlen=%u efa_wc_flags=%#llx", inlen,
                 (unsigned long long)efa_attr->wc_flags);
    record(record_time(),
           "%s context=@%p cqe=%u channel=%d vector=%u wc_flags=%#llx comp_mask=%#x flags=%#x%s "
           "-> %s cqe=%d",
           name, (void *)context, attr->cqe, attr->channel != NULL, attr->comp_vector,
           (unsigned long long)attr->wc_flags, attr->comp_mask,
           attr->comp_mask & IBV_CQ_INIT_ATTR_MASK_FLAGS ? attr->flags : 0, efa, object_of(cq),
           cq ? cq->cqe : 0);
    record_cq((struct ibv_cq *)cq, true);
    return cq;
}

struct ibv_cq_ex *ibv_create_cq_ex(struct ibv_context *context, struct ibv_cq_init_attr_ex *attr)
{
    return record_create_cq_ex("ibv_create_cq_ex", context, attr, NULL, 0);
}

struct ibv_cq_ex *efadv_create_cq(struct ibv_context *context, struct ibv_cq_init_attr_ex *attr,
                                  struct efadv_cq_init_attr *efa_attr, uint32_t inlen)
{
    return record_create_cq_ex("efadv_create_cq", context, attr, efa_attr, inlen);
}

struct efadv_cq *efadv_cq_from_ibv_cq_ex(struct ibv_cq_ex *cq)
{
    struct efadv_cq *efa_cq = library()->efadv_cq_from_ibv_cq_ex(cq);

    record(record_time(), "efadv_cq_from_ibv_cq_ex cq=@%p -> %s", (void *)cq,
           efa_cq ? "ok" : text_of_error(library_errno()));
    return efa_cq;
}

int ibv_destroy_cq(struct ibv_cq *cq)
{
    int error = library()->ibv_destroy_cq(cq);

    record(record_time(), "ibv_destroy_cq cq=@%p -> %s", (void *)cq, text_of_error(error));
    if (!error)
        forget_cq(cq);
    return error;
}

/* ---- Queue pairs ---- */

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
    struct ibv_qp_init_attr wanted = *attr;
    struct ibv_qp *qp = library()->ibv_create_qp(pd, attr);
    char cap[ATTRIBUTE_TEXT_SIZE], actual[ATTRIBUTE_TEXT_SIZE];

    record(record_time(),
           "ibv_create_qp pd=@%p send_cq=@%p recv_cq=@%p srq=%d cap=%s type=%d sig_all=%d "
           "-> %s num=%u cap=%s",
           (void *)pd, (void *)attr->send_cq, (void *)attr->recv_cq, attr->srq != NULL,
           text_of_cap(cap, &wanted.cap), (int)attr->qp_type, attr->sq_sig_all, object_of(qp),
           qp ? qp->qp_num : 0, text_of_cap(actual, &attr->cap));
    record_qp(qp, false);
    return qp;
}

struct ibv_qp *record_create_qp_ex(const char *name, struct ibv_context *context,
                                   struct ibv_qp_init_attr_ex *attr,
                                   struct efadv_qp_init_attr *efa_attr, uint32_t inlen)
{
    struct ibv_qp_cap wanted = attr->cap;
    struct ibv_qp *qp = efa_attr ? library()->efadv_create_qp_ex(context, attr, efa_attr, inlen)
                                 : library_create_qp_ex(context, attr);
    char cap[ATTRIBUTE_TEXT_SIZE], actual[ATTRIBUTE_TEXT_SIZE], efa[100] = "";
    bool has_operations = attr->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;

    if (efa_attr)
        snprintf(efa, sizeof efa, " driver=%u inlen=%u", efa_attr->driver_qp_type, inlen);
    record(record_time(),
           "%s context=@%p pd=@%p send_cq=@%p recv_cq=@%p srq=%d cap=%s type=%d sig_all=%d "
           "comp_mask=%#x ops=%#llx%s -> %s num=%u cap=%s",
           name, (void *)context, (void *)attr->pd, (void *)attr->send_cq, (void *)attr->recv_cq,
           attr->srq != NULL, text_of_cap(cap, &wanted), (int)attr->qp_type, attr->sq_sig_all,
           attr->comp_mask, has_operations ? (unsigned long long)attr->send_ops_flags : 0, efa,
           object_of(qp), qp ? qp->qp_num : 0, text_of_cap(actual, &attr->cap));
    record_qp(qp, has_operations);
    return qp;
}

struct ibv_qp *efadv_create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr,
                                  struct efadv_qp_init_attr *efa_attr, uint32_t inlen)
{
    return record_create_qp_ex("efadv_create_qp_ex", context, attr, efa_attr, inlen);
}

struct ibv_qp_ex *ibv_qp_to_qp_ex(struct ibv_qp *qp)
{
    struct ibv_qp_ex *ex = library()->ibv_qp_to_qp_ex(qp);

    record(record_time(), "ibv_qp_to_qp_ex qp=@%p -> %s", (void *)qp,
           ex ? "ok" : text_of_error(library_errno()));
    return ex;
}

int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
    int error = library()->ibv_modify_qp(qp, attr, mask);
    struct text values = {NULL, 0, 0};

    if (mask & IBV_QP_STATE)
        text_add(&values, " state=%d", (int)attr->qp_state);
    if (mask & IBV_QP_PKEY_INDEX)
        text_add(&values, " pkey=%u", attr->pkey_index);
    if (mask & IBV_QP_PORT)
        text_add(&values, " port=%u", attr->port_num);
    if (mask & IBV_QP_QKEY)
        text_add(&values, " qkey=%#x", attr->qkey);
    if (mask & IBV_QP_SQ_PSN)
        text_add(&values, " sq_psn=%u", attr->sq_psn);
    if (mask & IBV_QP_RNR_RETRY)
        text_add(&values, " rnr_retry=%u", attr->rnr_retry);
    record(record_time(), "ibv_modify_qp qp=@%p mask=%#x%s -> %s", (void *)qp, (unsigned)mask,
           values.length ? values.characters : "", text_of_error(error));
    free(values.characters);
    return error;
}

int ibv_query_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask,
                 struct ibv_qp_init_attr *init_attr)
{
    int error = library()->ibv_query_qp(qp, attr, mask, init_attr);
    char cap[ATTRIBUTE_TEXT_SIZE], state[ATTRIBUTE_TEXT_SIZE + 30] = "";

    if (!error)
        snprintf(state, sizeof state, " state=%d cap=%s", (int)attr->qp_state,
                 text_of_cap(cap, &init_attr->cap));
    record(record_time(), "ibv_query_qp qp=@%p mask=%#x -> %s%s", (void *)qp, (unsigned)mask,
           text_of_error(error), state);
    return error;
}

int ibv_destroy_qp(struct ibv_qp *qp)
{
    int error = library()->ibv_destroy_qp(qp);

    record(record_time(), "ibv_destroy_qp qp=@%p -> %s", (void *)qp, text_of_error(error));
    if (!error)
        forget_qp(qp);
    return error;
}

#ifndef _WIN32

/* ---- Calls that the kit lacks ---- */

int _ibv_query_gid_ex(struct ibv_context *context, uint32_t port, uint32_t index,
                      struct ibv_gid_entry *entry, uint32_t flags, size_t size);

int _ibv_query_gid_ex(struct ibv_context *context, uint32_t port, uint32_t index,
                      struct ibv_gid_entry *entry, uint32_t flags, size_t size)
{
    int error = library()->_ibv_query_gid_ex(context, port, index, entry, flags, size);
    char text[ATTRIBUTE_TEXT_SIZE];

    record(record_time(), "ibv_query_gid_ex context=@%p port=%u index=%u flags=%#x -> %s %s",
           (void *)context, port, index, flags, text_of_error(error),
           error ? "" : text_of_gid(text, &entry->gid));
    return error;
}

int ibv_query_gid_type(struct ibv_context *context, uint8_t port, unsigned index, int *type);

int ibv_query_gid_type(struct ibv_context *context, uint8_t port, unsigned index, int *type)
{
    int result = library()->ibv_query_gid_type(context, port, index, type);

    record(record_time(), "ibv_query_gid_type context=@%p port=%u index=%u -> %s", (void *)context,
           port, index, result ? text_of_error(library_errno()) : "ok");
    return result;
}

struct ibv_comp_channel *ibv_create_comp_channel(struct ibv_context *context);

struct ibv_comp_channel *ibv_create_comp_channel(struct ibv_context *context)
{
    struct ibv_comp_channel *channel = library()->ibv_create_comp_channel(context);

    record(record_time(), "ibv_create_comp_channel context=@%p -> %s", (void *)context,
           object_of(channel));
    return channel;
}

struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length, uint64_t iova,
                                 int fd, int access);

struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length, uint64_t iova,
                                 int fd, int access)
{
    struct ibv_mr *mr = library()->ibv_reg_dmabuf_mr(pd, offset, length, iova, fd, access);

    record(record_time(), "ibv_reg_dmabuf_mr pd=@%p length=%zu access=%#x -> %s", (void *)pd,
           length, (unsigned)access, object_of(mr));
    return mr;
}

#endif
