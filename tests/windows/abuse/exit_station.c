/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Creating stations and calling the library on them (exit_station.h). */
#include "exit_station.h"

#include <errno.h>
#include <string.h>

enum { PORT = 1, BUFFER_SIZE = 64, GRH_SIZE = 40 };

struct ibv_context *open_first_device(void)
{
    struct ibv_device **list = ibv_get_device_list(NULL);
    struct ibv_context *context;

    context = list && list[0] ? ibv_open_device(list[0]) : NULL;
    ibv_free_device_list(list);
    return context;
}

struct ibv_ah *create_ah(struct ground *ground, uint8_t other)
{
    struct ibv_ah_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.is_global = 1;
    attr.port_num = PORT;
    if (ibv_query_gid(ground->context, PORT, 0, &attr.grh.dgid) != 0)
        return NULL;
    attr.grh.dgid.raw[15] ^= other;
    return ibv_create_ah(ground->pd, &attr);
}

bool open_ground(struct ground *ground)
{
    struct ibv_parent_domain_init_attr parent;
    struct ibv_td_init_attr thread;

    memset(&parent, 0, sizeof parent);
    memset(&thread, 0, sizeof thread);
    ground->context = open_first_device();
    if (!ground->context)
        return false;
    ground->pd = ibv_alloc_pd(ground->context);
    ground->td = ibv_alloc_td(ground->context, &thread);
    if (!ground->pd || !ground->td)
        return false;
    parent.pd = ground->pd;
    parent.td = ground->td;
    ground->promised_pd = ibv_alloc_parent_domain(ground->context, &parent);
    ground->mr =
        ibv_reg_mr(ground->pd, ground->memory, sizeof ground->memory, IBV_ACCESS_LOCAL_WRITE);
    ground->ah = create_ah(ground, 0);
    return ground->promised_pd && ground->mr && ground->ah;
}

bool create_queues(struct ground *ground, bool promised, struct station *station)
{
    struct ibv_cq_init_attr_ex cq;
    struct ibv_qp_init_attr_ex qp;

    memset(&cq, 0, sizeof cq);
    cq.cqe = 2 * STATION_DEPTH;
    cq.wc_flags = IBV_WC_STANDARD_FLAGS;
    if (promised) {
        cq.comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS;
        cq.flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED;
    }
    station->ground = ground;
    station->cq = ibv_create_cq_ex(ground->context, &cq);
    if (!station->cq)
        return false;
    memset(&qp, 0, sizeof qp);
    qp.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
    qp.send_ops_flags = IBV_QP_EX_WITH_SEND;
    qp.pd = promised ? ground->promised_pd : ground->pd;
    qp.qp_type = IBV_QPT_UD;
    qp.send_cq = qp.recv_cq = ibv_cq_ex_to_cq(station->cq);
    qp.cap.max_send_wr = qp.cap.max_recv_wr = STATION_DEPTH;
    qp.cap.max_send_sge = qp.cap.max_recv_sge = 1;
    station->qp = ibv_create_qp_ex(ground->context, &qp);
    station->qp_ex = station->qp ? ibv_qp_to_qp_ex(station->qp) : NULL;
    return station->qp_ex != NULL;
}

int to_state(struct station *station, enum ibv_qp_state state)
{
    struct ibv_qp_attr attr;
    int mask = IBV_QP_STATE;

    memset(&attr, 0, sizeof attr);
    attr.qp_state = state;
    attr.port_num = PORT;
    attr.qkey = STATION_QKEY;
    if (state == IBV_QPS_INIT)
        mask |= IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY;
    if (state == IBV_QPS_RTS)
        mask |= IBV_QP_SQ_PSN;
    return ibv_modify_qp(station->qp, &attr, mask);
}

int to_rts(struct station *station)
{
    int error = to_state(station, IBV_QPS_INIT);

    if (error == 0)
        error = to_state(station, IBV_QPS_RTR);
    return error != 0 ? error : to_state(station, IBV_QPS_RTS);
}

bool open_station(struct ground *ground, bool promised, struct station *station)
{
    return create_queues(ground, promised, station) && to_rts(station) == 0;
}

static void fill_sge(const struct station *station, struct ibv_sge *sge, uint32_t length)
{
    sge->addr = (uintptr_t)station->ground->memory;
    sge->length = length;
    sge->lkey = station->ground->mr->lkey;
}

int post_send(struct station *station)
{
    struct ibv_send_wr requests[2], *bad;
    struct ibv_sge sge;

    memset(requests, 0, sizeof requests);
    fill_sge(station, &sge, BUFFER_SIZE);
    for (int i = 0; i < 2; i++) {
        requests[i].sg_list = &sge;
        requests[i].num_sge = 1;
        requests[i].opcode = IBV_WR_SEND;
        requests[i].send_flags = IBV_SEND_SIGNALED;
        requests[i].wr.ud.ah = station->ground->ah;
        requests[i].wr.ud.remote_qpn = station->qp->qp_num;
        requests[i].wr.ud.remote_qkey = STATION_QKEY;
    }
    requests[0].next = &requests[1];
    return ibv_post_send(station->qp, &requests[0], &bad);
}

int post_receive(struct station *station)
{
    struct ibv_recv_wr requests[2], *bad;
    struct ibv_sge sge;

    memset(requests, 0, sizeof requests);
    fill_sge(station, &sge, GRH_SIZE + BUFFER_SIZE);
    for (int i = 0; i < 2; i++) {
        requests[i].sg_list = &sge;
        requests[i].num_sge = 1;
    }
    requests[0].next = &requests[1];
    return ibv_post_recv(station->qp, &requests[0], &bad);
}

int send_session(struct station *station)
{
    struct ibv_qp_ex *qp = station->qp_ex;

    ibv_wr_start(qp);
    qp->wr_flags = IBV_SEND_SIGNALED;
    for (int i = 0; i < 2; i++) {
        ibv_wr_send(qp);
        ibv_wr_set_ud_addr(qp, station->ground->ah, station->qp->qp_num, STATION_QKEY);
        ibv_wr_set_sge(qp, station->ground->mr->lkey, (uintptr_t)station->ground->memory,
                       BUFFER_SIZE);
    }
    return ibv_wr_complete(qp);
}

int poll(struct station *station)
{
    struct ibv_wc completions[4];

    return ibv_poll_cq(ibv_cq_ex_to_cq(station->cq), 4, completions);
}

int poll_session(struct station *station)
{
    struct ibv_poll_cq_attr attr;
    int error;

    memset(&attr, 0, sizeof attr);
    error = ibv_start_poll(station->cq, &attr);
    if (error != 0)
        return error;
    for (int i = 0; i < 3 && error == 0; i++) {
        (void)ibv_wc_read_opcode(station->cq);
        error = ibv_next_poll(station->cq);
    }
    ibv_end_poll(station->cq);
    return error == ENOENT ? 0 : error;
}
