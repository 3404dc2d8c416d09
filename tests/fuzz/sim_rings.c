/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Clients of the simulated EFA that write anything into their rings and ring any doorbell, while
 * states change, keys and address handles go, faults strike and adapters leave. The model must not
 * write where no key lets it, complete what was not rung, complete it twice, or forget it.
 */
#include "device.h"
#include "device/completion_entry.h"
#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "os/compiler.h"

enum {
    CLIENTS = 2,
    QPS = 4, /* two of each client */
    CQ_DEPTH = 128,
    MOST_SUB_CQS = 2,
    MOST_RUNG = 16,
    TRACED = 8, /* steps */
    /* What is in fuzz_memory: each client's writable region, then one that may only be read. */
    REGION = 4096,
    READ_ONLY = 3 * REGION,
    FENCE = 64
};

/* Of one side of a queue pair: what was rung and is not completed. */
struct side {
    uint32_t entries;
    uint16_t posted, rung;
    unsigned count;
    uint16_t ids[MOST_RUNG];
    uint16_t sizes[MOST_RUNG];   /* descriptors of each */
    uint32_t descriptors;        /* of all */
    bool silent[MOST_RUNG];      /* its success does not complete */
    bool stands_still;           /* more was written between two doorbells than the limit */
    uint16_t written[MOST_RUNG]; /* the id in each place of the ring */
    bool starts[MOST_RUNG];      /* of a receive: the place begins a request */
    bool unsignaled[MOST_RUNG];  /* of a send: the place asks for no completion of a success */
};

struct queue_pair {
    bool alive;
    bool wild; /* its rings or doorbells held what no model foretells, since RESET */
    bool idle; /* in the RESET state, where no doorbell may be rung */
    unsigned client;
    struct efa_qp_info info;
    uint32_t type;
    struct side sides[2];
};

struct client {
    void *session;
    uint16_t pdn, cq, ahs[2];
    struct efa_mr_info mr, read_only;
    const struct efa_completion_entry *ring;
    uint32_t seen[MOST_SUB_CQS];
};

struct rings {
    struct fuzz_device *device;
    const struct efasim_config *config;
    struct client clients[CLIENTS];
    struct queue_pair qps[QPS];
    bool strays; /* completions may be of queue pairs that are gone */
};

static uint32_t sub_cqs(const struct rings *r)
{
    return r->config->devices[0].num_sub_cqs;
}

static bool ask(struct rings *r, unsigned c, uint32_t code, const void *input, uint32_t input_size,
                void *output, uint32_t output_size)
{
    const struct efa_transport *transport = fuzz_device_transport(r->device, 0);
    uint32_t returned;

    return transport->request(transport, r->clients[c].session, code, input, input_size, output,
                              output_size, &returned) == EFA_WIN32_SUCCESS;
}

/* Both sides are empty: of a QP in the RESET state. */
static void forget(struct queue_pair *qp)
{
    for (unsigned i = 0; i < 2; i++)
        memset(&qp->sides[i].posted, 0, sizeof qp->sides[i] - offsetof(struct side, posted));
    qp->wild = false;
    qp->idle = true;
}

static void modify(struct rings *r, struct queue_pair *qp, uint32_t mask, uint32_t state)
{
    struct efa_modify_qp_params params = {0};

    params.modify_mask = mask;
    params.qp_handle = qp->info.qp_handle;
    params.state = state;
    if (!ask(r, qp->client, EFA_MODIFY_QP, &params, sizeof params, NULL, 0) ||
        (mask & EFA_MODIFY_QP_STATE) == 0)
        return;
    if (state == EFA_DRIVER_QP_RESET)
        forget(qp);
    else
        qp->idle = false;
}

static void make_ready(struct rings *r, struct queue_pair *qp)
{
    modify(r, qp, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_RESET);
    modify(r, qp, EFA_MODIFY_QP_STATE | EFA_MODIFY_QP_QKEY, EFA_DRIVER_QP_INIT);
    modify(r, qp, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_RTR);
    modify(r, qp, EFA_MODIFY_QP_STATE | EFA_MODIFY_QP_SQ_PSN, EFA_DRIVER_QP_RTS);
}

static void create_qp(struct rings *r, unsigned which, uint8_t how)
{
    struct queue_pair *qp = &r->qps[which];
    struct efa_create_qp_params params = {0};
    unsigned c = which % CLIENTS;

    params.send_cq_index = params.recv_cq_index = r->clients[c].cq;
    params.sq_depth = 1u << (how & 3);
    params.rq_depth = 1u << (how >> 2 & 3);
    params.sq_ring_size = params.sq_depth * EFA_SEND_DESCRIPTOR_SIZE;
    params.rq_ring_size = params.rq_depth * EFA_RECV_DESCRIPTOR_SIZE;
    params.pdn = r->clients[c].pdn;
    params.qp_type = how >> 7;
    if (!ask(r, c, EFA_CREATE_QP, &params, sizeof params, &qp->info, sizeof qp->info))
        return;
    qp->alive = true;
    qp->client = c;
    qp->type = params.qp_type;
    qp->sides[0].entries = params.sq_depth;
    qp->sides[1].entries = params.rq_depth;
    forget(qp);
    make_ready(r, qp);
}

static void destroy_qp(struct rings *r, struct queue_pair *qp)
{
    struct efa_destroy_qp_params params = {qp->info.qp_handle};

    if (!ask(r, qp->client, EFA_DESTROY_QP, &params, sizeof params, NULL, 0))
        return;
    qp->alive = false;
    r->strays = true;
}

static void make_ah(struct rings *r, unsigned c, unsigned device)
{
    struct efa_create_ah_params params = {r->clients[c].pdn, {0}};
    struct efa_ah_info info = {0};

    memcpy(params.dest_addr, r->config->devices[device].gid, 16);
    ask(r, c, EFA_ALLOC_AH, &params, sizeof params, &info, sizeof info);
    r->clients[c].ahs[device] = info.ah;
}

static void make_region(struct rings *r, unsigned c)
{
    struct efa_reg_mr_params params = {REGION - 2 * FENCE,
                                       (uintptr_t)fuzz_memory + (size_t)c * REGION + FENCE,
                                       r->clients[c].pdn, EFA_MR_LOCAL_WRITE | EFA_MR_REMOTE_READ};

    ask(r, c, EFA_REG_MR, &params, sizeof params, &r->clients[c].mr, sizeof(struct efa_mr_info));
}

static void open_client(struct rings *r, unsigned c)
{
    struct client *client = &r->clients[c];
    const struct efa_transport *transport =
        fuzz_device_transport(r->device, c % r->config->device_count);
    struct efa_query_device_params query = {3};
    struct efa_create_cq_params cq_params = {CQ_DEPTH, (uint16_t)sub_cqs(r),
                                             EFA_COMPLETION_ENTRY_SIZE};
    struct efa_reg_mr_params read_only = {REGION, (uintptr_t)fuzz_memory + READ_ONLY, 0, 0};
    struct efa_device_info device_info;
    struct efa_pd_info pd = {0};
    struct efa_cq_info cq = {0};

    memset(client, 0, sizeof *client);
    if (transport->open(transport, &client->session) != EFA_WIN32_SUCCESS) {
        client->session = NULL;
        return;
    }
    ask(r, c, EFA_QUERY_DEVICE, &query, sizeof query, &device_info, sizeof device_info);
    ask(r, c, EFA_ALLOC_PD, NULL, 0, &pd, sizeof pd);
    client->pdn = read_only.pdn = pd.pdn;
    make_region(r, c);
    ask(r, c, EFA_REG_MR, &read_only, sizeof read_only, &client->read_only,
        sizeof client->read_only);
    for (unsigned i = 0; i < r->config->device_count; i++)
        make_ah(r, c, i);
    ask(r, c, EFA_CREATE_CQ, &cq_params, 6, &cq, sizeof cq);
    client->cq = cq.cq_index;
    client->ring = (const void *)(uintptr_t)cq.cq_addr;
    FUZZ_REQUIRE(client->ring != NULL);
}

static void close_client(struct rings *r, unsigned c)
{
    const struct efa_transport *transport = fuzz_device_transport(r->device, 0);

    if (!r->clients[c].session)
        return;
    transport->close(transport, r->clients[c].session);
    r->clients[c].session = NULL;
    for (unsigned i = 0; i < QPS; i++)
        if (r->qps[i].client == c)
            r->qps[i].alive = false;
}

/* One completion: of something that was rung, and once. */
static void account(struct rings *r, unsigned c, const struct efa_completion_entry *entry)
{
    unsigned queue = (entry->flags & EFA_COMPLETION_QUEUE_MASK) >> EFA_COMPLETION_QUEUE_SHIFT;

    FUZZ_REQUIRE(queue == 1 || queue == 2);
    for (unsigned i = 0; i < QPS; i++) {
        struct queue_pair *qp = &r->qps[i];
        struct side *side = &qp->sides[queue - 1];

        if (!qp->alive || qp->client != c || qp->info.qp_num != entry->qp_num)
            continue;
        for (unsigned k = 0; k < side->count; k++) {
            if (side->ids[k] == entry->request_id) {
                side->descriptors -= side->sizes[k];
                side->ids[k] = side->ids[--side->count];
                side->sizes[k] = side->sizes[side->count];
                side->silent[k] = side->silent[side->count];
                return;
            }
        }
        FUZZ_REQUIRE(qp->wild || r->strays);
        return;
    }
    FUZZ_REQUIRE(r->strays);
}

static void read_completions(struct rings *r)
{
    for (unsigned c = 0; c < CLIENTS; c++) {
        struct client *client = &r->clients[c];

        for (unsigned s = 0; s < sub_cqs(r) && client->session; s++) {
            for (;;) {
                struct efa_completion_entry entry;

                memcpy(&entry, &client->ring[s * CQ_DEPTH + client->seen[s] % CQ_DEPTH],
                       sizeof entry);
                if ((entry.flags & EFA_COMPLETION_PHASE) == (client->seen[s] / CQ_DEPTH & 1))
                    break;
                client->seen[s]++;
                account(r, c, &entry);
            }
        }
    }
}

/* A buffer: within a region, about its end, in what may only be read, or of some other key. */
static uint64_t some_buffer(const struct rings *r, const struct queue_pair *qp,
                            struct fuzz_input *input, uint32_t *lkey, uint32_t *length)
{
    const struct client *client = &r->clients[qp->client];
    uint64_t start = (uintptr_t)fuzz_memory + qp->client * REGION + FENCE;
    uint16_t where = fuzz_u16(input);
    uint16_t size = fuzz_u16(input);

    *lkey = where >> 12 == 13 ? where : client->mr.lkey;
    *length = size % 3000;
    if (where >> 13 == 7) {
        *lkey = client->read_only.lkey;
        return (uintptr_t)fuzz_memory + READ_ONLY + (where & 0xfff);
    }
    if (where >> 14 == 0) { /* up to the end, or up to two bytes more or less */
        uint32_t left = where % 32u + 1;

        *length = left + size % 5u - (left > 1 ? 2u : 0u);
        return start + REGION - 2 * FENCE - left;
    }
    return start + where % 900u; /* with a length of up to 3000 within the region */
}

/* The place in a ring where the next descriptor goes. Too many outstanding, and nothing is sure. */
static uint8_t *next_place(struct queue_pair *qp, unsigned which, uint64_t ring, size_t size,
                           uint16_t id, bool starts)
{
    struct side *side = &qp->sides[which];
    uint32_t at = side->posted++ % side->entries;

    side->written[at] = id;
    side->starts[at] = starts;
    side->unsignaled[at] = false;
    if (side->descriptors + (uint16_t)(side->posted - side->rung) > side->entries)
        qp->wild = true;
    return (uint8_t *)(uintptr_t)ring + at * size;
}

static void post_send(struct rings *r, struct queue_pair *qp, struct fuzz_input *input)
{
    const struct queue_pair *to = &r->qps[fuzz_below(input, QPS)];
    struct efa_send_descriptor d = {0};
    uint8_t how = fuzz_u8(input);
    uint32_t lkey, length;
    uint64_t at = some_buffer(r, qp, input, &lkey, &length);

    d.request_id = how;
    d.ctrl1 = EFA_SEND_META_DESC | (how & 1 ? EFA_SEND_HAS_IMM : 0);
    if ((how & 0x0e) == 0x0e)
        d.ctrl1 |= EFA_SEND_OP_RDMA_READ;
    else if ((how & 0x0e) == 0x0c)
        d.ctrl1 |= EFA_SEND_INLINE_MSG;
    d.ctrl2 = EFA_SEND_FIRST | EFA_SEND_LAST | EFA_SEND_COMP_REQ;
    if ((qp->sides[0].posted & qp->sides[0].entries) != 0)
        d.ctrl2 |= EFA_SEND_PHASE;
    d.destination_qp = (uint16_t)to->info.qp_num;
    d.address_handle = r->clients[qp->client].ahs[to->client % r->config->device_count];
    d.length = 1;
    d.payload.buffers[0].length = length;
    d.payload.buffers[0].lkey = lkey;
    d.payload.buffers[0].address_low = (uint32_t)at;
    d.payload.buffers[0].address_high = (uint32_t)(at >> 32);
    if ((d.ctrl1 & EFA_SEND_OP_MASK) != 0) {
        d.payload.rdma.local = d.payload.buffers[0];
        d.payload.rdma.remote.length = length;
        d.payload.rdma.remote.rkey = r->clients[to->client].mr.rkey;
        at = (uintptr_t)fuzz_memory + to->client * REGION + FENCE;
        d.payload.rdma.remote.address_low = (uint32_t)at;
        d.payload.rdma.remote.address_high = (uint32_t)(at >> 32);
    }
    if ((how & 0xc0) == 0xc0) {
        fuzz_patch(input, &d, sizeof d);
        qp->wild = qp->wild || (how & 0x30) == 0x30;
    }
    memcpy(next_place(qp, 0, qp->info.sq, sizeof d, d.request_id, true), &d, sizeof d);
    qp->sides[0].unsignaled[(uint16_t)(qp->sides[0].posted - 1) % qp->sides[0].entries] =
        (d.ctrl2 & EFA_SEND_COMP_REQ) == 0;
}

static void post_recv(struct rings *r, struct queue_pair *qp, struct fuzz_input *input)
{
    uint8_t how = fuzz_u8(input);
    uint32_t buffers = (how & 7) == 7 ? 2 + (how >> 3 & 3) : 1;

    for (uint32_t i = 0; i < buffers; i++) {
        struct efa_recv_descriptor d = {0};
        uint32_t lkey, length;
        uint64_t at = some_buffer(r, qp, input, &lkey, &length);

        d.address_low = (uint32_t)at;
        d.address_high = (uint32_t)(at >> 32);
        d.length = (uint16_t)length;
        d.request_id = i == 0 ? how : 0;
        d.lkey_ctrl = (lkey & EFA_LKEY_MASK) | (i == 0 ? EFA_RECV_FIRST : 0) |
                      (i + 1 == buffers ? EFA_RECV_LAST : 0);
        if ((how & 0xe0) == 0xe0) {
            fuzz_patch(input, &d, sizeof d);
            qp->wild = true;
        }
        memcpy(next_place(qp, 1, qp->info.rq, sizeof d, d.request_id, i == 0), &d, sizeof d);
    }
}

/* Send descriptors that may be written between two doorbells: never a whole queue. */
static unsigned batch_limit(const struct rings *r, const struct queue_pair *qp)
{
    uint32_t max_batch = r->config->devices[qp->client % r->config->device_count].max_batch;
    uint32_t most = qp->sides[0].entries > 1 ? qp->sides[0].entries - 1 : 1;

    return max_batch < most ? max_batch : most;
}

static void store_doorbell(struct rings *r, struct queue_pair *qp, unsigned which, uint32_t value)
{
    uint64_t doorbell = which == 0 ? qp->info.sq_doorbell : qp->info.rq_doorbell;

    efa_store_release_u32((uint32_t *)(uintptr_t)doorbell, value);
    fuzz_device_report_write(r->device, doorbell);
}

static void ring_doorbell(struct rings *r, struct queue_pair *qp, unsigned which)
{
    struct side *side = &qp->sides[which];
    unsigned limit = which == 0 ? batch_limit(r, qp) : UINT16_MAX;
    unsigned batch = 0;

    /* What was rung in RESET is forgotten, or not, by the state that follows. */
    if (qp->idle && side->rung != side->posted)
        qp->wild = true;
    for (; side->rung != side->posted && !qp->wild; side->rung++) {
        uint32_t at = side->rung % side->entries;

        if (++side->descriptors > side->entries || side->count == MOST_RUNG) {
            qp->wild = true;
            break;
        }
        /* Descriptors beyond the limit are lost and never complete. */
        side->stands_still = side->stands_still || ++batch > limit;
        if (side->stands_still)
            continue;
        if (side->starts[at]) {
            side->sizes[side->count] = 0;
            side->silent[side->count] = side->unsignaled[at];
            side->ids[side->count++] = side->written[at];
        }
        side->sizes[side->count - 1]++;
    }
    side->rung = side->posted;
    store_doorbell(r, qp, which, side->posted);
}

/* Receives from the start: without, nothing ever arrives but by a happy chance. */
static void expect_messages(struct rings *r, struct queue_pair *qp)
{
    uint64_t at = (uintptr_t)fuzz_memory + qp->client * REGION + FENCE;

    for (uint16_t id = 200; id < 204 && qp->alive; id++) {
        struct efa_recv_descriptor d = {0};

        d.address_low = (uint32_t)at;
        d.address_high = (uint32_t)(at >> 32);
        d.length = 3000;
        d.request_id = id;
        d.lkey_ctrl = r->clients[qp->client].mr.lkey | EFA_RECV_FIRST | EFA_RECV_LAST;
        memcpy(next_place(qp, 1, qp->info.rq, sizeof d, id, true), &d, sizeof d);
        ring_doorbell(r, qp, 1);
    }
}

static void ring_wildly(struct rings *r, struct queue_pair *qp, unsigned which,
                        struct fuzz_input *input)
{
    qp->wild = true;
    store_doorbell(r, qp, which, fuzz_u32(input));
}

static void scribble(struct queue_pair *qp, struct fuzz_input *input)
{
    uint8_t where = fuzz_u8(input);

    qp->wild = true;
    if (where & 1)
        fuzz_bytes(input,
                   (uint8_t *)(uintptr_t)qp->info.sq +
                       (size_t)(where >> 1) % qp->sides[0].entries * EFA_SEND_DESCRIPTOR_SIZE,
                   EFA_SEND_DESCRIPTOR_SIZE);
    else
        fuzz_bytes(input,
                   (uint8_t *)(uintptr_t)qp->info.rq +
                       (size_t)(where >> 1) % qp->sides[1].entries * EFA_RECV_DESCRIPTOR_SIZE,
                   EFA_RECV_DESCRIPTOR_SIZE);
}

/* Takes away what work in flight refers to, and makes another. */
static void replace(struct rings *r, unsigned c, unsigned device)
{
    struct client *client = &r->clients[c];

    if (device < r->config->device_count) {
        struct efa_destroy_ah_params params = {client->pdn, client->ahs[device]};

        ask(r, c, EFA_DEALLOC_AH, &params, sizeof params, NULL, 0);
        make_ah(r, c, device);
    } else {
        struct efa_dereg_mr_params_v3 params = {client->mr.lkey};

        ask(r, c, EFA_DEREG_MR, &params, sizeof params, NULL, 0);
        make_region(r, c);
    }
}

static void change_state(struct rings *r, struct queue_pair *qp, struct fuzz_input *input)
{
    static const uint32_t states[] = {EFA_DRIVER_QP_RESET, EFA_DRIVER_QP_ERR, EFA_DRIVER_QP_SQD,
                                      EFA_DRIVER_QP_RTS};
    uint8_t how = fuzz_u8(input);
    uint32_t mask = EFA_MODIFY_QP_STATE, state = states[how & 3];

    if (how & 0x80) {
        make_ready(r, qp);
        return;
    }
    if (how & 0x40) {
        mask = how & 0x3f;
        state = fuzz_below(input, 8);
    }
    modify(r, qp, mask, state);
}

/* Faults of messages; those of completions would make the model lie on command. */
static void add_fault(struct rings *r, struct fuzz_input *input)
{
    static const enum efasim_fault_kind kinds[] = {
        EFASIM_FAULT_MESSAGE_STATUS, EFASIM_FAULT_MESSAGE_DELAY, EFASIM_FAULT_MESSAGE_LOSE};
    struct efasim_fault fault = {0};
    uint32_t id;

    efasim_fault_clear(fuzz_device_model(r->device));
    fault.kind = kinds[fuzz_below(input, EFA_ARRAY_SIZE(kinds))];
    fault.device = EFASIM_FAULT_ANY_DEVICE;
    fault.count = fuzz_u8(input);
    fault.value = fault.kind == EFASIM_FAULT_MESSAGE_STATUS ? fuzz_u8(input) : fuzz_u16(input);
    FUZZ_REQUIRE(efasim_fault_add(fuzz_device_model(r->device), &fault, &id) == EFA_WIN32_SUCCESS);
}

static void disturb(struct rings *r, struct fuzz_input *input)
{
    struct efasim *model = fuzz_device_model(r->device);
    uint8_t how = fuzz_u8(input);

    switch (how & 7) {
    case 0:
        efasim_stall(model, how >> 3 & 1);
        break;
    case 1:
        efasim_set_removed(model, how >> 4 & 1 ? 0 : r->config->device_count - 1, how >> 3 & 1);
        break;
    case 2:
        add_fault(r, input);
        break;
    case 3:
        close_client(r, how >> 3 & 1);
        open_client(r, how >> 3 & 1);
        r->strays = true;
        break;
    default:
        if (r->clients[how >> 3 & 1].session)
            replace(r, how >> 3 & 1, how & 3);
        break;
    }
}

static void step(struct rings *r, struct fuzz_input *input)
{
    uint8_t op = fuzz_u8(input);
    struct queue_pair *qp = &r->qps[op >> 4 & 3];

    switch (op & 0x0f) {
    case 12:
        fuzz_device_run(r->device);
        break;
    case 13:
        fuzz_device_advance(r->device, fuzz_u16(input) * 100u);
        break;
    case 14:
        disturb(r, input);
        break;
    case 15:
        if (qp->alive)
            destroy_qp(r, qp);
        else if (r->clients[(op >> 4 & 3) % CLIENTS].session)
            create_qp(r, op >> 4 & 3, fuzz_u8(input));
        break;
    default:
        if (!qp->alive)
            break;
        if ((op & 0x0f) < 8) {
            unsigned which = (op & 0x0f) < 5 ? 0 : 1;

            if (which == 0)
                post_send(r, qp, input);
            else
                post_recv(r, qp, input);
            /* Mostly as clients do: announced immediately, and served immediately. */
            if (!(op & 0x40))
                ring_doorbell(r, qp, which);
            if (!(op & 0xc0))
                fuzz_device_run(r->device);
        } else if ((op & 0x0f) < 10)
            ring_doorbell(r, qp, op >> 6 & 1);
        else if ((op & 0xc0) == 0xc0)
            ring_wildly(r, qp, op & 1, input);
        else if ((op & 0xc0) == 0x80)
            scribble(qp, input);
        else
            change_state(r, qp, input);
        break;
    }
    read_completions(r);
}

/* What is left may have succeeded without a word. */
static bool is_empty(const struct side *side)
{
    for (unsigned k = 0; k < side->count; k++) {
        if (!side->silent[k])
            return false;
    }
    return true;
}

/* In the error state all that was rung completes: nothing is forgotten. */
static void flush(struct rings *r)
{
    struct efasim *model = fuzz_device_model(r->device);

    efasim_stall(model, false);
    for (unsigned i = 0; i < r->config->device_count; i++)
        efasim_set_removed(model, i, false);
    for (unsigned i = 0; i < QPS; i++)
        if (r->qps[i].alive)
            modify(r, &r->qps[i], EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_ERR);
    fuzz_device_run(r->device);
    read_completions(r);
    for (unsigned i = 0; i < QPS; i++)
        if (r->qps[i].alive && !r->qps[i].wild && !r->strays)
            FUZZ_REQUIRE(is_empty(&r->qps[i].sides[0]) && is_empty(&r->qps[i].sides[1]));
}

static void check_memory(void)
{
    for (unsigned c = 0; c < CLIENTS; c++) {
        FUZZ_REQUIRE(fuzz_all_are(fuzz_memory + c * REGION, 0x3c, FENCE));
        FUZZ_REQUIRE(fuzz_all_are(fuzz_memory + (c + 1) * REGION - FENCE, 0x3c, FENCE));
    }
    FUZZ_REQUIRE(
        fuzz_all_are(fuzz_memory + CLIENTS * REGION, 0x3c, FUZZ_MEMORY - CLIENTS * REGION));
}

static void trace(struct rings *r, bool on)
{
    struct efasim_trace_filter filter = {on ? EFASIM_TRACE_ALL : 0, false, EFASIM_ALL_DEVICES, 0};

    filter.json = r->config->latency != 0;
    efasim_set_trace(fuzz_device_model(r->device), &filter);
}

static void configure(struct efasim_config *config, uint16_t flags)
{
    efasim_config_part(config, 0xefa1);
    if (flags >> 9 & 1) {
        config->devices[0].max_batch = 4;
    } else {
        config->devices[0].max_batch = UINT16_MAX / 2;
        config->devices[0].num_sub_cqs = MOST_SUB_CQS;
    }
    if (flags & 1)
        efasim_config_add_device(config);
    fuzz_small_limits(config);
    config->reuse_numbers_at_once = flags >> 1 & 1;
    config->strict_request_ids = flags >> 2 & 1;
    config->flush_on_destroy = flags >> 3 & 1;
    config->poison_send_ring = flags >> 4 & 1;
    config->latency = flags >> 5 & 1 ? 3000 : 0;
    config->jitter = flags >> 6 & 1 ? 3000 : 0;
    config->loss = flags >> 7 & 1 ? 200000 : 0;
    config->reorder_window = 4;
    config->reorder_probability = flags >> 8 & 1 ? 300000 : 0;
    config->bandwidth = flags >> 10 & 1 ? 1000000000 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    static struct efasim_config config;
    struct rings r = {.config = &config};
    uint16_t flags = fuzz_u16(&input);

    configure(&config, flags);
    memset(fuzz_memory, 0x3c, sizeof fuzz_memory);
    r.device = fuzz_device_create(&config);
    fuzz_device_set_indirect(r.device, flags >> 11 & 1);
    for (unsigned c = 0; c < CLIENTS; c++) {
        open_client(&r, c);
        create_qp(&r, c, 0x0f);
        if (flags >> 15 == 0)
            expect_messages(&r, &r.qps[c]);
    }
    for (unsigned i = 0; fuzz_more(&input); i++) {
        /* Tracing takes long: the first steps will do. */
        if ((flags >> 12 & 7) == 7 && i % TRACED == 0)
            trace(&r, i == 0);
        step(&r, &input);
    }
    flush(&r);
    for (unsigned c = 0; c < CLIENTS; c++)
        close_client(&r, c);
    fuzz_device_run(r.device);
    fuzz_device_destroy(r.device);
    check_memory();
    return 0;
}
