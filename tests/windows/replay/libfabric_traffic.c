/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The data path: bursts of sends in one session with other calls in between, reads of 50
 * completions, receives posted again in chains, an RDMA read, and a failed send.
 */
#include <string.h>

#include "life_internal.h"

#define READ_AT_ONCE 50
#define BURST 32u
#define REPOST 8u
#define IDLE_LIMIT 5000000u
#define SEND_BIT 0x80000000u /* in wr_id: a send, not a receive */
#define IMM_OF(n) (0x11000000u | (n))

/* What message `n` says, after its number. */
static unsigned char content(unsigned n, unsigned i)
{
    return (unsigned char)(n * 13 + i * 7 + 1);
}

static uint32_t length_of(unsigned n)
{
    return 4 + n % (MESSAGE_SIZE - 4);
}

static void compose(struct domain *d, struct endpoint *e, unsigned n, unsigned slot)
{
    unsigned char *message = d->send_memory + slot * MESSAGE_SIZE;
    struct endpoint *peer = &d->endpoints[e == &d->endpoints[0]];
    struct ibv_data_buf pieces[2];
    struct ibv_sge sge;

    memcpy(message, &n, sizeof n);
    for (unsigned i = 4; i < length_of(n); i++)
        message[i] = content(n, i);
    e->ex->wr_id = SEND_BIT | n;
    if (n % 3 == 1)
        ibv_wr_send_imm(e->ex, IMM_OF(n));
    else
        ibv_wr_send(e->ex);
    if (length_of(n) <= d->efa_attr.inline_buf_size) {
        pieces[0].addr = message;
        pieces[0].length = 4;
        pieces[1].addr = message + 4;
        pieces[1].length = length_of(n) - 4;
        ibv_wr_set_inline_data_list(e->ex, 2, pieces);
    } else {
        sge.addr = (uint64_t)(uintptr_t)message;
        sge.length = length_of(n);
        sge.lkey = d->send_mr->lkey;
        ibv_wr_set_sge_list(e->ex, 1, &sge);
    }
    ibv_wr_set_ud_addr(e->ex, d->self, peer->qp->qp_num, peer->qkey);
}

/* One session for the whole burst, open across calls that have nothing to do with it. */
static bool send_burst(struct domain *d, struct endpoint *e, unsigned count)
{
    unsigned char memory[64];
    struct ibv_mr *mr;
    int error;

    ibv_wr_start(e->ex);
    for (unsigned i = 0; i < count; i++) {
        compose(d, e, e->sent + i, (e == &d->endpoints[0] ? 0 : BURST) + i);
        if (i == count / 2) {
            mr = ibv_reg_mr(d->pd, memory, sizeof memory, 0);
            EXPECT(d, mr != NULL, "ibv_reg_mr with a session open");
            EXPECT(d, ibv_dereg_mr(mr) == 0, "ibv_dereg_mr with a session open");
        }
    }
    error = ibv_wr_complete(e->ex);
    EXPECT(d, error == 0, "ibv_wr_complete");
    e->sent += count;
    return true;
}

static struct endpoint *by_number(struct domain *d, uint32_t qp_num)
{
    for (unsigned i = 0; i < ENDPOINTS; i++)
        if (d->endpoints[i].qp->qp_num == qp_num)
            return &d->endpoints[i];
    return NULL;
}

static bool handle_receive(struct domain *d, struct endpoint *e)
{
    uint32_t grh = d->options->datagram ? GRH_SIZE : 0;
    uint32_t slot = (uint32_t)d->cq->wr_id;
    const unsigned char *message;
    unsigned n;

    EXPECT(d, slot < POSTED_RECEIVES, "wr_id of a receive");
    message = e->receive_memory + (size_t)slot * (MESSAGE_SIZE + GRH_SIZE) + grh;
    memcpy(&n, message, sizeof n);
    EXPECT(d, n < d->options->messages && !e->seen[n], "each message once");
    e->seen[n] = 1;
    EXPECT(d, ibv_wc_read_byte_len(d->cq) == length_of(n) + grh, "byte_len");
    for (unsigned i = 4; i < length_of(n); i++)
        EXPECT(d, message[i] == content(n, i), "content of a message");
    EXPECT(d, ibv_wc_read_slid(d->cq) == d->ahn, "slid must be the sender's address handle");
    EXPECT(d, by_number(d, ibv_wc_read_src_qp(d->cq)) != NULL, "src_qp");
    EXPECT(d, ibv_wc_read_wc_flags(d->cq) == (n % 3 == 1 ? IBV_WC_WITH_IMM : 0u), "wc_flags");
    if (n % 3 == 1)
        EXPECT(d, ibv_wc_read_imm_data(d->cq) == IMM_OF(n), "immediate data in the order given");
    e->received++;
    return true;
}

static bool repost(struct domain *d, struct endpoint *e, const uint64_t *slots, unsigned count)
{
    struct ibv_recv_wr chain[READ_AT_ONCE], *bad = NULL;
    struct ibv_sge list[READ_AT_ONCE];
    uint32_t slot_size = MESSAGE_SIZE + GRH_SIZE;

    for (unsigned i = 0; i < count; i++) {
        list[i].addr = (uint64_t)(uintptr_t)(e->receive_memory + slots[i] * slot_size);
        list[i].length = slot_size;
        list[i].lkey = e->receive_mr->lkey;
        chain[i].wr_id = slots[i];
        chain[i].sg_list = &list[i];
        chain[i].num_sge = 1;
        chain[i].next = i + 1 < count ? &chain[i + 1] : NULL;
    }
    EXPECT(d, count == 0 || ibv_post_recv(e->qp, chain, &bad) == 0, "posting receives again");
    return true;
}

/* Reads up to 50; *count is how many. In the middle of the poll a handle comes and goes. */
static bool read_completions(struct domain *d, unsigned *count)
{
    uint64_t slots[ENDPOINTS][READ_AT_ONCE];
    unsigned freed[ENDPOINTS] = {0};
    struct ibv_poll_cq_attr attr = {0};
    struct ibv_ah_attr ah_attr;
    struct ibv_ah *ah;
    int error = ibv_start_poll(d->cq, &attr);

    *count = 0;
    if (error == ENOENT)
        return true;
    EXPECT(d, error == 0, "ibv_start_poll");
    do {
        struct endpoint *e = by_number(d, ibv_wc_read_qp_num(d->cq));

        EXPECT(d, e != NULL, "qp_num of a completion");
        EXPECT(d, d->cq->status == IBV_WC_SUCCESS && ibv_wc_read_vendor_err(d->cq) == 0,
               "status of a completion");
        if (ibv_wc_read_opcode(d->cq) == IBV_WC_SEND) {
            EXPECT(d, (d->cq->wr_id & SEND_BIT) != 0, "wr_id of a send");
            e->send_completions++;
        } else {
            EXPECT(d, ibv_wc_read_opcode(d->cq) == IBV_WC_RECV, "opcode");
            if (!handle_receive(d, e))
                return false;
            slots[e - d->endpoints][freed[e - d->endpoints]++] = d->cq->wr_id;
        }
    } while (++*count < READ_AT_ONCE && (error = ibv_next_poll(d->cq)) == 0);

    memset(&ah_attr, 0, sizeof ah_attr);
    ah_attr.is_global = 1;
    ah_attr.port_num = 1;
    ah_attr.grh.dgid = d->gid;
    ah = ibv_create_ah(d->pd, &ah_attr);
    EXPECT(d, ah && ibv_destroy_ah(ah) == 0, "an address handle with a poll open");
    for (unsigned i = 0; i < ENDPOINTS; i++)
        if (!repost(d, &d->endpoints[i], slots[i], freed[i]))
            return false;
    ibv_end_poll(d->cq);
    return true;
}

/* UD may lose messages; on one adapter with receives posted it does not. */
static bool all_there(const struct domain *d)
{
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        const struct endpoint *e = &d->endpoints[i];

        if (e->send_completions < d->options->messages || e->received < d->options->messages)
            return false;
    }
    return true;
}

/* More than the queue holds: ENOMEM, nothing went, and the session is repeated with less. */
static bool overfill(struct domain *d, struct endpoint *e)
{
    ibv_wr_start(e->ex);
    for (uint32_t i = 0; i <= d->efa_attr.max_sq_wr; i++)
        compose(d, e, e->sent, 0);
    EXPECT(d, ibv_wr_complete(e->ex) == ENOMEM, "ENOMEM where the queue is full");
    return true;
}

bool traffic_run(struct domain *d)
{
    unsigned idle = 0;

    for (unsigned i = 0; i < ENDPOINTS; i++)
        if (!overfill(d, &d->endpoints[i]))
            return false;

    while (!all_there(d)) {
        unsigned count;

        for (unsigned i = 0; i < ENDPOINTS; i++) {
            struct endpoint *e = &d->endpoints[i];
            unsigned left = d->options->messages - e->sent;

            if (left && e->send_completions == e->sent &&
                !send_burst(d, e, left < BURST ? left : BURST))
                return false;
        }
        if (!read_completions(d, &count))
            return false;
        if (count == 0) {
            d->options->idle(d->options->host);
            EXPECT(d, ++idle < IDLE_LIMIT, "waited too long for completions");
        } else {
            idle = 0;
        }
    }
    return true;
}

static bool wait_for_one(struct domain *d)
{
    for (unsigned idle = 0; idle < IDLE_LIMIT; idle++) {
        if (ibv_start_poll(d->cq, NULL) == 0)
            return true;
        d->options->idle(d->options->host);
    }
    return life_complain(d, "waited too long for a completion", 0);
}

bool traffic_read_remotely(struct domain *d)
{
    struct endpoint *e = &d->endpoints[0], *peer = &d->endpoints[1];

    if (d->options->datagram || !(d->efa_attr.device_caps & EFADV_DEVICE_ATTR_CAPS_RDMA_READ))
        return true;
    memset(e->receive_memory, 0, 64);
    memset(peer->receive_memory + 4096, 0x3c, 64);
    ibv_wr_start(e->ex);
    e->ex->wr_id = SEND_BIT;
    ibv_wr_rdma_read(e->ex, peer->receive_mr->rkey,
                     (uint64_t)(uintptr_t)(peer->receive_memory + 4096));
    ibv_wr_set_sge(e->ex, e->receive_mr->lkey, (uint64_t)(uintptr_t)e->receive_memory, 64);
    ibv_wr_set_ud_addr(e->ex, d->self, peer->qp->qp_num, peer->qkey);
    EXPECT(d, ibv_wr_complete(e->ex) == 0, "an RDMA read");
    if (!wait_for_one(d))
        return false;
    EXPECT(d, d->cq->status == IBV_WC_SUCCESS, "status of an RDMA read");
    EXPECT(d, ibv_wc_read_opcode(d->cq) == IBV_WC_SEND, "opcode of an RDMA read");
    ibv_end_poll(d->cq);
    EXPECT(d, memcmp(e->receive_memory, peer->receive_memory + 4096, 64) == 0, "what was read");
    return true;
}

/* The code that reads the error later ends the poll. */
struct error_reader {
    struct ibv_cq_ex *cq;
    enum ibv_wc_status status;
    uint32_t vendor_err, qp_num;
    enum ibv_wc_opcode opcode;
};

static void read_error(void *argument)
{
    struct error_reader *reader = argument;

    reader->status = reader->cq->status;
    reader->vendor_err = ibv_wc_read_vendor_err(reader->cq);
    reader->opcode = ibv_wc_read_opcode(reader->cq);
    reader->qp_num = ibv_wc_read_qp_num(reader->cq);
    ibv_end_poll(reader->cq);
}

bool traffic_fail(struct domain *d)
{
    struct error_reader reader = {0};
    struct endpoint extra;
    uint32_t qp_num;

    if (!endpoint_open(d, &extra))
        return false;
    qp_num = extra.qp->qp_num;
    ibv_wr_start(extra.ex);
    extra.ex->wr_id = SEND_BIT | 1;
    ibv_wr_send(extra.ex);
    ibv_wr_set_sge(extra.ex, d->send_mr->lkey, 8, 64); /* outside the region */
    ibv_wr_set_ud_addr(extra.ex, d->self, d->endpoints[0].qp->qp_num, d->endpoints[0].qkey);
    EXPECT(d, ibv_wr_complete(extra.ex) == 0, "posting what will fail");
    if (!wait_for_one(d))
        return false;
    /* The poll is left open. The application closes that endpoint and goes on. */
    EXPECT(d, d->cq->status != IBV_WC_SUCCESS, "the send outside the region must fail");
    EXPECT(d, ibv_destroy_qp(extra.qp) == 0, "ibv_destroy_qp with the poll open");
    EXPECT(d, ibv_dereg_mr(extra.receive_mr) == 0, "ibv_dereg_mr with the poll open");
    endpoint_free(&extra);

    reader.cq = d->cq;
    EXPECT(d, d->options->run_elsewhere(d->options->host, read_error, &reader), "a thread");
    EXPECT(d, reader.status == IBV_WC_LOC_PROT_ERR && reader.vendor_err == 5,
           "the error as another thread reads it");
    EXPECT(d, reader.opcode == IBV_WC_SEND && reader.qp_num == qp_num,
           "opcode and number of a queue pair that is gone");
    return true;
}
