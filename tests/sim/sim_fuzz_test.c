/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Hostile clients: random and nearly right requests, descriptors, doorbells, rings
 * scribbled over, clients that vanish, faults, time. Whatever they do, the model must not crash,
 * write outside of what their keys grant, or keep anything of a client that is gone.
 *
 * Without arguments a short run with fixed seeds; `sim_fuzz_test SEED [SECONDS]` goes on from a
 * seed for as long as told. A failure prints the seed to repeat it with.
 */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "device/completion_entry.h"
#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "driver/protocol.h"
#include "inprocess/inprocess.h"
#include "os/compiler.h"

enum {
    CLIENTS = 4,
    QPS = 12,
    MEMORY = 64 * 1024,
    FENCE = 4096,
    STEPS = 4000,
    POOL = 64,
    FIXED_SEEDS = 100
};

struct fuzz_qp {
    bool alive;
    unsigned client;
    struct efa_qp_info info;
    uint32_t sq_entries, rq_entries;
    uint16_t sq_posted, rq_posted;
    uint32_t send_requests, recv_requests;
};

/* What a client set up well when it came: most of its work refers to it. */
struct fuzz_client {
    void *session;
    unsigned device;
    uint16_t pdn;
    uint16_t ahs[2]; /* of both devices */
    struct efa_mr_info mr;
    uint16_t cq;
};

struct fuzz {
    uint64_t random;
    uint16_t sub_cqs;
    struct efasim_inprocess *inprocess;
    const struct efa_transport *transport[2];
    struct fuzz_client clients[CLIENTS];
    struct fuzz_qp qps[QPS];
    uint8_t *memory;     /* a fence, MEMORY bytes that are registered, a fence */
    uint32_t pool[POOL]; /* numbers that replies contained: worth trying */
};

static uint64_t current_seed;
static uint64_t received; /* messages, in all runs: that something happened at all */
static uint64_t violations;

static void say_seed(int signal_number)
{
    char line[64];
    int size = snprintf(line, sizeof line, "signal %d with seed %llu\n", signal_number,
                        (unsigned long long)current_seed);
    if (size > 0 && write(STDERR_FILENO, line, (size_t)size) < 0)
        _exit(2);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static uint64_t next(struct fuzz *f)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return f->random;
}

static uint32_t below(struct fuzz *f, uint32_t bound)
{
    return (uint32_t)((next(f) >> 11) % bound);
}

/* Small, a power of two, one off it, extreme, or something a reply contained. */
static uint32_t number(struct fuzz *f)
{
    switch (below(f, 6)) {
    case 0:
        return below(f, 8);
    case 1:
        return 1u << below(f, 32);
    case 2:
        return (1u << below(f, 32)) - 1;
    case 3:
        return (uint32_t)next(f);
    default:
        return f->pool[below(f, POOL)];
    }
}

static void remember(struct fuzz *f, uint32_t value)
{
    f->pool[below(f, POOL)] = value;
}

static uint64_t address(struct fuzz *f)
{
    if (below(f, 8) == 0)
        return next(f);
    return (uint64_t)(uintptr_t)(f->memory + FENCE + below(f, MEMORY));
}

static void create_qp(struct fuzz *f, unsigned c, const void *input, uint32_t input_size)
{
    struct efa_create_qp_params params;
    struct efa_qp_info info;
    uint32_t returned;
    unsigned place = below(f, QPS);

    if (f->qps[place].alive ||
        f->transport[0]->request(f->transport[0], f->clients[c].session, EFA_CREATE_QP, input,
                                 input_size, &info, sizeof info, &returned) != 0)
        return;
    memcpy(&params, input, sizeof params);
    f->qps[place].alive = true;
    f->qps[place].client = c;
    f->qps[place].info = info;
    f->qps[place].sq_entries = params.sq_ring_size / EFA_SEND_DESCRIPTOR_SIZE;
    f->qps[place].rq_entries = params.rq_ring_size / EFA_RECV_DESCRIPTOR_SIZE;
    f->qps[place].sq_posted = 0;
    f->qps[place].rq_posted = 0;
    f->qps[place].send_requests = 0;
    f->qps[place].recv_requests = 0;
    remember(f, info.qp_num);
    remember(f, info.qp_handle);
    remember(f, info.qp_handle);
}

/* Sends a request that ought to work. */
static bool ask(struct fuzz *f, unsigned c, uint32_t code, const void *input, uint32_t input_size,
                void *output, uint32_t output_size)
{
    uint32_t returned;
    return f->transport[0]->request(f->transport[0], f->clients[c].session, code, input, input_size,
                                    output, output_size, &returned) == 0;
}

static bool modify(struct fuzz *f, unsigned c, uint32_t handle, uint32_t mask, uint32_t state)
{
    struct efa_modify_qp_params params = {0};
    params.modify_mask = mask;
    params.qp_handle = handle;
    params.state = state;
    return ask(f, c, EFA_MODIFY_QP, &params, sizeof params, NULL, 0);
}

static void make_queue_pair(struct fuzz *f, unsigned c)
{
    struct efa_create_qp_params params = {0};
    uint32_t depth = 1u << below(f, 8);

    params.send_cq_index = f->clients[c].cq;
    params.recv_cq_index = f->clients[c].cq;
    params.sq_depth = depth;
    params.rq_depth = depth;
    params.sq_ring_size = depth * EFA_SEND_DESCRIPTOR_SIZE;
    params.rq_ring_size = depth * EFA_RECV_DESCRIPTOR_SIZE;
    params.pdn = f->clients[c].pdn;
    params.qp_type = below(f, 4) == 0 ? EFA_DRIVER_QP_UD : EFA_DRIVER_QP_SRD;
    create_qp(f, c, &params, sizeof params);
    for (unsigned i = 0; i < QPS; i++) {
        uint32_t handle = f->qps[i].info.qp_handle;
        if (!f->qps[i].alive || f->qps[i].client != c)
            continue;
        /* What is in the error state starts anew. */
        if (below(f, 2) == 0 && modify(f, c, handle, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_RESET)) {
            f->qps[i].sq_posted = 0;
            f->qps[i].rq_posted = 0;
        }
        modify(f, c, handle, EFA_MODIFY_QP_STATE | EFA_MODIFY_QP_QKEY, EFA_DRIVER_QP_INIT);
        modify(f, c, handle, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_RTR);
        modify(f, c, handle, EFA_MODIFY_QP_STATE | EFA_MODIFY_QP_SQ_PSN, EFA_DRIVER_QP_RTS);
    }
}

static void make_ah(struct fuzz *f, unsigned c, unsigned device)
{
    struct efa_create_ah_params params = {f->clients[c].pdn, {0}};
    struct efa_ah_info info = {0};

    memcpy(params.dest_addr,
           efasim_get_config(efasim_inprocess_model(f->inprocess))->devices[device].gid, 16);
    ask(f, c, EFA_ALLOC_AH, &params, sizeof params, &info, sizeof info);
    f->clients[c].ahs[device] = info.ah;
}

static void make_region(struct fuzz *f, unsigned c)
{
    struct efa_reg_mr_params params = {MEMORY, (uint64_t)(uintptr_t)(f->memory + FENCE),
                                       f->clients[c].pdn, EFA_MR_LOCAL_WRITE | EFA_MR_REMOTE_READ};
    ask(f, c, EFA_REG_MR, &params, sizeof params, &f->clients[c].mr, sizeof f->clients[c].mr);
}

/* Takes away, under way, what work in flight refers to, and puts another in its place. */
static void replace(struct fuzz *f, unsigned c)
{
    struct fuzz_client *client = &f->clients[c];
    unsigned device = below(f, 2);

    if (below(f, 2) == 0) {
        struct efa_destroy_ah_params params = {client->pdn, client->ahs[device]};
        ask(f, c, EFA_DEALLOC_AH, &params, sizeof params, NULL, 0);
        make_ah(f, c, device);
    } else {
        struct efa_dereg_mr_params_v3 params = {client->mr.lkey};
        if (!ask(f, c, EFA_DEREG_MR, &params, sizeof params, NULL, 0))
            ask(f, c, EFA_DEREG_MR, &params, sizeof(struct efa_dereg_mr_params_v1), NULL, 0);
        make_region(f, c);
    }
}

static void set_up(struct fuzz *f, unsigned c)
{
    struct fuzz_client *client = &f->clients[c];
    struct efa_query_device_params query = {1 + below(f, 3)};
    struct efa_device_info info;
    struct efa_pd_info pd = {0};
    struct efa_cq_info cq = {0};
    struct efa_create_cq_params cq_params = {(uint16_t)(1u << below(f, 9)), f->sub_cqs, 16};

    ask(f, c, EFA_QUERY_DEVICE, &query, sizeof query, &info, sizeof info);
    ask(f, c, EFA_ALLOC_PD, NULL, 0, &pd, sizeof pd);
    client->pdn = pd.pdn;
    make_region(f, c);
    make_ah(f, c, 0);
    make_ah(f, c, 1);
    ask(f, c, EFA_CREATE_CQ, &cq_params, 6, &cq, sizeof cq);
    client->cq = cq.cq_index;
    make_queue_pair(f, c);
    make_queue_pair(f, c);
}

static void forget_qp(struct fuzz *f, uint32_t handle, unsigned c)
{
    for (unsigned i = 0; i < QPS; i++) {
        if (f->qps[i].alive && f->qps[i].client == c && f->qps[i].info.qp_handle == handle)
            f->qps[i].alive = false;
    }
}

/* A request of a random kind whose input is plausible in most fields. */
static void request(struct fuzz *f, unsigned c)
{
    static const uint32_t sizes[] = {4, 8, 2, 32, 4, 24, 4, 18, 4, 0, 2, 28};
    uint32_t kind = below(f, 12);
    uint32_t code = EFA_CONTROL_CODE(0x801 + kind);
    uint32_t size = sizes[kind];
    uint32_t returned = 0;
    uint64_t input64[8];
    uint64_t output64[16] = {0};
    uint8_t *input = (uint8_t *)input64;

    for (unsigned i = 0; i < 8; i++)
        input64[i] = number(f) | (uint64_t)number(f) << 32;
    if (kind == 0) {
        uint32_t version = 1 + below(f, 4);
        memcpy(input, &version, 4);
    } else if (kind == 1) {
        struct efa_create_cq_params p = {(uint16_t)(1u << below(f, 7)), f->sub_cqs, 16};
        memcpy(input, &p, sizeof p);
    } else if (kind == 3) {
        struct efa_create_qp_params p;
        memcpy(&p, input, sizeof p);
        p.send_cq_index = below(f, 6);
        p.recv_cq_index = below(f, 6);
        p.sq_depth = 1u << below(f, 6);
        p.rq_depth = 1u << below(f, 6);
        p.sq_ring_size = p.sq_depth * 64;
        p.rq_ring_size = p.rq_depth * 16;
        p.pdn = (uint16_t)below(f, 4);
        p.qp_type = below(f, 4) == 0;
        memcpy(input, &p, sizeof p);
    } else if (kind == 5) {
        struct efa_reg_mr_params p = {below(f, MEMORY) + 1u, address(f), (uint16_t)below(f, 4),
                                      (uint8_t)(below(f, 2) * 4 + below(f, 4) % 3 % 2)};
        p.addr = below(f, 4) == 0 ? p.addr : (uint64_t)(uintptr_t)(f->memory + FENCE);
        if (p.addr == (uint64_t)(uintptr_t)(f->memory + FENCE) && below(f, 2) == 0)
            p.length = MEMORY;
        else if (p.addr + p.length > (uint64_t)(uintptr_t)(f->memory + FENCE + MEMORY))
            p.length = 1; /* what is registered may be written: never the fence */
        if (p.addr < (uint64_t)(uintptr_t)(f->memory + FENCE) ||
            p.addr >= (uint64_t)(uintptr_t)(f->memory + FENCE + MEMORY))
            p.addr = 64;
        memcpy(input, &p, sizeof p);
    } else if (kind == 7) {
        struct efa_create_ah_params p = {(uint16_t)below(f, 4), {0}};
        memcpy(p.dest_addr,
               efasim_get_config(efasim_inprocess_model(f->inprocess))->devices[below(f, 2)].gid,
               16);
        p.dest_addr[3] = (uint8_t)(below(f, 8) == 0);
        memcpy(input, &p, sizeof p);
    } else if (kind == 11) {
        struct efa_modify_qp_params p = {
            below(f, 16), number(f), below(f, 8), below(f, 8),
            below(f, 2),  0,         0,           (uint8_t)below(f, 9)};
        for (unsigned i = 0; i < QPS; i++) {
            if (f->qps[i].alive && f->qps[i].client == c && below(f, 3) != 0)
                p.qp_handle = f->qps[i].info.qp_handle;
        }
        memcpy(input, &p, sizeof p);
    }
    if (below(f, 16) == 0)
        size = below(f, 64);
    if (below(f, 64) == 0)
        code = (uint32_t)next(f);
    if (code == EFA_CREATE_QP) {
        create_qp(f, c, input, size);
        return;
    }
    uint32_t error =
        f->transport[0]->request(f->transport[0], f->clients[c].session, code, input, size,
                                 output64, below(f, 16) == 0 ? 1 : sizeof output64, &returned);
    if (error == 0 && code == EFA_DESTROY_QP) {
        uint32_t handle;
        memcpy(&handle, input, sizeof handle);
        forget_qp(f, handle, c);
    }
    if (error == 0 && code == EFA_MODIFY_QP) {
        struct efa_modify_qp_params p;
        memcpy(&p, input, sizeof p);
        for (unsigned i = 0; i < QPS; i++) { /* as a client that starts its queue pair anew */
            if ((p.modify_mask & EFA_MODIFY_QP_STATE) != 0 && p.state == EFA_DRIVER_QP_RESET &&
                f->qps[i].alive && f->qps[i].client == c && f->qps[i].info.qp_handle == p.qp_handle)
                f->qps[i].sq_posted = f->qps[i].rq_posted = 0;
        }
    }
    if (error == 0 && returned != 0 && code != EFA_QUERY_DEVICE) {
        uint32_t words[2];
        memcpy(words, output64, sizeof words);
        remember(f, returned >= 4 ? words[0] : words[0] & 0xffff);
        if (returned >= 8 && code == EFA_REG_MR)
            remember(f, words[1]);
    }
}

/* A good send spoiled in some bytes, often in none. */
static void post_send(struct fuzz *f, struct fuzz_qp *qp)
{
    struct efa_send_descriptor d = {0};
    uint8_t *bytes = (uint8_t *)&d;
    uint64_t at = address(f);

    if (qp->sq_entries == 0)
        return;
    qp->send_requests++;
    d.request_id = (uint16_t)next(f);
    d.ctrl1 = (uint8_t)(EFA_SEND_META_DESC | below(f, 2) * EFA_SEND_HAS_IMM);
    if (below(f, 4) == 0)
        d.ctrl1 |= EFA_SEND_OP_RDMA_READ;
    else if (below(f, 4) == 0)
        d.ctrl1 |= EFA_SEND_INLINE_MSG;
    d.ctrl2 = EFA_SEND_FIRST | EFA_SEND_LAST | EFA_SEND_COMP_REQ;
    if ((qp->sq_posted & qp->sq_entries) != 0)
        d.ctrl2 |= EFA_SEND_PHASE;
    const struct fuzz_client *client = &f->clients[qp->client];
    const struct fuzz_qp *to = &f->qps[below(f, QPS)];
    d.destination_qp = (uint16_t)to->info.qp_num;
    d.address_handle = client->ahs[f->clients[to->client].device];
    if (below(f, 16) == 0)
        d.address_handle = (uint16_t)below(f, 8);
    d.qkey = below(f, 16) == 0;
    d.length = (uint16_t)(below(f, 64) == 0 ? below(f, 40) : 1);
    for (unsigned i = 0; i < 2; i++) {
        d.payload.buffers[i].length = below(f, 16) == 0 ? number(f) : below(f, 9000);
        d.payload.buffers[i].lkey = below(f, 16) == 0 ? number(f) & EFA_LKEY_MASK : client->mr.lkey;
        d.payload.buffers[i].address_low = (uint32_t)at;
        d.payload.buffers[i].address_high = (uint32_t)(at >> 32);
    }
    if ((d.ctrl1 & EFA_SEND_OP_MASK) != 0 && below(f, 8) != 0) {
        d.payload.buffers[1].length = d.payload.buffers[0].length;
        d.payload.rdma.remote.rkey = f->clients[to->client].mr.rkey;
    }
    if ((d.ctrl1 & EFA_SEND_INLINE_MSG) != 0 && below(f, 8) != 0)
        d.length = (uint16_t)below(f, 33);
    if (below(f, 100) == 0)
        bytes[below(f, sizeof d)] = (uint8_t)next(f);
    uint8_t *ring = (uint8_t *)(uintptr_t)qp->info.sq;
    memcpy(ring + (size_t)(qp->sq_posted++ % qp->sq_entries) * sizeof d, &d, sizeof d);
}

static void write_recv(struct fuzz *f, struct fuzz_qp *qp, uint32_t marks)
{
    struct efa_recv_descriptor d = {0};
    uint64_t at = address(f);

    d.address_low = (uint32_t)at;
    d.address_high = (uint32_t)(at >> 32);
    d.length = (uint16_t)(below(f, 16) == 0 ? number(f) : below(f, 9000));
    d.request_id = (uint16_t)next(f);
    d.lkey_ctrl = f->clients[qp->client].mr.lkey | marks;
    if (below(f, 200) == 0)
        d.lkey_ctrl ^= (uint32_t)next(f);
    uint8_t *recv_ring = (uint8_t *)(uintptr_t)qp->info.rq;
    memcpy(recv_ring + (size_t)(qp->rq_posted++ % qp->rq_entries) * sizeof d, &d, sizeof d);
}

/* Of one to three buffers, seldom of as many as the ring has. */
static void post_recv(struct fuzz *f, struct fuzz_qp *qp)
{
    uint32_t buffers = below(f, 100) == 0 ? qp->rq_entries : 1 + below(f, 3);

    if (qp->rq_entries == 0)
        return;
    qp->recv_requests++;
    for (uint32_t i = 0; i < buffers; i++)
        write_recv(f, qp, (i == 0 ? EFA_RECV_FIRST : 0) | (i + 1 == buffers ? EFA_RECV_LAST : 0));
}

static void ring(struct fuzz *f, const struct fuzz_qp *qp)
{
    uint32_t *sq = (uint32_t *)(uintptr_t)qp->info.sq_doorbell;
    uint32_t *rq = (uint32_t *)(uintptr_t)qp->info.rq_doorbell;
    efa_store_release_u32(sq, below(f, 2000) == 0 ? number(f) : qp->sq_posted);
    efa_store_release_u32(rq, below(f, 2000) == 0 ? number(f) : qp->rq_posted);
}

static void use_queue_pair(struct fuzz *f)
{
    struct fuzz_qp *qp = &f->qps[below(f, QPS)];
    if (!qp->alive)
        return;
    /* Mostly no more than there is room for: beyond that every queue pair ends in error at once. */
    bool greedy = below(f, 200) == 0;
    unsigned device = f->clients[qp->client].device;
    struct efasim_qp_counters done = {0};
    efasim_get_qp_counters(efasim_inprocess_model(f->inprocess), device, qp->info.qp_num, &done);
    uint32_t used = (uint32_t)(done.receives + done.receive_errors);
    if (greedy || (qp->recv_requests - used + 1) * 3 <= qp->rq_entries)
        post_recv(f, qp);
    if (greedy || (uint32_t)(qp->send_requests - done.sends) + 4 < qp->sq_entries / 2)
        post_send(f, qp);
    if (below(f, 1000) == 0 && qp->sq_entries != 0) {
        uint8_t *sq = (uint8_t *)(uintptr_t)qp->info.sq;
        for (uint32_t i = 0; i < qp->sq_entries * 64; i++)
            sq[i] = (uint8_t)next(f);
    }
    ring(f, qp);
}

static void reopen(struct fuzz *f, unsigned c)
{
    if (f->clients[c].session) {
        f->transport[0]->close(f->transport[0], f->clients[c].session);
        f->clients[c].session = NULL;
        for (unsigned i = 0; i < QPS; i++) {
            if (f->qps[i].client == c)
                f->qps[i].alive = false;
        }
    }
    f->clients[c].device = below(f, 2);
    const struct efa_transport *transport = f->transport[f->clients[c].device];
    if (transport->open(transport, &f->clients[c].session) != 0)
        f->clients[c].session = NULL;
    else
        set_up(f, c);
}

static void disturb(struct fuzz *f)
{
    struct efasim *model = efasim_inprocess_model(f->inprocess);
    struct efasim_fault fault = {0};
    uint32_t id;

    switch (below(f, 5)) {
    case 0:
        efasim_stall(model, below(f, 8) == 0);
        break;
    case 1:
        efasim_set_removed(model, below(f, 2), below(f, 8) == 0);
        break;
    case 2:
        efasim_fault_clear(model);
        break;
    default:
        efasim_fault_clear(model);
        do {
            fault.kind = (enum efasim_fault_kind)(1 + below(f, EFASIM_FAULT_KINDS - 1));
        } while (efasim_fault_info(fault.kind)->occasion == EFASIM_FAULT_ON_REQUEST);
        fault.device = EFASIM_FAULT_ANY_DEVICE;
        fault.count = below(f, 10);
        fault.probability = below(f, 100000);
        fault.value = below(f, 256);
        fault.offset = below(f, 20);
        fault.size = 1u << below(f, 4);
        efasim_fault_add(model, &fault, &id);
        break;
    }
}

static void configure(struct fuzz *f, struct efasim_config *config)
{
    (void)efasim_config_part(config, 0xefa1);
    if (below(f, 2) == 0) { /* as a part of the first kind, but for RDMA read */
        config->devices[0].num_sub_cqs = 2;
        config->devices[0].max_batch = UINT16_MAX / 2;
    }
    f->sub_cqs = (uint16_t)config->devices[0].num_sub_cqs;
    config->duplicate_ah = below(f, 3);
    efasim_config_add_device(config);
    for (unsigned i = 0; i < 2; i++) {
        config->devices[i].max_pd = 4;
        config->devices[i].max_cq = 12;
        config->devices[i].max_qp = 4 + below(f, 8);
        config->devices[i].max_mr = 8;
        config->devices[i].max_ah = 12;
    }
    config->seed = next(f);
    config->reuse_numbers_at_once = below(f, 2) == 0;
    config->strict_request_ids = below(f, 4) == 0;
    config->flush_on_destroy = below(f, 2) == 0;
    config->poison_send_ring = below(f, 2) == 0;
    config->latency = below(f, 2) * 3000u;
    config->jitter = below(f, 2) * 3000u;
    config->loss = below(f, 2) * 50000u;
    config->reorder_window = 8;
    config->reorder_probability = below(f, 2) * 300000u;
}

static void keep_quiet(void *context, enum efasim_log_level level, const char *line)
{
    (void)context;
    (void)level;
    assert_non_null(line);
}

static void count_line(void *context, const char *line)
{
    *(uint64_t *)context += line[0] != '\0';
}

static void run_seed(uint64_t seed)
{
    static uint64_t trace_lines;
    static const struct efasim_inprocess_hooks hooks = {&trace_lines, keep_quiet, count_line, NULL};
    struct fuzz f;
    struct efasim_config config;
    struct efasim_objects objects;
    struct efasim_counters counters;

    current_seed = seed;
    memset(&f, 0, sizeof f);
    f.random = seed * 0x9e3779b97f4a7c15u + 1;
    configure(&f, &config);
    f.inprocess = efasim_inprocess_create(&config);
    assert_non_null(f.inprocess);
    efasim_inprocess_set_hooks(f.inprocess, &hooks);
    efasim_inprocess_set_virtual_time(f.inprocess);
    /* Watching takes long: some runs will do. */
    assert_true(below(&f, 8) == 0 || efasim_inprocess_watch_doorbells(f.inprocess, false));
    efasim_inprocess_set_indirect(f.inprocess, below(&f, 2) == 0);
    if (below(&f, 4) == 0) {
        struct efasim_trace_filter filter = {EFASIM_TRACE_ALL, below(&f, 2) == 0,
                                             EFASIM_ALL_DEVICES, 0};
        efasim_set_trace(efasim_inprocess_model(f.inprocess), &filter);
    }
    f.transport[0] = efasim_inprocess_transport(f.inprocess, 0);
    f.transport[1] = efasim_inprocess_transport(f.inprocess, 1);
    trace_lines = 0;
    f.memory = malloc(MEMORY + 2 * FENCE);
    assert_non_null(f.memory);
    memset(f.memory, 0x3c, MEMORY + 2 * FENCE);
    memset(f.memory + FENCE, 0x55, MEMORY);
    for (unsigned c = 0; c < CLIENTS; c++)
        reopen(&f, c);

    for (unsigned step = 0; step < STEPS; step++) {
        unsigned c = below(&f, CLIENTS);
        uint32_t what = below(&f, 100);
        if (!f.clients[c].session || below(&f, 300) == 0)
            reopen(&f, c);
        else if (below(&f, 200) == 0)
            disturb(&f);
        else if (what < 5)
            make_queue_pair(&f, c);
        else if (what < 8)
            replace(&f, c);
        else if (what < 15)
            request(&f, c);
        else if (what < 80)
            use_queue_pair(&f);
        else
            efasim_inprocess_advance(f.inprocess, below(&f, 200000));
    }
    efasim_stall(efasim_inprocess_model(f.inprocess), false);
    efasim_get_counters(efasim_inprocess_model(f.inprocess), EFASIM_ALL_DEVICES, &counters);
    received += counters.receives;
    violations += counters.violations;
    for (unsigned c = 0; c < CLIENTS; c++) {
        if (f.clients[c].session)
            f.transport[0]->close(f.transport[0], f.clients[c].session);
    }
    efasim_get_objects(efasim_inprocess_model(f.inprocess), EFASIM_ALL_DEVICES, &objects);
    assert_int_equal(objects.clients + objects.pds + objects.mrs + objects.cqs + objects.qps +
                         objects.ahs + objects.messages,
                     0);
    for (unsigned i = 0; i < FENCE; i++) {
        assert_int_equal(f.memory[i], 0x3c);
        assert_int_equal(f.memory[FENCE + MEMORY + i], 0x3c);
    }
    efasim_inprocess_destroy(f.inprocess);
    free(f.memory);
}

static void nothing_a_client_does_harms_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= FIXED_SEEDS; seed++)
        run_seed(seed);
    assert_true(received > FIXED_SEEDS * 3);
    assert_true(violations > FIXED_SEEDS);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_a_client_does_harms_the_model)};

    signal(SIGSEGV, say_seed);
    signal(SIGBUS, say_seed);
    signal(SIGABRT, say_seed);
    if (argc == 1)
        return cmocka_run_group_tests(tests, NULL, NULL);

    uint64_t seed = strtoull(argv[1], NULL, 0);
    time_t end = time(NULL) + (argc > 2 ? (time_t)strtoul(argv[2], NULL, 0) : 0);
    uint64_t runs = 0;
    do {
        run_seed(seed + runs);
        runs++;
    } while (time(NULL) < end);
    printf("%llu runs from seed %llu: clean; %llu messages received, %llu violations\n",
           (unsigned long long)runs, (unsigned long long)seed, (unsigned long long)received,
           (unsigned long long)violations);
    return 0;
}
