/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Endpoints: the queue pair with the masks and values of libfabric, its states, its receives. */
#include <stdlib.h>
#include <string.h>

#include "life_internal.h"

#define PD_AND_OPERATIONS (IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS)

static bool create_qp(struct domain *d, struct endpoint *e)
{
    const struct efadv_device_attr *limits = &d->efa_attr;
    struct ibv_qp_init_attr_ex attr;
    struct efadv_qp_init_attr efa_attr;
    enum ibv_qp_type type = d->options->datagram ? IBV_QPT_UD : IBV_QPT_DRIVER;

    memset(&attr, 0, sizeof attr);
    memset(&efa_attr, 0, sizeof efa_attr);
    attr.comp_mask = PD_AND_OPERATIONS;
    attr.pd = d->pd;
    attr.qp_context = e;
    attr.sq_sig_all = 1;
    attr.send_cq = ibv_cq_ex_to_cq(d->cq);
    attr.recv_cq = attr.send_cq;
    attr.cap.max_send_wr = limits->max_sq_wr;
    attr.cap.max_recv_wr = limits->max_rq_wr / limits->max_rq_sge;
    attr.cap.max_send_sge = limits->max_sq_sge;
    attr.cap.max_recv_sge = limits->max_rq_sge;
    attr.cap.max_inline_data = limits->inline_buf_size;
    attr.qp_type = type;
    attr.send_ops_flags = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM;
    errno = 0;
    if (d->options->datagram) {
        e->qp = ibv_create_qp_ex(d->context, &attr);
    } else {
        efa_attr.driver_qp_type = EFADV_QP_DRIVER_TYPE_SRD;
        if (limits->device_caps & EFADV_DEVICE_ATTR_CAPS_RDMA_READ)
            attr.send_ops_flags |= IBV_QP_EX_WITH_RDMA_READ;
        e->qp = efadv_create_qp_ex(d->context, &attr, &efa_attr, sizeof efa_attr);
    }
    EXPECT(d, e->qp != NULL, "creating the queue pair");
    EXPECT(d, e->qp->qp_type == type, "the type read back must be the verbs value");
    EXPECT(d, e->qp->qp_context == e, "qp_context");
    EXPECT(d, e->qp->qp_num < 0x10000, "the number is an index into a table");
    e->receive_depth = attr.cap.max_recv_wr;
    e->ex = ibv_qp_to_qp_ex(e->qp);
    EXPECT(d, e->ex != NULL, "ibv_qp_to_qp_ex");
    return true;
}

static bool to_ready(struct domain *d, struct endpoint *e)
{
    struct ibv_qp_attr attr;
    int mask = IBV_QP_STATE | IBV_QP_SQ_PSN;

    memset(&attr, 0, sizeof attr);
    e->qkey = 0x5a5a0000u | (e->qp->qp_num & 0xffff);
    attr.qp_state = IBV_QPS_INIT;
    attr.port_num = 1;
    attr.qkey = e->qkey;
    EXPECT(d, ibv_modify_qp(e->qp, &attr, 0x71) == 0, "to INIT");
    attr.qp_state = IBV_QPS_RTR;
    EXPECT(d, ibv_modify_qp(e->qp, &attr, IBV_QP_STATE) == 0, "to RTR");
    attr.qp_state = IBV_QPS_RTS;
    if (!d->options->datagram && (d->efa_attr.device_caps & EFADV_DEVICE_ATTR_CAPS_RNR_RETRY)) {
        attr.rnr_retry = 3;
        mask |= IBV_QP_RNR_RETRY;
    }
    EXPECT(d, ibv_modify_qp(e->qp, &attr, mask) == 0, "to RTS");
    return true;
}

/* One chain of the whole pre-posted depth. */
static bool post_all_receives(struct domain *d, struct endpoint *e)
{
    static struct ibv_recv_wr chain[POSTED_RECEIVES];
    static struct ibv_sge list[POSTED_RECEIVES];
    uint32_t slot = MESSAGE_SIZE + GRH_SIZE;
    struct ibv_recv_wr *bad = NULL;

    EXPECT(d, e->receive_depth >= POSTED_RECEIVES, "room for a thousand receives");
    for (uint32_t i = 0; i < POSTED_RECEIVES; i++) {
        list[i].addr = (uint64_t)(uintptr_t)(e->receive_memory + (size_t)i * slot);
        list[i].length = slot;
        list[i].lkey = e->receive_mr->lkey;
        chain[i].wr_id = i;
        chain[i].sg_list = &list[i];
        chain[i].num_sge = 1;
        chain[i].next = i + 1 < POSTED_RECEIVES ? &chain[i + 1] : NULL;
    }
    EXPECT(d, ibv_post_recv(e->qp, chain, &bad) == 0, "the chain of receives");
    return true;
}

bool endpoint_open(struct domain *d, struct endpoint *e)
{
    size_t size = (size_t)POSTED_RECEIVES * (MESSAGE_SIZE + GRH_SIZE);
    int access = IBV_ACCESS_LOCAL_WRITE;

    if (d->efa_attr.device_caps & EFADV_DEVICE_ATTR_CAPS_RDMA_READ)
        access |= IBV_ACCESS_REMOTE_READ;
    memset(e, 0, sizeof *e);
    e->seen = calloc(1, d->options->messages);
    e->receive_memory = calloc(1, size);
    EXPECT(d, e->seen && e->receive_memory, "memory");
    e->receive_mr = ibv_reg_mr(d->pd, e->receive_memory, size, access);
    EXPECT(d, e->receive_mr != NULL, "ibv_reg_mr of receive buffers");
    return create_qp(d, e) && to_ready(d, e) && post_all_receives(d, e);
}

void endpoint_free(struct endpoint *e)
{
    free(e->receive_memory);
    free(e->seen);
}

bool endpoint_close(struct domain *d, struct endpoint *e)
{
    uint32_t qp_num = e->qp->qp_num;

    EXPECT(d, ibv_destroy_qp(e->qp) == 0, "ibv_destroy_qp with receives outstanding");
    /* It drains the CQ before the next step. */
    while (ibv_start_poll(d->cq, NULL) == 0) {
        bool dead = ibv_wc_read_qp_num(d->cq) == qp_num;

        ibv_end_poll(d->cq);
        EXPECT(d, !dead, "a completion of a destroyed queue pair");
    }
    EXPECT(d, ibv_dereg_mr(e->receive_mr) == 0, "ibv_dereg_mr of receive buffers");
    endpoint_free(e);
    return true;
}
