/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Clients of the service that break the protocol: they send nonsense, lie, hang, and leave in the
 * middle. Only their own session ends; other clients are served. Runs on Linux and on Windows.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../conformance/service_place.h"
#include "client/channel.h"
#include "client/protocol.h"
#include "client/service_transport.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "fronts/service/service.h"
#include "os/os.h"

enum { PATIENCE = 30000, FULL_MS = 100, MOST_CHANNELS = 16, LARGEST_RING = 32768 * 64 };

static struct efasim_service *service;
static struct service_transport honest;
static struct efasim_channel *channels[MOST_CHANNELS]; /* of the running case */
static jmp_buf leave_case;

/* Ends the case. There is no cmocka for Windows here. */
static void check(bool is_true, int line, const char *what)
{
    if (is_true)
        return;
    printf("service_abuse_test.c:%d: %s\n", line, what);
    longjmp(leave_case, 1);
}

#define CHECK(condition) check(condition, __LINE__, #condition)

static bool start(void)
{
    static struct efasim_config config;
    static struct efasim_instance instance;
    struct efasim_service_options options = {.config = &config, .instance = &instance};
    char message[256] = "no place for the service";

    efasim_config_second_generation(&config);
    /* A ring may be larger than the deepest queue needs. */
    config.devices[0].max_llq_size = LARGEST_RING;
    config.devices[0].max_rq_sge = 1;
    if (service_place_make() && efasim_instance_find(NULL, &instance, message, sizeof message))
        service = efasim_service_start(&options, message, sizeof message);
    if (!service)
        printf("%s\n", message);
    service_transport_init(&honest, NULL, 0, NULL);
    return service != NULL;
}

static struct efasim_channel *connect_raw(void)
{
    char message[256];

    for (int i = 0; i < MOST_CHANNELS; i++) {
        if (channels[i])
            continue;
        if (efasim_channel_open(NULL, &channels[i], message, sizeof message) != 0) {
            channels[i] = NULL;
            check(false, __LINE__, message);
        }
        return channels[i];
    }
    check(false, __LINE__, "the case has too many channels");
    return NULL;
}

static void leave(struct efasim_channel *channel)
{
    for (int i = 0; i < MOST_CHANNELS; i++) {
        if (channels[i] == channel)
            channels[i] = NULL;
    }
    efasim_channel_close(channel);
}

static void send_frame(struct efasim_channel *channel, const void *frame, size_t size)
{
    CHECK(efasim_channel_send(channel, frame, (uint32_t)size));
}

/* The next frame's size; 0: the service has closed the channel. */
static uint32_t receive_frame(struct efasim_channel *channel, union efasim_frame *frame)
{
    uint32_t size;

    return efasim_channel_receive(channel, frame, sizeof *frame, &size) ? size : 0;
}

static void expect_closed(struct efasim_channel *channel)
{
    union efasim_frame frame;

    CHECK(receive_frame(channel, &frame) == 0);
    leave(channel);
}

static const uint64_t witness = 0x1234567890abcdef;

static struct efasim_hello_frame right_hello(void)
{
    struct efasim_hello_frame hello = {
        .kind = EFASIM_FRAME_HELLO,
        .protocol = EFASIM_PROTOCOL_VERSION,
        .purpose = EFASIM_PURPOSE_ADAPTER,
        .witness_address = (uint64_t)(uintptr_t)&witness,
        .witness = witness,
    };

    return hello;
}

/* Sends the frame and expects the reply to be an error, which ends the session. */
static void expect_hello_error(const struct efasim_hello_frame *hello, uint32_t error,
                               const char *words)
{
    struct efasim_welcome welcome;
    union efasim_frame frame;
    struct efasim_channel *channel = connect_raw();

    send_frame(channel, hello, sizeof *hello);
    CHECK(receive_frame(channel, &frame) == EFASIM_REPLY_FRAME_HEAD + sizeof welcome);
    CHECK(frame.reply.error == error);
    memcpy(&welcome, frame.reply.output, sizeof welcome);
    check(strstr(welcome.message, words) != NULL, __LINE__, welcome.message);
    expect_closed(channel);
}

/* A session with the adapter. */
static struct efasim_channel *connect_adapter(void)
{
    struct efasim_hello_frame hello = right_hello();
    union efasim_frame frame;
    struct efasim_channel *channel = connect_raw();

    send_frame(channel, &hello, sizeof hello);
    CHECK(receive_frame(channel, &frame) > EFASIM_REPLY_FRAME_HEAD);
    CHECK(frame.reply.error == EFA_WIN32_SUCCESS);
    return channel;
}

static size_t make_request(struct efasim_request_frame *frame, uint32_t code, const void *input,
                           uint32_t size)
{
    memset(frame, 0, sizeof *frame);
    frame->kind = EFASIM_FRAME_REQUEST;
    frame->code = code;
    frame->input_size = size;
    frame->output_size = EFASIM_FRAME_BYTES;
    if (size != 0)
        memcpy(frame->input, input, size);
    return EFASIM_REQUEST_FRAME_HEAD + size;
}

static void expect_reply(struct efasim_channel *channel, uint32_t error)
{
    union efasim_frame frame;

    CHECK(receive_frame(channel, &frame) >= EFASIM_REPLY_FRAME_HEAD);
    CHECK(frame.kind == EFASIM_FRAME_REPLY);
    CHECK(frame.reply.error == error);
}

static void allocate_pd(struct efasim_channel *channel)
{
    struct efasim_request_frame request;

    send_frame(channel, &request, make_request(&request, EFA_ALLOC_PD, NULL, 0));
    expect_reply(channel, EFA_WIN32_SUCCESS);
}

/* Whatever the others did, a client that behaves is served, and nothing is left of them. */
static void expect_that_all_is_well(void)
{
    const struct efa_transport *transport = &honest.transport;
    struct efasim_objects objects;
    struct efa_pd_info pd;
    uint32_t returned;
    uint64_t end;
    void *session;

    CHECK(transport->open(transport, &session) == EFA_WIN32_SUCCESS);
    CHECK(transport->request(transport, session, EFA_ALLOC_PD, NULL, 0, &pd, sizeof pd,
                             &returned) == EFA_WIN32_SUCCESS);
    transport->close(transport, session);
    end = efasim_channel_clock() + PATIENCE;
    do {
        CHECK(efasim_channel_clock() < end);
        efa_os_yield();
        efasim_get_objects(efasim_service_model(service), EFASIM_ALL_DEVICES, &objects);
    } while ((objects.clients | objects.pds) != 0);
}

static void nonsense_instead_of_a_hello(void)
{
    static const size_t sizes[] = {1, 3, 4, 39, 41, 4096, 5000};
    struct efasim_hello_frame hello = right_hello();
    uint8_t bytes[8192];

    memset(bytes, 0xa5, sizeof bytes);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct efasim_channel *channel = connect_raw();

        send_frame(channel, bytes, sizes[i]);
        expect_closed(channel);
        channel = connect_raw();
        memcpy(bytes, &hello, sizeof hello); /* right but for its size */
        send_frame(channel, bytes, sizes[i]);
        expect_closed(channel);
    }
    leave(connect_raw()); /* without a word */
    expect_that_all_is_well();
}

static void hello_that_is_wrong(void)
{
    struct efasim_hello_frame hello = right_hello();

    hello.protocol++;
    expect_hello_error(&hello, EFA_WIN32_REVISION_MISMATCH, "use efasim and its client library");
    hello = right_hello();
    hello.purpose = 77;
    expect_hello_error(&hello, EFA_WIN32_INVALID_PARAMETER, "");
    hello = right_hello();
    hello.device = 77;
    expect_hello_error(&hello, EFA_WIN32_FILE_NOT_FOUND, "");
    hello = right_hello();
    hello.witness++;
    expect_hello_error(&hello, EFA_WIN32_ACCESS_DENIED, "not the process that connected");
    hello = right_hello();
    hello.witness_address = 16;
    expect_hello_error(&hello, EFA_WIN32_ACCESS_DENIED, "cannot reach the memory");
    expect_that_all_is_well();
}

static void frames_that_do_not_belong(void)
{
    struct efasim_hello_frame hello = right_hello();
    struct efasim_mapped_frame mapped = {.kind = EFASIM_FRAME_MAPPED, .address = 4096};
    struct efasim_request_frame request;
    struct efasim_bare_frame unknown = {99};
    const struct {
        const void *bytes;
        size_t size;
    } frames[] = {
        {&hello, sizeof hello},   /* once more */
        {&mapped, sizeof mapped}, /* nothing was offered */
        {&unknown, sizeof unknown},
        {"x", 1},
        {&request, EFASIM_REQUEST_FRAME_HEAD - 1},
        {&request, EFASIM_REQUEST_FRAME_HEAD + 3}, /* says 4 */
        {&request, EFASIM_REQUEST_FRAME_HEAD + 5},
    };

    make_request(&request, EFA_DEALLOC_PD, "abcd", 4);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        struct efasim_channel *channel = connect_adapter();

        allocate_pd(channel);
        send_frame(channel, frames[i].bytes, frames[i].size);
        expect_closed(channel);
    }
    expect_that_all_is_well();
}

static void control_session_has_no_adapter(void)
{
    struct efasim_hello_frame hello = right_hello();
    struct efasim_request_frame request;
    struct efasim_channel *channel = connect_raw();

    hello.purpose = EFASIM_PURPOSE_CONTROL;
    send_frame(channel, &hello, sizeof hello);
    expect_reply(channel, EFA_WIN32_SUCCESS);
    send_frame(channel, &request, make_request(&request, EFA_ALLOC_PD, NULL, 0));
    expect_reply(channel, EFA_WIN32_INVALID_FUNCTION);
    leave(channel);
    expect_that_all_is_well();
}

/* Sizes that are larger than any frame belong to the request: the adapter judges them. */
static void request_may_say_any_size(void)
{
    struct efasim_request_frame request;
    struct efasim_channel *channel = connect_adapter();

    make_request(&request, EFA_DEALLOC_PD, NULL, 0);
    request.input_size = UINT32_MAX;
    request.output_size = UINT32_MAX;
    send_frame(channel, &request, sizeof request);
    expect_reply(channel, EFA_WIN32_INVALID_PARAMETER);
    leave(channel);
    expect_that_all_is_well();
}

static size_t make_cq_request(struct efasim_request_frame *request)
{
    const struct efasim_config *config = efasim_get_config(efasim_service_model(service));
    struct efa_create_cq_params params = {
        .depth = 64, .num_sub_cqs = (uint16_t)config->devices[0].num_sub_cqs, .entry_size = 16};

    return make_request(request, EFA_CREATE_CQ, &params, sizeof params);
}

static void segment_that_is_mapped_nowhere(void)
{
    struct efasim_mapped_frame mapped = {.kind = EFASIM_FRAME_MAPPED};
    struct efasim_request_frame request;
    union efasim_frame frame;
    size_t size = make_cq_request(&request);
    struct efasim_channel *channel = connect_adapter();

    for (int i = 0; i < 3; i++) { /* it could not map it: it is offered another */
        send_frame(channel, &request, size);
        CHECK(receive_frame(channel, &frame) == sizeof frame.memory);
        send_frame(channel, &mapped, sizeof mapped);
    }
    send_frame(channel, &request, size);
    CHECK(receive_frame(channel, &frame) == sizeof frame.memory);
    send_frame(channel, &request, size); /* no answer to the offer */
    expect_reply(channel, EFA_WIN32_NO_SYSTEM_RESOURCES);
    mapped.address = 4097;
    send_frame(channel, &mapped, sizeof mapped);
    expect_closed(channel);
    expect_that_all_is_well();
}

/* The service never reads where a client says that its rings are: any value is accepted. */
static void segment_that_is_mapped_elsewhere(void)
{
    struct efasim_mapped_frame mapped = {.kind = EFASIM_FRAME_MAPPED, .address = 0x7f0000000000};
    struct efasim_request_frame request;
    union efasim_frame frame;
    size_t size = make_cq_request(&request);
    struct efasim_channel *channel = connect_adapter();

    send_frame(channel, &request, size);
    CHECK(receive_frame(channel, &frame) == sizeof frame.memory);
    send_frame(channel, &mapped, sizeof mapped);
    send_frame(channel, &request, size);
    expect_reply(channel, EFA_WIN32_SUCCESS);
    leave(channel);
    expect_that_all_is_well();
}

/* More rings than one segment holds: another one is offered in time. */
static void rings_that_fill_segments(void)
{
    const struct efa_transport *transport = &honest.transport;
    const struct efasim_config *config = efasim_get_config(efasim_service_model(service));
    const struct efa_create_cq_params cq_params = {
        .depth = 64, .num_sub_cqs = (uint16_t)config->devices[0].num_sub_cqs, .entry_size = 16};
    struct efa_create_qp_params qp_params = {
        .sq_depth = 1, .sq_ring_size = LARGEST_RING, .qp_type = EFA_DRIVER_QP_SRD};
    struct efa_cq_info cq;
    struct efa_pd_info pd;
    struct efa_qp_info qp;
    uint32_t returned;
    void *session;

    CHECK(transport->open(transport, &session) == EFA_WIN32_SUCCESS);
    CHECK(transport->request(transport, session, EFA_ALLOC_PD, NULL, 0, &pd, sizeof pd,
                             &returned) == EFA_WIN32_SUCCESS);
    CHECK(transport->request(transport, session, EFA_CREATE_CQ, &cq_params, sizeof cq_params, &cq,
                             sizeof cq, &returned) == EFA_WIN32_SUCCESS);
    qp_params.send_cq_index = qp_params.recv_cq_index = cq.cq_index;
    qp_params.pdn = pd.pdn;
    for (int i = 0; i < 20; i++)
        CHECK(transport->request(transport, session, EFA_CREATE_QP, &qp_params, sizeof qp_params,
                                 &qp, sizeof qp, &returned) == EFA_WIN32_SUCCESS);
    transport->close(transport, session);
    expect_that_all_is_well();
}

/* Sends until both directions are full: the service has taken no frame for a while. */
static void fill(struct efasim_channel *channel, const void *frame, size_t size)
{
    const uint64_t begin = efasim_channel_clock();
    uint64_t sent = begin;

    while (efasim_channel_clock() - sent < FULL_MS) {
        if (efasim_channel_notify(channel, frame, (uint32_t)size))
            sent = efasim_channel_clock();
        else
            efa_os_yield();
        CHECK(efasim_channel_clock() - begin < PATIENCE);
    }
}

/* Its replies fill the channel; its session waits, and others do not. */
static void client_that_never_reads(void)
{
    struct efasim_request_frame request;
    const struct efa_query_device_params newest = {EFA_INTERFACE_VERSION_NEWEST};
    size_t size = make_request(&request, EFA_QUERY_DEVICE, &newest, sizeof newest);
    struct efasim_channel *silent[4];

    (void)connect_raw(); /* says nothing, and stays open too */
    for (int i = 0; i < 4; i++) {
        silent[i] = connect_adapter();
        fill(silent[i], &request, size);
        allocate_pd(connect_adapter()); /* stays open: the end of the service closes it */
    }
    for (int i = 0; i < 3; i++) /* the fourth is there while the service is stopped */
        leave(silent[i]);
}

static void client_that_leaves_in_the_middle(void)
{
    struct efasim_request_frame request;
    size_t size = make_cq_request(&request);

    for (int i = 0; i < 200; i++) {
        struct efasim_channel *channel = connect_adapter();

        allocate_pd(channel);
        send_frame(channel, &request, size);
        leave(channel);
    }
    expect_that_all_is_well();
}

static void many_bells(void)
{
    struct efasim_bare_frame bell = {EFASIM_FRAME_BELL};
    struct efasim_channel *channel = connect_adapter();

    for (int i = 0; i < 2000; i++)
        send_frame(channel, &bell, sizeof bell);
    allocate_pd(channel);
    leave(channel);
    expect_that_all_is_well();
}

static void close_channels(void)
{
    for (int i = 0; i < MOST_CHANNELS; i++) {
        if (channels[i])
            leave(channels[i]);
    }
}

static bool runs(void (*run)(void))
{
    close_channels();
    if (setjmp(leave_case) != 0)
        return false;
    run();
    return true;
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        {"nonsense instead of a hello", nonsense_instead_of_a_hello},
        {"hello that is wrong", hello_that_is_wrong},
        {"frames that do not belong", frames_that_do_not_belong},
        {"control session has no adapter", control_session_has_no_adapter},
        {"request may say any size", request_may_say_any_size},
        {"segment that is mapped nowhere", segment_that_is_mapped_nowhere},
        {"segment that is mapped elsewhere", segment_that_is_mapped_elsewhere},
        {"client that leaves in the middle", client_that_leaves_in_the_middle},
        {"many bells", many_bells},
        {"rings that fill segments", rings_that_fill_segments},
        {"client that never reads", client_that_never_reads}, /* last: it leaves clients behind */
    };
    unsigned failed = 0, count = sizeof cases / sizeof cases[0];

    if (!start())
        return 1;
    for (unsigned i = 0; i < count; i++) {
        if (runs(cases[i].run))
            continue;
        failed++;
        printf("FAILED %s\n", cases[i].name);
    }
    efasim_service_stop(service);
    close_channels();
    if (!service_place_remove())
        failed++;
    printf("%u passed, %u failed\n", count - failed, failed);
    return failed != 0;
}
