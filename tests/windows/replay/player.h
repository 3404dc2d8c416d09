/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A player makes the calls of one side of a recording; it is a process. */
#ifndef PLAYER_H
#define PLAYER_H

#include "attribute_text.h"
#include "player_shared.h"
#include "recording.h"

#define MOST_OBJECTS 4096
#define ANSWER_SIZE (ATTRIBUTE_TEXT_SIZE + 40)

enum kind { KIND_CONTEXT, KIND_PD, KIND_MR, KIND_AH, KIND_CQ, KIND_QP, KINDS };

/* Memory as the program had it: from that offset in a page on. */
struct region {
    struct ibv_mr *mr;
    unsigned char *block; /* what is to be freed */
    unsigned char *memory;
    uint64_t length;
    unsigned access;
};

struct queue {
    struct ibv_qp *qp;
    struct ibv_qp_ex *ex; /* NULL without ibv_qp_to_qp_ex */
    uint32_t num;
    bool is_datagram;
};

struct poll {
    struct ibv_cq *cq;
    struct ibv_cq_ex *ex; /* NULL if it is polled with ibv_poll_cq only */
    bool is_open;
};

enum work { UNUSED, SEND, RECEIVE, READ };

/* An outstanding work request; its index is its wr_id. */
struct request {
    enum work work;
    bool is_shared; /* another receive has the same memory */
    unsigned queue;
    struct ibv_sge sges[MAX_DATA];
    unsigned sge_count;
    unsigned remote_side; /* of a read */
    uint64_t remote_addr;
};

/* A completion that came, until a line wants it. */
struct arrival {
    struct arrival *next;
    unsigned cq, queue;
    char text[ATTRIBUTE_TEXT_SIZE];
};

struct player {
    const struct recording *recording;
    const struct line *line;
    unsigned side;
    struct shared *shared;
    unsigned patience; /* ms */

    struct ibv_device **devices;
    unsigned counts[KINDS];
    struct ibv_context *contexts[MOST_OBJECTS];
    struct ibv_pd *pds[MOST_OBJECTS];
    struct region regions[MOST_OBJECTS];
    struct ibv_ah *ahs[MOST_OBJECTS];
    struct poll polls[MOST_OBJECTS];
    struct queue queues[MOST_OBJECTS];

    struct request *requests;
    unsigned request_count, next_request;
    struct arrival *arrivals;
    unsigned char inline_data[256]; /* of inline sends from memory without a region */

    bool is_wrong; /* what was expected is said */
    char answer[ANSWER_SIZE];
};

/* Ends the run, with what was expected and what is. */
void play_fail(struct player *player, const char *expected, const char *actual);

/* The number of an object of this side: of "cq0" 0. Fails the run if it is malformed. */
unsigned play_index(struct player *player, const char *name);
unsigned play_object(struct player *player, const char *pair); /* of the line's pair */

/* What the call returned, to be compared with the line's result. `detail` may be NULL. */
void answer_error(struct player *player, int error, const char *detail);
/* An object that was created; NULL is errno. Returns its number. */
unsigned answer_object(struct player *player, enum kind kind, const void *object,
                       const char *detail);

/* Each returns false if it has no such call. */
bool play_control(struct player *player);
bool play_post(struct player *player);
bool play_poll(struct player *player);
/* Calls that the kit lacks: they are counted only. */
bool play_is_missing(const char *call);

/* ---- Contents (player_contents.c) ---- */

void contents_fill_region(const struct player *player, unsigned char *memory, uint64_t length);
/* Before a send is posted: new bytes where nothing else uses the memory, and a note of the message
 * for its receiver. */
void contents_of_send(struct player *player, const struct ibv_sge *sges, unsigned count,
                      uint32_t source, uint32_t destination);
/* Checks what a completed request left in memory. */
void contents_check_receive(struct player *player, const struct request *request, uint32_t length,
                            uint32_t source);
void contents_check_read(struct player *player, const struct request *request);
/* Whether two requests use the same memory. */
bool contents_overlap(const struct ibv_sge *a, unsigned a_count, const struct ibv_sge *b,
                      unsigned b_count);

#endif
