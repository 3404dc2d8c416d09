/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * efa_pingpong: two sides send messages to each other through an EFA and check what arrives. It is
 * also the project's example of the verbs calls: read endpoint.c, srd_queue.c and ud_queue.c. This
 * file has the command line and connects the parts.
 */
#include <inttypes.h>
#include <stdio.h>

#include "common/byte_order.h"
#include "common/clock.h"
#include "common/interrupt.h"
#include "common/library.h"
#include "common/message.h"
#include "common/options.h"
#include "common/program.h"
#include "exchange.h"
#include "run.h"
#include "session.h"

#define DEFAULT_PORT 18515

const char *const tool_name = "efa_pingpong";

struct settings {
    const char *device;
    const char *host; /* of the server; NULL: this is the server */
    uint16_t port;
    bool loopback;
    struct pingpong_plan plan;
};

static bool read_settings(int argc, char **argv, struct settings *settings, int *status)
{
    uint64_t size = 1024, iterations = 1000, rx_depth = 64, port = DEFAULT_PORT, timeout = 60;
    const struct tool_option options[] = {
        {'d', "device", TOOL_TEXT, &settings->device, 0, 0, "NAME", "device (default: the first)"},
        {'p', "port", TOOL_NUMBER, &port, 1, 65535, "N", "TCP port to meet at (default 18515)"},
        {'u', "ud", TOOL_FLAG, &settings->plan.ud, 0, 0, NULL, "UD instead of SRD"},
        {'s', "size", TOOL_SIZE, &size, 0, 1u << 20, "BYTES",
         "of a message, up to the device's MTU (default 1024)"},
        {'n', "iters", TOOL_NUMBER, &iterations, 1, 10000000, "N",
         "messages each way (default 1000)"},
        {'r', "rx-depth", TOOL_NUMBER, &rx_depth, 1, 65535, "N", "receives posted (default 64)"},
        {'c', "verify", TOOL_FLAG, &settings->plan.verify, 0, 0, NULL,
         "check every byte that arrives"},
        {'l', "loopback", TOOL_FLAG, &settings->loopback, 0, 0, NULL,
         "both sides in this program, without TCP"},
        {0, "timeout", TOOL_NUMBER, &timeout, 1, 3600, "SECONDS",
         "longest wait for the other side (default 60)"},
    };
    const struct tool_command_line line = {
        "[OPTIONS]              (server)\n"
        "       efa_pingpong [OPTIONS] SERVER       (client)",
        "Sends messages back and forth between two sides and reports how long they took.",
        "  efa_pingpong --verify                   on one machine, then on the other:\n"
        "  efa_pingpong --verify 10.0.0.7\n"
        "  efa_pingpong --loopback --ud --size 64  on one machine only\n",
        options,
        EFA_ARRAY_SIZE(options),
        &settings->host,
        1,
        NULL,
        0,
        NULL,
    };

    if (!tool_parse_options(&line, argc, argv, status))
        return false;
    *status = TOOL_USAGE;
    if (settings->loopback && settings->host) {
        tool_error("--loopback has no server: leave '%s' out", settings->host);
        return false;
    }
    if (!settings->loopback && !tool_reaches_other_processes())
        return false;
    settings->port = (uint16_t)port;
    settings->plan.size = (uint32_t)size;
    settings->plan.iterations = (uint32_t)iterations;
    settings->plan.rx_depth = (uint32_t)rx_depth;
    settings->plan.timeout_ns = timeout * 1000000000u;
    settings->plan.advice =
        ": see whether the other side still runs and what it says; efa_doctor checks this one";
    return true;
}

static void print_address(const char *whose, const struct pingpong_address *address)
{
    const uint8_t *gid = address->gid.raw;

    printf("%s address: GID %016" PRIx64 "%016" PRIx64 ", QPN 0x%04x, QKEY 0x%08x\n", whose,
           get_big_endian64(gid), get_big_endian64(gid + 8), address->qp_num, address->qkey);
}

static void print_plan(const struct pingpong_plan *plan)
{
    printf("%s, %u messages of %u bytes each way, %u receives posted\n", plan->ud ? "UD" : "SRD",
           plan->iterations, plan->size, plan->rx_depth);
    fflush(stdout);
}

/* A server's listener stays open, so that other clients are informed that it is busy. */
static bool meet(const struct settings *settings, const struct endpoint *endpoint,
                 struct tool_listener *listener, tool_socket *peer)
{
    const uint64_t deadline = tool_now_ns() + settings->plan.timeout_ns;
    uint8_t greeting[EXCHANGE_GREETING_SIZE];
    const struct tool_server server = {settings->host, settings->port, greeting, sizeof greeting};

    exchange_make_greeting(&settings->plan, &endpoint->local, greeting);
    if (settings->host)
        return tool_connect_peer(&server, deadline, peer);
    if (!tool_listen(settings->port, listener))
        return false;
    printf("waiting for a client on port %u\n", settings->port);
    fflush(stdout);
    return tool_accept_peer(listener, deadline, peer) &&
           tool_send_all(*peer, greeting, sizeof greeting, deadline);
}

static bool play(const struct settings *settings, struct endpoint *endpoint,
                 struct tool_listener *listener, tool_socket peer)
{
    struct pingpong_session session = {0};
    bool good = session_create(&session, endpoint, settings->host != NULL);

    if (good) {
        const uint64_t start = tool_now_ns();
        uint64_t elapsed;

        good = run_sessions(&session, 1, peer, settings->host ? NULL : listener);
        elapsed = tool_now_ns() - start;
        good = good && exchange_end(peer, settings->plan.timeout_ns);
        if (good)
            session_print_results(&session, elapsed);
    }
    session_destroy(&session);
    return good;
}

static bool run_with_peer(const struct settings *settings, struct endpoint *endpoint)
{
    struct tool_listener listener = {TOOL_NO_SOCKET, {0}, 0};
    struct pingpong_address remote;
    tool_socket peer = TOOL_NO_SOCKET;
    bool good = tool_network_start() && meet(settings, endpoint, &listener, &peer) &&
                exchange_read_greeting(peer, &settings->plan, &remote);

    if (good) {
        print_address(" local", &endpoint->local);
        print_address("remote", &remote);
        print_plan(&settings->plan);
        good = endpoint_connect(endpoint, &remote) && play(settings, endpoint, &listener, peer);
    }
    tool_close_socket(peer);
    if (listener.socket != TOOL_NO_SOCKET)
        tool_close_listener(&listener);
    return good;
}

static bool run_loopback(const struct pingpong_plan *plan, struct endpoint *endpoint,
                         struct ibv_context *context)
{
    struct endpoint other;
    struct pingpong_session sessions[2] = {{0}, {0}};
    bool good = endpoint_create(&other, context, plan);

    if (good) {
        print_address(" first", &endpoint->local);
        print_address("second", &other.local);
        print_plan(plan);
    }
    good = good && endpoint_connect(endpoint, &other.local) &&
           endpoint_connect(&other, &endpoint->local) &&
           session_create(&sessions[0], endpoint, true) &&
           session_create(&sessions[1], &other, false);
    if (good) {
        const uint64_t start = tool_now_ns();

        good = run_sessions(sessions, 2, TOOL_NO_SOCKET, NULL);
        if (good)
            session_print_results(&sessions[0], tool_now_ns() - start);
    }
    session_destroy(&sessions[0]);
    session_destroy(&sessions[1]);
    endpoint_destroy(&other);
    return good;
}

static bool run(const struct settings *settings)
{
    struct ibv_context *context = tool_open_device(settings->device);
    struct endpoint endpoint;
    char first[400];
    bool good;
    int error;

    if (!context)
        return false;
    tool_print_first_only(first, sizeof first);
    good = endpoint_create(&endpoint, context, &settings->plan);
    if (good)
        good = settings->loopback ? run_loopback(&settings->plan, &endpoint, context)
                                  : run_with_peer(settings, &endpoint);
    endpoint_destroy(&endpoint);
    error = ibv_close_device(context);
    if (error != 0)
        tool_error("closing the device failed: %s", tool_errno_text(error));
    tool_print_first_only(NULL, 0);
    return good && error == 0;
}

static int program_main(int argc, char **argv)
{
    struct settings settings = {0};
    int status;
    bool good;

    if (!read_settings(argc, argv, &settings, &status))
        return status;
    if (!tool_load_library())
        return TOOL_FAILED;
    tool_watch_interrupt();
    good = run(&settings);
    tool_unload_library();
    return tool_end(good ? TOOL_OK : TOOL_FAILED);
}

int main(int argc, char **argv)
{
    return tool_run(argc, argv, program_main);
}
