/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Checks the driver's replies. Each check logs what is wrong and returns false. All other code
 * trusts what passes here.
 */
#ifndef EFA_DRIVER_REPLY_CHECK_H
#define EFA_DRIVER_REPLY_CHECK_H

#include "os/compiler.h"
#include "driver.h"

bool efa_check_device_info(const struct efa_device_info *info);
bool efa_check_mr_info(const struct efa_mr_info *info);
bool efa_check_ah_info(const struct efa_ah_info *info);
bool efa_check_cq_info(const struct efa_cq_info *info, const struct efa_create_cq_params *params);
bool efa_check_qp_info(const struct efa_qp_info *info, const struct efa_create_qp_params *params,
                       uint16_t num_sub_cqs);

#endif
