/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Clients of the simulated EFA's service that send anything: right frames spoiled in some bytes,
 * frames of wrong sizes and in wrong places, nonsense. The channel and the client's memory are
 * played. Each reply must be well formed, and nothing may be left of a session that has ended,
 * however it ended.
 */
#include <stdio.h>

#include "client/protocol.h"
#include "device.h"
#include "driver/protocol.h"
#include "fronts/control/control_protocol.h"
#include "fronts/service/service_internal.h"

enum { SESSIONS = 3, FRAMES = 64, CLIENT_MEMORY = 16384, STEPS = 8, WITNESS = 77 };

/* The client, and what it has of the service. */
struct peer {
    struct fuzz_input *input;
    struct efasim_service *service;
    struct session *session;
    unsigned frames;
    bool is_closed;
    bool was_offered; /* memory, by the last frame */
    bool is_greeted;
    bool is_control;            /* the session shows and changes the simulation */
    uint32_t pdn, cq, qp, lkey; /* as last made */
    uint32_t asked;
};

static uint8_t client_memory[CLIENT_MEMORY];

static uint64_t memory_at(size_t offset)
{
    return (uint64_t)(uintptr_t)client_memory + offset;
}

static bool is_in_memory(uint64_t address, uint64_t size)
{
    return address >= memory_at(0) && size <= CLIENT_MEMORY &&
           address - memory_at(0) <= CLIENT_MEMORY - size;
}

static uint32_t compose_hello(const struct peer *peer, struct efasim_hello_frame *hello)
{
    hello->kind = EFASIM_FRAME_HELLO;
    hello->protocol = EFASIM_PROTOCOL_VERSION;
    hello->purpose = peer->is_control ? EFASIM_PURPOSE_CONTROL : EFASIM_PURPOSE_ADAPTER;
    hello->flags = EFASIM_HELLO_RINGS;
    hello->witness_address = memory_at(0);
    hello->witness = WITNESS;
    return sizeof *hello;
}

/* What a request of this code should have as its input. */
static uint32_t compose_input(struct peer *peer, uint32_t code, void *bytes)
{
    const struct efasim_config *config = efasim_get_config(peer->service->sim);
    uint8_t choice = fuzz_u8(peer->input);

    if (code == EFA_QUERY_DEVICE) {
        struct efa_query_device_params p = {1 + choice % 3u};
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    if (code == EFA_CREATE_CQ) {
        struct efa_create_cq_params p = {(uint16_t)(1u << choice % 8u),
                                         (uint16_t)config->devices[0].num_sub_cqs, 16};
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    if (code == EFA_CREATE_QP) {
        struct efa_create_qp_params p = {.sq_depth = 16, .rq_depth = 16};
        p.send_cq_index = p.recv_cq_index = peer->cq;
        p.sq_ring_size = 16 * 64;
        p.rq_ring_size = 16 * 16;
        p.pdn = (uint16_t)peer->pdn;
        p.qp_type = choice & 1;
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    if (code == EFA_MODIFY_QP) {
        struct efa_modify_qp_params p = {0};
        p.modify_mask = fuzz_u8(peer->input);
        p.qp_handle = peer->qp;
        p.state = choice % 8u;
        p.cur_state = (choice >> 3) % 8u;
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    if (code == EFA_REG_MR) {
        struct efa_reg_mr_params p = {1 + fuzz_u16(peer->input), memory_at(choice),
                                      (uint16_t)peer->pdn, choice & 5};
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    if (code == EFA_DESTROY_QP) {
        struct efa_destroy_qp_params p = {peer->qp};
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    if (code == EFA_DESTROY_CQ) {
        struct efa_destroy_cq_params p = {(uint16_t)peer->cq};
        memcpy(bytes, &p, sizeof p);
        return sizeof p;
    }
    return 0;
}

static uint32_t compose_request(struct peer *peer, struct efasim_request_frame *request)
{
    request->kind = EFASIM_FRAME_REQUEST;
    request->code = EFA_CONTROL_CODE(0x801 + fuzz_below(peer->input, 12));
    request->input_size = compose_input(peer, request->code, request->input);
    request->output_size = 128;
    peer->asked = request->code;
    return EFASIM_REQUEST_FRAME_HEAD + request->input_size;
}

static uint32_t compose_faults(char *bytes, uint8_t choice)
{
    /* No late replies: the target would wait for them. */
    static const char *const lines[] = {
        "fault = request_error request=CREATE_CQ value=1450 nth=2\n",
        "fault = request_patch request=CREATE_QP value=1 offset=0 size=4\n",
        "fault = completion_double\n",
        "fault = message_lose qp=1 count=3\nfault = completion_lose\n",
        "loss = 5%\n",
        "fault = nonsense\n",
    };
    const char *text = lines[choice % (sizeof lines / sizeof lines[0])];

    memcpy(bytes, text, strlen(text));
    return (uint32_t)strlen(text);
}

static uint32_t compose_control_input(uint32_t code, uint8_t choice, void *bytes)
{
    const struct efasim_control_removal removal = {choice & 3, (choice >> 2) & 1};
    const struct efasim_control_qp qp = {choice & 1, choice >> 1};
    const struct efasim_trace_filter filter = {.events = choice, .device = EFASIM_ALL_DEVICES};
    const uint32_t value = choice & 1;

    switch (code) {
    case EFASIM_CONTROL_STALL:
    case EFASIM_SERVICE_LINKS:
        memcpy(bytes, &value, sizeof value);
        return sizeof value;
    case EFASIM_CONTROL_REMOVE:
        memcpy(bytes, &removal, sizeof removal);
        return sizeof removal;
    case EFASIM_CONTROL_QP_COUNTERS:
        memcpy(bytes, &qp, sizeof qp);
        return sizeof qp;
    case EFASIM_CONTROL_TRACE:
        memcpy(bytes, &filter, sizeof filter);
        return sizeof filter;
    case EFASIM_CONTROL_FAULTS:
        return compose_faults(bytes, choice);
    default:
        return 0;
    }
}

static uint32_t compose_control(struct peer *peer, struct efasim_request_frame *request)
{
    static const uint32_t codes[] = {
        EFASIM_CONTROL_OBJECTS,        EFASIM_CONTROL_COUNTERS,
        EFASIM_CONTROL_RESET_COUNTERS, EFASIM_CONTROL_STALL,
        EFASIM_CONTROL_REMOVE,         EFASIM_CONTROL_FAULTS,
        EFASIM_CONTROL_CLEAR_FAULTS,   EFASIM_CONTROL_TRACE,
        EFASIM_CONTROL_LIST_FAULTS,    EFASIM_CONTROL_QP_COUNTERS,
        EFASIM_SERVICE_STATUS,         EFASIM_SERVICE_STOP,
        EFASIM_SERVICE_LINKS,          EFA_ALLOC_PD,
    };

    request->kind = EFASIM_FRAME_REQUEST;
    request->code = codes[fuzz_below(peer->input, sizeof codes / sizeof codes[0])];
    request->input_size =
        compose_control_input(request->code, fuzz_u8(peer->input), request->input);
    request->output_size = EFASIM_FRAME_BYTES;
    peer->asked = request->code;
    return EFASIM_REQUEST_FRAME_HEAD + request->input_size;
}

static uint32_t compose_mapped(struct peer *peer, struct efasim_mapped_frame *mapped)
{
    mapped->kind = EFASIM_FRAME_MAPPED;
    if (peer->session->arena.offered && fuzz_below(peer->input, 4) != 0)
        mapped->address = UINT64_C(0x700000000000);
    return sizeof *mapped;
}

static uint32_t compose(struct peer *peer, union efasim_frame *frame)
{
    if (!peer->is_greeted)
        return compose_hello(peer, &frame->hello);
    if (peer->was_offered)
        return compose_mapped(peer, &frame->mapped);
    switch (fuzz_below(peer->input, 16)) {
    case 0:
        return compose_hello(peer, &frame->hello);
    case 1:
        return compose_mapped(peer, &frame->mapped);
    case 2:
        frame->bare.kind = EFASIM_FRAME_BELL;
        return sizeof frame->bare;
    case 3:
        frame->bare.kind = EFASIM_FRAME_GOODBYE;
        return sizeof frame->bare;
    case 4:
        fuzz_bytes(peer->input, frame, 32);
        return fuzz_below(peer->input, 33);
    default:
        return peer->is_control ? compose_control(peer, &frame->request)
                                : compose_request(peer, &frame->request);
    }
}

bool peer_receive(struct peer *peer, void *bytes, uint32_t size, uint32_t *received)
{
    union efasim_frame *frame = bytes;
    uint8_t spoil;

    FUZZ_REQUIRE(!peer->is_closed && size == sizeof *frame);
    for (unsigned i = 0; i < STEPS && efasim_step(peer->service->sim, 16).more; i++)
        ;
    if (!fuzz_more(peer->input) || ++peer->frames > FRAMES)
        return false;
    spoil = fuzz_u8(peer->input);
    if (peer->frames == 1)
        peer->is_control = (spoil & 0xc0) == 0xc0;
    memset(frame, 0, sizeof *frame);
    *received = compose(peer, frame);
    if ((spoil & 7) == 7)
        fuzz_patch(peer->input, frame, 48);
    if ((spoil & 0x38) == 0x38)
        *received = fuzz_u16(peer->input) % (sizeof *frame + 1);
    peer->was_offered = false;
    return *received != 0;
}

/* Whether a fault may have altered a reply. */
static bool has_faults(const struct efasim_service *service)
{
    static struct efasim_fault_state faults[EFASIM_MAX_FAULTS];

    return efasim_get_faults(service->sim, faults) != 0;
}

/* What the reply to the last request says of what was made. */
static void learn(struct peer *peer, const struct efasim_reply_frame *reply)
{
    bool altered = has_faults(peer->service);

    if (reply->error != EFA_WIN32_SUCCESS)
        return;
    if (!peer->is_greeted) {
        peer->is_greeted = true;
    } else if (peer->asked == EFA_ALLOC_PD && reply->size == sizeof(struct efa_pd_info)) {
        peer->pdn = ((const struct efa_pd_info *)(const void *)reply->output)->pdn;
    } else if (peer->asked == EFA_CREATE_CQ && reply->size == sizeof(struct efa_cq_info)) {
        struct efa_cq_info info;
        memcpy(&info, reply->output, sizeof info);
        FUZZ_REQUIRE(altered || (info.cq_addr != 0 && info.cq_addr % SHARED_MEMORY_PAGE == 0));
        peer->cq = info.cq_index;
    } else if (peer->asked == EFA_CREATE_QP && reply->size == sizeof(struct efa_qp_info)) {
        struct efa_qp_info info;
        memcpy(&info, reply->output, sizeof info);
        FUZZ_REQUIRE(altered ||
                     (info.sq_doorbell != 0 && info.sq_doorbell % SHARED_MEMORY_PAGE == 0));
        peer->qp = info.qp_handle;
    }
}

bool peer_send(struct peer *peer, const void *bytes, uint32_t size,
               const struct shared_memory *memory)
{
    const union efasim_frame *frame = bytes;

    FUZZ_REQUIRE(!peer->is_closed && size >= sizeof frame->kind);
    FUZZ_REQUIRE((frame->kind == EFASIM_FRAME_MEMORY) == (memory != NULL));
    if (memory) {
        FUZZ_REQUIRE(size == sizeof frame->memory && frame->memory.size == memory->size);
        peer->was_offered = true;
        return true;
    }
    FUZZ_REQUIRE(frame->kind == EFASIM_FRAME_REPLY && size >= EFASIM_REPLY_FRAME_HEAD &&
                 frame->reply.size == size - EFASIM_REPLY_FRAME_HEAD);
    FUZZ_REQUIRE(frame->reply.error == EFA_WIN32_SUCCESS || !peer->is_greeted ||
                 frame->reply.size == 0);
    learn(peer, &frame->reply);
    return true;
}

void peer_close(struct peer *peer)
{
    FUZZ_REQUIRE(!peer->is_closed);
    peer->is_closed = true;
}

uint32_t peer_process(const struct peer *peer)
{
    (void)peer;
    return 1;
}

void peer_describe(const struct peer *peer, char *text, size_t text_size)
{
    (void)peer;
    snprintf(text, text_size, "the fuzzer");
}

uint32_t peer_validate(struct peer *peer, uint64_t address, uint64_t size, bool writable)
{
    (void)peer;
    (void)writable;
    return is_in_memory(address, size) ? EFA_WIN32_SUCCESS : EFA_WIN32_NOACCESS;
}

void peer_copy(struct peer *peer, enum efasim_copy_direction direction, struct efasim_copy *copies,
               uint32_t count)
{
    (void)peer;
    for (uint32_t i = 0; i < count; i++) {
        void *client = (void *)(uintptr_t)copies[i].client;

        FUZZ_REQUIRE(is_in_memory(copies[i].client, copies[i].size));
        if (direction == EFASIM_COPY_FROM_CLIENT)
            memcpy(copies[i].model, client, copies[i].size);
        else
            memcpy(client, copies[i].model, copies[i].size);
        copies[i].done = true;
    }
}

bool peer_read(struct peer *peer, uint64_t address, void *bytes, size_t size, char *message,
               size_t message_size)
{
    static const uint64_t witness = WITNESS;

    (void)peer;
    FUZZ_REQUIRE(size == sizeof witness);
    if (is_in_memory(address, size)) {
        memcpy(bytes, &witness, sizeof witness);
        return true;
    }
    snprintf(message, message_size, "there is nothing");
    return false;
}

static void check_that_nothing_is_left(const struct efasim_service *service)
{
    struct efasim_objects o;

    efasim_get_objects(service->sim, EFASIM_ALL_DEVICES, &o);
    FUZZ_REQUIRE((o.clients | o.pds | o.mrs | o.cqs | o.qps | o.ahs | o.messages) == 0);
    FUZZ_REQUIRE(service->bells.count == 0 && service->silent == 0);
}

static void run_session(struct efasim_service *service, struct fuzz_input *input)
{
    struct session session = {.service = service};
    struct peer peer = {.input = input, .service = service, .session = &session};

    session.peer = &peer;
    session_serve(&session);
    FUZZ_REQUIRE(peer.is_closed && session.finished);
    check_that_nothing_is_left(service);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct efasim_config config;
    struct fuzz_input input = {data, size};
    struct efasim_service service;

    memset(&service, 0, sizeof service);
    efasim_config_second_generation(&config);
    fuzz_small_limits(&config);
    service.options.config = &config;
    service.device_count = 1;
    service.largest_request = 65536;
    FUZZ_REQUIRE(system_mutex_init(&service.model_lock) && engine_init(&service.engine));
    service_platform_init(&service);
    FUZZ_REQUIRE(efasim_create(&config, &service.platform, &service.sim) == EFA_WIN32_SUCCESS);
    for (unsigned i = 0; i < SESSIONS && fuzz_more(&input); i++)
        run_session(&service, &input);
    efasim_destroy(service.sim);
    bells_destroy(&service.bells);
    engine_destroy(&service.engine);
    system_mutex_destroy(&service.model_lock);
    return 0;
}
