/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Looks a host up; see resolve.h. getaddrinfo has no time limit. So it runs in a separate thread,
 * which is abandoned when the time is up.
 */
#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#define _POSIX_C_SOURCE 200809L
#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>
#endif

#include "resolve.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "interrupt.h"
#include "message.h"

#define LOOK_EVERY_MS 5

/* Shared by the thread and its caller; the last user frees it. */
struct lookup {
    uint32_t users;
    uint32_t done;
    struct addrinfo *addresses; /* NULL: not known */
    char service[8];
    char host[256];
};

static bool ask(const char *host, const char *service, int flags, struct addrinfo **addresses)
{
    struct addrinfo hints;

    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    *addresses = NULL;
    return getaddrinfo(host, service, &hints, addresses) == 0 && *addresses;
}

static void leave(struct lookup *lookup)
{
    if (efa_fetch_add_u32(&lookup->users, (uint32_t)-1) != 1)
        return;
    if (lookup->addresses)
        freeaddrinfo(lookup->addresses);
    free(lookup);
}

static void look_up(struct lookup *lookup)
{
    if (!ask(lookup->host, lookup->service, 0, &lookup->addresses))
        lookup->addresses = NULL;
    efa_store_release_u32(&lookup->done, 1);
    leave(lookup);
}

#ifdef _WIN32

static DWORD WINAPI thread_main(void *lookup)
{
    look_up((struct lookup *)lookup);
    return 0;
}

static bool start_thread(struct lookup *lookup)
{
    HANDLE thread = CreateThread(NULL, 0, thread_main, lookup, 0, NULL);

    if (!thread)
        return false;
    CloseHandle(thread);
    return true;
}

#else

static void *thread_main(void *lookup)
{
    look_up((struct lookup *)lookup);
    return NULL;
}

static bool start_thread(struct lookup *lookup)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, thread_main, lookup) != 0)
        return false;
    pthread_detach(thread);
    return true;
}

#endif

static struct lookup *begin(const char *host, const char *service)
{
    struct lookup *lookup = (struct lookup *)calloc(1, sizeof *lookup);

    if (!lookup)
        return NULL;
    lookup->users = 2;
    snprintf(lookup->host, sizeof lookup->host, "%s", host);
    snprintf(lookup->service, sizeof lookup->service, "%s", service);
    if (start_thread(lookup))
        return lookup;
    free(lookup);
    return NULL;
}

/* False: the lookup failed, and the reason was printed. */
static bool wait_for(struct lookup *lookup, uint64_t deadline)
{
    while (efa_load_acquire_u32(&lookup->done) == 0) {
        if (tool_interrupted()) {
            tool_error("interrupted while looking up host '%s'", lookup->host);
            return false;
        }
        if (tool_now_ns() >= deadline) {
            tool_error("host '%s' was not found in time: give its address, or see --timeout",
                       lookup->host);
            return false;
        }
        tool_sleep_ms(LOOK_EVERY_MS);
    }
    return true;
}

/* A port, or a URL, is a common mistake. */
static void report_unknown(const char *host)
{
    const char *colon = strchr(host, ':');

    if (colon && !strchr(colon + 1, ':'))
        tool_error("host '%s' is not known: give its name or address only, and a port with --port",
                   host);
    else
        tool_error("host '%s' is not known: check its name, or give its address", host);
}

struct addrinfo *tool_resolve(const char *host, uint16_t port, uint64_t deadline)
{
    struct addrinfo *addresses = NULL;
    struct lookup *lookup;
    char service[8];

    snprintf(service, sizeof service, "%u", port);
    if (ask(host, service, AI_NUMERICHOST, &addresses))
        return addresses;
    if (strlen(host) >= sizeof lookup->host) {
        tool_error("host '%s' is not known: names have less than %zu characters", host,
                   sizeof lookup->host);
        return NULL;
    }
    lookup = begin(host, service);
    if (!lookup) {
        tool_error("no memory to look up host '%s': give its address", host);
        return NULL;
    }
    if (wait_for(lookup, deadline)) {
        addresses = lookup->addresses;
        lookup->addresses = NULL;
        if (!addresses)
            report_unknown(host);
    }
    leave(lookup);
    return addresses;
}
