/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The operations of ibv_qp_ex that EFA, or this QP, does not have. Callers do not check the
 * pointers, so each exists and fails the session.
 */
#include <errno.h>

#include "send_queue.h"

static void missing(struct ibv_qp_ex *qp, const char *what)
{
    efa_session_fail(qp, EOPNOTSUPP, what);
}

static void wr_send(struct ibv_qp_ex *qp)
{
    missing(qp, "the QP was created without IBV_QP_EX_WITH_SEND");
}

static void wr_send_imm(struct ibv_qp_ex *qp, uint32_t imm_data)
{
    (void)imm_data;
    missing(qp, "the QP was created without IBV_QP_EX_WITH_SEND_WITH_IMM");
}

static void wr_rdma_read(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr)
{
    (void)rkey;
    (void)remote_addr;
    missing(qp, "the QP was created without IBV_QP_EX_WITH_RDMA_READ");
}

static void wr_rdma_write(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr)
{
    (void)rkey;
    (void)remote_addr;
    missing(qp, "RDMA write is not supported");
}

static void wr_rdma_write_imm(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr,
                              uint32_t imm_data)
{
    (void)imm_data;
    wr_rdma_write(qp, rkey, remote_addr);
}

static void wr_send_inv(struct ibv_qp_ex *qp, uint32_t invalidate_rkey)
{
    (void)invalidate_rkey;
    missing(qp, "send with invalidate is not supported");
}

static void wr_local_inv(struct ibv_qp_ex *qp, uint32_t invalidate_rkey)
{
    (void)invalidate_rkey;
    missing(qp, "local invalidate is not supported");
}

static void wr_bind_mw(struct ibv_qp_ex *qp, struct ibv_mw *mw, uint32_t rkey,
                       const struct ibv_mw_bind_info *bind_info)
{
    (void)mw;
    (void)rkey;
    (void)bind_info;
    missing(qp, "memory windows are not supported");
}

static void wr_atomic_cmp_swp(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr,
                              uint64_t compare, uint64_t swap)
{
    (void)rkey;
    (void)remote_addr;
    (void)compare;
    (void)swap;
    missing(qp, "atomic operations are not supported");
}

static void wr_atomic_fetch_add(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr,
                                uint64_t add)
{
    (void)rkey;
    (void)remote_addr;
    (void)add;
    missing(qp, "atomic operations are not supported");
}

static void wr_send_tso(struct ibv_qp_ex *qp, void *hdr, uint16_t hdr_sz, uint16_t mss)
{
    (void)hdr;
    (void)hdr_sz;
    (void)mss;
    missing(qp, "segmentation offload is not supported");
}

static void wr_set_xrc_srqn(struct ibv_qp_ex *qp, uint32_t remote_srqn)
{
    (void)remote_srqn;
    missing(qp, "XRC is not supported");
}

void efa_send_queue_set_missing_ops(struct ibv_qp_ex *qp)
{
    qp->wr_send = wr_send;
    qp->wr_send_imm = wr_send_imm;
    qp->wr_rdma_read = wr_rdma_read;
    qp->wr_rdma_write = wr_rdma_write;
    qp->wr_rdma_write_imm = wr_rdma_write_imm;
    qp->wr_send_inv = wr_send_inv;
    qp->wr_local_inv = wr_local_inv;
    qp->wr_bind_mw = wr_bind_mw;
    qp->wr_atomic_cmp_swp = wr_atomic_cmp_swp;
    qp->wr_atomic_fetch_add = wr_atomic_fetch_add;
    qp->wr_send_tso = wr_send_tso;
    qp->wr_set_xrc_srqn = wr_set_xrc_srqn;
}
