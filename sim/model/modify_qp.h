/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* MODIFY_QP. */
#ifndef EFASIM_MODEL_MODIFY_QP_H
#define EFASIM_MODEL_MODIFY_QP_H

#include "../device/device.h"

uint32_t efasim_modify_qp(struct efasim_client *client, const void *input, void *output);

#endif
