/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* One-sided operations: writes and reads of any size, atomics, and counters of them. */
#include <rdma/fi_atomic.h>
#include <rdma/fi_rma.h>
#include <stdio.h>
#include <string.h>

#include "fabric.h"

#define CAPS (FI_MSG | FI_TAGGED | FI_RMA | FI_ATOMIC)

static uint64_t place_of(const struct buffer *buffer, size_t at)
{
    return (uint64_t)(uintptr_t)(buffer->bytes + at);
}

/* Between their buffers, byte for byte, and not one byte beside them. */
static void write_and_read(struct endpoint *a, const struct endpoint *b, struct buffer *own,
                           struct buffer *remote, size_t size, unsigned number)
{
    const size_t at = 64;
    struct op written = {0}, read = {0};

    fill(own->bytes, size, number);
    memset(remote->bytes, 0xee, size + 2 * at);
    POST(fi_write(a->ep, own->bytes, size, own->desc, address_of(a, b), place_of(remote, at),
                  remote->key, &written.context));
    wait_for("a write", &written);
    /* A write that has completed may still be on its way to the memory: a read after it is not. */
    memset(own->bytes, 0, size);
    time_is_up(true);
    do {
        read = (struct op){0};
        POST(fi_read(a->ep, own->bytes, size, own->desc, address_of(a, b), place_of(remote, at),
                     remote->key, &read.context));
        wait_for("a read", &read);
    } while (size && (own->bytes[size - 1] == 0xee || own->bytes[0] == 0xee) && !time_is_up(false));
    verify("remote memory", remote->bytes + at, size, number);
    verify("what was read", own->bytes, size, number);
    for (size_t i = 0; i < at; i++)
        if (remote->bytes[i] != 0xee || remote->bytes[at + size + i] != 0xee)
            fail("a write of %zu bytes changed others", size);
}

void run_write_and_read(void)
{
    static const size_t sizes[] = {
        1,          32, 1000, 8000, 8928, 8929, 65536, 65537, 1 << 20, 3000001, MAX_MESSAGE / 4,
        MAX_MESSAGE};
    struct domain domain;
    struct endpoint a, b;
    struct buffer own, remote;

    domain_open(&domain, NULL, CAPS);
    endpoint_open(&a, &domain);
    endpoint_open(&b, &domain);
    buffer_make(&own, &domain, MAX_MESSAGE);
    buffer_make(&remote, &domain, MAX_MESSAGE + 128);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        write_and_read(&a, &b, &own, &remote, sizes[i], i);
    buffer_free(&remote);
    buffer_free(&own);
    endpoint_close(&b);
    endpoint_close(&a);
    domain_close(&domain);
}

static uint64_t fetch(struct endpoint *by, const struct endpoint *of, struct buffer *own,
                      const struct buffer *remote, enum fi_op operation, uint64_t operand,
                      uint64_t compared)
{
    uint64_t *const values = (uint64_t *)own->bytes;
    struct op op = {0};

    values[0] = operand;
    values[1] = compared;
    if (operation == FI_CSWAP)
        POST(fi_compare_atomic(by->ep, &values[0], 1, own->desc, &values[1], own->desc, &values[2],
                               own->desc, address_of(by, of), place_of(remote, 0), remote->key,
                               FI_UINT64, operation, &op.context));
    else
        POST(fi_fetch_atomic(by->ep, &values[0], 1, own->desc, &values[2], own->desc,
                             address_of(by, of), place_of(remote, 0), remote->key, FI_UINT64,
                             operation, &op.context));
    wait_for("a fetching atomic", &op);
    return values[2];
}

static void expect(const char *what, uint64_t found, uint64_t expected)
{
    if (found != expected)
        fail("%s: %llu, not %llu", what, (unsigned long long)found, (unsigned long long)expected);
}

/* Two endpoints add to the same value of a third, then one changes it in each way. */
void run_atomics(void)
{
    enum { COUNT = 300 };
    static struct op added[2][COUNT];
    struct domain domain;
    struct endpoint target, by[2];
    struct buffer own, remote;
    uint64_t *value, sum = 1000;

    domain_open(&domain, NULL, CAPS);
    endpoint_open(&target, &domain);
    for (int s = 0; s < 2; s++)
        endpoint_open(&by[s], &domain);
    buffer_make(&own, &domain, 4096);
    buffer_make(&remote, &domain, 4096);
    value = (uint64_t *)remote.bytes;
    *value = sum;
    for (int i = 0; i < COUNT; i++)
        for (int s = 0; s < 2; s++) {
            uint64_t *operand = (uint64_t *)own.bytes + 16 + s;

            *operand = (uint64_t)s + 1;
            POST(fi_atomic(by[s].ep, operand, 1, own.desc, address_of(&by[s], &target),
                           place_of(&remote, 0), remote.key, FI_UINT64, FI_SUM,
                           &added[s][i].context));
            sum += (uint64_t)s + 1;
        }
    for (int i = 0; i < COUNT; i++)
        for (int s = 0; s < 2; s++)
            wait_for("an atomic", &added[s][i]);
    time_is_up(true);
    while (fetch(&by[0], &target, &own, &remote, FI_ATOMIC_READ, 0, 0) != sum)
        if (time_is_up(false))
            fail("the sum is %llu, not %llu", (unsigned long long)*value, (unsigned long long)sum);
    expect("before the sum", fetch(&by[1], &target, &own, &remote, FI_SUM, 5, 0), sum);
    expect("before the swap", fetch(&by[0], &target, &own, &remote, FI_ATOMIC_WRITE, 77, 0),
           sum + 5);
    expect("a swap that fails", fetch(&by[1], &target, &own, &remote, FI_CSWAP, 1, 78), 77);
    expect("a swap that works", fetch(&by[1], &target, &own, &remote, FI_CSWAP, 99, 77), 77);
    expect("before the bits", fetch(&by[0], &target, &own, &remote, FI_BAND, 0x62, 0), 99);
    expect("at the end", *value, 99 & 0x62);
    buffer_free(&remote);
    buffer_free(&own);
    for (int s = 0; s < 2; s++)
        endpoint_close(&by[s]);
    endpoint_close(&target);
    domain_close(&domain);
}

static void wait_for_count(const char *what, struct fid_cntr *counter, uint64_t count)
{
    time_is_up(true);
    while (fi_cntr_read(counter) < count) {
        progress();
        if (time_is_up(false))
            fail("%s counted %llu, not %llu", what, (unsigned long long)fi_cntr_read(counter),
                 (unsigned long long)count);
    }
    expect(what, fi_cntr_read(counter), count);
    expect("its errors", fi_cntr_readerr(counter), 0);
}

/* What was sent, received and written is counted once. */
void run_counters(void)
{
    enum { COUNT = 200 };
    static struct op ops[3 * COUNT];
    struct fi_cntr_attr attributes = {.events = FI_CNTR_EVENTS_COMP};
    struct fid_cntr *sent, *received, *written;
    struct domain domain;
    struct endpoint a = {.domain = &domain}, b = {.domain = &domain};
    struct buffer out, in;

    domain_open(&domain, NULL, CAPS);
    check("fi_cntr_open", fi_cntr_open(domain.domain, &attributes, &sent, NULL));
    check("fi_cntr_open", fi_cntr_open(domain.domain, &attributes, &received, NULL));
    check("fi_cntr_open", fi_cntr_open(domain.domain, &attributes, &written, NULL));
    endpoint_prepare(&a, &domain);
    check("binding a counter", fi_ep_bind(a.ep, &sent->fid, FI_SEND));
    check("binding a counter", fi_ep_bind(a.ep, &written->fid, FI_WRITE));
    endpoint_enable(&a);
    endpoint_prepare(&b, &domain);
    check("binding a counter", fi_ep_bind(b.ep, &received->fid, FI_RECV));
    endpoint_enable(&b);
    buffer_make(&out, &domain, 1000);
    buffer_make(&in, &domain, 1000);
    for (int i = 0; i < COUNT; i++) {
        POST(fi_trecv(b.ep, in.bytes, 500, in.desc, FI_ADDR_UNSPEC, 1, 0, &ops[3 * i].context));
        POST(fi_tsend(a.ep, out.bytes, 500, out.desc, address_of(&a, &b), 1,
                      &ops[3 * i + 1].context));
        POST(fi_write(a.ep, out.bytes, 500, out.desc, address_of(&a, &b), place_of(&in, 500),
                      in.key, &ops[3 * i + 2].context));
    }
    wait_for_count("sends", sent, COUNT);
    wait_for_count("receives", received, COUNT);
    wait_for_count("writes", written, COUNT);
    for (int i = 0; i < 3 * COUNT; i++)
        wait_for("an operation that was counted", &ops[i]);
    buffer_free(&in);
    buffer_free(&out);
    endpoint_close(&b);
    endpoint_close(&a);
    check("closing a counter", fi_close(&written->fid));
    check("closing a counter", fi_close(&received->fid));
    check("closing a counter", fi_close(&sent->fid));
    domain_close(&domain);
}
