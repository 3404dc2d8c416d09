/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Every wait for the network ends: at its deadline, with Ctrl-C, with an answer. The system's name
 * service is replaced by one that knows two hosts and never answers for a third until it is told.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "common/interrupt.h"
#include "common/message.h"
#include "common/network.h"
#include "common/resolve.h"

#define MS 1000000u
#define LONG_NS 30000000000u

const char *const tool_name = "network_test";

static char message[300];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool answers;
static int made, freed;
static int silent_asked, silent_answered;

static struct addrinfo *make_address(const char *service)
{
    struct sockaddr_in *address = (struct sockaddr_in *)calloc(1, sizeof *address);
    struct addrinfo *info = (struct addrinfo *)calloc(1, sizeof *info);

    address->sin_family = AF_INET;
    address->sin_port = htons((uint16_t)atoi(service));
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    info->ai_family = AF_INET;
    info->ai_socktype = SOCK_STREAM;
    info->ai_addrlen = sizeof *address;
    info->ai_addr = (struct sockaddr *)address;
    made++;
    return info;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    const bool numeric = strcmp(host, "127.0.0.1") == 0;
    int error = 0;

    pthread_mutex_lock(&lock);
    if ((hints->ai_flags & AI_NUMERICHOST) != 0 && !numeric)
        error = EAI_NONAME;
    else if (strcmp(host, "silent") == 0) {
        while (!answers)
            pthread_cond_wait(&changed, &lock);
        silent_answered++;
    } else if (!numeric && strcmp(host, "known") != 0)
        error = EAI_NONAME;
    if (error == 0)
        *result = make_address(service);
    pthread_mutex_unlock(&lock);
    return error;
}

void freeaddrinfo(struct addrinfo *info)
{
    pthread_mutex_lock(&lock);
    freed++;
    pthread_mutex_unlock(&lock);
    free(info->ai_addr);
    free(info);
}

static int setup(void **state)
{
    (void)state;
    tool_keep_errors(message, sizeof message);
    made = freed = silent_asked = silent_answered = 0;
    answers = false;
    return 0;
}

/* Lets silent hosts answer, and waits until nothing is left of the lookups. */
static int teardown(void **state)
{
    const uint64_t deadline = tool_now_ns() + LONG_NS;
    bool clean = false;

    (void)state;
    tool_keep_errors(NULL, 0);
    while (!clean && tool_now_ns() < deadline) {
        pthread_mutex_lock(&lock);
        answers = true;
        pthread_cond_broadcast(&changed);
        clean = made == freed && silent_asked == silent_answered;
        pthread_mutex_unlock(&lock);
        tool_sleep_ms(1);
    }
    return clean ? 0 : -1;
}

static void names_and_numbers_are_found(void **state)
{
    static const char *const hosts[] = {"known", "127.0.0.1"};

    (void)state;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(hosts); i++) {
        struct addrinfo *found = tool_resolve(hosts[i], 4711, tool_now_ns() + LONG_NS);

        assert_non_null(found);
        assert_int_equal(((struct sockaddr_in *)found->ai_addr)->sin_port, htons(4711));
        freeaddrinfo(found);
    }
    assert_string_equal(message, "");
}

static void unknown_and_endless_names_are_told(void **state)
{
    static const char *const with_port[] = {"192.0.2.1:18516", "nobody:18516", "http://nobody"};
    char endless[300];

    (void)state;
    assert_null(tool_resolve("nobody", 1, tool_now_ns() + LONG_NS));
    assert_string_equal(message, "host 'nobody' is not known: check its name, or give its address");
    for (size_t i = 0; i < EFA_ARRAY_SIZE(with_port); i++) {
        tool_keep_errors(message, sizeof message);
        assert_null(tool_resolve(with_port[i], 1, tool_now_ns() + LONG_NS));
        assert_non_null(strstr(message,
                               "is not known: give its name or address only, and a port "
                               "with --port"));
    }
    tool_keep_errors(message, sizeof message);
    assert_null(tool_resolve("fe80::12345", 1, tool_now_ns() + LONG_NS));
    assert_non_null(strstr(message, "is not known: check its name"));
    memset(endless, 'a', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    tool_keep_errors(message, sizeof message);
    assert_null(tool_resolve(endless, 1, tool_now_ns() + LONG_NS));
    assert_memory_equal(message, "host 'aaa", 9);
}

static void silent_name_service_is_not_waited_for_beyond_the_deadline(void **state)
{
    (void)state;
    silent_asked = 1;
    assert_null(tool_resolve("silent", 1, tool_now_ns() + 20 * MS));
    assert_string_equal(message,
                        "host 'silent' was not found in time: give its address, or see --timeout");
    /* The answer that comes later is freed: see teardown. */
    assert_int_equal(made, 0);
}

static uint16_t port_of(int listener)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;

    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

/* Bound, so that nobody else can, and listening or not. */
static int take_port(bool listening)
{
    struct sockaddr_in address = {0};
    const int handle = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(handle >= 0);
    assert_int_equal(bind(handle, (struct sockaddr *)&address, sizeof address), 0);
    if (listening)
        assert_int_equal(listen(handle, 1), 0);
    return handle;
}

/* Without a greeting, so that no answer is waited for. */
static bool connect_to(const char *host, uint16_t port, uint64_t deadline, tool_socket *peer)
{
    const struct tool_server server = {host, port, NULL, 0};

    return tool_connect_peer(&server, deadline, peer);
}

static void server_that_is_not_there_is_waited_for_until_the_deadline(void **state)
{
    const int handle = take_port(false);
    tool_socket peer;

    (void)state;
    /* Long enough for one attempt on a busy machine. */
    assert_false(connect_to("known", port_of(handle), tool_now_ns() + 500 * MS, &peer));
    assert_non_null(strstr(message, ": Connection refused (start it there first"));
    close(handle);
}

static void port_in_use_is_told(void **state)
{
    const int handle = take_port(true);
    struct tool_listener listener;

    (void)state;
    assert_false(tool_listen(port_of(handle), &listener));
    assert_non_null(
        strstr(message, ": Address already in use (if another program uses it, choose"));
    close(handle);
}

static void client_that_does_not_come_is_waited_for_until_the_deadline(void **state)
{
    struct tool_listener listener;
    tool_socket peer;

    (void)state;
    assert_true(tool_listen(0, &listener));
    assert_false(tool_accept_peer(&listener, tool_now_ns() + 20 * MS, &peer));
    assert_string_equal(message, "no client came in time (see --timeout)");
    tool_close_listener(&listener);
}

static void peer_that_says_nothing_ends_at_the_deadline(void **state)
{
    const int handle = take_port(true);
    tool_socket peer;
    char byte;

    (void)state;
    assert_true(connect_to("known", port_of(handle), tool_now_ns() + LONG_NS, &peer));
    assert_int_equal(tool_receive_now(peer, &byte, 1), 0);
    assert_true(tool_peer_is_there(peer));
    assert_false(tool_receive_all(peer, &byte, 1, tool_now_ns() + 20 * MS));
    assert_string_equal(message, "the other side did not answer in time (see --timeout)");
    tool_close_socket(peer);
    close(handle);
}

/* More than the connection holds, to a peer that never reads. */
static void peer_that_never_reads_ends_at_the_deadline(void **state)
{
    const int handle = take_port(true);
    const size_t size = 64u << 20;
    char *data = (char *)calloc(1, size);
    tool_socket peer;

    (void)state;
    assert_non_null(data);
    assert_true(connect_to("known", port_of(handle), tool_now_ns() + LONG_NS, &peer));
    assert_false(tool_send_all(peer, data, size, tool_now_ns() + 50 * MS));
    assert_string_equal(message, "the other side does not read any more (see --timeout)");
    tool_close_socket(peer);
    close(handle);
    free(data);
}

/* What a side's end does to the other while data of its is on the way. */
static void peer_that_resets_the_connection_is_told_as_gone(void **state)
{
    const char gone[] = "the other side is gone: see what it printed, or whether it was killed";
    const struct linger reset = {1, 0};
    int i;

    (void)state;
    for (i = 0; i < 2; i++) {
        const int handle = take_port(true);
        tool_socket peer;
        char byte;
        int accepted;

        tool_keep_errors(message, sizeof message);
        assert_true(connect_to("known", port_of(handle), tool_now_ns() + LONG_NS, &peer));
        accepted = accept(handle, NULL, NULL);
        assert_true(accepted >= 0);
        assert_int_equal(setsockopt(accepted, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
        close(accepted);
        assert_false(i == 0 ? tool_send_all(peer, "x", 1, tool_now_ns() + LONG_NS)
                            : tool_receive_all(peer, &byte, 1, tool_now_ns() + LONG_NS));
        assert_string_equal(message, gone);
        tool_close_socket(peer);
        close(handle);
    }
}

/* A client whose thread says what it found. */
struct client {
    struct tool_server server;
    uint64_t deadline;
    bool connected;
    tool_socket peer;
};

static void *run_client(void *argument)
{
    struct client *client = (struct client *)argument;

    client->connected = tool_connect_peer(&client->server, client->deadline, &client->peer);
    return NULL;
}

/* The second client is told that the first one is served, waits, and is served then. */
static void busy_server_says_so_and_serves_later(void **state)
{
    struct client client = {{"known", 0, "hello", 5}, tool_now_ns() + LONG_NS, false, 0};
    struct tool_listener listener;
    tool_socket peer;
    pthread_t thread;
    char text[5];

    (void)state;
    assert_true(tool_listen(0, &listener));
    client.server.port = port_of(listener.socket);
    assert_int_equal(pthread_create(&thread, NULL, run_client, &client), 0);
    for (unsigned i = 0; listener.turned_away[1] == TOOL_NO_SOCKET && i < 10000; i++) {
        tool_turn_away(&listener);
        tool_sleep_ms(1);
    }
    assert_true(tool_accept_peer(&listener, tool_now_ns() + LONG_NS, &peer));
    assert_true(tool_send_all(peer, "HELLO", 5, tool_now_ns() + LONG_NS));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(client.connected);
    assert_true(tool_receive_all(client.peer, text, 5, tool_now_ns() + LONG_NS));
    assert_memory_equal(text, "HELLO", 5);
    assert_true(tool_receive_all(peer, text, 5, tool_now_ns() + LONG_NS));
    assert_memory_equal(text, "hello", 5);
    tool_close_socket(peer);
    tool_close_socket(client.peer);
    tool_close_listener(&listener);
}

static void server_that_stays_busy_is_told_at_the_deadline(void **state)
{
    struct client client = {{"known", 0, "hello", 5}, tool_now_ns() + 300 * MS, false, 0};
    struct tool_listener listener;
    pthread_t thread;

    (void)state;
    assert_true(tool_listen(0, &listener));
    client.server.port = port_of(listener.socket);
    assert_int_equal(pthread_create(&thread, NULL, run_client, &client), 0);
    while (tool_now_ns() < client.deadline + 300 * MS) {
        tool_turn_away(&listener);
        tool_sleep_ms(1);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(client.connected);
    assert_non_null(strstr(message, " is busy with another client: try again later"));
    tool_close_listener(&listener);
}

/* Last of all: what is interrupted stays so. */
static void ctrl_c_ends_every_wait_but_that_of_sending(void **state)
{
    const int silent = take_port(false), listening = take_port(true);
    struct tool_listener listener;
    tool_socket peer;
    char byte;

    (void)state;
    assert_true(connect_to("known", port_of(listening), tool_now_ns() + LONG_NS, &peer));
    tool_watch_interrupt();
    assert_int_equal(raise(SIGINT), 0);
    assert_true(tool_interrupted());

    assert_true(tool_send_all(peer, "x", 1, tool_now_ns() + LONG_NS));
    assert_string_equal(message, "");
    assert_false(tool_receive_all(peer, &byte, 1, tool_now_ns() + LONG_NS));
    assert_string_equal(message, "interrupted while waiting for the other side's answer");
    tool_close_socket(peer);
    tool_keep_errors(message, sizeof message);
    silent_asked = 1;
    assert_null(tool_resolve("silent", 1, tool_now_ns() + LONG_NS));
    assert_string_equal(message, "interrupted while looking up host 'silent'");
    tool_keep_errors(message, sizeof message);
    assert_false(connect_to("127.0.0.1", port_of(silent), tool_now_ns() + LONG_NS, &peer));
    assert_memory_equal(message, "interrupted while waiting for the server", 40);
    close(silent);
    tool_keep_errors(message, sizeof message);
    assert_true(tool_listen(0, &listener));
    assert_false(tool_accept_peer(&listener, tool_now_ns() + LONG_NS, &peer));
    assert_string_equal(message, "interrupted while waiting for a client");
    tool_close_listener(&listener);
    close(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_and_numbers_are_found, setup, teardown),
        cmocka_unit_test_setup_teardown(unknown_and_endless_names_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(silent_name_service_is_not_waited_for_beyond_the_deadline,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(server_that_is_not_there_is_waited_for_until_the_deadline,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(port_in_use_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(client_that_does_not_come_is_waited_for_until_the_deadline,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(peer_that_says_nothing_ends_at_the_deadline, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(peer_that_never_reads_ends_at_the_deadline, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(peer_that_resets_the_connection_is_told_as_gone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(busy_server_says_so_and_serves_later, setup, teardown),
        cmocka_unit_test_setup_teardown(server_that_stays_busy_is_told_at_the_deadline, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ctrl_c_ends_every_wait_but_that_of_sending, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
