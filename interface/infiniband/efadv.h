/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * EFA's direct verbs: features of the adapter that the verbs interface does not cover. These are
 * SRD queue pairs, the adapter's own limits, address handle numbers and direct access to the rings.
 * The conventions of verbs.h apply.
 *
 * `inlen` is the caller's sizeof of the structure, so that structures can grow: a program may be
 * built with an earlier or a later header than the library.
 * - Input structures (efadv_qp_init_attr, efadv_cq_init_attr, efadv_sq_depth_attr,
 *   efadv_rq_depth_attr): `comp_mask` must be 0, and so must all bytes that this library does not
 *   know, else EINVAL. Members that a shorter structure lacks count as 0.
 * - Output structures (the attributes of the efadv_query_ calls): the library reads nothing in
 *   them. It fills the part that fits, and sets `comp_mask` and all bytes that it does not know to
 *   0. Each call names the shortest size that it accepts.
 */
#ifndef INFINIBAND_EFADV_H
#define INFINIBAND_EFADV_H

#include "verbs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Limits ---- */

/* Bits of device_caps. The driver offers only the first two. */
enum {
    EFADV_DEVICE_ATTR_CAPS_RDMA_READ = 1 << 0,
    EFADV_DEVICE_ATTR_CAPS_RNR_RETRY = 1 << 1,
    EFADV_DEVICE_ATTR_CAPS_CQ_WITH_SGID = 1 << 2,
    EFADV_DEVICE_ATTR_CAPS_RDMA_WRITE = 1 << 3,
    EFADV_DEVICE_ATTR_CAPS_UNSOLICITED_WRITE_RECV = 1 << 4,
    EFADV_DEVICE_ATTR_CAPS_CQ_WITH_EXT_MEM_DMABUF = 1 << 5 /* assumed value */
};

struct efadv_device_attr {
    uint64_t comp_mask;
    uint32_t max_sq_wr;
    uint32_t max_rq_wr;
    uint16_t max_sq_sge;
    uint16_t max_rq_sge;
    uint16_t inline_buf_size;    /* bytes that a send can carry inline */
    uint16_t inline_buf_size_ex; /* the same, or more where the adapter has longer descriptors */
    uint32_t device_caps;
    uint32_t max_rdma_size; /* bytes of one RDMA read; 0: not supported */
};

/* Reports limits for which ibv_device_attr has no member. Errors: EINVAL (NULL, inlen less than
 * 24). */
int efadv_query_device(struct ibv_context *context, struct efadv_device_attr *attr, uint32_t inlen);

/* Bits of efadv_sq_depth_attr.flags. */
enum { EFADV_SQ_DEPTH_ATTR_INLINE_WRITE = 1 << 0 };

/* What each request of a send queue must have room for. */
struct efadv_sq_depth_attr {
    uint64_t comp_mask;
    uint32_t flags;
    uint32_t max_send_sge;
    uint32_t max_rdma_sge;
    uint32_t max_inline_data; /* bytes */
};

/*
 * Returns the largest max_send_wr of a queue pair for such requests, or a negative errno value:
 * -EINVAL (NULL, inlen, comp_mask, more than the adapter supports), -EOPNOTSUPP (flags).
 */
int efadv_get_max_sq_depth(struct ibv_context *context, struct efadv_sq_depth_attr *attr,
                           uint32_t inlen);

struct efadv_rq_depth_attr {
    uint64_t comp_mask;
    uint32_t max_recv_sge; /* at least 1 */
    uint8_t reserved[4];   /* zero */
};

/* Returns the largest max_recv_wr of a queue pair for requests with max_recv_sge buffers, or a
 * negative errno value: -EINVAL (NULL, inlen, comp_mask, max_recv_sge out of range). */
int efadv_get_max_rq_depth(struct ibv_context *context, struct efadv_rq_depth_attr *attr,
                           uint32_t inlen);

/* ---- Address handles and memory regions ---- */

struct efadv_ah_attr {
    uint64_t comp_mask;
    uint16_t ahn; /* the adapter's number of the peer; `slid` of the peer's messages */
    uint8_t reserved[6];
};

/* Reports the number of an address handle. Errors: EINVAL (NULL, inlen less than 10). */
int efadv_query_ah(struct ibv_ah *ah, struct efadv_ah_attr *attr, uint32_t inlen);

/* Bits of ic_id_validity (assumed values: this library sets none of them). */
enum {
    EFADV_MR_ATTR_VALIDITY_RECV_IC_ID = 1 << 0,
    EFADV_MR_ATTR_VALIDITY_RDMA_READ_IC_ID = 1 << 1,
    EFADV_MR_ATTR_VALIDITY_RDMA_RECV_IC_ID = 1 << 2
};

/* The interconnect IDs that the adapter uses for a memory region; ic_id_validity says which are
 * valid. */
struct efadv_mr_attr {
    uint64_t comp_mask;
    uint16_t ic_id_validity;
    uint16_t recv_ic_id;
    uint16_t rdma_read_ic_id;
    uint16_t rdma_recv_ic_id;
};

/* Never succeeds, because the driver does not report interconnect IDs. Errors: EINVAL (NULL, inlen
 * less than 16), otherwise EOPNOTSUPP. */
int efadv_query_mr(struct ibv_mr *mr, struct efadv_mr_attr *attr, uint32_t inlen);

/* ---- Queue pairs ---- */

/* Values of driver_qp_type. */
enum {
    /* Scalable reliable datagram: reliable, unordered, connectionless. */
    EFADV_QP_DRIVER_TYPE_SRD = 0
};

/* Bits of efadv_qp_init_attr.flags. */
enum {
    EFADV_QP_FLAGS_UNSOLICITED_WRITE_RECV = 1 << 0,
    EFADV_QP_FLAGS_INLINE_WRITE = 1 << 1 /* assumed value */
};

/* Bits of efadv_qp_init_attr.wr_flags. */
enum { EFADV_WR_EX_WITH_PROCESSING_HINTS = 1 << 0 };

struct efadv_qp_init_attr {
    uint64_t comp_mask;
    uint32_t driver_qp_type; /* EFADV_QP_DRIVER_TYPE_SRD */
    uint16_t flags;          /* the driver supports none: must be 0 */
    uint8_t sl;              /* service level; the driver supports only 0 */
    uint8_t reserved;        /* zero */
    uint64_t wr_flags;       /* EFADV_WR_EX_*: further calls in send sessions */
};

/*
 * Creates an SRD queue pair in state RESET. Set attr_ex->qp_type to IBV_QPT_DRIVER and
 * efa_attr->driver_qp_type to EFADV_QP_DRIVER_TYPE_SRD. attr_ex->comp_mask must include PD and, for
 * the ibv_wr_* calls, SEND_OPS_FLAGS. efadv_query_device reports the limits. The library updates
 * attr_ex->cap to the actual sizes.
 * Errors: EINVAL (NULL, inlen, another qp_type, a limit exceeded, an SRQ, efa_attr->comp_mask or
 * reserved not 0), EOPNOTSUPP (another driver_qp_type, other bits in attr_ex->comp_mask, operations
 * that the device lacks, flags, sl, wr_flags beyond processing hints).
 */
struct ibv_qp *efadv_create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr_ex,
                                  struct efadv_qp_init_attr *efa_attr, uint32_t inlen);

/* As efadv_create_qp_ex, with the attributes of ibv_create_qp. The queue pair does not support the
 * ibv_wr_* calls. */
struct ibv_qp *efadv_create_driver_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr,
                                      uint32_t driver_qp_type);

/* Bits of the hints of efadv_wr_set_processing_hints. */
enum efadv_wr_processing_hint { EFADV_WR_PROCESSING_HINT_BURST_PPS_SENSITIVE = 1 << 0 };

/* What EFA adds to an extended queue pair. An operation is NULL if the queue pair was created
 * without its flag in wr_flags. */
struct efadv_qp {
    uint64_t comp_mask;
    void (*wr_set_processing_hints)(struct efadv_qp *qp, uint32_t hints);
};

/* Returns EFA's part of a queue pair; it is the same object. Errors: EINVAL (NULL). */
struct efadv_qp *efadv_qp_from_ibv_qp_ex(struct ibv_qp_ex *qp_ex);

/* Gives hints (enum efadv_wr_processing_hint) for the current request. The adapter takes none, so
 * the call has no effect. */
static inline void efadv_wr_set_processing_hints(struct efadv_qp *qp, uint32_t hints)
{
    if (qp->wr_set_processing_hints != NULL)
        qp->wr_set_processing_hints(qp, hints);
}

/* ---- Completion queues ---- */

/* Bits of efadv_cq_init_attr.wc_flags. */
enum { EFADV_WC_EX_WITH_SGID = 1 << 0, EFADV_WC_EX_WITH_IS_UNSOLICITED = 1 << 1 };

/* Bits of efadv_cq_init_attr.flags. */
enum { EFADV_CQ_INIT_FLAGS_EXT_MEM_DMABUF = 1 << 0 };

struct efadv_cq_init_attr {
    uint64_t comp_mask;
    uint64_t wc_flags; /* additional fields to read; the driver supports none: must be 0 */
    uint64_t flags;    /* the driver supports none: must be 0 */
    struct {
        uint8_t *buffer;
        uint64_t length;
        uint64_t offset;
        int32_t fd;
        uint8_t reserved[4]; /* zero */
    } ext_mem_dmabuf;        /* used only with EFADV_CQ_INIT_FLAGS_EXT_MEM_DMABUF */
};

/* As ibv_create_cq_ex. Further errors: EINVAL (inlen; comp_mask or reserved of efa_attr not 0),
 * EOPNOTSUPP (wc_flags or flags of efa_attr). */
struct ibv_cq_ex *efadv_create_cq(struct ibv_context *context, struct ibv_cq_init_attr_ex *attr_ex,
                                  struct efadv_cq_init_attr *efa_attr, uint32_t inlen);

/* What EFA adds to an extended CQ. A reader is NULL if the CQ was created without its flag in
 * wc_flags. */
struct efadv_cq {
    uint64_t comp_mask;
    int (*wc_read_sgid)(struct efadv_cq *cq, union ibv_gid *sgid);
    bool (*wc_is_unsolicited)(struct efadv_cq *cq);
};

/* Returns EFA's part of a CQ; it is the same object. Errors: EINVAL (NULL). */
struct efadv_cq *efadv_cq_from_ibv_cq_ex(struct ibv_cq_ex *cq_ex);

/* Reads the GID of the current completion's sender. Returns 0, or -EOPNOTSUPP (negative) if the
 * reader is NULL. */
static inline int efadv_wc_read_sgid(struct efadv_cq *cq, union ibv_gid *sgid)
{
    return cq->wc_read_sgid != NULL ? cq->wc_read_sgid(cq, sgid) : -EOPNOTSUPP;
}

/* Returns true if the current completion consumed no receive request; false if it did, or if the
 * reader is NULL. */
static inline bool efadv_wc_is_unsolicited(struct efadv_cq *cq)
{
    return cq->wc_is_unsolicited != NULL && cq->wc_is_unsolicited(cq);
}

/* ---- Completion counters: see ibv_create_comp_cntr ---- */

/* Values of efadv_memory_location.type. */
enum { EFADV_MEMORY_LOCATION_VA = 0, EFADV_MEMORY_LOCATION_DMABUF = 1 };

struct efadv_memory_location {
    uint8_t *ptr;
    struct {
        uint64_t offset;
        int32_t fd;
        uint32_t reserved; /* zero */
    } dmabuf;
    uint8_t type;
    uint8_t reserved[7]; /* zero */
};

/* Bits of efadv_comp_cntr_init_attr.flags (assumed values). */
enum {
    EFADV_COMP_CNTR_INIT_WITH_COMP_EXTERNAL_MEM = 1 << 0,
    EFADV_COMP_CNTR_INIT_WITH_ERR_EXTERNAL_MEM = 1 << 1
};

struct efadv_comp_cntr_init_attr {
    uint64_t comp_mask;
    uint32_t flags;
    uint32_t reserved; /* zero */
    struct efadv_memory_location comp_cntr_ext_mem;
    struct efadv_memory_location err_cntr_ext_mem;
};

/* Fails with EOPNOTSUPP, as ibv_create_comp_cntr does. */
static inline struct ibv_comp_cntr *
efadv_create_comp_cntr(struct ibv_context *context, struct ibv_comp_cntr_init_attr *attr,
                       struct efadv_comp_cntr_init_attr *efa_attr, uint32_t inlen)
{
    (void)efa_attr;
    (void)inlen;
    return ibv_create_comp_cntr(context, attr);
}

/* ---- Direct access: for a program that writes and reads the rings itself ---- */

/* Bits of efadv_wq_attr.caps. */
enum { EFADV_WQ_CAPS_64_BIT_REQ_ID = 1 << 0 /* assumed value: no queue has it */ };

struct efadv_wq_attr {
    uint64_t comp_mask;
    uint8_t *buffer;      /* NULL if the queue has depth 0 */
    uint32_t entry_size;  /* bytes of a descriptor */
    uint32_t num_entries; /* descriptors in the ring: a power of two */
    uint32_t *doorbell;   /* takes the low 16 bits of the count of descriptors written */
    uint32_t max_batch;   /* new descriptors that one doorbell write may announce */
    uint16_t caps;        /* 0: request ids have 16 bits */
    uint8_t reserved[2];
};

/*
 * Reports where the rings of a queue pair are and hands them over to the caller: from then on
 * ibv_post_send, ibv_post_recv and the ibv_wr_* sessions fail with EINVAL on this queue pair.
 * `inlen` is the size of each of the two structures.
 * Errors: EINVAL (NULL, inlen less than 36), EBUSY (requests were posted through the library since
 * the queue pair was last in RESET, or a session is open: the next descriptor would not be the
 * ring's first).
 */
int efadv_query_qp_wqs(struct ibv_qp *qp, struct efadv_wq_attr *sq_attr,
                       struct efadv_wq_attr *rq_attr, uint32_t inlen);

struct efadv_cq_attr {
    uint64_t comp_mask;
    uint8_t *buffer;
    uint32_t entry_size; /* bytes of an entry */
    uint32_t num_entries;
    uint32_t *doorbell; /* NULL: the driver has no completion events to arm */
};

/*
 * Reports where the ring of a CQ is. A program that reads the ring must not poll this CQ through
 * the library, which takes every entry for a completion of its own requests.
 * Errors: EINVAL (NULL, inlen less than 24), EOPNOTSUPP (on this adapter a CQ has several rings,
 * and the structure describes one).
 */
int efadv_query_cq(struct ibv_cq *cq, struct efadv_cq_attr *attr, uint32_t inlen);

#ifdef __cplusplus
}
#endif

#endif
