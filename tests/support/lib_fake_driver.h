/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A small driver behind the library's transport, without a device: it replies to commands with what
 * the test has set, and its rings are plain memory. The test reads the descriptors that the library
 * wrote, and writes valid and invalid completion entries itself.
 */
#ifndef LIB_FAKE_DRIVER_H
#define LIB_FAKE_DRIVER_H

#include "device/completion_entry.h"
#include "device/recv_descriptor.h"
#include "device/send_descriptor.h"
#include "driver/protocol.h"
#include "lib_support.h"

#define FAKE_CQS 4
#define FAKE_QPS 8
#define FAKE_SUB_CQS 16
#define FAKE_DOORBELLS_SIZE 4096

struct fake_cq {
    bool used;
    uint16_t depth; /* of each sub-CQ */
    uint8_t *entries;
    uint32_t written[FAKE_SUB_CQS];
};

struct fake_qp {
    bool used;
    uint32_t number;
    struct efa_create_qp_params params;
    uint8_t *sq, *rq;
    uint32_t *doorbells; /* a page: the send doorbell first, the receive doorbell in the middle */
};

struct fake_driver {
    struct efa_transport transport; /* first: found from it */
    uint32_t version;               /* the one it speaks */
    struct efa_device_info info;
    uint32_t next_qp_num, send_sub_cq, recv_sub_cq;
    uint32_t next_lkey;
    uint16_t next_ah, next_pdn;
    struct fake_cq cqs[FAKE_CQS];
    struct fake_qp qps[FAKE_QPS];
    unsigned modified; /* MODIFY_QP requests */
    uint32_t last_dereg_key, deregs;
    uint32_t last_dereg_size;
    uint32_t last_create_cq_size;
};

/* A driver of an adapter that may be changed before a world is opened on it. */
void fake_driver_init(struct fake_driver *driver, uint32_t version, uint16_t sub_cqs);

/* A world on a fake driver, for the helpers of lib_support that need no device. */
struct world *fake_world_open(struct fake_driver *driver);
/* Both at once. */
struct world *fake_world_create(struct fake_driver *driver, uint32_t version, uint16_t sub_cqs);
void fake_world_destroy(struct fake_driver *driver, struct world *world);

/* The driver's side of a queue pair. */
struct fake_qp *fake_qp_of(struct fake_driver *driver, const struct ibv_qp *qp);
uint32_t fake_sends_rung(const struct fake_qp *qp);
uint32_t fake_recvs_rung(const struct fake_qp *qp);
const struct efa_send_descriptor *fake_send(const struct fake_qp *qp, uint32_t slot);
const struct efa_recv_descriptor *fake_recv(const struct fake_qp *qp, uint32_t slot);

/* Writes an entry as the device would: the flags with the expected phase last. */
void fake_complete(struct fake_driver *driver, const struct ibv_cq *cq, uint32_t sub_cq,
                   struct efa_completion_entry entry);

/* Entries of successful operations. */
struct efa_completion_entry fake_sent(const struct ibv_qp *qp, uint16_t request_id);
struct efa_completion_entry fake_received(const struct ibv_qp *qp, uint16_t request_id);

/*
 * Posts the first send and the first receive of a queue pair with one CQ, of wr_id and wr_id + 1;
 * completes both, and polls them in one call.
 */
void fake_both_sides_complete(struct fake_driver *driver, struct world *world, struct ibv_qp *qp,
                              uint64_t wr_id);

#endif
