/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The oracle's tables. Control calls are in oracle_plan.c and oracle.c, the data
 * path in the others. */
#ifndef WALK_ORACLE_STATE_H
#define WALK_ORACLE_STATE_H

#include <infiniband/verbs.h>

#include "oracle.h"

enum { MOST_OUTSTANDING = 32, AH_NUMBERS = 64, NO_AH = 0xffff };

struct oracle_pd {
    bool used;
    int base, td; /* of a parent domain; else WALK_NONE */
    int children;
    uint32_t root; /* the same for a PD and its parent domains, and never again */
};

struct oracle_td {
    bool used;
    int children;
};

struct oracle_mr {
    bool used;
    int pd, access;
    uint32_t root, length, lkey;
};

struct oracle_ah {
    bool used;
    int pd;
    uint32_t number;
};

/* An address handle as the adapter has it. */
struct oracle_number {
    int references; /* 0: none */
    uint32_t root;
    bool is_nobody;
};

struct oracle_cq {
    bool used, has_session;
    int kind, domain, users;
    uint32_t depth;
    int written; /* entries that may not have been passed yet: never more than there are */
};

/* A request on its way. */
struct oracle_request {
    struct walk_wr wr;
    uint32_t ah_number, dest_number;
};

struct oracle_requests {
    int count;
    struct oracle_request list[MOST_OUTSTANDING];
};

struct oracle_completions {
    int count;
    struct walk_wc list[MOST_OUTSTANDING];
};

struct oracle_session {
    bool is_open, lacks_address;
    int error;
    struct oracle_requests requests;
};

struct oracle_qp {
    bool used, is_ud, is_extended, signals_all;
    int pd, send_cq, recv_cq, state;
    uint32_t root, number, qkey, send_depth, recv_depth;
    struct oracle_session session;
    struct oracle_requests rung, fetched, recvs;
    struct oracle_completions sent, received; /* ready to be polled */
};

struct oracle_client {
    bool is_open;
    struct oracle_pd pds[WALK_PDS];
    struct oracle_td tds[WALK_TDS];
    struct oracle_mr mrs[WALK_MRS];
    struct oracle_ah ahs[WALK_AHS];
    struct oracle_cq cqs[WALK_CQS];
    struct oracle_qp qps[WALK_QPS];
    bool send_chunks[WALK_CHUNKS], recv_chunks[WALK_CHUNKS]; /* in use */
};

struct walk_oracle {
    enum walk_wrong_rule wrong;
    bool separate, any_order;
    struct oracle_client clients[WALK_CLIENTS];
    struct oracle_number numbers[AH_NUMBERS];
    uint32_t next_root, serial;
    char problem[256];
};

/* The wrong rules are selected by name and used where they apply. */
static inline bool is_wrong(const struct walk_oracle *oracle, enum walk_wrong_rule rule)
{
    return oracle->wrong == rule;
}

/* Of a reference to an object of any client: whether it is another client's. */
bool is_foreign(int ref, int per_client, int client);
/* The attributes that a change of state requires besides the state; -1 if there is no such
 * change. */
int needs_of(int from, int to);
bool takes_qkey(int from, int to);
/* The result of a control call. */
int expect_call(struct walk_oracle *oracle, const struct walk_plan *plan);
/* What a request that is posted gets, and the AH in a slot or NULL. */
int expect_send(const struct walk_oracle *oracle, const struct oracle_qp *qp,
                const struct oracle_ah *ah, const struct walk_wr *wr);
const struct oracle_ah *ah_at(const struct oracle_client *client, int slot);
struct oracle_qp *find_receiver(struct walk_oracle *oracle, uint32_t number,
                                struct oracle_client **client);
bool can_receive(const struct oracle_qp *qp);
void release_chunk(bool *chunks, uint64_t wr_id);

void requests_append(struct oracle_requests *list, const struct oracle_request *request);
struct oracle_request requests_take(struct oracle_requests *list);
void requests_release(bool *chunks, struct oracle_requests *list);
int take_chunk(bool *chunks);
/* A CQ has no overrun detection: whether its ring has room for that many more in every case. */
bool cq_has_room(const struct oracle_client *client, int cq, int more);
int cq_ready(const struct oracle_client *client, int cq);

/* Plans of the data path; false where they mean nothing now. */
bool plan_recv(struct walk_oracle *oracle, struct walk_plan *plan);
bool plan_send(struct walk_oracle *oracle, struct walk_plan *plan);
bool plan_add(struct walk_oracle *oracle, struct walk_plan *plan);

/* Whether another queue pair has work that the device may begin at any moment. */
bool others_wait(const struct walk_oracle *oracle, const struct oracle_qp *qp);

/* Results of the data path, and what control calls do to it. */
const char *check_recv(struct walk_oracle *oracle, const struct walk_plan *plan,
                       const struct walk_result *result);
const char *check_send(struct walk_oracle *oracle, const struct walk_plan *plan,
                       const struct walk_result *result);
const char *check_end(struct walk_oracle *oracle, const struct walk_plan *plan,
                      const struct walk_result *result);
const char *check_poll(struct walk_oracle *oracle, const struct walk_plan *plan,
                       const struct walk_result *result);
void add_request(struct walk_oracle *oracle, const struct walk_plan *plan);
void enter_error(struct walk_oracle *oracle, struct oracle_client *client, struct oracle_qp *qp);
void forget_requests(struct oracle_client *client, struct oracle_qp *qp, bool completions_too);
void release_number(struct walk_oracle *oracle, uint32_t number);

const char *problem(struct walk_oracle *oracle, const char *what, unsigned long long got,
                    unsigned long long wanted);

#endif
