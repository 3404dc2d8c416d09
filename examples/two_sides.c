/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Two processes, on one machine or two, exchange numbered messages over SRD and verify every byte.
 * Then each reads memory of the other, if both adapters support RDMA read. They exchange their
 * addresses over TCP (meet.c).
 *   two_sides PORT         waits for the other process
 *   two_sides PORT HOST    connects to it
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

#include "meet.h"
#include "start.h"

#define RECEIVES 32u /* posted at any time; more than the other process has sends outstanding */
#define SENDS 16u
#define MESSAGES 2000u
#define MESSAGE_SIZE 1024u
#define READ_SIZE 4096u
#define QKEY 0x1357u
#define SECONDS_WITHOUT_A_COMPLETION 20

/* The upper half of a wr_id. The lower half is the number of the buffer. */
enum kind { KIND_SEND = 1, KIND_RECEIVE, KIND_READ };

/* What each process must know of the other. Both are x64, so the bytes need no conversion. */
struct address {
    union ibv_gid gid;
    uint64_t read_from;
    uint32_t qp_num;
    uint32_t rkey;
    uint32_t can_read;
    uint32_t unused; /* so that the size has no padding */
};

struct memory {
    unsigned char sends[SENDS][MESSAGE_SIZE];
    unsigned char receives[RECEIVES][MESSAGE_SIZE];
    unsigned char read_into[READ_SIZE];
    unsigned char read_from[READ_SIZE]; /* by the other process */
};

struct side {
    struct meeting meeting;
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_cq *cq;
    struct ibv_qp *qp;
    struct ibv_qp_ex *qp_ex;
    struct ibv_mr *mr, *read_mr;
    struct ibv_ah *ah;
    struct memory *memory;
    struct address own, other;
    bool arrived[MESSAGES];
};

static bool failed(const char *what, int error)
{
    fprintf(stderr, "two_sides: %s: %s (%d)\n", what, strerror(error), error);
    return false;
}

/* ---- Objects ---- */

static bool register_memory(struct side *s)
{
    s->memory = calloc(1, sizeof *s->memory);
    if (!s->memory)
        return failed("memory", ENOMEM);
    s->mr = ibv_reg_mr(s->pd, s->memory, sizeof *s->memory, IBV_ACCESS_LOCAL_WRITE);
    if (!s->mr)
        return failed("ibv_reg_mr", errno);
    if (!s->own.can_read)
        return true;
    /* The other process may read only this part. */
    s->read_mr = ibv_reg_mr(s->pd, s->memory->read_from, READ_SIZE, IBV_ACCESS_REMOTE_READ);
    if (!s->read_mr)
        return failed("ibv_reg_mr for RDMA read", errno);
    for (uint32_t i = 0; i < READ_SIZE; i++)
        s->memory->read_from[i] = (unsigned char)(i ^ s->own.qp_num);
    s->own.rkey = s->read_mr->rkey;
    s->own.read_from = (uintptr_t)s->memory->read_from;
    return true;
}

static bool query_device(struct side *s)
{
    struct efadv_device_attr attr;
    const int error = efadv_query_device(s->context, &attr, sizeof attr);

    if (error)
        return failed("efadv_query_device", error);
    s->own.can_read = (attr.device_caps & EFADV_DEVICE_ATTR_CAPS_RDMA_READ) != 0;
    return true;
}

static bool make_ready(struct ibv_qp *qp)
{
    struct ibv_qp_attr attr;
    int error;

    memset(&attr, 0, sizeof attr);
    attr.qp_state = IBV_QPS_INIT;
    attr.port_num = 1;
    attr.qkey = QKEY;
    error = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY);
    attr.qp_state = IBV_QPS_RTR;
    if (!error)
        error = ibv_modify_qp(qp, &attr, IBV_QP_STATE);
    attr.qp_state = IBV_QPS_RTS;
    if (!error)
        error = ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_SQ_PSN);
    return !error || failed("ibv_modify_qp", error);
}

static bool create_queue_pair(struct side *s)
{
    struct efadv_qp_init_attr efa_attr;
    struct ibv_qp_init_attr_ex attr;

    memset(&efa_attr, 0, sizeof efa_attr);
    efa_attr.driver_qp_type = EFADV_QP_DRIVER_TYPE_SRD;
    memset(&attr, 0, sizeof attr);
    attr.qp_type = IBV_QPT_DRIVER;
    attr.send_cq = attr.recv_cq = s->cq;
    attr.cap.max_send_wr = SENDS;
    attr.cap.max_recv_wr = RECEIVES;
    attr.cap.max_send_sge = attr.cap.max_recv_sge = 1;
    attr.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
    attr.pd = s->pd;
    attr.send_ops_flags = IBV_QP_EX_WITH_SEND;
    if (s->own.can_read)
        attr.send_ops_flags |= IBV_QP_EX_WITH_RDMA_READ;
    s->qp = efadv_create_qp_ex(s->context, &attr, &efa_attr, sizeof efa_attr);
    if (!s->qp)
        return failed("efadv_create_qp_ex", errno);
    s->qp_ex = ibv_qp_to_qp_ex(s->qp);
    if (!s->qp_ex)
        return failed("ibv_qp_to_qp_ex", errno);
    s->own.qp_num = s->qp->qp_num;
    return make_ready(s->qp);
}

static bool post_receive(struct side *s, uint32_t buffer)
{
    struct ibv_sge sge = {(uintptr_t)s->memory->receives[buffer], MESSAGE_SIZE, s->mr->lkey};
    struct ibv_recv_wr wr, *bad;
    int error;

    memset(&wr, 0, sizeof wr);
    wr.wr_id = (uint64_t)KIND_RECEIVE << 32 | buffer;
    wr.sg_list = &sge;
    wr.num_sge = 1;
    error = ibv_post_recv(s->qp, &wr, &bad);
    return !error || failed("ibv_post_recv", error);
}

static bool create_objects(struct side *s)
{
    int error;

    s->context = example_open();
    if (!s->context || !query_device(s))
        return false;
    s->pd = ibv_alloc_pd(s->context);
    if (!s->pd)
        return failed("ibv_alloc_pd", errno);
    s->cq = ibv_create_cq(s->context, SENDS + RECEIVES, NULL, NULL, 0);
    if (!s->cq)
        return failed("ibv_create_cq", errno);
    if (!create_queue_pair(s) || !register_memory(s))
        return false;
    error = ibv_query_gid(s->context, 1, 0, &s->own.gid);
    if (error)
        return failed("ibv_query_gid", error);
    for (uint32_t i = 0; i < RECEIVES; i++)
        if (!post_receive(s, i))
            return false;
    return true;
}

static bool destroyed(const char *what, int error)
{
    return !error || failed(what, error);
}

/* What uses an object is destroyed before it. */
static bool destroy_objects(struct side *s)
{
    bool ok = true;

    if (s->qp)
        ok &= destroyed("ibv_destroy_qp", ibv_destroy_qp(s->qp));
    if (s->cq)
        ok &= destroyed("ibv_destroy_cq", ibv_destroy_cq(s->cq));
    if (s->ah)
        ok &= destroyed("ibv_destroy_ah", ibv_destroy_ah(s->ah));
    if (s->read_mr)
        ok &= destroyed("ibv_dereg_mr", ibv_dereg_mr(s->read_mr));
    if (s->mr)
        ok &= destroyed("ibv_dereg_mr", ibv_dereg_mr(s->mr));
    if (s->pd)
        ok &= destroyed("ibv_dealloc_pd", ibv_dealloc_pd(s->pd));
    if (s->context)
        example_close(s->context);
    free(s->memory);
    return ok;
}

/* ---- The other process ---- */

/* Returns when the other process called it as well. */
static bool wait_for_other(const struct side *s)
{
    const char own = 0;
    char other;

    return meet_swap(&s->meeting, &own, &other, sizeof own);
}

static bool exchange_addresses(struct side *s)
{
    struct ibv_ah_attr attr;

    if (!meet_swap(&s->meeting, &s->own, &s->other, sizeof s->own))
        return false;
    memset(&attr, 0, sizeof attr);
    attr.is_global = 1;
    attr.port_num = 1;
    attr.grh.dgid = s->other.gid;
    s->ah = ibv_create_ah(s->pd, &attr);
    if (!s->ah)
        return failed("ibv_create_ah", errno);
    /* An adapter lets only those read its memory for which it has an address handle. */
    return wait_for_other(s);
}

/* ---- Traffic ---- */

static unsigned char content(uint32_t number, uint32_t qp_num)
{
    return (unsigned char)(number * 7 + qp_num);
}

static bool post_send(struct side *s, uint32_t buffer, uint32_t number)
{
    unsigned char *message = s->memory->sends[buffer];
    int error;

    memset(message, content(number, s->own.qp_num), MESSAGE_SIZE);
    memcpy(message, &number, sizeof number);
    ibv_wr_start(s->qp_ex);
    s->qp_ex->wr_id = (uint64_t)KIND_SEND << 32 | buffer;
    s->qp_ex->wr_flags = IBV_SEND_SIGNALED;
    ibv_wr_send(s->qp_ex);
    ibv_wr_set_sge(s->qp_ex, s->mr->lkey, (uintptr_t)message, MESSAGE_SIZE);
    ibv_wr_set_ud_addr(s->qp_ex, s->ah, s->other.qp_num, QKEY);
    error = ibv_wr_complete(s->qp_ex);
    return !error || failed("posting a send", error);
}

/* SRD delivers each message once, in any order. */
static bool verify(struct side *s, uint32_t buffer, uint32_t length)
{
    const unsigned char *message = s->memory->receives[buffer];
    uint32_t number;
    bool ok;

    memcpy(&number, message, sizeof number);
    ok = length == MESSAGE_SIZE && number < MESSAGES && !s->arrived[number];
    for (size_t i = sizeof number; ok && i < MESSAGE_SIZE; i++)
        ok = message[i] == content(number, s->other.qp_num);
    if (ok)
        s->arrived[number] = true;
    else
        fprintf(stderr, "two_sides: message %u of %u bytes is damaged or arrived twice\n",
                (unsigned)number, (unsigned)length);
    return ok;
}

static bool wait_for_completion(struct side *s, struct ibv_wc *wc)
{
    const time_t begin = time(NULL);
    int count;

    while ((count = ibv_poll_cq(s->cq, 1, wc)) == 0)
        if (difftime(time(NULL), begin) > SECONDS_WITHOUT_A_COMPLETION)
            return failed("no completion", ETIMEDOUT);
    if (count < 0)
        return failed("ibv_poll_cq", -count);
    if (wc->status == IBV_WC_SUCCESS)
        return true;
    fprintf(stderr, "two_sides: request 0x%llx: %s (status %u of the device)\n",
            (unsigned long long)wc->wr_id, ibv_wc_status_str(wc->status), (unsigned)wc->vendor_err);
    return false;
}

static bool exchange_messages(struct side *s)
{
    uint32_t posted = 0, sent = 0, received = 0;

    for (; posted < SENDS; posted++)
        if (!post_send(s, posted, posted))
            return false;
    while (sent < MESSAGES || received < MESSAGES) {
        struct ibv_wc wc;
        uint32_t buffer;

        if (!wait_for_completion(s, &wc))
            return false;
        buffer = (uint32_t)wc.wr_id;
        if (wc.wr_id >> 32 == KIND_RECEIVE) {
            received++;
            if (!verify(s, buffer, wc.byte_len) || !post_receive(s, buffer))
                return false;
        } else {
            sent++;
            if (posted < MESSAGES && !post_send(s, buffer, posted++))
                return false;
        }
    }
    printf("%u messages of %u bytes each way, every byte verified\n", MESSAGES, MESSAGE_SIZE);
    return true;
}

static bool read_other(struct side *s)
{
    const unsigned char *bytes = s->memory->read_into;
    struct ibv_wc wc;
    int error;

    if (!s->own.can_read || !s->other.can_read) {
        printf("no RDMA read: it needs adapters that support it on both sides\n");
        return true;
    }
    ibv_wr_start(s->qp_ex);
    s->qp_ex->wr_id = (uint64_t)KIND_READ << 32;
    s->qp_ex->wr_flags = IBV_SEND_SIGNALED;
    ibv_wr_rdma_read(s->qp_ex, s->other.rkey, s->other.read_from);
    ibv_wr_set_sge(s->qp_ex, s->mr->lkey, (uintptr_t)bytes, READ_SIZE);
    ibv_wr_set_ud_addr(s->qp_ex, s->ah, s->other.qp_num, QKEY);
    error = ibv_wr_complete(s->qp_ex);
    if (error)
        return failed("posting an RDMA read", error);
    if (!wait_for_completion(s, &wc))
        return false;
    for (uint32_t i = 0; i < READ_SIZE; i++) {
        if (bytes[i] != (unsigned char)(i ^ s->other.qp_num)) {
            fprintf(stderr, "two_sides: byte %u of the RDMA read is wrong\n", (unsigned)i);
            return false;
        }
    }
    printf("%u bytes read from the other process, every byte verified\n", READ_SIZE);
    return true;
}

int main(int argc, char **argv)
{
    static struct side side = {.meeting = {-1}};
    bool ok;

    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: two_sides PORT [HOST]\n");
        return 2;
    }
    /* The last wait: no process destroys what the other one still reads. */
    ok = create_objects(&side) && meet(&side.meeting, argv[1], argc == 3 ? argv[2] : NULL) &&
         exchange_addresses(&side) && exchange_messages(&side) && read_other(&side) &&
         wait_for_other(&side);
    meet_end(&side.meeting);
    ok &= destroy_objects(&side);
    return ok ? 0 : 1;
}
