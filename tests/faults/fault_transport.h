/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A transport that counts the requests of all kinds and does one thing to the nth of them. */
#ifndef ROBUST_FAULT_TRANSPORT_H
#define ROBUST_FAULT_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "driver/transport.h"

enum request_fault_kind {
    FAULT_NONE,
    FAULT_ERROR,      /* fails with Win32 error `value`; the device never sees it */
    FAULT_LOST_REPLY, /* is carried out, then fails with `value` */
    FAULT_MORE_DATA,  /* is executed, then fails with ERROR_MORE_DATA and `value` bytes of reply */
    FAULT_RETURNED,   /* says that `value` bytes were returned */
    FAULT_PATCH,      /* `size` bytes of the reply at `offset` are `value` */
    FAULT_FILL,       /* every byte of the reply is `value` */
    FAULT_LATE,       /* others have all the time they want before and after */
    FAULT_REMOVED     /* the device disappears before it */
};

struct request_fault {
    enum request_fault_kind kind;
    uint64_t value;
    uint32_t offset, size;
};

#define FAULT_MAX_REQUESTS 256

/* What is known of a request that passed. */
struct request_seen {
    uint32_t code;
    uint32_t reply_size; /* 0: no reply */
    uint32_t version;    /* of QUERY_DEVICE */
    uint32_t rq_depth;   /* of CREATE_QP */
};

struct fault_transport {
    struct efa_transport transport; /* first: found from it */
    const struct efa_transport *inner;
    void *context;
    void (*meanwhile)(void *context); /* while a late request is under way */
    void (*remove)(void *context);

    struct request_fault fault;
    unsigned nth;   /* counted from 1 */
    unsigned count; /* requests seen */
    bool struck;
    struct request_seen seen[FAULT_MAX_REQUESTS];
};

void fault_transport_init(struct fault_transport *transport, const struct efa_transport *inner);
/* Begins a new count. */
void fault_transport_arm(struct fault_transport *transport, unsigned nth,
                         struct request_fault fault);

#endif
