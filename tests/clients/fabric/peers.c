/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * More than two endpoints, more peers than the adapter has address handles, and a peer that is
 * killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric.h"

#define CAPS (FI_MSG | FI_TAGGED | FI_SOURCE)

/* Each of them sends to each, itself as well. */
void run_endpoints(void)
{
    enum { COUNT = 6, SIZE = 20000, CELLS = COUNT * COUNT };
    static struct op sent[CELLS], received[CELLS];
    struct endpoint endpoints[COUNT];
    struct domain domain;
    struct buffer out, in;

    domain_open(&domain, NULL, CAPS);
    for (int i = 0; i < COUNT; i++)
        endpoint_open(&endpoints[i], &domain);
    buffer_make(&out, &domain, (size_t)CELLS * SIZE);
    buffer_make(&in, &domain, (size_t)CELLS * SIZE);
    for (int cell = 0; cell < CELLS; cell++)
        POST(fi_trecv(endpoints[cell / COUNT].ep, in.bytes + (size_t)cell * SIZE, SIZE, in.desc,
                      FI_ADDR_UNSPEC, (uint64_t)cell, 0, &received[cell].context));
    for (int cell = 0; cell < CELLS; cell++) {
        fill(out.bytes + (size_t)cell * SIZE, SIZE, (unsigned)cell);
        POST(fi_tsend(endpoints[cell % COUNT].ep, out.bytes + (size_t)cell * SIZE, SIZE, out.desc,
                      address_of(&endpoints[cell % COUNT], &endpoints[cell / COUNT]),
                      (uint64_t)cell, &sent[cell].context));
    }
    for (int cell = 0; cell < CELLS; cell++) {
        wait_for("a receive of several endpoints", &received[cell]);
        wait_for("a send of several endpoints", &sent[cell]);
        verify("message of several endpoints", in.bytes + (size_t)cell * SIZE, SIZE,
               (unsigned)cell);
        if (received[cell].source != address_of(&endpoints[cell / COUNT], &endpoints[cell % COUNT]))
            fail(
                "message %d has source %llu, not %llu", cell,
                (unsigned long long)received[cell].source,
                (unsigned long long)address_of(&endpoints[cell / COUNT], &endpoints[cell % COUNT]));
    }
    buffer_free(&in);
    buffer_free(&out);
    for (int i = 0; i < COUNT; i++)
        endpoint_close(&endpoints[i]);
    domain_close(&domain);
}

static void talk(struct endpoint *from, struct buffer *out, struct endpoint *to, struct buffer *in,
                 fi_addr_t address, unsigned number)
{
    struct op sent = {0}, received = {0};

    fill(out->bytes, 3000, number);
    memset(in->bytes, 0, 3000);
    POST(fi_trecv(to->ep, in->bytes, 3000, in->desc, FI_ADDR_UNSPEC, number, 0, &received.context));
    POST(fi_tsend(from->ep, out->bytes, 3000, out->desc, address, number, &sent.context));
    wait_for("a message to one of many adapters", &received);
    wait_for("its send", &sent);
    verify("message to one of many adapters", in->bytes, 3000, number);
}

/*
 * With efa_0 to efa_5, of which each has room for four address handles: efa_0 talks to all the
 * others in turn. Prints how many of them its address vector took at a time.
 */
void run_eviction(void)
{
    enum { OTHERS = 5 };
    struct domain home, away[OTHERS];
    struct endpoint self, peers[OTHERS];
    struct buffer own, theirs[OTHERS];
    fi_addr_t addresses[OTHERS];
    int most = 0;

    domain_open(&home, "efa_0-rdm", CAPS);
    endpoint_open(&self, &home);
    buffer_make(&own, &home, 3000);
    for (int i = 0; i < OTHERS; i++) {
        char name[16];

        snprintf(name, sizeof name, "efa_%d-rdm", i + 1);
        domain_open(&away[i], name, CAPS);
        endpoint_open(&peers[i], &away[i]);
        buffer_make(&theirs[i], &away[i], 3000);
        (void)address_of(&peers[i], &self);
    }
    for (int i = 0; i < OTHERS; i++) {
        if (fi_av_insert(self.av, peers[i].address, 1, &addresses[i], 0, NULL) != 1)
            break;
        most++;
        talk(&self, &own, &peers[i], &theirs[i], addresses[i], (unsigned)i);
    }
    if (most == 0)
        fail("fi_av_insert inserted no peer");
    /* Those that it did not take, after the first has made room. */
    for (int i = most; i < OTHERS; i++) {
        check("fi_av_remove", fi_av_remove(self.av, &addresses[i - most], 1, 0));
        addresses[i] = address_of(&self, &peers[i]);
        talk(&self, &own, &peers[i], &theirs[i], addresses[i], (unsigned)i);
    }
    for (int i = OTHERS - most; i < OTHERS; i++)
        talk(&self, &own, &peers[i], &theirs[i], addresses[i], (unsigned)(OTHERS + i));
    printf("at most %d of %d peers at a time\n", most, OTHERS);
    for (int i = 0; i < OTHERS; i++) {
        buffer_free(&theirs[i]);
        endpoint_close(&peers[i]);
        domain_close(&away[i]);
    }
    buffer_free(&own);
    endpoint_close(&self);
    domain_close(&home);
}

/* Prints its address, receives whatever comes, and is killed. */
void run_victim(void)
{
    struct domain domain;
    struct endpoint endpoint;
    struct buffer in;

    domain_open(&domain, NULL, CAPS);
    endpoint_open(&endpoint, &domain);
    buffer_make(&in, &domain, MAX_MESSAGE);
    for (size_t i = 0; i < endpoint.address_size; i++)
        printf("%02x", endpoint.address[i]);
    putchar('\n');
    fflush(stdout);
    for (;;) {
        struct op received = {0};

        POST(fi_trecv(endpoint.ep, in.bytes, MAX_MESSAGE, in.desc, FI_ADDR_UNSPEC, 1, 0,
                      &received.context));
        wait_for("the victim's receive", &received);
    }
}

static void parse_address(const char *text, struct endpoint *peer)
{
    peer->address_size = 0;
    for (unsigned byte; peer->address_size < ADDRESS_SIZE && sscanf(text, "%2x", &byte) == 1;
         text += 2)
        peer->address[peer->address_size++] = (unsigned char)byte;
}

/*
 * Sends to the victim until an operation fails. A long message whose packets the victim has
 * acknowledged waits for the victim's next packet, for ever: libfabric has no timeout. The program
 * sees the peer's death by the small messages that it sends beside it. Then it talks to itself.
 */
void run_survivor(const char *address)
{
    struct op sent = {.is_done = true}, probed = {.is_done = true};
    struct endpoint victim, self;
    struct domain domain;
    struct buffer out, in;
    bool has_told = false;
    fi_addr_t peer;

    domain_open(&domain, NULL, CAPS);
    endpoint_open(&self, &domain);
    buffer_make(&out, &domain, MAX_MESSAGE);
    buffer_make(&in, &domain, 3000);
    parse_address(address, &victim);
    peer = address_of(&self, &victim);
    while (!sent.error && !probed.error) {
        if (sent.is_done) {
            sent = (struct op){0};
            POST(fi_tsend(self.ep, out.bytes, MAX_MESSAGE, out.desc, peer, 1, &sent.context));
        }
        if (probed.is_done) {
            probed = (struct op){0};
            POST(fi_tsend(self.ep, out.bytes, 8, out.desc, peer, 2, &probed.context));
        }
        for (int i = 0; i < 1000 && !sent.is_done; i++)
            progress();
        if (sent.is_done && !has_told) {
            printf("sending\n");
            fflush(stdout);
            has_told = true;
        }
    }
    printf("%s ended with: %s\n", sent.error ? "the long message" : "a small message",
           fi_strerror(sent.error ? sent.error : probed.error));
    talk(&self, &out, &self, &in, address_of(&self, &self), 5);
    buffer_free(&in);
    buffer_free(&out);
    endpoint_close(&self);
    domain_close(&domain);
}
