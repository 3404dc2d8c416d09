/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Exchange through the library's classic calls (verbs_peer.h). */
#include "verbs_peer.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT = 1 };

static bool complain(const char *what)
{
    printf("    %s failed (errno %d)\n", what, errno);
    return false;
}

static bool open_device(struct verbs_peer *peer)
{
    struct ibv_device **list = ibv_get_device_list(NULL);

    if (!list || !list[0])
        return complain("finding a device");
    peer->context = ibv_open_device(list[0]);
    ibv_free_device_list(list);
    return peer->context || complain("opening the device");
}

static bool create_qp(struct verbs_peer *peer)
{
    struct efadv_qp_init_attr efa_attr;
    struct ibv_qp_init_attr_ex attr;

    memset(&efa_attr, 0, sizeof efa_attr);
    memset(&attr, 0, sizeof attr);
    attr.send_cq = peer->cq;
    attr.recv_cq = peer->cq;
    attr.cap.max_send_wr = peer->depth;
    attr.cap.max_recv_wr = peer->depth;
    attr.cap.max_send_sge = 1;
    attr.cap.max_recv_sge = 1;
    attr.pd = peer->pd;
    attr.comp_mask = IBV_QP_INIT_ATTR_PD;
    if (peer->ud) {
        attr.qp_type = IBV_QPT_UD;
        peer->qp = ibv_create_qp_ex(peer->context, &attr);
    } else {
        attr.qp_type = IBV_QPT_DRIVER;
        efa_attr.driver_qp_type = EFADV_QP_DRIVER_TYPE_SRD;
        peer->qp = efadv_create_qp_ex(peer->context, &attr, &efa_attr, sizeof efa_attr);
    }
    return peer->qp || complain("creating a queue pair");
}

static bool modify(struct verbs_peer *peer, enum ibv_qp_state state, int mask)
{
    struct ibv_qp_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.qp_state = state;
    attr.port_num = PORT;
    attr.qkey = peer->qkey;
    errno = ibv_modify_qp(peer->qp, &attr, IBV_QP_STATE | mask);
    return errno == 0 || complain("modifying the queue pair");
}

static bool create_own_ah(struct verbs_peer *peer)
{
    struct ibv_ah_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.is_global = 1;
    attr.port_num = PORT;
    if (ibv_query_gid(peer->context, PORT, 0, &attr.grh.dgid) != 0)
        return complain("asking for the GID");
    peer->ah = ibv_create_ah(peer->pd, &attr);
    return peer->ah || complain("creating an address handle");
}

uint8_t *peer_slot(const struct verbs_peer *peer, uint64_t index)
{
    return peer->memory + index * peer->slot_size;
}

bool peer_post_receive(struct verbs_peer *peer, uint64_t index)
{
    struct ibv_recv_wr request, *bad = NULL;
    struct ibv_sge sge;

    memset(&request, 0, sizeof request);
    sge.addr = (uintptr_t)peer_slot(peer, index);
    sge.length = peer->slot_size;
    sge.lkey = peer->mr->lkey;
    request.wr_id = index;
    request.sg_list = &sge;
    request.num_sge = 1;
    errno = ibv_post_recv(peer->qp, &request, &bad);
    return errno == 0 || complain("posting a receive");
}

static bool create_memory(struct verbs_peer *peer)
{
    size_t size = (size_t)peer->slot_size * peer->depth * 2;

    peer->memory = VirtualAlloc(NULL, size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    peer->free_send_slots = malloc(peer->depth * sizeof *peer->free_send_slots);
    if (!peer->memory || !peer->free_send_slots)
        return complain("allocating memory");
    for (uint32_t i = 0; i < peer->depth; i++)
        peer->free_send_slots[i] = peer->depth + i;
    peer->mr = ibv_reg_mr(peer->pd, peer->memory, size, IBV_ACCESS_LOCAL_WRITE);
    return peer->mr || complain("registering memory");
}

bool peer_open_without_receives(struct verbs_peer *peer, bool ud, uint32_t depth, uint32_t largest,
                                uint32_t qkey)
{
    memset(peer, 0, sizeof *peer);
    peer->ud = ud;
    peer->qkey = qkey;
    peer->depth = depth;
    peer->slot_size = (largest + PEER_GRH_SIZE + 63) & ~63u;
    if (!open_device(peer))
        return false;
    peer->pd = ibv_alloc_pd(peer->context);
    if (!peer->pd)
        return complain("allocating a protection domain");
    if (!create_memory(peer))
        return false;
    peer->cq = ibv_create_cq(peer->context, (int)(2 * depth), NULL, NULL, 0);
    if (!peer->cq)
        return complain("creating a completion queue");
    if (!create_qp(peer) ||
        !modify(peer, IBV_QPS_INIT, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY) ||
        !modify(peer, IBV_QPS_RTR, 0) || !modify(peer, IBV_QPS_RTS, IBV_QP_SQ_PSN) ||
        !create_own_ah(peer))
        return false;
    return true;
}

bool peer_open_keyed(struct verbs_peer *peer, bool ud, uint32_t depth, uint32_t largest,
                     uint32_t qkey)
{
    if (!peer_open_without_receives(peer, ud, depth, largest, qkey))
        return false;
    for (uint64_t index = 0; index < depth; index++)
        if (!peer_post_receive(peer, index))
            return false;
    return true;
}

bool peer_open(struct verbs_peer *peer, bool ud, uint32_t depth, uint32_t largest)
{
    return peer_open_keyed(peer, ud, depth, largest, PEER_QKEY);
}

void peer_close(struct verbs_peer *peer)
{
    if (peer->qp && ibv_destroy_qp(peer->qp) != 0)
        complain("destroying the queue pair");
    if (peer->cq && ibv_destroy_cq(peer->cq) != 0)
        complain("destroying the completion queue");
    if (peer->ah && ibv_destroy_ah(peer->ah) != 0)
        complain("destroying the address handle");
    if (peer->mr && ibv_dereg_mr(peer->mr) != 0)
        complain("deregistering memory");
    if (peer->pd && ibv_dealloc_pd(peer->pd) != 0)
        complain("deallocating the protection domain");
    if (peer->context && ibv_close_device(peer->context) != 0)
        complain("closing the device");
    if (peer->memory)
        VirtualFree(peer->memory, 0, MEM_RELEASE);
    free(peer->free_send_slots);
    memset(peer, 0, sizeof *peer);
}

/* The content of each message differs from that of its neighbours in number and size. */
static uint8_t content_at(uint32_t number, uint32_t size, uint32_t at)
{
    uint32_t mixed = (number * 2654435761u) ^ (size * 40503u) ^ ((at / 4) * 2246822519u);

    return (uint8_t)(mixed >> (8 * (at % 4)));
}

void peer_fill(uint8_t *data, uint32_t number, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        data[i] = content_at(number, size, i);
}

bool peer_is_filled(const uint8_t *data, uint32_t number, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        if (data[i] != content_at(number, size, i))
            return false;
    return true;
}

bool peer_send(struct verbs_peer *peer, uint32_t qp_num, uint32_t number, uint32_t size)
{
    struct ibv_send_wr request, *bad = NULL;
    struct ibv_sge sge;
    uint32_t index;
    uint8_t *data;

    if (peer->outstanding_sends == peer->depth)
        return complain("sending more than there are buffers");
    index = peer->free_send_slots[peer->outstanding_sends];
    data = peer_slot(peer, index);
    peer_fill(data, number, size);
    memset(&request, 0, sizeof request);
    sge.addr = (uintptr_t)data;
    sge.length = size;
    sge.lkey = peer->mr->lkey;
    request.wr_id = index;
    request.sg_list = &sge;
    request.num_sge = 1;
    request.opcode = IBV_WR_SEND_WITH_IMM;
    request.send_flags = IBV_SEND_SIGNALED;
    request.imm_data = number;
    request.wr.ud.ah = peer->ah;
    request.wr.ud.remote_qpn = qp_num;
    request.wr.ud.remote_qkey = PEER_QKEY;
    errno = ibv_post_send(peer->qp, &request, &bad);
    if (errno != 0)
        return complain("posting a send");
    peer->outstanding_sends++;
    return true;
}

int peer_poll(struct verbs_peer *peer, struct peer_message *message)
{
    uint32_t header = peer->ud ? PEER_GRH_SIZE : 0;
    struct ibv_wc completion;
    int count = ibv_poll_cq(peer->cq, 1, &completion);

    if (count == 0)
        return 0;
    if (count < 0) {
        complain("polling");
        return -1;
    }
    if (completion.status == IBV_WC_REM_ABORT_ERR && completion.wr_id < peer->depth) {
        peer->aborted++;
        return peer_post_receive(peer, completion.wr_id) ? 0 : -1;
    }
    if (completion.status != IBV_WC_SUCCESS) {
        printf("    completion with status %s\n", ibv_wc_status_str(completion.status));
        return -1;
    }
    if (completion.wr_id >= peer->depth) {
        peer->free_send_slots[--peer->outstanding_sends] = (uint32_t)completion.wr_id;
        return 0;
    }
    message->size = completion.byte_len - header;
    message->source_qp = completion.src_qp;
    message->number = completion.imm_data;
    message->intact =
        (completion.wc_flags & IBV_WC_WITH_IMM) != 0 &&
        peer_is_filled(peer_slot(peer, completion.wr_id) + header, message->number, message->size);
    return peer_post_receive(peer, completion.wr_id) ? 1 : -1;
}

static ULONGLONG deadline_in(unsigned seconds)
{
    return GetTickCount64() + seconds * 1000u;
}

bool peer_receive(struct verbs_peer *peer, struct peer_message *message, unsigned seconds)
{
    ULONGLONG end = deadline_in(seconds);

    do {
        for (unsigned i = 0; i < 1000; i++) {
            int result = peer_poll(peer, message);

            if (result != 0)
                return result > 0;
        }
        SwitchToThread();
    } while (GetTickCount64() < end);
    return false;
}

bool peer_drain_sends(struct verbs_peer *peer, unsigned seconds)
{
    ULONGLONG end = deadline_in(seconds);
    struct peer_message message;

    while (peer->outstanding_sends != 0) {
        if (peer_poll(peer, &message) < 0 || GetTickCount64() >= end)
            return false;
    }
    return true;
}
