/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What QUERY_DEVICE of a scripted driver replies unless the test changes it. */
#ifndef TESTS_DEVICE_INFO_H
#define TESTS_DEVICE_INFO_H

#include "driver/protocol.h"

static const struct efa_device_info usual_device_info = {
    .page_size_cap = 0xfffff000,
    .max_mr_pages = 1 << 20,
    .device_version = 0xefa0, /* no limit of a batch */
    .supported_features = EFA_FEATURE_RDMA_READ | EFA_FEATURE_RNR_RETRY,
    .max_qp = 256,
    .max_sq_depth = 4096,
    .max_rq_depth = 32768,
    .max_cq = 512,
    .max_cq_depth = 32768,
    .inline_buf_size = 32,
    .max_mr = 1024,
    .max_pd = 256,
    .max_ah = 1024,
    .max_llq_size = 512 * 1024,
    .mtu = 8928,
    .num_sub_cqs = 2,
    .max_sq_sge = 2,
    .max_rq_sge = 3,
    .addr = {0xfe, 0x80},
};

#endif
