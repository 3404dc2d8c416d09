/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The queries of verbs and efadv for the device and its limits. */
#ifndef EFA_VERBS_QUERY_H
#define EFA_VERBS_QUERY_H

#include "infiniband/efadv.h"

int efa_query_device(struct ibv_context *context, struct ibv_device_attr *attr);
/* verbs_context.query_device_ex and query_port: `size` is the caller's sizeof of the structure. */
int efa_query_device_ex(struct ibv_context *context, const struct ibv_query_device_ex_input *input,
                        struct ibv_device_attr_ex *attr, size_t size);
int efa_query_port(struct ibv_context *context, uint8_t port_num, struct ibv_port_attr *attr,
                   size_t size);
int efa_query_gid(struct ibv_context *context, uint8_t port_num, int index, union ibv_gid *gid);

int efa_query_device_direct(struct ibv_context *context, struct efadv_device_attr *attr,
                            uint32_t inlen);
int efa_query_ah_direct(struct ibv_ah *ah, struct efadv_ah_attr *attr, uint32_t inlen);

#endif
