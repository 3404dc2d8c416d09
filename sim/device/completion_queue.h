/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Completion queues, and the writing of their entries. */
#ifndef EFASIM_DEVICE_COMPLETION_QUEUE_H
#define EFASIM_DEVICE_COMPLETION_QUEUE_H

#include "../../src/device/completion_entry.h"
#include "qp.h"

struct efasim_sub_cq {
    struct efa_completion_entry *ring;
    uint32_t entries;
    uint32_t index;
    uint8_t phase;
    uint8_t overrun_reported;
    uint32_t outstanding; /* send requests fetched and not completed */
};

struct efasim_cq {
    struct efasim_client *owner;
    uint32_t number;
    uint32_t queue_pairs; /* uses by QPs: a QP may use the CQ twice */
    uint32_t next_sub_cq; /* round robin */
    struct efasim_mapping mapping;
    uint32_t sub_cq_count;
    struct efasim_sub_cq sub_cqs[EFASIM_MAX_SUB_CQS];
};

uint32_t efasim_create_cq(struct efasim_client *client, const void *input, void *output);
uint32_t efasim_destroy_cq(struct efasim_client *client, const void *input, void *output);
struct efasim_cq *efasim_find_cq(struct efasim_client *client, uint32_t number);
void efasim_release_cq(struct efasim_cq *cq);

void efasim_complete_send(struct efasim_qp *qp, uint16_t request_id, uint8_t operation,
                          uint8_t status);

/* The fields of a receive completion about the message. */
struct efasim_received {
    uint16_t length;
    uint16_t source_ah;
    uint16_t source_qp;
    bool has_immediate;
    uint32_t immediate_data;
};
void efasim_complete_recv(struct efasim_qp *qp, uint16_t request_id, uint8_t status,
                          const struct efasim_received *received);

#endif
