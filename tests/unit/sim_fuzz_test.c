/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Hostile clients: random and nearly right requests, descriptors, doorbells, rings
 * scribbled over, clients that vanish, faults, time. Whatever they do, the model must not crash,
 * write outside of what their keys grant, or keep anything of a client that is gone.
 *
 * Without arguments a short run with fixed seeds; `sim_fuzz_test SEED [SECONDS]` goes on from a seed
 * for as long as told. A failure prints the seed to repeat it with.
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
    FIXED_SEEDS = 12
};

struct fuzz_qp {
    bool alive;
    unsigned client;
    struct efa_qp_info info;
    uint32_t sq_entries, rq_entries;
    uint16_t sq_posted, rq_posted;
};

struct fuzz {
    uint64_t random;
    struct efasim_inprocess *inprocess;
    const struct efa_transport *transport[2];
    void *session[CLIENTS];
    unsigned device[CLIENTS];
    struct fuzz_qp qps[QPS];
    uint8_t *memory;     /* a fence, MEMORY bytes that are registered, a fence */
    uint32_t pool[POOL]; /* numbers that replies contained: worth trying */
};

static uint64_t current_seed;

static void say_seed(int signal_number)
{
    char line[64];
    int size = snprintf(line, sizeof(line), "signal %d with seed %llu\n", signal_number,
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
        f->transport[0]->request(f->transport[0], f->session[c], EFA_CREATE_QP, input, input_size,
                                 &info, sizeof(info), &returned) != 0)
        return;
    memcpy(&params, input, sizeof(params));
    f->qps[place].alive = true;
    f->qps[place].client = c;
    f->qps[place].info = info;
    f->qps[place].sq_entries = params.sq_ring_size / EFA_SEND_DESCRIPTOR_SIZE;
    f->qps[place].rq_entries = params.rq_ring_size / EFA_RECV_DESCRIPTOR_SIZE;
    f->qps[place].sq_posted = 0;
    f->qps[place].rq_posted = 0;
    remember(f, info.qp_num);
    remember(f, info.qp_handle);
    remember(f, info.qp_handle);
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
        struct efa_create_cq_params p = {(uint16_t)(1u << below(f, 7)), 2, 16};
        memcpy(input, &p, sizeof(p));
    } else if (kind == 3) {
        struct efa_create_qp_params p;
        memcpy(&p, input, sizeof(p));
        p.send_cq_index = below(f, 6);
        p.recv_cq_index = below(f, 6);
        p.sq_depth = 1u << below(f, 6);
        p.rq_depth = 1u << below(f, 6);
        p.sq_ring_size = p.sq_depth * 64;
        p.rq_ring_size = p.rq_depth * 16;
        p.pdn = (uint16_t)below(f, 4);
        p.qp_type = below(f, 4) == 0;
        memcpy(input, &p, sizeof(p));
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
        memcpy(input, &p, sizeof(p));
    } else if (kind == 7) {
        struct efa_create_ah_params p = {(uint16_t)below(f, 4), {0}};
        memcpy(p.dest_addr,
               efasim_get_config(efasim_inprocess_model(f->inprocess))->devices[below(f, 2)].gid,
               16);
        p.dest_addr[3] = (uint8_t)(below(f, 8) == 0);
        memcpy(input, &p, sizeof(p));
    } else if (kind == 11) {
        struct efa_modify_qp_params p = {
            below(f, 16), number(f), below(f, 8), below(f, 8),
            below(f, 2),  0,         0,           (uint8_t)below(f, 9)};
        for (unsigned i = 0; i < QPS; i++) {
            if (f->qps[i].alive && f->qps[i].client == c && below(f, 3) != 0)
                p.qp_handle = f->qps[i].info.qp_handle;
        }
        memcpy(input, &p, sizeof(p));
        if (p.state == 0) { /* as a client does that lets its queue pair start anew */
            for (unsigned i = 0; i < QPS; i++) {
                if (f->qps[i].alive && f->qps[i].info.qp_handle == p.qp_handle)
                    f->qps[i].sq_posted = f->qps[i].rq_posted = 0;
            }
        }
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
        f->transport[0]->request(f->transport[0], f->session[c], code, input, size, output64,
                                 below(f, 16) == 0 ? 1 : sizeof(output64), &returned);
    if (error == 0 && code == EFA_DESTROY_QP) {
        uint32_t handle;
        memcpy(&handle, input, sizeof(handle));
        forget_qp(f, handle, c);
    }
    if (error == 0 && returned != 0 && code != EFA_QUERY_DEVICE) {
        uint32_t words[2];
        memcpy(words, output64, sizeof(words));
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
    d.request_id = (uint16_t)next(f);
    d.ctrl1 = (uint8_t)(EFA_SEND_META_DESC | below(f, 2) * EFA_SEND_HAS_IMM);
    if (below(f, 4) == 0)
        d.ctrl1 |= EFA_SEND_OP_RDMA_READ;
    else if (below(f, 4) == 0)
        d.ctrl1 |= EFA_SEND_INLINE_MSG;
    d.ctrl2 = EFA_SEND_FIRST | EFA_SEND_LAST | EFA_SEND_COMP_REQ;
    if ((qp->sq_posted & qp->sq_entries) != 0)
        d.ctrl2 |= EFA_SEND_PHASE;
    d.destination_qp = (uint16_t)f->qps[below(f, QPS)].info.qp_num;
    d.address_handle = (uint16_t)below(f, 4);
    d.qkey = below(f, 2);
    d.length = (uint16_t)(below(f, 8) == 0 ? below(f, 40) : 1);
    for (unsigned i = 0; i < 2; i++) {
        d.payload.buffers[i].length = below(f, 4) == 0 ? number(f) : below(f, 9000);
        d.payload.buffers[i].lkey = number(f);
        d.payload.buffers[i].address_low = (uint32_t)at;
        d.payload.buffers[i].address_high = (uint32_t)(at >> 32);
    }
    if ((d.ctrl1 & EFA_SEND_OP_MASK) != 0 && below(f, 4) != 0)
        d.payload.buffers[1].length = d.payload.buffers[0].length;
    if (below(f, 12) == 0)
        bytes[below(f, sizeof(d))] = (uint8_t)next(f);
    uint8_t *ring = (uint8_t *)(uintptr_t)qp->info.sq;
    memcpy(ring + (size_t)(qp->sq_posted++ % qp->sq_entries) * sizeof(d), &d, sizeof(d));
}

static void post_recv(struct fuzz *f, struct fuzz_qp *qp)
{
    struct efa_recv_descriptor d = {0};
    uint64_t at = address(f);

    if (qp->rq_entries == 0)
        return;
    d.address_low = (uint32_t)at;
    d.address_high = (uint32_t)(at >> 32);
    d.length = (uint16_t)(below(f, 4) == 0 ? number(f) : below(f, 9000));
    d.request_id = (uint16_t)next(f);
    d.lkey_ctrl = (number(f) & EFA_LKEY_MASK) | EFA_RECV_FIRST | EFA_RECV_LAST;
    if (below(f, 16) == 0)
        d.lkey_ctrl ^= (uint32_t)next(f);
    uint8_t *ring = (uint8_t *)(uintptr_t)qp->info.rq;
    memcpy(ring + (size_t)(qp->rq_posted++ % qp->rq_entries) * sizeof(d), &d, sizeof(d));
}

static void ring(struct fuzz *f, const struct fuzz_qp *qp)
{
    uint32_t *sq = (uint32_t *)(uintptr_t)qp->info.sq_doorbell;
    uint32_t *rq = (uint32_t *)(uintptr_t)qp->info.rq_doorbell;
    efa_store_release_u32(sq, below(f, 200) == 0 ? number(f) : qp->sq_posted);
    efa_store_release_u32(rq, below(f, 200) == 0 ? number(f) : qp->rq_posted);
}

static void use_queue_pair(struct fuzz *f)
{
    struct fuzz_qp *qp = &f->qps[below(f, QPS)];
    if (!qp->alive)
        return;
    for (uint32_t i = below(f, 4); i > 0; i--)
        post_recv(f, qp);
    for (uint32_t i = below(f, 4); i > 0; i--)
        post_send(f, qp);
    if (below(f, 100) == 0 && qp->sq_entries != 0) {
        uint8_t *sq = (uint8_t *)(uintptr_t)qp->info.sq;
        for (uint32_t i = 0; i < qp->sq_entries * 64; i++)
            sq[i] = (uint8_t)next(f);
    }
    ring(f, qp);
}

static void reopen(struct fuzz *f, unsigned c)
{
    if (f->session[c] != NULL) {
        f->transport[0]->close(f->transport[0], f->session[c]);
        f->session[c] = NULL;
        for (unsigned i = 0; i < QPS; i++) {
            if (f->qps[i].client == c)
                f->qps[i].alive = false;
        }
    }
    f->device[c] = below(f, 2);
    const struct efa_transport *transport = f->transport[f->device[c]];
    if (transport->open(transport, &f->session[c]) != 0)
        f->session[c] = NULL;
}

static void disturb(struct fuzz *f)
{
    struct efasim *model = efasim_inprocess_model(f->inprocess);
    struct efasim_fault fault = {0};
    uint32_t id;

    switch (below(f, 5)) {
    case 0:
        efasim_stall(model, below(f, 2) == 0);
        break;
    case 1:
        efasim_set_removed(model, below(f, 2), below(f, 3) == 0);
        break;
    case 2:
        efasim_fault_clear(model);
        break;
    default:
        fault.kind =
            (enum efasim_fault_kind)(EFASIM_FAULT_MESSAGE_STATUS +
                                     below(f, EFASIM_FAULT_KINDS - EFASIM_FAULT_MESSAGE_STATUS));
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
    efasim_config_second_generation(config);
    efasim_config_add_device(config);
    for (unsigned i = 0; i < 2; i++) {
        config->devices[i].max_pd = 4;
        config->devices[i].max_cq = 6;
        config->devices[i].max_qp = 1 + below(f, 8);
        config->devices[i].max_mr = 8;
        config->devices[i].max_ah = 4;
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

    current_seed = seed;
    memset(&f, 0, sizeof(f));
    f.random = seed * 0x9e3779b97f4a7c15u + 1;
    configure(&f, &config);
    f.inprocess = efasim_inprocess_create(&config);
    assert_non_null(f.inprocess);
    efasim_inprocess_set_hooks(f.inprocess, &hooks);
    efasim_inprocess_set_virtual_time(f.inprocess);
    efasim_inprocess_set_indirect(f.inprocess, below(&f, 2) == 0);
    if (below(&f, 4) == 0) {
        struct efasim_trace_filter filter = {EFASIM_TRACE_ALL, below(&f, 2) == 0,
                                             EFASIM_ALL_DEVICES, 0};
        efasim_set_trace(efasim_inprocess_model(f.inprocess), &filter);
    }
    f.transport[0] = efasim_inprocess_transport(f.inprocess, 0);
    f.transport[1] = efasim_inprocess_transport(f.inprocess, 1);
    f.memory = malloc(MEMORY + 2 * FENCE);
    assert_non_null(f.memory);
    memset(f.memory, 0x3c, MEMORY + 2 * FENCE);
    for (unsigned c = 0; c < CLIENTS; c++)
        reopen(&f, c);

    for (unsigned step = 0; step < STEPS; step++) {
        unsigned c = below(&f, CLIENTS);
        uint32_t what = below(&f, 100);
        if (f.session[c] == NULL || what == 0)
            reopen(&f, c);
        else if (what == 1)
            disturb(&f);
        else if (what < 40)
            request(&f, c);
        else if (what < 80)
            use_queue_pair(&f);
        else
            efasim_inprocess_advance(f.inprocess, below(&f, 200000));
    }
    efasim_stall(efasim_inprocess_model(f.inprocess), false);
    for (unsigned c = 0; c < CLIENTS; c++) {
        if (f.session[c] != NULL)
            f.transport[0]->close(f.transport[0], f.session[c]);
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
    printf("%llu runs from seed %llu: clean\n", (unsigned long long)runs, (unsigned long long)seed);
    return 0;
}
