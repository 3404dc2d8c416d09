/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Clients of the service that keep to no protocol: they send nonsense, lie, hang, and leave in the
 * middle. Only their own session ends; other clients are served.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client/protocol.h"
#include "client/service_transport.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "fronts/service/service.h"

enum { PATIENCE_MS = 30000 };

static char folder[] = "/tmp/efasim-test-XXXXXX";
static struct efasim_instance instance;
static struct efasim_service *service;
static struct service_transport honest;

static int start(void **state)
{
    static struct efasim_config config;
    struct efasim_service_options options = {.config = &config, .instance = &instance};
    char message[256];

    (void)state;
    assert_non_null(mkdtemp(folder));
    setenv("XDG_RUNTIME_DIR", folder, 1);
    unsetenv("EFASIM_INSTANCE");
    efasim_config_second_generation(&config);
    assert_true(efasim_instance_find(NULL, &instance, message, sizeof message));
    service = efasim_service_start(&options, message, sizeof message);
    assert_non_null(service);
    service_transport_init(&honest, NULL, 0, NULL);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    efasim_service_stop(service);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static void nap(void)
{
    struct timespec time = {0, 1000000};

    nanosleep(&time, NULL);
}

static int connect_raw(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, instance.socket);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_frame(int fd, const void *frame, size_t size)
{
    assert_int_equal(send(fd, frame, size, MSG_NOSIGNAL), size);
}

/* The next frame's size; 0: the service has closed the channel. */
static size_t receive_frame(int fd, union efasim_frame *frame)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    ssize_t size;

    assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
    size = recv(fd, frame, sizeof *frame, 0);
    /* Where it closed before it had read all, that is what the system says. */
    return size < 0 && errno == ECONNRESET ? 0 : (size_t)size;
}

static void expect_closed(int fd)
{
    union efasim_frame frame;

    assert_int_equal(receive_frame(fd, &frame), 0);
    close(fd);
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
    int fd = connect_raw();

    send_frame(fd, hello, sizeof *hello);
    assert_int_equal(receive_frame(fd, &frame), EFASIM_REPLY_FRAME_HEAD + sizeof welcome);
    assert_int_equal(frame.reply.error, error);
    memcpy(&welcome, frame.reply.output, sizeof welcome);
    if (!strstr(welcome.message, words))
        fail_msg("'%s' lacks '%s'", welcome.message, words);
    expect_closed(fd);
}

/* A session with the adapter. */
static int connect_adapter(void)
{
    struct efasim_hello_frame hello = right_hello();
    union efasim_frame frame;
    int fd = connect_raw();

    send_frame(fd, &hello, sizeof hello);
    assert_true(receive_frame(fd, &frame) > EFASIM_REPLY_FRAME_HEAD);
    assert_int_equal(frame.reply.error, EFA_WIN32_SUCCESS);
    return fd;
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

static void expect_reply(int fd, uint32_t error)
{
    union efasim_frame frame;

    assert_true(receive_frame(fd, &frame) >= EFASIM_REPLY_FRAME_HEAD);
    assert_int_equal(frame.kind, EFASIM_FRAME_REPLY);
    assert_int_equal(frame.reply.error, error);
}

static void allocate_pd(int fd)
{
    struct efasim_request_frame request;

    send_frame(fd, &request, make_request(&request, EFA_ALLOC_PD, NULL, 0));
    expect_reply(fd, EFA_WIN32_SUCCESS);
}

/* Whatever the others did, a client that behaves is served, and nothing is left of them. */
static void expect_that_all_is_well(void)
{
    const struct efa_transport *transport = &honest.transport;
    struct efasim_objects objects;
    struct efa_pd_info pd;
    uint32_t returned;
    void *session;

    assert_int_equal(transport->open(transport, &session), EFA_WIN32_SUCCESS);
    assert_int_equal(
        transport->request(transport, session, EFA_ALLOC_PD, NULL, 0, &pd, sizeof pd, &returned),
        EFA_WIN32_SUCCESS);
    transport->close(transport, session);
    for (int i = 0; i < PATIENCE_MS; i++) {
        efasim_get_objects(efasim_service_model(service), EFASIM_ALL_DEVICES, &objects);
        if ((objects.clients | objects.pds) == 0)
            return;
        nap();
    }
    fail_msg("%u clients and %u protection domains are left", objects.clients, objects.pds);
}

static void nonsense_instead_of_a_hello(void **state)
{
    static const size_t sizes[] = {1, 3, 4, 39, 41, 4096, 5000};
    struct efasim_hello_frame hello = right_hello();
    uint8_t bytes[8192];

    (void)state;
    memset(bytes, 0xa5, sizeof bytes);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        int fd = connect_raw();

        send_frame(fd, bytes, sizes[i]);
        expect_closed(fd);
        fd = connect_raw();
        memcpy(bytes, &hello, sizeof hello); /* right but for its size */
        send_frame(fd, bytes, sizes[i]);
        expect_closed(fd);
    }
    close(connect_raw()); /* without a word */
    expect_that_all_is_well();
}

static void hello_that_is_wrong(void **state)
{
    struct efasim_hello_frame hello = right_hello();

    (void)state;
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

static void frames_that_do_not_belong(void **state)
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

    (void)state;
    make_request(&request, EFA_DEALLOC_PD, "abcd", 4);
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        int fd = connect_adapter();

        allocate_pd(fd);
        send_frame(fd, frames[i].bytes, frames[i].size);
        expect_closed(fd);
    }
    expect_that_all_is_well();
}

static void control_session_has_no_adapter(void **state)
{
    struct efasim_hello_frame hello = right_hello();
    struct efasim_request_frame request;
    int fd = connect_raw();

    (void)state;
    hello.purpose = EFASIM_PURPOSE_CONTROL;
    send_frame(fd, &hello, sizeof hello);
    expect_reply(fd, EFA_WIN32_SUCCESS);
    send_frame(fd, &request, make_request(&request, EFA_ALLOC_PD, NULL, 0));
    expect_reply(fd, EFA_WIN32_INVALID_FUNCTION);
    close(fd);
    expect_that_all_is_well();
}

/* Sizes that are larger than any frame belong to the request: the adapter judges them. */
static void request_may_say_any_size(void **state)
{
    struct efasim_request_frame request;
    int fd = connect_adapter();

    (void)state;
    make_request(&request, EFA_DEALLOC_PD, NULL, 0);
    request.input_size = UINT32_MAX;
    request.output_size = UINT32_MAX;
    send_frame(fd, &request, sizeof request);
    expect_reply(fd, EFA_WIN32_INVALID_PARAMETER);
    close(fd);
    expect_that_all_is_well();
}

static size_t make_cq_request(struct efasim_request_frame *request)
{
    const struct efasim_config *config = efasim_get_config(efasim_service_model(service));
    struct efa_create_cq_params params = {
        .depth = 64, .num_sub_cqs = (uint16_t)config->devices[0].num_sub_cqs, .entry_size = 16};

    return make_request(request, EFA_CREATE_CQ, &params, sizeof params);
}

static void segment_that_is_mapped_nowhere(void **state)
{
    struct efasim_mapped_frame mapped = {.kind = EFASIM_FRAME_MAPPED};
    struct efasim_request_frame request;
    union efasim_frame frame;
    size_t size = make_cq_request(&request);
    int fd = connect_adapter();

    (void)state;
    for (int i = 0; i < 3; i++) { /* it could not map it: it is offered another */
        send_frame(fd, &request, size);
        assert_int_equal(receive_frame(fd, &frame), sizeof frame.memory);
        send_frame(fd, &mapped, sizeof mapped);
    }
    send_frame(fd, &request, size);
    assert_int_equal(receive_frame(fd, &frame), sizeof frame.memory);
    send_frame(fd, &request, size); /* no answer to the offer */
    expect_reply(fd, EFA_WIN32_NO_SYSTEM_RESOURCES);
    mapped.address = 4097;
    send_frame(fd, &mapped, sizeof mapped);
    expect_closed(fd);
    expect_that_all_is_well();
}

/* The service never reads where a client says that its rings are: any value is accepted. */
static void segment_that_is_mapped_elsewhere(void **state)
{
    struct efasim_mapped_frame mapped = {.kind = EFASIM_FRAME_MAPPED, .address = 0x7f0000000000};
    struct efasim_request_frame request;
    union efasim_frame frame;
    size_t size = make_cq_request(&request);
    int fd = connect_adapter();

    (void)state;
    send_frame(fd, &request, size);
    assert_int_equal(receive_frame(fd, &frame), sizeof frame.memory);
    send_frame(fd, &mapped, sizeof mapped);
    send_frame(fd, &request, size);
    expect_reply(fd, EFA_WIN32_SUCCESS);
    close(fd);
    expect_that_all_is_well();
}

/* Its replies fill the channel; its session waits, and others do not. */
static void client_that_never_reads(void **state)
{
    struct efasim_request_frame request;
    const struct efa_query_device_params newest = {EFA_INTERFACE_VERSION_NEWEST};
    size_t size = make_request(&request, EFA_QUERY_DEVICE, &newest, sizeof newest);
    struct pollfd room = {.events = POLLOUT};
    int fds[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        fds[i] = room.fd = connect_adapter();
        while (poll(&room, 1, 100) == 1)
            if (send(fds[i], &request, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
                assert_int_equal(errno, EAGAIN);
        allocate_pd(connect_adapter()); /* left open: the end of the service closes it */
    }
    for (int i = 0; i < 3; i++) /* the fourth hangs on while the service is stopped */
        close(fds[i]);
}

static void client_that_leaves_in_the_middle(void **state)
{
    struct efasim_request_frame request;
    size_t size = make_cq_request(&request);

    (void)state;
    for (int i = 0; i < 200; i++) {
        int fd = connect_adapter();

        allocate_pd(fd);
        send_frame(fd, &request, size);
        close(fd);
    }
    expect_that_all_is_well();
}

static void bells_are_cheap_talk(void **state)
{
    struct efasim_bare_frame bell = {EFASIM_FRAME_BELL};
    int fd = connect_adapter();

    (void)state;
    for (int i = 0; i < 10000; i++)
        send_frame(fd, &bell, sizeof bell);
    allocate_pd(fd);
    close(fd);
    expect_that_all_is_well();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nonsense_instead_of_a_hello),
        cmocka_unit_test(hello_that_is_wrong),
        cmocka_unit_test(frames_that_do_not_belong),
        cmocka_unit_test(control_session_has_no_adapter),
        cmocka_unit_test(request_may_say_any_size),
        cmocka_unit_test(segment_that_is_mapped_nowhere),
        cmocka_unit_test(segment_that_is_mapped_elsewhere),
        cmocka_unit_test(client_that_leaves_in_the_middle),
        cmocka_unit_test(bells_are_cheap_talk),
        cmocka_unit_test(client_that_never_reads), /* last: it leaves clients behind */
    };

    return cmocka_run_group_tests(tests, start, stop);
}
