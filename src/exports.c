/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The names that efawin.dll exports (efawin.def lists them), each one call into src/verbs. The
 * parentheses keep macros of the public headers from expanding.
 */
#include <errno.h>

#include "verbs/cq.h"
#include "verbs/device.h"
#include "verbs/direct.h"
#include "verbs/objects.h"
#include "verbs/qp.h"
#include "verbs/query.h"
#include "verbs/strings.h"
#include "verbs/tables.h"

/* The loader of the interface kit asks this: the library speaks interface version 1. */
#define EFAWIN_INTERFACE 1

bool check_version(int interface_version);
int efawin_get_errno(void);
int efa_export_query_device_ex(struct ibv_context *context,
                               const struct ibv_query_device_ex_input *input,
                               struct ibv_device_attr_ex *attr);

bool check_version(int interface_version)
{
    return interface_version == EFAWIN_INTERFACE;
}

/* errno of this DLL's C runtime, for applications that are built with another. */
int efawin_get_errno(void)
{
    return errno;
}

struct ibv_device **(ibv_get_device_list)(int *num_devices)
{
    return efa_get_device_list(num_devices);
}

void(ibv_free_device_list)(struct ibv_device **list)
{
    efa_free_device_list(list);
}

struct ibv_context *(ibv_open_device)(struct ibv_device *device)
{
    return efa_open_device(device);
}

int(ibv_close_device)(struct ibv_context *context)
{
    return efa_close_device(context);
}

int(ibv_query_device)(struct ibv_context *context, struct ibv_device_attr *device_attr)
{
    return efa_query_device(context, device_attr);
}

int(ibv_query_port)(struct ibv_context *context, uint8_t port_num, struct ibv_port_attr *port_attr)
{
    /* Callers of this name may have only the short structure. */
    return efa_query_port(context, port_num, port_attr, sizeof(struct _compat_ibv_port_attr));
}

int(ibv_query_gid)(struct ibv_context *context, uint8_t port_num, int index, union ibv_gid *gid)
{
    return efa_query_gid(context, port_num, index, gid);
}

struct ibv_pd *(ibv_alloc_pd)(struct ibv_context *context)
{
    return efa_alloc_pd(context);
}

int(ibv_dealloc_pd)(struct ibv_pd *pd)
{
    return efa_dealloc_pd(pd);
}

struct ibv_mr *(ibv_reg_mr)(struct ibv_pd *pd, void *addr, size_t length, int access)
{
    return efa_reg_mr(pd, "ibv_reg_mr", addr, length, (unsigned int)access);
}

struct ibv_mr *(ibv_reg_mr_iova2)(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
                                  unsigned int access)
{
    return efa_reg_mr_iova2(pd, addr, length, iova, access);
}

int(ibv_dereg_mr)(struct ibv_mr *mr)
{
    return efa_dereg_mr(mr);
}

struct ibv_cq *(ibv_create_cq)(struct ibv_context *context, int cqe, void *cq_context,
                               struct ibv_comp_channel *channel, int comp_vector)
{
    return efa_create_cq(context, cqe, cq_context, channel, comp_vector);
}

struct ibv_cq_ex *(ibv_create_cq_ex)(struct ibv_context *context,
                                     struct ibv_cq_init_attr_ex *cq_attr)
{
    return efa_create_cq_ex(context, cq_attr);
}

int(ibv_destroy_cq)(struct ibv_cq *cq)
{
    return efa_destroy_cq(cq);
}

struct ibv_qp *(ibv_create_qp)(struct ibv_pd *pd, struct ibv_qp_init_attr *qp_init_attr)
{
    return efa_create_qp(pd, qp_init_attr);
}

struct ibv_qp *(efadv_create_qp_ex)(struct ibv_context *context,
                                    struct ibv_qp_init_attr_ex *attr_ex,
                                    struct efadv_qp_init_attr *efa_attr, uint32_t inlen)
{
    return efa_create_srd_qp(context, attr_ex, efa_attr, inlen);
}

int(ibv_modify_qp)(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask)
{
    return efa_modify_qp(qp, attr, attr_mask);
}

int(ibv_destroy_qp)(struct ibv_qp *qp)
{
    return efa_destroy_qp(qp);
}

struct ibv_qp_ex *(ibv_qp_to_qp_ex)(struct ibv_qp *qp)
{
    return efa_qp_to_qp_ex(qp);
}

struct ibv_ah *(ibv_create_ah)(struct ibv_pd *pd, struct ibv_ah_attr *attr)
{
    return efa_create_ah(pd, attr);
}

int(ibv_destroy_ah)(struct ibv_ah *ah)
{
    return efa_destroy_ah(ah);
}

int(efadv_query_device)(struct ibv_context *context, struct efadv_device_attr *attr, uint32_t inlen)
{
    return efa_query_device_direct(context, attr, inlen);
}

int(efadv_query_ah)(struct ibv_ah *ah, struct efadv_ah_attr *attr, uint32_t inlen)
{
    return efa_query_ah_direct(ah, attr, inlen);
}

int(ibv_query_pkey)(struct ibv_context *context, uint8_t port_num, int index, uint16_t *pkey)
{
    return efa_query_pkey(context, port_num, index, pkey);
}

int(ibv_query_gid_ex)(struct ibv_context *context, uint32_t port_num, uint32_t gid_index,
                      struct ibv_gid_entry *entry, uint32_t flags)
{
    return efa_query_gid_ex(context, port_num, gid_index, entry, flags);
}

intptr_t(ibv_query_gid_table)(struct ibv_context *context, struct ibv_gid_entry *entries,
                              size_t max_entries, uint32_t flags)
{
    return efa_query_gid_table(context, entries, max_entries, flags);
}

const char *(ibv_get_device_name)(struct ibv_device *device)
{
    return efa_get_device_name(device);
}

int(ibv_get_device_index)(struct ibv_device *device)
{
    return efa_get_device_index(device);
}

const char *(ibv_node_type_str)(enum ibv_node_type node_type)
{
    return efa_node_type_str(node_type);
}

const char *(ibv_port_state_str)(enum ibv_port_state port_state)
{
    return efa_port_state_str(port_state);
}

const char *(ibv_event_type_str)(enum ibv_event_type event)
{
    return efa_event_type_str(event);
}

int(ibv_query_qp)(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask,
                  struct ibv_qp_init_attr *init_attr)
{
    return efa_query_qp(qp, attr, attr_mask, init_attr);
}

/* The order in which the device writes is not documented. */
int(ibv_query_qp_data_in_order)(struct ibv_qp *qp, enum ibv_wr_opcode op, uint32_t flags)
{
    (void)qp;
    (void)op;
    (void)flags;
    return 0;
}

struct ibv_qp *(efadv_create_driver_qp)(struct ibv_pd *pd, struct ibv_qp_init_attr *attr,
                                        uint32_t driver_qp_type)
{
    return efa_create_driver_qp(pd, attr, driver_qp_type);
}

struct ibv_cq_ex *(efadv_create_cq)(struct ibv_context *context,
                                    struct ibv_cq_init_attr_ex *attr_ex,
                                    struct efadv_cq_init_attr *efa_attr, uint32_t inlen)
{
    return efa_create_cq_direct(context, attr_ex, efa_attr, inlen);
}

struct efadv_cq *(efadv_cq_from_ibv_cq_ex)(struct ibv_cq_ex *cq_ex)
{
    return efa_cq_direct_of(cq_ex);
}

struct efadv_qp *(efadv_qp_from_ibv_qp_ex)(struct ibv_qp_ex *qp_ex)
{
    return efa_qp_direct_of(qp_ex);
}

int(efadv_get_max_sq_depth)(struct ibv_context *context, struct efadv_sq_depth_attr *attr,
                            uint32_t inlen)
{
    return efa_max_sq_depth(context, attr, inlen);
}

int(efadv_get_max_rq_depth)(struct ibv_context *context, struct efadv_rq_depth_attr *attr,
                            uint32_t inlen)
{
    return efa_max_rq_depth(context, attr, inlen);
}

int(efadv_query_qp_wqs)(struct ibv_qp *qp, struct efadv_wq_attr *sq_attr,
                        struct efadv_wq_attr *rq_attr, uint32_t inlen)
{
    return efa_query_qp_rings(qp, sq_attr, rq_attr, inlen);
}

int(efadv_query_cq)(struct ibv_cq *cq, struct efadv_cq_attr *attr, uint32_t inlen)
{
    return efa_query_cq_ring(cq, attr, inlen);
}

int(efadv_query_mr)(struct ibv_mr *mr, struct efadv_mr_attr *attr, uint32_t inlen)
{
    return efa_query_mr_direct(mr, attr, inlen);
}

/* Exported as ibv_query_device_ex, which the headers define as an inline call. */
int efa_export_query_device_ex(struct ibv_context *context,
                               const struct ibv_query_device_ex_input *input,
                               struct ibv_device_attr_ex *attr)
{
    return efa_query_device_ex(context, input, attr, sizeof *attr);
}

enum ibv_fork_status(ibv_is_fork_initialized)(void)
{
    return IBV_FORK_UNNEEDED;
}

/* Windows processes do not fork. */
int(ibv_fork_init)(void)
{
    return 0;
}

const char *(ibv_wc_status_str)(enum ibv_wc_status status)
{
    return efa_wc_status_str(status);
}
