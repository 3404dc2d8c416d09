/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A raw client of the device: the driver's requests and the rings with nothing in between. Calls
 * that a case takes for granted check themselves; raw_try and those that return an error do not.
 */
#ifndef EFASIM_CONFORMANCE_SUPPORT_H
#define EFASIM_CONFORMANCE_SUPPORT_H

#include "device/completion_entry.h"
#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "driver/protocol.h"
#include "driver/win32_error.h"
#include "sim_case.h"

#define RAW_QKEY 0x11111111u
#define RAW_BUFFER_SIZE 65536
#define RAW_UNTOUCHED 0xee
#define RAW_ANY_PERMISSION (EFA_MR_LOCAL_WRITE | EFA_MR_REMOTE_READ)

struct raw_client {
    struct sim_world *world;
    void *session;
    struct efa_device_info info;
    uint32_t returned; /* by the last request */
};

struct raw_cq {
    struct efa_cq_info info;
    uint32_t sub_cqs;
    uint32_t consumed[16]; /* of each sub-CQ, without wrapping */
};

struct raw_qp {
    struct efa_qp_info info;
    uint32_t sq_entries;
    uint32_t rq_entries;
    uint16_t sq_posted;
    uint16_t rq_posted;
};

/* One side of most cases: everything that it takes to send and receive. */
struct raw_endpoint {
    struct raw_client client;
    uint16_t pdn;
    uint16_t ah; /* of the device itself */
    struct efa_mr_info mr;
    struct raw_cq send_cq;
    struct raw_cq recv_cq;
    struct raw_qp qp;
    uint8_t *memory; /* RAW_BUFFER_SIZE, registered */
};

/* Two clients of one device. */
struct raw_pair {
    struct raw_endpoint from;
    struct raw_endpoint to;
};

struct raw_options {
    uint32_t version; /* 0 is the newest */
    uint32_t type;
    uint32_t state;     /* the queue pair's; RTS where the version has no states */
    uint16_t depth;     /* 0 is 16 */
    uint16_t cq_depth;  /* 0 is 64 */
    uint32_t rnr_retry; /* 0 leaves the default; else 1 + the value, set on the way to RTS */
};

/* Of the newest version, in RTS. */
extern const struct raw_options raw_srd;
extern const struct raw_options raw_ud;

/* Sessions and requests */
void raw_open(struct sim_world *world, struct raw_client *client);
void raw_close(struct raw_client *client);
uint32_t raw_try(struct raw_client *client, uint32_t code, const void *input, uint32_t input_size,
                 void *output, uint32_t output_size);
uint32_t raw_query_device(struct raw_client *client, uint32_t version);

/* Objects: each returns the request's error */
uint32_t raw_alloc_pd(struct raw_client *client, uint16_t *pdn);
uint32_t raw_dealloc_pd(struct raw_client *client, uint16_t pdn);
uint32_t raw_reg_mr(struct raw_client *client, uint16_t pdn, const void *address, uint64_t length,
                    uint8_t permissions, struct efa_mr_info *mr);
uint32_t raw_dereg_mr(struct raw_client *client, uint32_t lkey);
uint32_t raw_create_cq(struct raw_client *client, uint16_t depth, struct raw_cq *cq);
uint32_t raw_destroy_cq(struct raw_client *client, uint16_t index);
uint32_t raw_alloc_ah(struct raw_client *client, uint16_t pdn, const uint8_t gid[16], uint16_t *ah);
uint32_t raw_dealloc_ah(struct raw_client *client, uint16_t pdn, uint16_t ah);
void raw_qp_params(const struct raw_endpoint *endpoint, uint32_t type, uint32_t depth,
                   struct efa_create_qp_params *params);
uint32_t raw_create_qp(struct raw_client *client, const struct efa_create_qp_params *params,
                       struct raw_qp *qp);
uint32_t raw_destroy_qp(struct raw_client *client, uint32_t handle);
uint32_t raw_modify_qp(struct raw_client *client, const struct raw_qp *qp, uint32_t mask,
                       uint32_t state);
/* From RESET to `state` by the usual steps, with RAW_QKEY. */
void raw_bring_to(struct raw_client *client, const struct raw_qp *qp, uint32_t state);
/* The same; `rnr_retry` is as in raw_options. */
void raw_bring_with_retry(struct raw_client *client, const struct raw_qp *qp, uint32_t state,
                          uint32_t rnr_retry);

/* Endpoints */
void raw_endpoint_open(struct sim_world *world, struct raw_endpoint *endpoint,
                       const struct raw_options *options);
void raw_endpoint_close(struct raw_endpoint *endpoint);
/* The sender's memory gets a pattern, all of the receiver's is RAW_UNTOUCHED. */
void raw_pair_open(struct sim_world *world, struct raw_pair *pair, const struct raw_options *from,
                   const struct raw_options *to);
void raw_pair_close(struct raw_pair *pair);

/* Rings. Posting does not ring. */
void raw_write_send(struct raw_qp *qp, const struct efa_send_descriptor *descriptor);
void raw_write_recv(struct raw_qp *qp, const struct efa_recv_descriptor *descriptor);
void raw_ring_send(const struct raw_qp *qp);
void raw_ring_recv(const struct raw_qp *qp);

/* A well-formed descriptor for a message of `size` bytes at `offset` of the sender's memory. */
struct efa_send_descriptor raw_send_descriptor(const struct raw_endpoint *from,
                                               const struct raw_endpoint *to, uint16_t id,
                                               uint32_t offset, uint32_t size);
/* Writes it with the right phase, rings, lets the device work. */
void raw_send(struct raw_endpoint *from, const struct efa_send_descriptor *descriptor);
/* Both: a good message, sent. */
void raw_send_message(struct raw_endpoint *from, const struct raw_endpoint *to, uint16_t id,
                      uint32_t offset, uint32_t size);
/* Messages to itself, not rung. Request ids count from `first`, modulo the size of the ring. */
void raw_write_sends(struct raw_endpoint *endpoint, uint16_t first, unsigned count);
struct efa_recv_descriptor raw_recv_descriptor(const struct raw_endpoint *endpoint, uint16_t id,
                                               uint32_t offset, uint16_t size);
/* A receive of one buffer, rung. */
void raw_recv(struct raw_endpoint *endpoint, uint16_t id, uint32_t offset, uint16_t size);

/* Completions: any sub-CQ, oldest of the lowest sub-CQ first */
bool raw_poll(struct raw_cq *cq, struct efa_completion_entry *entry);
/* Runs the device until a completion arrives; without one the case fails. */
void raw_expect(struct raw_endpoint *endpoint, struct raw_cq *cq,
                struct efa_completion_entry *entry);
/* The next send completion has this id and status; likewise receive. */
void raw_expect_send(struct raw_endpoint *endpoint, uint16_t id, uint8_t status);
void raw_expect_recv(struct raw_endpoint *endpoint, uint16_t id, uint8_t status);
/* What raw_write_sends wrote has succeeded, in this order. */
void raw_expect_sends(struct raw_endpoint *endpoint, uint16_t first, unsigned count);
/* The device has nothing left to do now, and neither CQ has an entry. */
void raw_expect_nothing(struct raw_endpoint *endpoint);

void raw_progress(struct sim_world *world);

#endif
