/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The device-control requests of efa.sys: codes, structures, interface versions. Only structures
 * and numbers. Little-endian, natural alignment of x64. Addresses in replies are valid in the
 * calling process.
 */
#ifndef EFA_DRIVER_PROTOCOL_H
#define EFA_DRIVER_PROTOCOL_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "features.h"

/* CTL_CODE(FILE_DEVICE_UNKNOWN, function, METHOD_BUFFERED, FILE_ANY_ACCESS) */
#define EFA_CONTROL_CODE(function) (0x220000u | ((uint32_t)(function) << 2))

enum efa_control_code {
    EFA_QUERY_DEVICE = EFA_CONTROL_CODE(0x801),
    EFA_CREATE_CQ = EFA_CONTROL_CODE(0x802),
    EFA_DESTROY_CQ = EFA_CONTROL_CODE(0x803),
    EFA_CREATE_QP = EFA_CONTROL_CODE(0x804),
    EFA_DESTROY_QP = EFA_CONTROL_CODE(0x805),
    EFA_REG_MR = EFA_CONTROL_CODE(0x806),
    EFA_DEREG_MR = EFA_CONTROL_CODE(0x807),
    EFA_ALLOC_AH = EFA_CONTROL_CODE(0x808),
    EFA_DEALLOC_AH = EFA_CONTROL_CODE(0x809),
    EFA_ALLOC_PD = EFA_CONTROL_CODE(0x80a),
    EFA_DEALLOC_PD = EFA_CONTROL_CODE(0x80b),
    EFA_MODIFY_QP = EFA_CONTROL_CODE(0x80c)
};

/* For tables with an entry for each code. */
#define EFA_COMMANDS 12u
#define EFA_COMMAND_INDEX(code) (((code) - (uint32_t)EFA_QUERY_DEVICE) >> 2)

/* The versions for QUERY_DEVICE; a driver rejects a version that it does not speak. */
#define EFA_INTERFACE_VERSION_1 1u /* no MODIFY_QP, 16-bit lkey in DEREG_MR */
#define EFA_INTERFACE_VERSION_2 2u /* adds MODIFY_QP */
#define EFA_INTERFACE_VERSION_3 3u /* 32-bit lkey in DEREG_MR */
#define EFA_INTERFACE_VERSION_NEWEST EFA_INTERFACE_VERSION_3
#define EFA_INTERFACE_VERSION_OLDEST EFA_INTERFACE_VERSION_1

#define EFA_GID_SIZE 16

struct efa_query_device_params {
    uint32_t interface_version;
};

struct efa_device_info {
    uint64_t page_size_cap;
    uint64_t max_mr_pages; /* of 4096 bytes */
    uint32_t firmware_version;
    uint32_t device_version;
    uint32_t supported_features; /* features.h */
    uint32_t max_qp;
    uint32_t max_sq_depth;
    uint32_t max_rq_depth;
    uint32_t max_cq;
    uint32_t max_cq_depth;
    uint32_t inline_buf_size;
    uint32_t max_mr;
    uint32_t max_pd;
    uint32_t max_ah;
    uint32_t max_llq_size; /* bytes of send ring in device memory */
    uint32_t mtu;
    uint16_t num_sub_cqs;
    uint16_t max_sq_sge;
    uint16_t max_rq_sge;
    uint8_t addr[EFA_GID_SIZE]; /* the GID, network byte order */
};

/*
 * Clients have always sent 8 bytes for this 6-byte structure, and existing drivers expect 8. Send
 * EFA_CREATE_CQ_INPUT_SIZE bytes; those beyond the structure are 0.
 */
#define EFA_CREATE_CQ_INPUT_SIZE 8

struct efa_create_cq_params {
    uint16_t depth;       /* of each sub-CQ */
    uint16_t num_sub_cqs; /* must be efa_device_info.num_sub_cqs */
    uint8_t entry_size;   /* bytes */
};

struct efa_cq_info {
    uint64_t cq_addr; /* sub-CQ k lies at cq_addr + k * actual_depth * entry_size */
    uint16_t cq_index;
    uint16_t actual_depth; /* of each sub-CQ */
};

struct efa_destroy_cq_params {
    uint16_t cq_index;
};

enum efa_driver_qp_type { EFA_DRIVER_QP_SRD = 0, EFA_DRIVER_QP_UD = 1 };

struct efa_create_qp_params {
    uint32_t send_cq_index;
    uint32_t recv_cq_index;
    uint32_t rq_depth;     /* receive work requests */
    uint32_t sq_depth;     /* send work requests */
    uint32_t sq_ring_size; /* bytes: 64 a descriptor */
    uint32_t rq_ring_size; /* bytes: 16 a descriptor */
    uint16_t pdn;
    uint32_t qp_type; /* enum efa_driver_qp_type */
};

struct efa_qp_info {
    uint64_t rq_doorbell;
    uint64_t sq_doorbell;
    uint64_t rq;
    uint64_t sq;
    uint32_t qp_size;
    uint32_t qp_handle;
    uint32_t qp_num;
    uint32_t send_sub_cq;
    uint32_t recv_sub_cq;
};

struct efa_destroy_qp_params {
    uint32_t qp_handle;
};

/* modify_mask */
#define EFA_MODIFY_QP_STATE 0x01u
#define EFA_MODIFY_QP_CUR_STATE 0x02u
#define EFA_MODIFY_QP_QKEY 0x04u
#define EFA_MODIFY_QP_SQ_PSN 0x08u
#define EFA_MODIFY_QP_SQ_DRAINED_ASYNC_NOTIFY 0x10u
#define EFA_MODIFY_QP_RNR_RETRY 0x20u

enum efa_driver_qp_state {
    EFA_DRIVER_QP_RESET = 0,
    EFA_DRIVER_QP_INIT = 1,
    EFA_DRIVER_QP_RTR = 2,
    EFA_DRIVER_QP_RTS = 3,
    EFA_DRIVER_QP_SQD = 4,
    EFA_DRIVER_QP_SQE = 5,
    EFA_DRIVER_QP_ERR = 6
};

struct efa_modify_qp_params {
    uint32_t modify_mask;
    uint32_t qp_handle;
    uint32_t state;
    uint32_t cur_state;
    uint32_t qkey;
    uint32_t sq_psn;
    uint8_t sq_drained_async_notify;
    uint8_t rnr_retry;
};

/* permissions: the low three verbs access bits */
#define EFA_MR_LOCAL_WRITE 0x1u
#define EFA_MR_REMOTE_WRITE 0x2u
#define EFA_MR_REMOTE_READ 0x4u

struct efa_reg_mr_params {
    uint64_t length;
    uint64_t addr;
    uint16_t pdn;
    uint8_t permissions;
};

struct efa_mr_info {
    uint32_t lkey;
    uint32_t rkey;
};

struct efa_dereg_mr_params_v1 { /* interface versions 1 and 2 */
    uint16_t lkey;
};

struct efa_dereg_mr_params_v3 {
    uint32_t lkey;
};

struct efa_create_ah_params {
    uint16_t pdn;
    uint8_t dest_addr[EFA_GID_SIZE];
};

struct efa_ah_info {
    uint16_t ah;
};

struct efa_destroy_ah_params {
    uint16_t pdn;
    uint16_t ah;
};

struct efa_pd_info {
    uint16_t pdn;
};

struct efa_dealloc_pd_params {
    uint16_t pdn;
};

static_assert(sizeof(struct efa_query_device_params) == 4, "QUERY_DEVICE_PARAMS");
static_assert(sizeof(struct efa_device_info) == 96, "DEVICE_INFO");
static_assert(offsetof(struct efa_device_info, mtu) == 68, "DEVICE_INFO.mtu");
static_assert(offsetof(struct efa_device_info, addr) == 78, "DEVICE_INFO.addr");
static_assert(sizeof(struct efa_create_cq_params) == 6, "CREATE_CQ_PARAMS");
static_assert(sizeof(struct efa_cq_info) == 16, "CQ_INFO");
static_assert(offsetof(struct efa_cq_info, actual_depth) == 10, "CQ_INFO.actual_depth");
static_assert(sizeof(struct efa_destroy_cq_params) == 2, "DESTROY_CQ_PARAMS");
static_assert(sizeof(struct efa_create_qp_params) == 32, "CREATE_QP_PARAMS");
static_assert(offsetof(struct efa_create_qp_params, qp_type) == 28, "CREATE_QP_PARAMS.qp_type");
static_assert(sizeof(struct efa_qp_info) == 56, "QP_INFO");
static_assert(offsetof(struct efa_qp_info, qp_num) == 40, "QP_INFO.qp_num");
static_assert(sizeof(struct efa_modify_qp_params) == 28, "MODIFY_QP_PARAMS");
static_assert(offsetof(struct efa_modify_qp_params, rnr_retry) == 25, "MODIFY_QP_PARAMS.rnr");
static_assert(sizeof(struct efa_reg_mr_params) == 24, "REG_MR_PARAMS");
static_assert(sizeof(struct efa_mr_info) == 8, "MR_INFO");
static_assert(sizeof(struct efa_create_ah_params) == 18, "CREATE_AH_PARAMS");
static_assert(sizeof(struct efa_destroy_ah_params) == 4, "DESTROY_AH_PARAMS");

#endif
