/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the files of the replay share: a domain, its two endpoints, and how a check complains. */
#ifndef LIFE_INTERNAL_H
#define LIFE_INTERNAL_H

#include "infiniband/efadv.h"
#include "libfabric_life.h"

#define ENDPOINTS 2
#define POSTED_RECEIVES 1024u /* at the first poll, as one chain */
#define MESSAGE_SIZE 512u
#define GRH_SIZE 40u

struct endpoint {
    struct ibv_qp *qp;
    struct ibv_qp_ex *ex;
    uint32_t qkey;
    uint32_t receive_depth;
    unsigned char *receive_memory;
    struct ibv_mr *receive_mr;
    unsigned sent, send_completions, received;
    unsigned char *seen; /* which of the peer's messages came */
};

struct domain {
    const struct life_options *options;
    struct ibv_context *context;
    struct ibv_device_attr device_attr;
    struct efadv_device_attr efa_attr;
    struct ibv_port_attr port_attr;
    union ibv_gid gid;
    struct ibv_pd *pd;
    struct ibv_cq_ex *cq;
    struct ibv_ah *self;
    uint16_t ahn;
    struct endpoint endpoints[ENDPOINTS];
    unsigned char *send_memory;
    struct ibv_mr *send_mr;
};

bool life_complain(const struct domain *domain, const char *what, int error);

/* Leaves the function with false, after saying what was expected. */
#define EXPECT(domain, condition, what)                \
    do {                                               \
        if (!(condition))                              \
            return life_complain(domain, what, errno); \
    } while (0)

bool endpoint_open(struct domain *domain, struct endpoint *endpoint);
bool endpoint_close(struct domain *domain, struct endpoint *endpoint);
void endpoint_free(struct endpoint *endpoint); /* its own memory */

bool traffic_run(struct domain *domain);
bool traffic_read_remotely(struct domain *domain);
/* A failed send, whose completion is left in an open poll that another thread ends. */
bool traffic_fail(struct domain *domain);

#endif
