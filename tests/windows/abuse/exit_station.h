/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The objects that exit_plug's threads use, and that its detach uses and destroys after them. */
#ifndef EFAWIN_ABUSE_EXIT_STATION_H
#define EFAWIN_ABUSE_EXIT_STATION_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/verbs.h>

enum { STATION_DEPTH = 32, STATION_QKEY = 0x1234567 };

/* What all stations share. */
struct ground {
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_td *td;
    struct ibv_pd *promised_pd; /* a parent domain: its queues are promised to one thread */
    struct ibv_mr *mr;
    struct ibv_ah *ah; /* of this device itself */
    uint8_t memory[4096];
};

/* A UD queue pair that sends to itself, and its completion queue. */
struct station {
    struct ground *ground;
    struct ibv_cq_ex *cq;
    struct ibv_qp *qp;
    struct ibv_qp_ex *qp_ex;
};

struct ibv_context *open_first_device(void);
bool open_ground(struct ground *ground);
/* Of this device itself, or where `other` is not 0 of another. */
struct ibv_ah *create_ah(struct ground *ground, uint8_t other);
bool open_station(struct ground *ground, bool promised, struct station *station);
bool create_queues(struct ground *ground, bool promised, struct station *station);

/* The results are those of the library's calls. */
int to_state(struct station *station, enum ibv_qp_state state);
int to_rts(struct station *station);
int post_send(struct station *station);
int post_receive(struct station *station);
int send_session(struct station *station);
int poll(struct station *station);
/* ENOENT if there was no completion. */
int poll_session(struct station *station);

#endif
