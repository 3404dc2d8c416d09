/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Endpoints, buffers and completions: see fabric.h. */
#define _DEFAULT_SOURCE
#include "fabric.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define API FI_VERSION(1, 17)

static struct endpoint *open_endpoints[MOST_ENDPOINTS];

void fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

void check(const char *call, ssize_t result)
{
    if (result < 0)
        fail("%s: %s", call, fi_strerror((int)-result));
}

void domain_open(struct domain *domain, const char *name, uint64_t caps)
{
    struct fi_info *hints = fi_allocinfo();

    if (!hints)
        fail("no memory");
    hints->caps = caps;
    hints->mode = FI_CONTEXT | FI_CONTEXT2;
    hints->ep_attr->type = FI_EP_RDM;
    hints->domain_attr->mr_mode = FI_MR_LOCAL | FI_MR_VIRT_ADDR | FI_MR_ALLOCATED | FI_MR_PROV_KEY;
    hints->domain_attr->name = name ? strdup(name) : NULL;
    hints->fabric_attr->prov_name = strdup("efa");
    check("fi_getinfo", fi_getinfo(API, NULL, NULL, 0, hints, &domain->info));
    fi_freeinfo(hints);
    check("fi_fabric", fi_fabric(domain->info->fabric_attr, &domain->fabric, NULL));
    check("fi_domain", fi_domain(domain->fabric, domain->info, &domain->domain, NULL));
}

void domain_close(struct domain *domain)
{
    check("closing the domain", fi_close(&domain->domain->fid));
    check("closing the fabric", fi_close(&domain->fabric->fid));
    fi_freeinfo(domain->info);
}

fi_addr_t address_of(struct endpoint *endpoint, const struct endpoint *peer)
{
    fi_addr_t found = FI_ADDR_UNSPEC;
    int count = fi_av_insert(endpoint->av, peer->address, 1, &found, 0, NULL);

    check("fi_av_insert", count);
    if (count != 1)
        fail("fi_av_insert inserted %d of 1", count);
    return found;
}

void endpoint_prepare(struct endpoint *endpoint, const struct domain *domain)
{
    struct fi_cq_attr cq = {.format = FI_CQ_FORMAT_TAGGED, .size = 1024};
    struct fi_av_attr av = {.type = FI_AV_TABLE};

    endpoint->domain = domain;
    check("fi_endpoint", fi_endpoint(domain->domain, domain->info, &endpoint->ep, NULL));
    check("fi_cq_open", fi_cq_open(domain->domain, &cq, &endpoint->cq, NULL));
    check("fi_av_open", fi_av_open(domain->domain, &av, &endpoint->av, NULL));
    check("binding the queue", fi_ep_bind(endpoint->ep, &endpoint->cq->fid, FI_TRANSMIT | FI_RECV));
    check("binding the address vector", fi_ep_bind(endpoint->ep, &endpoint->av->fid, 0));
}

void endpoint_enable(struct endpoint *endpoint)
{
    unsigned place = 0;

    check("fi_enable", fi_enable(endpoint->ep));
    endpoint->address_size = sizeof endpoint->address;
    check("fi_getname", fi_getname(&endpoint->ep->fid, endpoint->address, &endpoint->address_size));
    while (place < MOST_ENDPOINTS && open_endpoints[place])
        place++;
    if (place == MOST_ENDPOINTS)
        fail("more than %d endpoints", MOST_ENDPOINTS);
    open_endpoints[place] = endpoint;
}

void endpoint_open(struct endpoint *endpoint, const struct domain *domain)
{
    endpoint_prepare(endpoint, domain);
    endpoint_enable(endpoint);
}

void endpoint_close(struct endpoint *endpoint)
{
    for (unsigned i = 0; i < MOST_ENDPOINTS; i++)
        if (open_endpoints[i] == endpoint)
            open_endpoints[i] = NULL;
    check("closing the endpoint", fi_close(&endpoint->ep->fid));
    check("closing the address vector", fi_close(&endpoint->av->fid));
    check("closing the queue", fi_close(&endpoint->cq->fid));
}

void buffer_make(struct buffer *buffer, const struct domain *domain, size_t size)
{
    const uint64_t access =
        FI_SEND | FI_RECV | FI_READ | FI_WRITE | FI_REMOTE_READ | FI_REMOTE_WRITE;

    buffer->size = size ? size : 1;
    buffer->bytes =
        mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer->bytes == MAP_FAILED)
        fail("no memory for %zu bytes", buffer->size);
    check("fi_mr_reg", fi_mr_reg(domain->domain, buffer->bytes, buffer->size, access, 0, 0, 0,
                                 &buffer->mr, NULL));
    buffer->desc = fi_mr_desc(buffer->mr);
    buffer->key = fi_mr_key(buffer->mr);
}

void buffer_free(struct buffer *buffer)
{
    check("closing the memory region", fi_close(&buffer->mr->fid));
    munmap(buffer->bytes, buffer->size);
}

static unsigned char byte_of(unsigned number, size_t at)
{
    return (unsigned char)((at >> 12) * 7 + at * 31 + number * 13 + 5);
}

void fill(unsigned char *bytes, size_t size, unsigned number)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_of(number, i);
}

void verify(const char *what, const unsigned char *bytes, size_t size, unsigned number)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte_of(number, i))
            fail("%s %u: byte %zu of %zu is %u, not %u", what, number, i, size, bytes[i],
                 byte_of(number, i));
}

static void complete(const struct fi_cq_tagged_entry *entry, fi_addr_t source, int error)
{
    struct op *op = entry->op_context;

    if (!op) {
        if (error)
            fail("an operation without a context failed: %s", fi_strerror(error));
        return;
    }
    op->completions++;
    op->is_done = true;
    op->error = error;
    op->flags = entry->flags;
    op->data = entry->data;
    op->tag = entry->tag;
    op->length = entry->len;
    op->buffer = entry->buf;
    op->source = source;
    if (op->seen)
        op->seen(op, op->state);
}

static void look(struct endpoint *endpoint)
{
    struct fi_cq_tagged_entry entry;
    fi_addr_t source = FI_ADDR_UNSPEC;
    ssize_t count = fi_cq_readfrom(endpoint->cq, &entry, 1, &source);

    if (count == 1) {
        complete(&entry, source, 0);
    } else if (count == -FI_EAVAIL) {
        struct fi_cq_err_entry error = {0};

        check("fi_cq_readerr", fi_cq_readerr(endpoint->cq, &error, 0));
        entry = (struct fi_cq_tagged_entry){.op_context = error.op_context,
                                            .flags = error.flags,
                                            .len = error.len,
                                            .tag = error.tag};
        complete(&entry, source, error.err);
    } else if (count != -FI_EAGAIN && count != 0) {
        check("fi_cq_readfrom", count);
    }
}

void progress(void)
{
    for (unsigned i = 0; i < MOST_ENDPOINTS; i++)
        if (open_endpoints[i])
            look(open_endpoints[i]);
}

bool time_is_up(bool restart)
{
    static time_t end;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (restart)
        end = now.tv_sec + TIME_LIMIT;
    return now.tv_sec > end;
}

int wait_for_any_end(const char *what, struct op *op)
{
    time_is_up(true);
    while (!op->is_done) {
        progress();
        if (time_is_up(false))
            fail("%s has not completed for %d s", what, TIME_LIMIT);
    }
    return op->error;
}

void wait_for(const char *what, struct op *op)
{
    int error = wait_for_any_end(what, op);

    if (error)
        fail("%s: %s", what, fi_strerror(error));
}
