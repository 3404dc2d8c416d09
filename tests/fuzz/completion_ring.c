/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Completion queues whose rings contain what the input says: valid entries, corrupted ones, whole
 * rings of arbitrary bytes, while queue pairs are posted to, reset, destroyed and recreated. A poll
 * may report only outstanding requests that an entry names, each once. It must report each valid
 * entry, and no slot of a queue may be lost.
 */
#include <errno.h>
#include <stdlib.h>

#include "device/completion_entry.h"
#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "driver/default_transport.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "fuzz.h"
#include "infiniband/efadv.h"
#include "os/compiler.h"

enum { QPS = 3, SENDS = 4, RECVS = 5, RINGS = 8, CQ_DEPTH = 8, MOST_SUB_CQS = 4, NUMBERS = 4 };

/* One side of a queue pair: requests that were posted and not yet reported. */
struct side {
    uint32_t depth;
    unsigned count;
    struct {
        uint64_t wr_id;
        uint16_t request_id;
        bool is_due; /* a right entry was written in its turn */
    } outstanding[RINGS];
};

struct queue_pair {
    struct ibv_qp *qp;
    uint32_t number;
    uint8_t *sq, *rq;
    uint32_t *doorbells;
    uint32_t sent, received; /* descriptors since RESET */
    struct side sides[2];    /* send, receive */
};

/* The generations of a QP number's request ids. */
struct number {
    unsigned life;         /* how many queue pairs and resets there were */
    unsigned posted_in[2]; /* the last life in which something was posted */
    uint16_t generation[2];
};

struct rings {
    struct efa_transport transport; /* first: found from it */
    uint16_t sub_cqs;
    uint32_t next_handle;
    unsigned creating; /* the queue pair that is being made */
    uint32_t next_number;
    uint8_t *entries; /* of the one completion queue */
    uint32_t written[MOST_SUB_CQS];
    unsigned due;    /* requests that a poll must report */
    unsigned unread; /* entries since the rings were last seen empty, at most */
    bool wild;       /* something was written out of turn: what is in its turn may be lost */

    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_ah *ah;
    struct ibv_cq *cq;
    struct ibv_cq_ex *cq_ex; /* the same, where it is extended */
    bool session;
    struct queue_pair qps[QPS];
    struct number numbers[NUMBERS];
    uint64_t next_wr_id;
};

static void *plain_memory(size_t size)
{
    void *memory = aligned_alloc(EFA_CACHE_LINE, size);

    FUZZ_REQUIRE(memory != NULL);
    memset(memory, 0, size);
    return memory;
}

static uint32_t open_session(const struct efa_transport *transport, void **session)
{
    *session = (void *)(uintptr_t)transport;
    return EFA_WIN32_SUCCESS;
}

static void close_session(const struct efa_transport *transport, void *session)
{
    (void)transport;
    (void)session;
}

static void create_queue_pair(struct rings *r, struct efa_qp_info *info)
{
    struct queue_pair *pair = &r->qps[r->creating];

    pair->sq = plain_memory(SENDS * EFA_SEND_DESCRIPTOR_SIZE);
    pair->rq = plain_memory(RINGS * EFA_RECV_DESCRIPTOR_SIZE);
    pair->doorbells = plain_memory(128);
    pair->number = r->next_number;
    *info = (struct efa_qp_info){
        .rq_doorbell = (uintptr_t)pair->doorbells + 64,
        .sq_doorbell = (uintptr_t)pair->doorbells,
        .rq = (uintptr_t)pair->rq,
        .sq = (uintptr_t)pair->sq,
        .qp_handle = r->next_handle++,
        .qp_num = pair->number,
        .send_sub_cq = pair->number % r->sub_cqs,
        .recv_sub_cq = (pair->number + 1) % r->sub_cqs,
    };
}

static uint32_t request(const struct efa_transport *transport, void *session, uint32_t code,
                        const void *input, uint32_t input_size, void *output, uint32_t output_size,
                        uint32_t *returned)
{
    static const struct efa_device_info info = {.page_size_cap = 0xfffff000,
                                                .max_mr_pages = 1 << 20,
                                                .max_qp = 256,
                                                .max_sq_depth = 64,
                                                .max_rq_depth = 64,
                                                .max_cq = 8,
                                                .max_cq_depth = 64,
                                                .inline_buf_size = 32,
                                                .max_mr = 8,
                                                .max_pd = 8,
                                                .max_ah = 8,
                                                .max_llq_size = 4096,
                                                .mtu = 8928,
                                                .supported_features = EFA_FEATURE_RDMA_READ,
                                                .max_sq_sge = 2,
                                                .max_rq_sge = 3};
    struct rings *r = session;

    (void)transport;
    (void)input;
    (void)input_size;
    *returned = output_size;
    switch (code) {
    case EFA_QUERY_DEVICE:
        memcpy(output, &info, sizeof info);
        ((struct efa_device_info *)output)->num_sub_cqs = r->sub_cqs;
        break;
    case EFA_CREATE_CQ:
        r->entries = plain_memory((size_t)CQ_DEPTH * r->sub_cqs * EFA_COMPLETION_ENTRY_SIZE);
        *(struct efa_cq_info *)output = (struct efa_cq_info){(uintptr_t)r->entries, 1, CQ_DEPTH};
        break;
    case EFA_CREATE_QP:
        create_queue_pair(r, output);
        break;
    default:
        if (output_size != 0)
            memset(output, 1, output_size);
        break;
    }
    return EFA_WIN32_SUCCESS;
}

static void move(struct ibv_qp *qp, enum ibv_qp_state state, int mask)
{
    struct ibv_qp_attr attr = {.qp_state = state, .port_num = 1};

    FUZZ_REQUIRE(ibv_modify_qp(qp, &attr, IBV_QP_STATE | mask) == 0);
}

static void make_ready(struct ibv_qp *qp)
{
    move(qp, IBV_QPS_INIT, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY);
    move(qp, IBV_QPS_RTR, 0);
    move(qp, IBV_QPS_RTS, IBV_QP_SQ_PSN);
}

static struct number *number_of(struct rings *r, const struct queue_pair *pair)
{
    return &r->numbers[pair->number % NUMBERS];
}

/* A new life begins: what was outstanding is not, and not due. */
static void forget(struct rings *r, struct queue_pair *pair)
{
    number_of(r, pair)->life++;
    for (unsigned i = 0; i < 2; i++)
        while (pair->sides[i].count != 0)
            r->due -= pair->sides[i].outstanding[--pair->sides[i].count].is_due;
    pair->sent = pair->received = 0;
}

/* Numbers are reused immediately, so that entries of an earlier owner reach the next one. */
static void create(struct rings *r, unsigned which, uint32_t number)
{
    struct queue_pair *pair = &r->qps[which];
    struct ibv_qp_init_attr attr = {
        .send_cq = r->cq, .recv_cq = r->cq, .cap = {SENDS, RECVS, 1, 1, 0}, .qp_type = IBV_QPT_UD};

    for (unsigned i = 0; i < QPS; i++)
        if (r->qps[i].qp && r->qps[i].number == number)
            return;
    r->creating = which;
    r->next_number = number;
    pair->qp = ibv_create_qp(r->pd, &attr);
    FUZZ_REQUIRE(pair->qp && pair->qp->qp_num == number);
    forget(r, pair);
    pair->sides[0].depth = SENDS;
    pair->sides[1].depth = RECVS;
    make_ready(pair->qp);
}

static void destroy(struct rings *r, struct queue_pair *pair)
{
    FUZZ_REQUIRE(ibv_destroy_qp(pair->qp) == 0);
    free(pair->sq);
    free(pair->rq);
    free(pair->doorbells);
    pair->qp = NULL;
    forget(r, pair);
}

/* A late completion of an earlier life does not name a request of this one. */
static void check_generation(struct rings *r, const struct queue_pair *pair, unsigned which,
                             uint16_t request_id)
{
    struct number *number = number_of(r, pair);
    uint16_t generation = request_id & (uint16_t)~(RINGS - 1);
    unsigned before = number->posted_in[which];

    if (before == number->life)
        FUZZ_REQUIRE(generation == number->generation[which]);
    else if (before != 0 && number->life - before < 100) /* they come round */
        FUZZ_REQUIRE(generation != number->generation[which]);
    number->posted_in[which] = number->life;
    number->generation[which] = generation;
}

static void post(struct rings *r, struct queue_pair *pair, unsigned which)
{
    struct side *side = &pair->sides[which];
    struct ibv_send_wr send = {
        .wr_id = r->next_wr_id, .opcode = IBV_WR_SEND, .send_flags = IBV_SEND_SIGNALED};
    struct ibv_sge sge = {16, 16, 16};
    struct ibv_recv_wr recv = {.wr_id = r->next_wr_id, .sg_list = &sge, .num_sge = 1};
    struct ibv_send_wr *bad_send = NULL;
    struct ibv_recv_wr *bad_recv = NULL;
    uint16_t request_id;
    int error;

    send.wr.ud.ah = r->ah;
    error = which == 0 ? ibv_post_send(pair->qp, &send, &bad_send)
                       : ibv_post_recv(pair->qp, &recv, &bad_recv);
    FUZZ_REQUIRE(error == (side->count < side->depth ? 0 : ENOMEM));
    if (error != 0)
        return;
    if (which == 0) {
        memcpy(&request_id, pair->sq + pair->sent++ % SENDS * EFA_SEND_DESCRIPTOR_SIZE,
               sizeof request_id);
        FUZZ_REQUIRE(pair->doorbells[0] == (pair->sent & 0xffff));
    } else {
        memcpy(&request_id, pair->rq + pair->received++ % RINGS * EFA_RECV_DESCRIPTOR_SIZE + 8,
               sizeof request_id);
        FUZZ_REQUIRE(pair->doorbells[16] == (pair->received & 0xffff));
    }
    check_generation(r, pair, which, request_id);
    for (unsigned i = 0; i < side->count; i++)
        FUZZ_REQUIRE(side->outstanding[i].request_id != request_id);
    side->outstanding[side->count].is_due = false;
    side->outstanding[side->count].wr_id = r->next_wr_id++;
    side->outstanding[side->count++].request_id = request_id;
}

static uint8_t *place(struct rings *r, unsigned sub_cq, uint32_t index)
{
    return r->entries + ((size_t)sub_cq * CQ_DEPTH + index % CQ_DEPTH) * EFA_COMPLETION_ENTRY_SIZE;
}

/* As the device does it: into the next place, with the phase of this pass. */
static void complete(struct rings *r, unsigned sub_cq, struct efa_completion_entry entry)
{
    uint32_t index = r->written[sub_cq]++;

    entry.flags = (uint8_t)((entry.flags & ~EFA_COMPLETION_PHASE) | !(index / CQ_DEPTH & 1));
    memcpy(place(r, sub_cq, index), &entry, sizeof entry);
}

/* A request that an entry completes, or NULL. */
static struct side *side_of(struct rings *r, const struct efa_completion_entry *entry, unsigned *at)
{
    unsigned queue = (entry->flags & EFA_COMPLETION_QUEUE_MASK) >> EFA_COMPLETION_QUEUE_SHIFT;

    for (unsigned i = 0; i < QPS && (queue == 1 || queue == 2); i++) {
        struct queue_pair *pair = &r->qps[i];

        if (!pair->qp || pair->number != entry->qp_num)
            continue;
        for (*at = 0; *at < pair->sides[queue - 1].count; (*at)++)
            if (pair->sides[queue - 1].outstanding[*at].request_id == entry->request_id)
                return &pair->sides[queue - 1];
    }
    return NULL;
}

/* A completion of what is outstanding, at times spoiled. */
static void write_entry(struct rings *r, struct fuzz_input *input)
{
    uint8_t choice = fuzz_u8(input);
    struct queue_pair *pair = &r->qps[choice % QPS];
    struct side *side = &pair->sides[choice >> 2 & 1];
    unsigned sub_cq = (choice >> 3) % r->sub_cqs;
    struct efa_completion_entry entry = {0};
    struct side *named;
    unsigned at;

    /* A queue of the depth that it needs: nothing is overwritten unread. */
    if (r->unread == CQ_DEPTH)
        return;
    r->unread++;
    entry.qp_num = (uint16_t)pair->number;
    entry.flags = choice >> 2 & 1 ? EFA_COMPLETION_QUEUE_RECV : EFA_COMPLETION_QUEUE_SEND;
    if (side->count != 0)
        entry.request_id = side->outstanding[fuzz_u8(input) % side->count].request_id;
    entry.length = choice;
    if ((choice & 0xc0) == 0xc0)
        entry.status = fuzz_u8(input);
    if ((choice & 0xc0) == 0x80)
        fuzz_patch(input, &entry, sizeof entry);
    named = side_of(r, &entry, &at);
    if (named && !named->outstanding[at].is_due) {
        named->outstanding[at].is_due = true;
        r->due++;
    }
    complete(r, sub_cq, entry);
}

static void scribble(struct rings *r, struct fuzz_input *input)
{
    uint8_t where = fuzz_u8(input);
    size_t size = (size_t)CQ_DEPTH * r->sub_cqs * EFA_COMPLETION_ENTRY_SIZE;

    r->wild = true;
    if (where < 0x20) {
        fuzz_bytes(input, r->entries, size);
        return;
    }
    fuzz_bytes(input, place(r, where % r->sub_cqs, where >> 2), EFA_COMPLETION_ENTRY_SIZE);
}

/* What a poll and a polling session report. */
struct told {
    uint64_t wr_id;
    enum ibv_wc_status status;
    uint32_t vendor_err, qp_num;
    enum ibv_wc_opcode opcode;
    uint32_t byte_len;
};

/* Whether a completion is read as this: the length of a receive, and of sends what they were. */
static bool is_read_as(const struct efa_completion_entry *entry, const struct told *told)
{
    uint8_t op = (entry->flags & EFA_COMPLETION_OP_MASK) >> EFA_COMPLETION_OP_SHIFT;

    if ((entry->flags & EFA_COMPLETION_QUEUE_MASK) == EFA_COMPLETION_QUEUE_RECV)
        return told->byte_len == entry->length &&
               told->opcode == (op == 2 ? IBV_WC_RECV_RDMA_WITH_IMM : IBV_WC_RECV);
    return told->byte_len == 0 && told->opcode == (op == 2 ? IBV_WC_RDMA_WRITE : IBV_WC_SEND);
}

/* It was outstanding, and an entry in some ring says just this. */
static void check_told(struct rings *r, const struct told *told)
{
    struct side *side = NULL;
    unsigned at = 0, which = 0;
    bool stands = false;

    for (unsigned i = 0; i < QPS * 2 && !side; i++) {
        struct queue_pair *pair = &r->qps[i / 2];

        for (at = 0; pair->qp && at < pair->sides[i % 2].count; at++) {
            if (pair->sides[i % 2].outstanding[at].wr_id == told->wr_id) {
                side = &pair->sides[i % 2];
                which = i % 2;
                FUZZ_REQUIRE(told->qp_num == pair->number);
                break;
            }
        }
    }
    FUZZ_REQUIRE(side != NULL);
    for (unsigned i = 0; i < (unsigned)r->sub_cqs * CQ_DEPTH && !stands; i++) {
        struct efa_completion_entry entry;

        memcpy(&entry, place(r, i / CQ_DEPTH, i), sizeof entry);
        stands = entry.request_id == side->outstanding[at].request_id &&
                 entry.qp_num == told->qp_num && entry.status == told->vendor_err &&
                 (entry.flags & EFA_COMPLETION_QUEUE_MASK) ==
                     (which == 0 ? EFA_COMPLETION_QUEUE_SEND : EFA_COMPLETION_QUEUE_RECV) &&
                 is_read_as(&entry, told);
    }
    FUZZ_REQUIRE(stands);
    FUZZ_REQUIRE((told->status == IBV_WC_SUCCESS) == (told->vendor_err == 0));
    FUZZ_REQUIRE(told->status <= IBV_WC_TM_RNDV_INCOMPLETE);
    r->due -= side->outstanding[at].is_due;
    side->outstanding[at] = side->outstanding[--side->count];
}

/* A poll found nothing more: everything that was due has been reported. */
static void saw_empty(struct rings *r)
{
    FUZZ_REQUIRE(r->due == 0 || r->wild);
    r->unread = 0;
}

static void poll(struct rings *r, unsigned limit)
{
    struct ibv_wc wc[8];
    int count;

    memset(wc, 0x77, sizeof wc);
    count = ibv_poll_cq(r->cq, (int)limit, wc);
    FUZZ_REQUIRE(count >= 0 && count <= (int)limit && (count == 0 || !r->session));
    for (int i = 0; i < count; i++) {
        struct told told = {wc[i].wr_id,  wc[i].status, wc[i].vendor_err,
                            wc[i].qp_num, wc[i].opcode, wc[i].byte_len};

        check_told(r, &told);
    }
    for (int i = count; i < 8; i++)
        FUZZ_REQUIRE(wc[i].wr_id == 0x7777777777777777u);
    if (count < (int)limit && !r->session)
        saw_empty(r);
}

static void tell_of_session(struct rings *r)
{
    struct told told = {r->cq_ex->wr_id,
                        r->cq_ex->status,
                        ibv_wc_read_vendor_err(r->cq_ex),
                        ibv_wc_read_qp_num(r->cq_ex),
                        ibv_wc_read_opcode(r->cq_ex),
                        ibv_wc_read_byte_len(r->cq_ex)};

    (void)ibv_wc_read_imm_data(r->cq_ex);
    (void)ibv_wc_read_src_qp(r->cq_ex);
    (void)ibv_wc_read_slid(r->cq_ex);
    FUZZ_REQUIRE(ibv_wc_read_sl(r->cq_ex) == 0 && ibv_wc_read_dlid_path_bits(r->cq_ex) == 0);
    FUZZ_REQUIRE((ibv_wc_read_wc_flags(r->cq_ex) & ~(unsigned)IBV_WC_WITH_IMM) == 0);
    check_told(r, &told);
}

/* One step of a session: it opens, goes on, or ends. */
static void step_session(struct rings *r, bool end)
{
    struct ibv_poll_cq_attr attr = {0};
    int error;

    if (!r->cq_ex)
        return;
    if (end) {
        if (r->session)
            ibv_end_poll(r->cq_ex);
        r->session = false;
        return;
    }
    error = r->session ? ibv_next_poll(r->cq_ex) : ibv_start_poll(r->cq_ex, &attr);
    FUZZ_REQUIRE(error == 0 || error == ENOENT);
    if (error == 0) {
        r->session = true;
        tell_of_session(r);
    } else {
        saw_empty(r);
    }
}

static void set_up(struct rings *r, uint8_t kind)
{
    struct ibv_cq_init_attr_ex attr = {.cqe = CQ_DEPTH,
                                       .wc_flags = IBV_WC_STANDARD_FLAGS,
                                       .comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS};
    struct ibv_ah_attr ah = {.is_global = 1, .port_num = 1};
    struct ibv_device **list;

    r->transport = (struct efa_transport){"rings", open_session, request, close_session};
    r->sub_cqs = (uint16_t)(1 + (kind & 3));
    efa_set_default_transport(&r->transport);
    list = ibv_get_device_list(NULL);
    r->context = ibv_open_device(list[0]);
    ibv_free_device_list(list);
    r->pd = ibv_alloc_pd(r->context);
    r->ah = ibv_create_ah(r->pd, &ah);
    if ((kind & 0x0c) == 0) {
        r->cq = ibv_create_cq(r->context, CQ_DEPTH, NULL, NULL, 0);
    } else {
        attr.flags = kind & 8 ? IBV_CREATE_CQ_ATTR_SINGLE_THREADED : 0;
        r->cq_ex = ibv_create_cq_ex(r->context, &attr);
        r->cq = ibv_cq_ex_to_cq(r->cq_ex);
    }
    create(r, 0, 7);
    create(r, 1, 0x1234);
}

static void tear_down(struct rings *r)
{
    step_session(r, true);
    for (unsigned i = 0; i < QPS; i++)
        if (r->qps[i].qp)
            destroy(r, &r->qps[i]);
    poll(r, 8);
    FUZZ_REQUIRE(ibv_destroy_cq(r->cq) == 0 && ibv_destroy_ah(r->ah) == 0 &&
                 ibv_dealloc_pd(r->pd) == 0 && ibv_close_device(r->context) == 0);
    free(r->entries);
}

static void step(struct rings *r, struct fuzz_input *input)
{
    uint8_t op = fuzz_u8(input);
    struct queue_pair *pair = &r->qps[(op >> 4) % QPS];

    switch (op & 0x0f) {
    case 0:
    case 1:
    case 2:
    case 3:
        if (pair->qp)
            post(r, pair, op & 1);
        break;
    case 4:
    case 5:
    case 6:
        write_entry(r, input);
        break;
    case 7:
        scribble(r, input);
        break;
    case 8:
    case 9:
        poll(r, 1 + (op >> 4) % 8);
        break;
    case 10:
    case 11:
        step_session(r, false);
        break;
    case 12:
        step_session(r, true);
        break;
    case 13:
        if (pair->qp) {
            move(pair->qp, IBV_QPS_RESET, 0);
            forget(r, pair);
            make_ready(pair->qp);
        }
        break;
    case 14:
        if (pair->qp)
            destroy(r, pair);
        break;
    default:
        if (!pair->qp)
            create(r, (op >> 4) % QPS, op & 0x80 ? 7 : 0x1234 + (op >> 4) % QPS);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct rings r = {.next_wr_id = 1000};

    fuzz_count_log();
    set_up(&r, fuzz_u8(&input));
    while (fuzz_more(&input))
        step(&r, &input);
    tear_down(&r);
    return 0;
}
