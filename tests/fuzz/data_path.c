/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Uses the library on the simulated EFA as the input says: with and without a batch limit,
 * arbitrary work requests, unfinished sessions, queue pairs in all states, keys and address handles
 * that disappear. Each request is accepted or rejected as the contract says. Each accepted request
 * completes once, unless its queue was emptied. The library never violates the device's rules.
 */
#define _GNU_SOURCE /* setenv */
#include <errno.h>
#include <stdlib.h>

#include "device.h"
#include "driver/default_transport.h"
#include "infiniband/efadv.h"
#include "os/compiler.h"

enum {
    QPS = 4,
    AHS = 3,
    DEPTH = 8,      /* the deepest queue */
    CQ_DEPTH = 128, /* for what is outstanding and POSTS_UNPOLLED more */
    POSTS_UNPOLLED = 60,
    SOURCE = 4096, /* bytes of fuzz_memory that may not be written */
    WRS = 3,
    SGES = 4
};

struct side {
    uint32_t depth, max_sge;
    unsigned count;
    uint64_t outstanding[DEPTH];
};

struct queue_pair {
    struct ibv_qp *qp;
    struct ibv_qp_ex *ex; /* NULL without the wr_* calls */
    bool is_srd, sig_all, is_handed_over;
    struct side send, recv;
};

struct path {
    struct fuzz_device *device;
    struct ibv_context *context;
    struct ibv_pd *pd, *parent; /* the parent domain promises one thread */
    struct ibv_td *td;
    struct ibv_mr *source, *target;
    struct ibv_ah *ahs[AHS];
    struct ibv_cq_ex *cq_ex;
    struct ibv_cq *cq;
    bool polling; /* a session is open */
    struct queue_pair qps[QPS];
    uint64_t next_wr_id;
    unsigned unpolled;
};

static struct ibv_ah *some_ah(const struct path *p, uint8_t choice)
{
    return choice % 8 == 7 ? NULL : p->ahs[choice % AHS];
}

static struct ibv_ah *make_ah(struct path *p)
{
    struct ibv_ah_attr attr = {.is_global = 1, .port_num = 1};

    FUZZ_REQUIRE(ibv_query_gid(p->context, 1, 0, &attr.grh.dgid) == 0);
    return ibv_create_ah(p->pd, &attr);
}

static struct ibv_mr *make_mr(struct path *p, bool source)
{
    return source ? ibv_reg_mr(p->pd, fuzz_memory, SOURCE, 0)
                  : ibv_reg_mr(p->pd, fuzz_memory + SOURCE, FUZZ_MEMORY - SOURCE,
                               IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ);
}

/* NULL: as the device version says, which is 16. */
static const char *const max_batches[8] = {"0", NULL, "1", "2", "3", "5", "0", "7"};

static void set_up(struct path *p, struct fuzz_input *input)
{
    static struct efasim_config config;
    struct ibv_cq_init_attr_ex cq = {.cqe = CQ_DEPTH,
                                     .wc_flags = IBV_WC_STANDARD_FLAGS,
                                     .comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS};
    struct ibv_td_init_attr td = {0};
    struct ibv_parent_domain_init_attr parent = {0};
    struct ibv_device **list;
    uint8_t flags = fuzz_u8(input);
    const char *max_batch = max_batches[flags >> 5];

    efasim_config_second_generation(&config);
    fuzz_small_limits(&config);
    config.reuse_numbers_at_once = flags & 1;
    config.flush_on_destroy = flags >> 1 & 1;
    config.poison_send_ring = true;
    config.strict_request_ids = false; /* the generation is above the bits of the depth */
    config.abort_on_violation = true;
    config.latency = flags >> 2 & 1 ? 1000 : 0;
    config.devices[0].versions = flags >> 3 & 1 ? EFASIM_ALL_VERSIONS : EFASIM_VERSION_BIT(2);
    cq.flags = flags >> 4 & 1 ? IBV_CREATE_CQ_ATTR_SINGLE_THREADED : 0;
    p->device = fuzz_device_create(&config);
    efa_set_default_transport(fuzz_device_transport(p->device, 0));
    list = ibv_get_device_list(NULL);
    FUZZ_REQUIRE(
        (max_batch ? setenv("EFAWIN_MAX_BATCH", max_batch, 1) : unsetenv("EFAWIN_MAX_BATCH")) == 0);
    p->context = ibv_open_device(list[0]);
    ibv_free_device_list(list);
    p->pd = ibv_alloc_pd(p->context);
    p->td = ibv_alloc_td(p->context, &td);
    parent.pd = p->pd;
    parent.td = p->td;
    p->parent = ibv_alloc_parent_domain(p->context, &parent);
    p->source = make_mr(p, true);
    p->target = make_mr(p, false);
    for (unsigned i = 0; i < AHS; i++)
        p->ahs[i] = make_ah(p);
    p->cq_ex = ibv_create_cq_ex(p->context, &cq);
    p->cq = ibv_cq_ex_to_cq(p->cq_ex);
    FUZZ_REQUIRE(p->parent && p->source && p->target);
}

static void create_qp(struct path *p, struct queue_pair *pair, uint8_t how)
{
    struct ibv_qp_init_attr_ex attr = {
        .send_cq = p->cq,
        .recv_cq = p->cq,
        .cap = {1u << (how & 3), 1u << (how >> 2 & 3), 1 + (how & 1), 1 + (how >> 1 & 1), 0},
        .sq_sig_all = how >> 4 & 1,
        .comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS,
        .pd = how >> 5 & 1 ? p->parent : p->pd,
        .send_ops_flags = IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM};
    struct efadv_qp_init_attr direct = {0};

    memset(pair, 0, sizeof *pair);
    pair->is_srd = how >> 7;
    pair->sig_all = attr.sq_sig_all != 0;
    if (pair->is_srd) {
        attr.qp_type = IBV_QPT_DRIVER;
        attr.send_ops_flags |= IBV_QP_EX_WITH_RDMA_READ;
        pair->qp = efadv_create_qp_ex(p->context, &attr, &direct, sizeof direct);
    } else {
        attr.qp_type = IBV_QPT_UD;
        pair->qp = ibv_create_qp_ex(p->context, &attr);
    }
    FUZZ_REQUIRE(pair->qp != NULL);
    pair->ex = ibv_qp_to_qp_ex(pair->qp);
    pair->send.depth = attr.cap.max_send_wr;
    pair->send.max_sge = attr.cap.max_send_sge;
    pair->recv.depth = attr.cap.max_recv_wr;
    pair->recv.max_sge = attr.cap.max_recv_sge;
    FUZZ_REQUIRE(pair->send.depth <= DEPTH && pair->recv.depth <= DEPTH);
}

static void forget(struct queue_pair *pair)
{
    pair->send.count = pair->recv.count = 0;
}

static void destroy_qp(struct queue_pair *pair)
{
    FUZZ_REQUIRE(ibv_destroy_qp(pair->qp) == 0);
    pair->qp = NULL;
}

/* It was accepted on this queue pair and has not been reported before. */
static void told_of(struct path *p, uint64_t wr_id, uint32_t qp_num, bool is_recv)
{
    for (unsigned i = 0; i < QPS; i++) {
        struct queue_pair *pair = &p->qps[i];
        struct side *side = is_recv ? &pair->recv : &pair->send;

        for (unsigned k = 0; pair->qp && k < side->count; k++) {
            if (side->outstanding[k] != wr_id)
                continue;
            FUZZ_REQUIRE(pair->qp->qp_num == qp_num);
            side->outstanding[k] = side->outstanding[--side->count];
            return;
        }
    }
    FUZZ_REQUIRE(!"a completion of a request that was not outstanding");
}

static bool poll(struct path *p, int limit)
{
    struct ibv_wc wc[8];
    int count = ibv_poll_cq(p->cq, limit, wc);

    FUZZ_REQUIRE(count >= 0 && count <= limit && (count == 0 || !p->polling));
    for (int i = 0; i < count; i++) {
        FUZZ_REQUIRE((wc[i].status == IBV_WC_SUCCESS) == (wc[i].vendor_err == 0));
        FUZZ_REQUIRE(wc[i].byte_len <= 65535 && wc[i].src_qp <= 65535);
        FUZZ_REQUIRE(wc[i].opcode == IBV_WC_RECV ||
                     (wc[i].opcode == IBV_WC_SEND && wc[i].byte_len == 0));
        told_of(p, wc[i].wr_id, wc[i].qp_num, (wc[i].opcode & IBV_WC_RECV) != 0);
    }
    return count == limit;
}

static void end_session(struct path *p)
{
    if (p->polling)
        ibv_end_poll(p->cq_ex);
    p->polling = false;
}

static void step_session(struct path *p)
{
    struct ibv_poll_cq_attr attr = {0};
    int error = p->polling ? ibv_next_poll(p->cq_ex) : ibv_start_poll(p->cq_ex, &attr);

    FUZZ_REQUIRE(error == 0 || error == ENOENT);
    if (error != 0)
        return;
    p->polling = true;
    told_of(p, p->cq_ex->wr_id, ibv_wc_read_qp_num(p->cq_ex),
            (ibv_wc_read_opcode(p->cq_ex) & IBV_WC_RECV) != 0);
}

static void drain(struct path *p)
{
    end_session(p);
    while (poll(p, 8))
        continue;
    p->unpolled = 0;
}

/* The completion queue is deep enough for what is outstanding and so many more. */
static void make_room(struct path *p, unsigned posts)
{
    if (p->unpolled + posts > POSTS_UNPOLLED)
        drain(p);
    p->unpolled += posts;
}

/* A buffer: mostly valid, in memory that can be read even if its key is wrong. */
static struct ibv_sge some_sge(const struct path *p, struct fuzz_input *input, bool inline_data)
{
    uint8_t how = fuzz_u8(input);
    uint16_t offset = fuzz_u16(input);
    struct ibv_sge sge;
    const struct ibv_mr *mr = how & 1 ? p->target : p->source;

    sge.addr = (uintptr_t)fuzz_memory + (how & 1 ? SOURCE : 0) + (offset & 0x7ff);
    sge.length = how >> 1 & 0x3f;
    sge.lkey = mr->lkey;
    if ((how & 0xc0) == 0xc0 && !inline_data)
        fuzz_patch(input, &sge, sizeof sge);
    return sge;
}

static bool may_send(const struct queue_pair *pair)
{
    return !pair->is_handed_over &&
           (pair->qp->state == IBV_QPS_RTS || pair->qp->state == IBV_QPS_SQD);
}

/* What the contract says about a request: whether it can be posted if there is room. */
static bool is_right_send(const struct queue_pair *pair, const struct ibv_send_wr *wr)
{
    uint32_t flags = (uint32_t)wr->send_flags;
    bool is_inline = (flags & IBV_SEND_INLINE) != 0;
    uint64_t inline_size = 0;

    if (!may_send(pair) || (wr->opcode != IBV_WR_SEND && wr->opcode != IBV_WR_SEND_WITH_IMM) ||
        (flags & ~(uint32_t)(IBV_SEND_SIGNALED | IBV_SEND_INLINE)) != 0 ||
        (!(flags & IBV_SEND_SIGNALED) && !pair->sig_all) || wr->num_sge < 0 ||
        (!is_inline && (uint32_t)wr->num_sge > pair->send.max_sge) || !wr->wr.ud.ah)
        return false;
    for (int i = 0; i < wr->num_sge; i++)
        inline_size += wr->sg_list[i].length;
    return !is_inline || inline_size <= 32;
}

/* A list was posted up to `bad`, the first that is wrong or finds no room; the rest was not. */
static void check_posted(struct side *side, const bool *right, unsigned count, int error,
                         const void *bad, const void *const *wrs, const uint64_t *wr_ids)
{
    unsigned posted = 0;

    while (posted < count && right[posted] && side->count < side->depth)
        side->outstanding[side->count++] = wr_ids[posted++];
    if (posted == count) {
        FUZZ_REQUIRE(error == 0);
        return;
    }
    FUZZ_REQUIRE(bad == wrs[posted]);
    if (right[posted])
        FUZZ_REQUIRE(error == ENOMEM);
    else
        FUZZ_REQUIRE(error == EINVAL || (error == ENOMEM && side->count == side->depth));
}

static void post_send(struct path *p, struct queue_pair *pair, struct fuzz_input *input)
{
    struct ibv_sge sges[WRS][SGES];
    struct ibv_send_wr wrs[WRS], *bad = NULL;
    const void *places[WRS];
    uint64_t wr_ids[WRS];
    bool right[WRS];
    unsigned count = 1 + fuzz_below(input, WRS);
    int error;

    make_room(p, count);
    memset(wrs, 0, sizeof wrs);
    for (unsigned i = 0; i < count; i++) {
        struct ibv_send_wr *wr = &wrs[i];
        uint8_t how = fuzz_u8(input);
        const struct queue_pair *to = &p->qps[how % QPS];

        wr->wr_id = wr_ids[i] = p->next_wr_id++;
        wr->next = i + 1 < count ? &wrs[i + 1] : NULL;
        wr->sg_list = sges[i];
        wr->num_sge = how >> 2 & 1 ? 1 : 0;
        wr->opcode = how >> 3 & 1 ? IBV_WR_SEND_WITH_IMM : IBV_WR_SEND;
        wr->send_flags = IBV_SEND_SIGNALED | (how >> 4 & 1 ? IBV_SEND_INLINE : 0);
        wr->imm_data = how;
        if ((how & 0xe0) == 0xe0)
            wr->num_sge = (int8_t)fuzz_u8(input);
        if ((how & 0xe0) == 0xc0)
            wr->opcode = (enum ibv_wr_opcode)fuzz_below(input, 16);
        if ((how & 0xe0) == 0xa0)
            wr->send_flags = (unsigned)fuzz_u32(input);
        /* Of inline data every piece is read, however many there are. */
        if (wr->num_sge > SGES && (wr->send_flags & IBV_SEND_INLINE) != 0)
            wr->num_sge = SGES;
        for (unsigned k = 0; k < SGES; k++)
            sges[i][k] = (int)k < wr->num_sge
                             ? some_sge(p, input, (wr->send_flags & IBV_SEND_INLINE) != 0)
                             : (struct ibv_sge){0, 0, 0};
        wr->wr.ud.ah = some_ah(p, fuzz_u8(input));
        wr->wr.ud.remote_qpn = to->qp ? to->qp->qp_num : fuzz_u32(input);
        wr->wr.ud.remote_qkey = (how & 0xe0) == 0x60;
        places[i] = wr;
        right[i] = is_right_send(pair, wr);
    }
    error = ibv_post_send(pair->qp, wrs, &bad);
    check_posted(&pair->send, right, count, error, bad, places, wr_ids);
}

static void post_recv(struct path *p, struct queue_pair *pair, struct fuzz_input *input)
{
    bool open =
        pair->qp->state != IBV_QPS_RESET && pair->qp->state != IBV_QPS_ERR && !pair->is_handed_over;
    struct ibv_sge sges[WRS][SGES];
    struct ibv_recv_wr wrs[WRS], *bad = NULL;
    const void *places[WRS];
    uint64_t wr_ids[WRS];
    bool right[WRS];
    unsigned count = 1 + fuzz_below(input, WRS);
    int error;

    make_room(p, count);
    for (unsigned i = 0; i < count; i++) {
        uint8_t how = fuzz_u8(input);

        wr_ids[i] = p->next_wr_id++;
        wrs[i] = (struct ibv_recv_wr){.wr_id = wr_ids[i],
                                      .next = i + 1 < count ? &wrs[i + 1] : NULL,
                                      .sg_list = sges[i],
                                      .num_sge = 1 + (how & 1)};
        if ((how & 0xe0) == 0xe0)
            wrs[i].num_sge = (int8_t)fuzz_u8(input);
        for (unsigned k = 0; k < SGES; k++)
            sges[i][k] =
                (int)k < wrs[i].num_sge ? some_sge(p, input, false) : (struct ibv_sge){0, 0, 0};
        places[i] = &wrs[i];
        right[i] = open && wrs[i].num_sge >= 1 && (uint32_t)wrs[i].num_sge <= pair->recv.max_sge;
    }
    error = ibv_post_recv(pair->qp, wrs, &bad);
    check_posted(&pair->recv, right, count, error, bad, places, wr_ids);
}

/* What a session has come to, by the contract. */
struct expected {
    bool failed;
    bool in_hand, is_read, addressed, buffered;
    unsigned count;
    uint64_t wr_ids[DEPTH + 1];
};

static void finish_request(struct expected *e)
{
    if (e->in_hand && (!e->addressed || (e->is_read && !e->buffered)))
        e->failed = true;
    e->in_hand = false;
}

static void begin(struct path *p, struct queue_pair *pair, struct expected *e, uint8_t how)
{
    bool is_read = (how & 3) == 3 && pair->is_srd;

    pair->ex->wr_id = p->next_wr_id++;
    pair->ex->wr_flags = (how & 0x70) == 0x70 ? how : IBV_SEND_SIGNALED;
    finish_request(e);
    if (!e->failed && (!may_send(pair) || pair->send.count + e->count >= pair->send.depth ||
                       ((pair->ex->wr_flags & ~(unsigned)IBV_SEND_INLINE) |
                        (pair->sig_all ? IBV_SEND_SIGNALED : 0)) != IBV_SEND_SIGNALED))
        e->failed = true;
    if (is_read)
        ibv_wr_rdma_read(pair->ex, p->target->rkey, (uintptr_t)fuzz_memory + SOURCE + 4096);
    else if (how & 1)
        ibv_wr_send_imm(pair->ex, how);
    else
        ibv_wr_send(pair->ex);
    if (e->failed)
        return;
    e->in_hand = true;
    e->is_read = is_read;
    e->addressed = e->buffered = false;
    e->wr_ids[e->count++] = pair->ex->wr_id;
}

static void set(struct path *p, struct queue_pair *pair, struct expected *e, uint8_t how,
                struct fuzz_input *input)
{
    struct ibv_sge sges[SGES];
    struct ibv_data_buf buffers[SGES];
    const struct queue_pair *to = &p->qps[how >> 6];
    size_t count = how >> 3 & 3;
    size_t inline_size = 0;
    struct ibv_ah *ah;

    if (!e->in_hand)
        e->failed = true;
    switch (how & 7) {
    case 0:
    case 1:
    case 2:
        ah = some_ah(p, how >> 3);
        ibv_wr_set_ud_addr(pair->ex, ah, to->qp ? to->qp->qp_num : how, 0);
        if (!ah)
            e->failed = true;
        e->addressed = true;
        return;
    case 3:
    case 4:
        sges[0] = some_sge(p, input, false);
        ibv_wr_set_sge(pair->ex, sges[0].lkey, sges[0].addr, sges[0].length);
        e->buffered = true;
        return;
    case 5:
        for (size_t i = 0; i < SGES; i++)
            sges[i] = i < count ? some_sge(p, input, false) : (struct ibv_sge){0, 0, 0};
        ibv_wr_set_sge_list(pair->ex, count, sges);
        if (count > pair->send.max_sge || (e->is_read && count != 1))
            e->failed = true;
        e->buffered = true;
        return;
    default:
        for (size_t i = 0; i < count; i++) {
            struct ibv_sge sge = some_sge(p, input, true);

            buffers[i] = (struct ibv_data_buf){(void *)(uintptr_t)sge.addr, sge.length};
            inline_size += sge.length;
        }
        if (e->is_read || inline_size > 32)
            e->failed = true;
        ibv_wr_set_inline_data_list(pair->ex, count, buffers);
        return;
    }
}

static void send_session(struct path *p, struct queue_pair *pair, struct fuzz_input *input)
{
    struct expected e = {0};
    unsigned calls = fuzz_u8(input) & 0x0f;
    int error;

    make_room(p, DEPTH);
    ibv_wr_start(pair->ex);
    for (unsigned i = 0; i < calls; i++) {
        uint8_t how = fuzz_u8(input);

        if (!e.in_hand ? how & 0x0f : (how & 7) == 7)
            begin(p, pair, &e, fuzz_u8(input));
        else
            set(p, pair, &e, how, input);
    }
    if (fuzz_below(input, 8) == 7) {
        ibv_wr_abort(pair->ex);
        return;
    }
    error = ibv_wr_complete(pair->ex);
    finish_request(&e);
    FUZZ_REQUIRE(e.failed ? error > 0 && error < 200 : error == 0);
    for (unsigned i = 0; i < e.count && error == 0; i++)
        pair->send.outstanding[pair->send.count++] = e.wr_ids[i];
}

static void modify(struct path *p, struct queue_pair *pair, struct fuzz_input *input)
{
    static const struct {
        enum ibv_qp_state state;
        int mask;
    } steps[] = {{IBV_QPS_INIT, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY},
                 {IBV_QPS_RTR, 0},
                 {IBV_QPS_RTS, IBV_QP_SQ_PSN},
                 {IBV_QPS_SQD, 0},
                 {IBV_QPS_ERR, 0},
                 {IBV_QPS_RESET, 0}};
    struct ibv_qp_attr attr = {.port_num = 1};
    enum ibv_qp_state before = pair->qp->state;
    uint8_t how = fuzz_u8(input);
    unsigned step = how % EFA_ARRAY_SIZE(steps);
    int mask = IBV_QP_STATE | steps[step].mask;
    int error;

    (void)p;
    attr.qp_state = steps[step].state;
    if (how >> 6 == 3)
        mask = (int)fuzz_u32(input);
    if (how >> 6 == 2)
        fuzz_patch(input, &attr, sizeof attr);
    error = ibv_modify_qp(pair->qp, &attr, mask);
    FUZZ_REQUIRE(error >= 0 && error < 200);
    FUZZ_REQUIRE(pair->qp->state == (error == 0 && (mask & IBV_QP_STATE) ? attr.qp_state : before));
    if (error == 0 && (mask & IBV_QP_STATE) && attr.qp_state == IBV_QPS_RESET)
        forget(pair);
}

static void make_ready(struct queue_pair *pair)
{
    struct ibv_qp_attr attr = {.port_num = 1};

    attr.qp_state = IBV_QPS_RESET;
    FUZZ_REQUIRE(ibv_modify_qp(pair->qp, &attr, IBV_QP_STATE) == 0);
    forget(pair);
    attr.qp_state = IBV_QPS_INIT;
    FUZZ_REQUIRE(ibv_modify_qp(pair->qp, &attr,
                               IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY) == 0);
    attr.qp_state = IBV_QPS_RTR;
    FUZZ_REQUIRE(ibv_modify_qp(pair->qp, &attr, IBV_QP_STATE) == 0);
    attr.qp_state = IBV_QPS_RTS;
    FUZZ_REQUIRE(ibv_modify_qp(pair->qp, &attr, IBV_QP_STATE | IBV_QP_SQ_PSN) == 0);
}

static void replace(struct path *p, uint8_t how)
{
    if (how & 1) {
        /* One of the handles that share the adapter's, or all: then the adapter's goes too. */
        unsigned first = how & 0x80 ? 0 : (how >> 1) % AHS, end = how & 0x80 ? AHS : first + 1;

        for (unsigned i = first; i < end; i++)
            FUZZ_REQUIRE(ibv_destroy_ah(p->ahs[i]) == 0);
        for (unsigned i = first; i < end; i++) {
            p->ahs[i] = make_ah(p);
            FUZZ_REQUIRE(p->ahs[i] && p->ahs[i]->handle == p->ahs[0]->handle);
        }
    } else {
        bool source = how >> 1 & 1;
        struct ibv_mr **mr = source ? &p->source : &p->target;

        FUZZ_REQUIRE(ibv_dereg_mr(*mr) == 0);
        *mr = make_mr(p, source);
        FUZZ_REQUIRE(*mr != NULL);
    }
}

static void hand_over(struct queue_pair *pair)
{
    struct efadv_wq_attr sq = {0}, rq = {0};
    int error = efadv_query_qp_wqs(pair->qp, &sq, &rq, sizeof sq);

    FUZZ_REQUIRE(error == 0 || (error == EBUSY && !pair->is_handed_over));
    if (pair->send.count + pair->recv.count != 0 && !pair->is_handed_over)
        FUZZ_REQUIRE(error == EBUSY);
    pair->is_handed_over = pair->is_handed_over || error == 0;
}

static void step(struct path *p, struct fuzz_input *input)
{
    uint8_t op = fuzz_u8(input);
    struct queue_pair *pair = &p->qps[op >> 4 & 3];

    if (!pair->qp && (op & 0x0f) < 10) {
        create_qp(p, pair, fuzz_u8(input));
        if (op & 0x80)
            make_ready(pair);
        return;
    }
    switch (op & 0x0f) {
    case 0:
    case 1:
        post_send(p, pair, input);
        break;
    case 2:
    case 3:
        post_recv(p, pair, input);
        break;
    case 4:
    case 5:
        send_session(p, pair, input);
        break;
    case 6:
        modify(p, pair, input);
        break;
    case 7:
        make_ready(pair);
        break;
    case 8:
        if ((op & 0xc0) == 0xc0)
            hand_over(pair);
        else
            destroy_qp(pair);
        break;
    case 9:
    case 10:
        poll(p, 1 + (op >> 4 & 7));
        break;
    case 11:
        step_session(p);
        break;
    case 12:
        end_session(p);
        break;
    case 13:
        fuzz_device_run(p->device);
        break;
    case 14:
        fuzz_device_advance(p->device, fuzz_u16(input) * 64u);
        break;
    default:
        replace(p, op >> 4);
        break;
    }
}

/* In the error state all accepted requests complete. */
static void flush(struct path *p)
{
    struct ibv_qp_attr attr = {.qp_state = IBV_QPS_ERR};

    for (unsigned i = 0; i < QPS; i++)
        if (p->qps[i].qp)
            FUZZ_REQUIRE(ibv_modify_qp(p->qps[i].qp, &attr, IBV_QP_STATE) == 0);
    fuzz_device_run(p->device);
    drain(p);
    for (unsigned i = 0; i < QPS; i++)
        if (p->qps[i].qp)
            FUZZ_REQUIRE(p->qps[i].send.count == 0 && p->qps[i].recv.count == 0);
}

static void tear_down(struct path *p)
{
    for (unsigned i = 0; i < QPS; i++)
        if (p->qps[i].qp)
            destroy_qp(&p->qps[i]);
    FUZZ_REQUIRE(ibv_destroy_cq(p->cq) == 0);
    for (unsigned i = 0; i < AHS; i++)
        FUZZ_REQUIRE(ibv_destroy_ah(p->ahs[i]) == 0);
    FUZZ_REQUIRE(ibv_dereg_mr(p->source) == 0 && ibv_dereg_mr(p->target) == 0);
    FUZZ_REQUIRE(ibv_dealloc_pd(p->parent) == 0 && ibv_dealloc_td(p->td) == 0);
    FUZZ_REQUIRE(ibv_dealloc_pd(p->pd) == 0 && ibv_close_device(p->context) == 0);
    FUZZ_REQUIRE(fuzz_device_violations(p->device) == 0);
    fuzz_device_destroy(p->device);
    FUZZ_REQUIRE(fuzz_all_are(fuzz_memory, 0x5c, SOURCE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct path p = {.next_wr_id = 1000};

    fuzz_count_log();
    memset(fuzz_memory, 0x5c, sizeof fuzz_memory);
    set_up(&p, &input);
    while (fuzz_more(&input))
        step(&p, &input);
    flush(&p);
    tear_down(&p);
    return 0;
}
