/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Calls for events, shared receive queues, multicast and other features that EFA or its driver
 * lacks. Objects of these kinds do not exist, so a call that takes one is always wrong.
 */
#include <errno.h>

#include "linux_calls.h"
#include "os/log.h"

static int reject(const char *call, const char *what)
{
    efa_log(EFA_LOG_INFO, "%s: %s", call, what);
    errno = EOPNOTSUPP;
    return EOPNOTSUPP;
}

static void *reject_object(const char *call, const char *what)
{
    reject(call, what);
    return NULL;
}

#define NO_EVENTS "the driver has no events; poll the completion queue"
#define NO_SRQ "EFA has no shared receive queues"
#define NO_MULTICAST "EFA has no multicast"
#define NO_ECE "EFA has no connection extensions"
#define NO_GRH "EFA does not write the header that the address would come from"
#define NO_IMPORT "the simulated EFA's objects belong to one process"

struct ibv_comp_channel *ibv_create_comp_channel(struct ibv_context *context)
{
    (void)context;
    return reject_object("ibv_create_comp_channel", NO_EVENTS);
}

int ibv_destroy_comp_channel(struct ibv_comp_channel *channel)
{
    (void)channel;
    return reject("ibv_destroy_comp_channel", NO_EVENTS);
}

int ibv_get_cq_event(struct ibv_comp_channel *channel, struct ibv_cq **cq, void **cq_context)
{
    (void)channel;
    (void)cq;
    (void)cq_context;
    reject("ibv_get_cq_event", NO_EVENTS);
    return -1;
}

void ibv_ack_cq_events(struct ibv_cq *cq, unsigned int nevents)
{
    (void)cq;
    (void)nevents;
}

int ibv_get_async_event(struct ibv_context *context, struct ibv_async_event *event)
{
    (void)context;
    (void)event;
    reject("ibv_get_async_event", "the driver has no events");
    return -1;
}

void ibv_ack_async_event(struct ibv_async_event *event)
{
    (void)event;
}

int ibv_resize_cq(struct ibv_cq *cq, int cqe)
{
    (void)cq;
    (void)cqe;
    return reject("ibv_resize_cq", "EFA cannot change the depth of a completion queue");
}

struct ibv_srq *ibv_create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *attr)
{
    (void)pd;
    (void)attr;
    return reject_object("ibv_create_srq", NO_SRQ);
}

int ibv_modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr, int mask)
{
    (void)srq;
    (void)attr;
    (void)mask;
    return reject("ibv_modify_srq", NO_SRQ);
}

int ibv_query_srq(struct ibv_srq *srq, struct ibv_srq_attr *attr)
{
    (void)srq;
    (void)attr;
    return reject("ibv_query_srq", NO_SRQ);
}

int ibv_destroy_srq(struct ibv_srq *srq)
{
    (void)srq;
    return reject("ibv_destroy_srq", NO_SRQ);
}

/* Its errors are negative; -1 means that the input is invalid and the region is unchanged. */
int ibv_rereg_mr(struct ibv_mr *mr, int flags, struct ibv_pd *pd, void *addr, size_t length,
                 int access)
{
    (void)mr;
    (void)flags;
    (void)pd;
    (void)addr;
    (void)length;
    (void)access;
    reject("ibv_rereg_mr", "EFA cannot change a registration; deregister and register again");
    return -1;
}

struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length, uint64_t iova,
                                 int fd, int access)
{
    (void)pd;
    (void)offset;
    (void)length;
    (void)iova;
    (void)fd;
    (void)access;
    return reject_object("ibv_reg_dmabuf_mr",
                         "the simulated EFA can access only memory of processes");
}

int ibv_attach_mcast(struct ibv_qp *qp, const union ibv_gid *gid, uint16_t lid)
{
    (void)qp;
    (void)gid;
    (void)lid;
    return reject("ibv_attach_mcast", NO_MULTICAST);
}

int ibv_detach_mcast(struct ibv_qp *qp, const union ibv_gid *gid, uint16_t lid)
{
    (void)qp;
    (void)gid;
    (void)lid;
    return reject("ibv_detach_mcast", NO_MULTICAST);
}

int ibv_query_ece(struct ibv_qp *qp, struct ibv_ece *ece)
{
    (void)qp;
    (void)ece;
    return reject("ibv_query_ece", NO_ECE);
}

int ibv_set_ece(struct ibv_qp *qp, struct ibv_ece *ece)
{
    (void)qp;
    (void)ece;
    return reject("ibv_set_ece", NO_ECE);
}

int ibv_init_ah_from_wc(struct ibv_context *context, uint8_t port_num, struct ibv_wc *wc,
                        struct ibv_grh *grh, struct ibv_ah_attr *attr)
{
    (void)context;
    (void)port_num;
    (void)wc;
    (void)grh;
    (void)attr;
    return reject("ibv_init_ah_from_wc", NO_GRH);
}

struct ibv_ah *ibv_create_ah_from_wc(struct ibv_pd *pd, struct ibv_wc *wc, struct ibv_grh *grh,
                                     uint8_t port_num)
{
    (void)pd;
    (void)wc;
    (void)grh;
    (void)port_num;
    return reject_object("ibv_create_ah_from_wc", NO_GRH);
}

/* libibverbs defines the signature. NOLINTBEGIN(readability-non-const-parameter) */
int ibv_resolve_eth_l2_from_gid(struct ibv_context *context, struct ibv_ah_attr *attr,
                                uint8_t eth_mac[6], uint16_t *vid)
/* NOLINTEND(readability-non-const-parameter) */
{
    (void)context;
    (void)attr;
    (void)eth_mac;
    (void)vid;
    return reject("ibv_resolve_eth_l2_from_gid", "EFA is not an Ethernet adapter");
}

struct ibv_context *ibv_import_device(int cmd_fd)
{
    (void)cmd_fd;
    return reject_object("ibv_import_device", NO_IMPORT);
}

struct ibv_pd *ibv_import_pd(struct ibv_context *context, uint32_t handle)
{
    (void)context;
    (void)handle;
    return reject_object("ibv_import_pd", NO_IMPORT);
}

void ibv_unimport_pd(struct ibv_pd *pd)
{
    (void)pd;
}

struct ibv_mr *ibv_import_mr(struct ibv_pd *pd, uint32_t handle)
{
    (void)pd;
    (void)handle;
    return reject_object("ibv_import_mr", NO_IMPORT);
}

void ibv_unimport_mr(struct ibv_mr *mr)
{
    (void)mr;
}

struct ibv_dm *ibv_import_dm(struct ibv_context *context, uint32_t handle)
{
    (void)context;
    (void)handle;
    return reject_object("ibv_import_dm", NO_IMPORT);
}

void ibv_unimport_dm(struct ibv_dm *dm)
{
    (void)dm;
}
