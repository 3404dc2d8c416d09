/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Messages between two endpoints of a domain: tags, sources, multi-receives, injections, and
 * receives that are cancelled or too short.
 */
#include <stdio.h>
#include <string.h>

#include "fabric.h"

#define CAPS (FI_MSG | FI_TAGGED | FI_SOURCE | FI_DIRECTED_RECV | FI_MULTI_RECV)

struct pair {
    struct domain domain;
    struct endpoint a, b;
    struct buffer out, in;
};

static void pair_open(struct pair *pair, size_t size)
{
    domain_open(&pair->domain, NULL, CAPS);
    endpoint_open(&pair->a, &pair->domain);
    endpoint_open(&pair->b, &pair->domain);
    buffer_make(&pair->out, &pair->domain, size);
    buffer_make(&pair->in, &pair->domain, size);
}

static void pair_close(struct pair *pair)
{
    buffer_free(&pair->in);
    buffer_free(&pair->out);
    endpoint_close(&pair->b);
    endpoint_close(&pair->a);
    domain_close(&pair->domain);
}

static void send_tagged(struct pair *pair, size_t size, uint64_t tag, struct op *op)
{
    POST(fi_tsend(pair->a.ep, pair->out.bytes, size, pair->out.desc, address_of(&pair->a, &pair->b),
                  tag, &op->context));
}

/* One message, received before or after it has come. */
static void exchange(struct pair *pair, size_t size, unsigned number, bool is_unexpected)
{
    const uint64_t tag = 0x1234500000000000ull + number;
    struct op sent = {0}, received = {0};

    fill(pair->out.bytes, size, number);
    memset(pair->in.bytes, 0xee, size);
    if (is_unexpected) {
        send_tagged(pair, size, tag, &sent);
        for (int i = 0; i < 1000; i++)
            progress();
    }
    /* The low bits of the tag are ignored. */
    POST(fi_trecv(pair->b.ep, pair->in.bytes, pair->in.size, pair->in.desc, FI_ADDR_UNSPEC,
                  tag ^ 0xff, 0xff, &received.context));
    if (!is_unexpected)
        send_tagged(pair, size, tag, &sent);
    wait_for("a tagged receive", &received);
    wait_for("a tagged send", &sent);
    if (received.length != size || received.tag != tag)
        fail("%zu bytes with tag %llx came as %zu with %llx", size, (unsigned long long)tag,
             received.length, (unsigned long long)received.tag);
    if (received.source != address_of(&pair->b, &pair->a))
        fail("the source is %llu, not %llu", (unsigned long long)received.source,
             (unsigned long long)address_of(&pair->b, &pair->a));
    verify("tagged message", pair->in.bytes, size, number);
}

/*
 * Sizes around what EFA's provider sends in another way: in one packet, in a few, after a
 * rendezvous.
 */
void run_tagged(void)
{
    static const size_t sizes[] = {0,       1,        31,         32,     33,      1000,
                                   8000,    8760,     8928,       8929,   16384,   17520,
                                   65535,   65536,    65537,      131072, 1 << 20, (1 << 20) + 1,
                                   5000000, 32 << 20, MAX_MESSAGE};
    struct pair pair;

    pair_open(&pair, MAX_MESSAGE);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        exchange(&pair, sizes[i], 2 * i, false);
        exchange(&pair, sizes[i], 2 * i + 1, true);
    }
    pair_close(&pair);
}

/*
 * Many at a time; each receive takes the message with its tag, whatever comes first, and from its
 * source only.
 */
void run_directed(void)
{
    enum { COUNT = 300, SIZE = 2000 };
    static struct op sent[2][COUNT], received[2][COUNT];
    struct pair pair;
    struct endpoint *const sources[2] = {&pair.a, &pair.b};

    pair_open(&pair, (size_t)2 * COUNT * SIZE);
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < COUNT; i++) {
            size_t at = (size_t)(s * COUNT + i) * SIZE;

            fill(pair.out.bytes + at, SIZE, (unsigned)(s * COUNT + i));
            POST(fi_tsend(sources[s]->ep, pair.out.bytes + at, SIZE, pair.out.desc,
                          address_of(sources[s], &pair.b), (uint64_t)i, &sent[s][i].context));
        }
    for (int i = COUNT - 1; i >= 0; i--)
        for (int s = 0; s < 2; s++)
            POST(fi_trecv(pair.b.ep, pair.in.bytes + (size_t)(s * COUNT + i) * SIZE, SIZE,
                          pair.in.desc, address_of(&pair.b, sources[s]), (uint64_t)i, 0,
                          &received[s][i].context));
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < COUNT; i++) {
            wait_for("a directed receive", &received[s][i]);
            wait_for("a send", &sent[s][i]);
            verify("directed message", pair.in.bytes + (size_t)(s * COUNT + i) * SIZE, SIZE,
                   (unsigned)(s * COUNT + i));
        }
    pair_close(&pair);
}

struct multi {
    unsigned messages, released;
    size_t bytes;
};

static size_t multi_size(unsigned number)
{
    return number * 37 % 4001;
}

/* Messages of one sender to fi_recv come in the order in which they were sent (FI_ORDER_SAS). */
static void multi_seen(struct op *op, void *state)
{
    struct multi *multi = state;

    if (op->error)
        fail("a multi-receive: %s", fi_strerror(op->error));
    if (op->flags & FI_MULTI_RECV)
        multi->released++;
    if (!(op->flags & FI_RECV))
        return;
    if (op->length != multi_size(multi->messages))
        fail("message %u has %zu bytes, not %zu", multi->messages, op->length,
             multi_size(multi->messages));
    verify("multi-receive", op->buffer, op->length, multi->messages);
    multi->messages++;
    multi->bytes += op->length;
}

static void post_multi(struct pair *pair, struct op *op, size_t at, size_t size)
{
    const struct iovec part = {pair->in.bytes + at, size};
    const struct fi_msg message = {.msg_iov = &part,
                                   .desc = &pair->in.desc,
                                   .iov_count = 1,
                                   .addr = FI_ADDR_UNSPEC,
                                   .context = &op->context};

    POST(fi_recvmsg(pair->b.ep, &message, FI_MULTI_RECV));
}

/* A thousand messages into four large buffers. */
void run_multi_receive(void)
{
    enum { MESSAGES = 1000, BUFFERS = 4, SIZE = 600000 };
    struct multi multi = {0};
    struct op receives[BUFFERS];
    struct pair pair;
    size_t least = 5000;

    pair_open(&pair, (size_t)BUFFERS * SIZE);
    check("FI_OPT_MIN_MULTI_RECV",
          fi_setopt(&pair.b.ep->fid, FI_OPT_ENDPOINT, FI_OPT_MIN_MULTI_RECV, &least, sizeof least));
    for (int i = 0; i < BUFFERS; i++) {
        receives[i] = (struct op){.seen = multi_seen, .state = &multi};
        post_multi(&pair, &receives[i], (size_t)i * SIZE, SIZE);
    }
    for (unsigned i = 0; i < MESSAGES; i++) {
        struct op sent = {0};

        fill(pair.out.bytes, multi_size(i), i);
        POST(fi_send(pair.a.ep, pair.out.bytes, multi_size(i), pair.out.desc,
                     address_of(&pair.a, &pair.b), &sent.context));
        wait_for("a send to a multi-receive", &sent);
    }
    time_is_up(true);
    while (multi.messages < MESSAGES) {
        progress();
        if (time_is_up(false))
            fail("%u of %d messages came", multi.messages, MESSAGES);
    }
    if (multi.released < 3)
        fail("%zu bytes came, and %u buffers were released, not 3", multi.bytes, multi.released);
    pair_close(&pair);
}

/* The memory may be used again at once, and no completion comes. */
void run_inject(void)
{
    enum { COUNT = 500, SIZE = 4096 };
    static struct op received[COUNT];
    struct pair pair;

    pair_open(&pair, (size_t)COUNT * SIZE);
    for (unsigned i = 0; i < COUNT; i++)
        POST(fi_trecv(pair.b.ep, pair.in.bytes + (size_t)i * SIZE, SIZE, pair.in.desc,
                      FI_ADDR_UNSPEC, i, 0, &received[i].context));
    for (unsigned i = 0; i < COUNT; i++) {
        size_t size = i * 8 %
                      (pair.domain.info->tx_attr->inject_size < SIZE
                           ? pair.domain.info->tx_attr->inject_size + 1
                           : SIZE);

        fill(pair.out.bytes, size, i);
        if (i % 2 == 0)
            POST(fi_tinject(pair.a.ep, pair.out.bytes, size, address_of(&pair.a, &pair.b), i));
        else
            POST(fi_tinjectdata(pair.a.ep, pair.out.bytes, size, 1000 + i,
                                address_of(&pair.a, &pair.b), i));
        memset(pair.out.bytes, 0, size);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        wait_for("the receive of an injection", &received[i]);
        verify("injection", pair.in.bytes + (size_t)i * SIZE, received[i].length, i);
        if (i % 2 == 1 &&
            (!(received[i].flags & FI_REMOTE_CQ_DATA) || received[i].data != 1000 + i))
            fail("injection %u has data %llu", i, (unsigned long long)received[i].data);
    }
    pair_close(&pair);
}

/* A receive that is cancelled completes as such, and takes no message. */
void run_cancel(void)
{
    struct op cancelled = {0}, untagged = {0}, received = {0}, sent = {0};
    struct pair pair;

    pair_open(&pair, 10000);
    POST(fi_trecv(pair.b.ep, pair.in.bytes, 100, pair.in.desc, FI_ADDR_UNSPEC, 7, 0,
                  &cancelled.context));
    POST(fi_recv(pair.b.ep, pair.in.bytes, 100, pair.in.desc, FI_ADDR_UNSPEC, &untagged.context));
    check("fi_cancel", fi_cancel(&pair.b.ep->fid, &cancelled.context));
    check("fi_cancel", fi_cancel(&pair.b.ep->fid, &untagged.context));
    if (wait_for_any_end("a cancelled receive", &cancelled) != FI_ECANCELED ||
        wait_for_any_end("a cancelled receive", &untagged) != FI_ECANCELED)
        fail("cancelled receives ended with %d and %d", cancelled.error, untagged.error);
    POST(fi_trecv(pair.b.ep, pair.in.bytes + 5000, 100, pair.in.desc, FI_ADDR_UNSPEC, 7, 0,
                  &received.context));
    fill(pair.out.bytes, 100, 1);
    send_tagged(&pair, 100, 7, &sent);
    wait_for("the receive after a cancelled one", &received);
    wait_for("its send", &sent);
    verify("after a cancelled one", pair.in.bytes + 5000, 100, 1);
    if (pair.in.bytes[0] != 0 || cancelled.completions != 1)
        fail("the cancelled receive was used");
    pair_close(&pair);
}

/*
 * A message that is longer than its receive: an error there, nothing beyond its end, and the next
 * ones arrive.
 */
void run_truncation(void)
{
    struct op shorter = {0}, received = {0}, sent[2] = {{.error = 0}};
    struct pair pair;

    pair_open(&pair, 10000);
    memset(pair.in.bytes, 0xee, 10000);
    POST(fi_trecv(pair.b.ep, pair.in.bytes, 1000, pair.in.desc, FI_ADDR_UNSPEC, 1, 0,
                  &shorter.context));
    POST(fi_trecv(pair.b.ep, pair.in.bytes + 5000, 1000, pair.in.desc, FI_ADDR_UNSPEC, 2, 0,
                  &received.context));
    fill(pair.out.bytes, 1001, 3);
    send_tagged(&pair, 1001, 1, &sent[0]);
    send_tagged(&pair, 1000, 2, &sent[1]);
    if (wait_for_any_end("a receive that is too short", &shorter) != FI_ETRUNC)
        fail("a receive that is too short ended with %d", shorter.error);
    wait_for("the one after it", &received);
    wait_for("its send", &sent[1]);
    verify("after one that is too short", pair.in.bytes + 5000, 1000, 3);
    for (size_t i = 1000; i < 5000; i++)
        if (pair.in.bytes[i] != 0xee)
            fail("byte %zu beyond the receive's end was written", i);
    wait_for_any_end("the send that was too long", &sent[0]);
    pair_close(&pair);
}
