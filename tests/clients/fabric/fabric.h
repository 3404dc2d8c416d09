/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What the parts of fabric_user share: reliable endpoints of libfabric's EFA provider in one
 * process, registered buffers, and operations that are waited for. Whatever fails ends the program.
 */
#ifndef TESTS_CLIENTS_FABRIC_H
#define TESTS_CLIENTS_FABRIC_H

#include <rdma/fabric.h>
#include <rdma/fi_cm.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>
#include <rdma/fi_eq.h>
#include <rdma/fi_errno.h>
#include <rdma/fi_tagged.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOST_ENDPOINTS 16
#define ADDRESS_SIZE 64
#define MAX_MESSAGE ((size_t)64 << 20)
#define TIME_LIMIT 100 /* seconds for one operation: a hang is a failure, a slow machine is not */

struct domain {
    struct fi_info *info;
    struct fid_fabric *fabric;
    struct fid_domain *domain;
};

/* EFA's provider takes one endpoint for each address vector. */
struct endpoint {
    const struct domain *domain;
    struct fid_ep *ep;
    struct fid_cq *cq;
    struct fid_av *av;
    unsigned char address[ADDRESS_SIZE];
    size_t address_size;
};

/* One that was posted. Its address is the operation's context. */
struct op {
    struct fi_context2 context; /* first */
    unsigned completions;
    bool is_done;
    int error; /* FI_E..., or 0 */
    uint64_t flags, data, tag;
    size_t length;
    fi_addr_t source;
    void *buffer;                             /* where a message of a multi-receive lies */
    void (*seen)(struct op *op, void *state); /* on each completion, or NULL */
    void *state;
};

struct buffer {
    unsigned char *bytes;
    size_t size;
    struct fid_mr *mr;
    void *desc;
    uint64_t key;
};

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void check(const char *call, ssize_t result); /* ends the program where it is negative */

void domain_open(struct domain *domain, const char *name, uint64_t caps);
void domain_close(struct domain *domain);
/* endpoint_open() in two steps, between which other things are bound. */
void endpoint_prepare(struct endpoint *endpoint, const struct domain *domain);
void endpoint_enable(struct endpoint *endpoint);
void endpoint_open(struct endpoint *endpoint, const struct domain *domain);
void endpoint_close(struct endpoint *endpoint);
/* The peer in the endpoint's address vector, where it is added unless it is there. */
fi_addr_t address_of(struct endpoint *endpoint, const struct endpoint *peer);

void buffer_make(struct buffer *buffer, const struct domain *domain, size_t size);
void buffer_free(struct buffer *buffer);
void fill(unsigned char *bytes, size_t size, unsigned number);
void verify(const char *what, const unsigned char *bytes, size_t size, unsigned number);

/* Polls every open endpoint once: libfabric's EFA provider makes progress in these calls only. */
void progress(void);
void wait_for(const char *what, struct op *op);        /* it must succeed */
int wait_for_any_end(const char *what, struct op *op); /* the error it ends with, or 0 */
bool time_is_up(bool restart);

/* Posts until the queues have room. */
#define POST(call)                                       \
    do {                                                 \
        ssize_t posted;                                  \
        time_is_up(true);                                \
        while ((posted = (call)) == -FI_EAGAIN) {        \
            progress();                                  \
            if (time_is_up(false))                       \
                fail("%s: the queues stay full", #call); \
        }                                                \
        check(#call, posted);                            \
    } while (0)

/* The parts. */
void run_tagged(void);
void run_directed(void);
void run_multi_receive(void);
void run_inject(void);
void run_write_and_read(void);
void run_atomics(void);
void run_endpoints(void);
void run_eviction(void);
void run_cancel(void);
void run_truncation(void);
void run_counters(void);
void run_victim(void);
void run_survivor(const char *address);

#endif
