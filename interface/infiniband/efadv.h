/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The direct verbs of EFA: what the adapter has beyond, or other than, the verbs interface. SRD queue
 * pairs, the adapter's own limits, address handle numbers. The conventions of verbs.h hold.
 *
 * `inlen` is the caller's sizeof of the structure, so that structures can grow: a shorter one, of a
 * program built earlier, is filled as far as it reaches; of a longer one the bytes that the library
 * does not know must be zero (else EINVAL). `comp_mask` must be 0 on input (else EINVAL).
 */
#ifndef INFINIBAND_EFADV_H
#define INFINIBAND_EFADV_H

#include "verbs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values of driver_qp_type. */
enum {
    /* Scalable reliable datagram: reliable, unordered, connectionless. */
    EFADV_QP_DRIVER_TYPE_SRD = 0
};

struct efadv_qp_init_attr {
    uint64_t comp_mask;
    uint32_t driver_qp_type; /* EFADV_QP_DRIVER_TYPE_SRD */
    uint8_t reserved[4];     /* zero */
};

/*
 * Creates an SRD queue pair: attr_ex->qp_type IBV_QPT_DRIVER and efa_attr->driver_qp_type
 * EFADV_QP_DRIVER_TYPE_SRD. attr_ex->comp_mask must include PD and, for the ibv_wr_* calls,
 * SEND_OPS_FLAGS. Limits as in efadv_query_device; attr_ex->cap is updated to what was got.
 * Errors: EINVAL (NULL, a limit exceeded, an SRQ, comp_mask or reserved bytes not zero), EOPNOTSUPP
 * (another type, operations that the device lacks).
 */
struct ibv_qp *efadv_create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr_ex,
                                  struct efadv_qp_init_attr *efa_attr, uint32_t inlen);

/* Bits of device_caps. */
enum { EFADV_DEVICE_ATTR_CAPS_RDMA_READ = 1 << 0, EFADV_DEVICE_ATTR_CAPS_RNR_RETRY = 1 << 1 };

struct efadv_device_attr {
    uint64_t comp_mask;
    uint32_t max_sq_wr;
    uint32_t max_rq_wr;
    uint16_t max_sq_sge;
    uint16_t max_rq_sge;
    uint16_t inline_buf_size; /* bytes a send may carry inline */
    uint8_t reserved[2];
    uint32_t device_caps;
    uint32_t max_rdma_size; /* bytes of one RDMA read; 0 where there is none */
};

/* Reports what ibv_query_device has no place for. Errors: EINVAL (NULL, inlen). */
int efadv_query_device(struct ibv_context *context, struct efadv_device_attr *attr, uint32_t inlen);

struct efadv_ah_attr {
    uint64_t comp_mask;
    uint16_t ahn; /* the adapter's number for the peer: `slid` of what it sends to us */
    uint8_t reserved[6];
};

/* Reports the number of an address handle. Errors: EINVAL (NULL, inlen). */
int efadv_query_ah(struct ibv_ah *ah, struct efadv_ah_attr *attr, uint32_t inlen);

#ifdef __cplusplus
}
#endif

#endif
