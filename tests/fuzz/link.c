/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A peer of a linked instance that has the key and sends valid packets with corrupted bytes,
 * replies to requests that were never sent, and random records, while the instance's own clients
 * send and read, and the link comes and goes. Memory outside the clients' regions stays as it is,
 * each request completes once, and nothing is left.
 */
#include "device.h"
#include "device/completion_entry.h"
#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "efasim_links.h"
#include "link/link_queue.h"
#include "link/link_record.h"
#include "os/compiler.h"

enum {
    DEPTH = 16,
    CQ_DEPTH = 128,
    REGION = 8192,
    FENCE = 64,
    QPS = 2, /* SRD and UD */
    MOST_SUB_CQS = 2,
    RECORD = 8192,
    UNTOUCHED = 0xee
};

struct queue_pair {
    struct efa_qp_info info;
    uint16_t sent, received;
    unsigned outstanding; /* sends */
};

struct target {
    struct fuzz_device *device;
    struct efasim *sim;
    struct efasim_link *link;
    struct link_queue queue;
    bool is_up;
    uint32_t sub_cqs;
    void *session;
    uint16_t pdn, ah;
    struct efa_mr_info mr;
    struct queue_pair qps[QPS];
    const struct efa_completion_entry *ring;
    uint32_t seen[MOST_SUB_CQS];
    struct efasim_packet last; /* what the instance sent last */
    uint64_t number;
};

static const uint8_t far_gid[1][16] = {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7}};
static struct efasim_link_arrival arrivals[LINK_RECORD_PACKETS];
static uint8_t sent[LINK_RECORD_LARGEST];

static void send_packet(void *context, const struct efasim_packet *packet, const void *payload)
{
    struct target *t = context;

    FUZZ_REQUIRE(t->is_up);
    FUZZ_REQUIRE(link_queue_put(&t->queue, packet, payload));
    t->last = *packet;
}

static bool ask(struct target *t, uint32_t code, const void *input, uint32_t input_size,
                void *output, uint32_t output_size)
{
    const struct efa_transport *transport = fuzz_device_transport(t->device, 0);
    uint32_t returned;

    return transport->request(transport, t->session, code, input, input_size, output, output_size,
                              &returned) == EFA_WIN32_SUCCESS;
}

static void modify(struct target *t, unsigned which, uint32_t mask, uint32_t state)
{
    struct efa_modify_qp_params params = {0};

    params.modify_mask = mask | EFA_MODIFY_QP_STATE;
    params.qp_handle = t->qps[which].info.qp_handle;
    params.state = state;
    FUZZ_REQUIRE(ask(t, EFA_MODIFY_QP, &params, sizeof params, NULL, 0));
}

static void make_qp(struct target *t, unsigned which, uint16_t cq)
{
    struct efa_create_qp_params params = {.sq_depth = DEPTH, .rq_depth = DEPTH};

    params.send_cq_index = params.recv_cq_index = cq;
    params.sq_ring_size = DEPTH * EFA_SEND_DESCRIPTOR_SIZE;
    params.rq_ring_size = DEPTH * EFA_RECV_DESCRIPTOR_SIZE;
    params.pdn = t->pdn;
    params.qp_type = which == 0 ? EFA_DRIVER_QP_SRD : EFA_DRIVER_QP_UD;
    FUZZ_REQUIRE(ask(t, EFA_CREATE_QP, &params, sizeof params, &t->qps[which].info,
                     sizeof t->qps[which].info));
    modify(t, which, EFA_MODIFY_QP_QKEY, EFA_DRIVER_QP_INIT);
    modify(t, which, 0, EFA_DRIVER_QP_RTR);
    modify(t, which, EFA_MODIFY_QP_SQ_PSN, EFA_DRIVER_QP_RTS);
}

static void open_client(struct target *t)
{
    const struct efa_transport *transport = fuzz_device_transport(t->device, 0);
    struct efa_query_device_params query = {3};
    struct efa_create_cq_params cq_params = {CQ_DEPTH, (uint16_t)t->sub_cqs,
                                             EFA_COMPLETION_ENTRY_SIZE};
    struct efa_create_ah_params ah_params = {0};
    struct efa_reg_mr_params mr_params = {REGION - 2 * FENCE, (uintptr_t)fuzz_memory + FENCE, 0,
                                          EFA_MR_LOCAL_WRITE | EFA_MR_REMOTE_READ};
    struct efa_device_info info;
    struct efa_pd_info pd;
    struct efa_cq_info cq;
    struct efa_ah_info ah;

    FUZZ_REQUIRE(transport->open(transport, &t->session) == EFA_WIN32_SUCCESS);
    FUZZ_REQUIRE(ask(t, EFA_QUERY_DEVICE, &query, sizeof query, &info, sizeof info));
    FUZZ_REQUIRE(ask(t, EFA_ALLOC_PD, NULL, 0, &pd, sizeof pd));
    t->pdn = pd.pdn;
    mr_params.pdn = ah_params.pdn = pd.pdn;
    FUZZ_REQUIRE(ask(t, EFA_REG_MR, &mr_params, sizeof mr_params, &t->mr, sizeof t->mr));
    memcpy(ah_params.dest_addr, far_gid[0], sizeof far_gid[0]);
    FUZZ_REQUIRE(ask(t, EFA_ALLOC_AH, &ah_params, sizeof ah_params, &ah, sizeof ah));
    t->ah = ah.ah;
    FUZZ_REQUIRE(ask(t, EFA_CREATE_CQ, &cq_params, 6, &cq, sizeof cq));
    t->ring = (const void *)(uintptr_t)cq.cq_addr;
    for (unsigned i = 0; i < QPS; i++)
        make_qp(t, i, cq.cq_index);
}

static void read_completions(struct target *t)
{
    for (unsigned s = 0; s < t->sub_cqs; s++)
        for (;;) {
            struct efa_completion_entry entry;

            memcpy(&entry, &t->ring[s * CQ_DEPTH + t->seen[s] % CQ_DEPTH], sizeof entry);
            if ((entry.flags & EFA_COMPLETION_PHASE) == (t->seen[s] / CQ_DEPTH & 1))
                break;
            t->seen[s]++;
            for (unsigned i = 0; i < QPS; i++)
                if (t->qps[i].info.qp_num == entry.qp_num &&
                    (entry.flags & EFA_COMPLETION_QUEUE_MASK) == EFA_COMPLETION_QUEUE_SEND)
                    FUZZ_REQUIRE(t->qps[i].outstanding-- != 0);
        }
}

static void ring(uint64_t doorbell, uint16_t value)
{
    efa_store_release_u32((uint32_t *)(uintptr_t)doorbell, value);
}

static void post_receive(struct target *t, struct queue_pair *qp, struct fuzz_input *input)
{
    struct efa_recv_descriptor *place =
        (struct efa_recv_descriptor *)(uintptr_t)qp->info.rq + qp->received % DEPTH;
    uint64_t at = (uintptr_t)fuzz_memory + FENCE + fuzz_u8(input);
    struct efa_recv_descriptor d = {0};

    d.request_id = qp->received;
    d.length = fuzz_u8(input) * 8;
    d.lkey_ctrl = t->mr.lkey | EFA_RECV_FIRST | EFA_RECV_LAST;
    d.address_low = (uint32_t)at;
    d.address_high = (uint32_t)(at >> 32);
    memcpy(place, &d, sizeof d);
    ring(qp->info.rq_doorbell, ++qp->received);
}

static void post_send(struct target *t, struct queue_pair *qp, struct fuzz_input *input)
{
    struct efa_send_descriptor *place =
        (struct efa_send_descriptor *)(uintptr_t)qp->info.sq + qp->sent % DEPTH;
    uint64_t at = (uintptr_t)fuzz_memory + FENCE;
    struct efa_send_descriptor d = {0};
    struct efa_buffer_descriptor buffer = {fuzz_u8(input) * 8u, t->mr.lkey, (uint32_t)at,
                                           (uint32_t)(at >> 32)};
    bool reads = qp == &t->qps[0] && fuzz_below(input, 3) == 0;

    if (qp->outstanding == DEPTH)
        return;
    d.request_id = qp->sent;
    d.ctrl1 = (uint8_t)(EFA_SEND_META_DESC | (reads ? EFA_SEND_OP_RDMA_READ : EFA_SEND_OP_SEND));
    d.ctrl2 = EFA_SEND_FIRST | EFA_SEND_LAST | EFA_SEND_COMP_REQ;
    if ((qp->sent & DEPTH) != 0)
        d.ctrl2 |= EFA_SEND_PHASE;
    d.destination_qp = fuzz_u8(input);
    d.address_handle = t->ah;
    d.length = 1;
    if (reads) {
        d.payload.rdma.local = buffer;
        d.payload.rdma.remote.length = buffer.length;
        d.payload.rdma.remote.rkey = 77;
    } else {
        d.payload.buffers[0] = buffer;
    }
    memcpy(place, &d, sizeof d);
    qp->outstanding++;
    ring(qp->info.sq_doorbell, ++qp->sent);
    fuzz_device_run(t->device);
}

/* What a peer would send, or nearly. */
static uint32_t compose_packet(struct target *t, struct fuzz_input *input, uint8_t *bytes)
{
    const struct efasim_config *config = efasim_get_config(t->sim);
    struct efasim_packet packet = {0};
    unsigned which = fuzz_below(input, QPS);

    packet.number = ++t->number;
    packet.kind = (uint8_t)(EFASIM_PACKET_SEND + fuzz_below(input, 4));
    packet.token = t->last.token;
    packet.drop = EFASIM_NO_DROP;
    packet.result = (uint8_t)fuzz_below(input, 4);
    memcpy(packet.source_gid, far_gid[0], sizeof packet.source_gid);
    memcpy(packet.destination_gid, config->devices[0].gid, sizeof packet.destination_gid);
    packet.destination_qp = (uint16_t)t->qps[which].info.qp_num;
    packet.qp_type = which == 0 ? EFA_DRIVER_QP_SRD : EFA_DRIVER_QP_UD;
    packet.rkey = t->mr.rkey;
    packet.address = (uintptr_t)fuzz_memory + FENCE;
    packet.left = fuzz_u16(input) % 16384u;
    if (packet.kind == EFASIM_PACKET_SEND)
        packet.size = fuzz_u8(input) * 8u;
    if (packet.kind == EFASIM_PACKET_DATA)
        packet.size = fuzz_below(input, 2) ? t->last.left : fuzz_u8(input) * 8u;
    memset(bytes + sizeof packet, fuzz_u8(input), packet.size);
    if (fuzz_below(input, 4) == 0)
        fuzz_patch(input, &packet, sizeof packet);
    memcpy(bytes, &packet, sizeof packet);
    return (uint32_t)sizeof packet + (packet.size < 4096 ? packet.size : 0);
}

static void receive_record(struct target *t, struct fuzz_input *input)
{
    static uint8_t bytes[RECORD];
    struct link_record_head head = {0};
    uint32_t count = 1 + fuzz_below(input, 2);
    size_t size = sizeof head;

    memcpy(bytes, &head, sizeof head);
    while (count-- != 0)
        size += compose_packet(t, input, bytes + size);
    if (fuzz_below(input, 8) == 0)
        fuzz_patch(input, bytes, size);
    if (fuzz_below(input, 8) == 0)
        size = fuzz_u8(input);
    if (!link_record_read(bytes, size, &head, arrivals, &count))
        return;
    (void)link_queue_arrived(&t->queue, head.received);
    (void)efasim_link_receive(t->link, arrivals, &count);
}

/* The instance accepts its own records. */
static void take_record(struct target *t)
{
    struct link_record_head head = {0};
    uint64_t last = 0;
    size_t size;
    uint32_t count;

    memcpy(sent, &head, sizeof head);
    size = sizeof head + link_queue_take(&t->queue, sent + sizeof head);
    FUZZ_REQUIRE(link_record_read(sent, size, &head, arrivals, &count));
    for (uint32_t i = 0; i < count; i++) {
        FUZZ_REQUIRE(arrivals[i].packet.number > last);
        last = arrivals[i].packet.number;
    }
    FUZZ_REQUIRE(link_queue_arrived(&t->queue, last));
}

static bool is_wanted(void *context, const struct efasim_packet *packet)
{
    struct target *t = context;

    return packet->kind >= EFASIM_PACKET_ANSWER || efasim_link_is_awaited(t->link, packet);
}

static void toggle(struct target *t, bool is_new)
{
    uint32_t index;

    if (t->is_up) {
        efasim_link_down(t->link);
        t->is_up = false;
        return;
    }
    if (is_new)
        link_queue_clear(&t->queue);
    else
        link_queue_resume(&t->queue, is_wanted, t);
    t->is_up = true;
    FUZZ_REQUIRE(efasim_link_up(t->link, far_gid, 1, is_new, &index) == EFASIM_LINK_OK);
}

static void act(struct target *t, struct fuzz_input *input)
{
    struct queue_pair *qp = &t->qps[fuzz_below(input, QPS)];
    uint8_t text[512];
    struct link_hello hello;
    char rejection[LINK_REJECTION_SIZE];
    uint64_t received;

    switch (fuzz_below(input, 10)) {
    case 0:
        toggle(t, fuzz_below(input, 2) != 0);
        break;
    case 1:
        fuzz_device_advance(t->device, (uint64_t)fuzz_u8(input) * 100000u);
        break;
    case 2:
    case 3:
        post_receive(t, qp, input);
        break;
    case 4:
    case 5:
        post_send(t, qp, input);
        break;
    case 6:
        take_record(t);
        break;
    case 7:
        fuzz_bytes(input, text, sizeof text);
        (void)link_record_read_hello(text, fuzz_u16(input) % sizeof text, &hello);
        (void)link_record_read_rejection(text, fuzz_u16(input) % sizeof text, rejection);
        (void)link_record_read_resume(text, fuzz_u16(input) % sizeof text, &received);
        break;
    default:
        if (t->is_up)
            receive_record(t, input);
        break;
    }
    read_completions(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    static struct efasim_config config;
    struct target t = {0};

    efasim_config_second_generation(&config);
    fuzz_small_limits(&config);
    config.loss = fuzz_below(&input, 4) == 0 ? EFASIM_CERTAIN / 20 : 0;
    memset(fuzz_memory, UNTOUCHED, sizeof fuzz_memory);
    t.device = fuzz_device_create(&config);
    fuzz_device_set_indirect(t.device, fuzz_below(&input, 2) != 0);
    t.sim = fuzz_device_model(t.device);
    t.sub_cqs = config.devices[0].num_sub_cqs;
    open_client(&t);
    t.link = efasim_link_create(t.sim, send_packet, &t);
    FUZZ_REQUIRE(t.link != NULL);
    toggle(&t, true);
    for (unsigned i = 0; i < 64 && fuzz_more(&input); i++)
        act(&t, &input);
    /* A silent peer is given up: nothing is outstanding for ever. */
    if (t.is_up)
        toggle(&t, false);
    for (unsigned i = 0; i < 40; i++)
        fuzz_device_advance(t.device, config.peer_timeout);
    read_completions(&t);
    for (unsigned i = 0; i < QPS; i++)
        FUZZ_REQUIRE(t.qps[i].outstanding == 0);
    FUZZ_REQUIRE(fuzz_all_are(fuzz_memory, UNTOUCHED, FENCE));
    FUZZ_REQUIRE(fuzz_all_are(fuzz_memory + REGION - FENCE, UNTOUCHED, FUZZ_MEMORY - REGION));
    fuzz_device_transport(t.device, 0)->close(fuzz_device_transport(t.device, 0), t.session);
    link_queue_clear(&t.queue);
    fuzz_device_destroy(t.device);
    return 0;
}
