/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * For tests of the library on the simulated device in this process: a world with adapters, queue
 * pairs ready to send, bounded polling, and the log lines of the last call.
 */
#ifndef LIB_SUPPORT_H
#define LIB_SUPPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "infiniband/efadv.h"
#include "intercept.h"
#include "os/log.h"
#include "sim/fronts/inprocess/inprocess.h"

#define QKEY 0x11111111u

struct world {
    struct efasim_inprocess *sim; /* NULL on other transports */
    struct intercept intercept;   /* between the library and the device */
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_ah *self; /* this adapter's own address */

    /* With EFASIM_TRAP_READS in the environment: only the test may read rings or doorbells. */
    bool traps_reads;
    uint64_t own_reads; /* the test's */
};

/* cmocka set-up and tear-down: a first-generation adapter, and one with RDMA read and RNR retry. */
int world_set_up(void **state);
int world_set_up_second_generation(void **state);
int world_tear_down(void **state); /* fails the test where the device still has objects */
#define WORLD_TEST(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)
#define SECOND_GENERATION_TEST(test) \
    cmocka_unit_test_setup_teardown(test, world_set_up_second_generation, world_tear_down)

/* On any transport: opens its device, allocates a PD, creates an AH; and the way back. */
void world_enter(struct world *world, const struct efa_transport *transport);
void world_leave(struct world *world);

/* With a configuration of the test's own. */
struct world *world_create(const struct efasim_config *config);
void world_destroy(struct world *world);
void world_run(struct world *world); /* the device, until nothing is left to do */

struct ibv_ah *make_ah(struct world *world);

/* Queue pairs; NULL attributes take the defaults: 16 requests, 2 SGEs, inline, signal all. */
struct ibv_cq *make_cq(struct world *world, int cqe);
/* A parent domain over the set-up's PD, with its own thread domain. */
struct ibv_pd *make_parent(struct world *world, struct ibv_td **td);
void destroy_parent(struct ibv_pd *parent, struct ibv_td *td);
struct ibv_cq_ex *make_cq_ex(struct world *world, uint32_t cqe, uint64_t wc_flags);
struct ibv_qp_cap default_cap(void);
struct ibv_qp *make_ud(struct world *world, struct ibv_cq *cq);
struct ibv_qp *make_srd(struct world *world, struct ibv_cq *cq);
struct ibv_qp *make_srd_with(struct world *world, struct ibv_cq *send_cq, struct ibv_cq *recv_cq,
                             const struct ibv_qp_cap *cap, uint64_t send_ops_flags);
struct ibv_qp *make_srd_in(struct ibv_pd *pd, struct ibv_cq *send_cq, struct ibv_cq *recv_cq,
                           const struct ibv_qp_cap *cap, uint64_t send_ops_flags);
void to_state(struct ibv_qp *qp, enum ibv_qp_state state); /* from RESET, step by step */
struct ibv_qp *ready(struct ibv_qp *qp);                   /* RESET to RTS */

/* Memory that is registered and filled with a pattern. */
struct buffer {
    unsigned char *bytes;
    size_t size;
    struct ibv_mr *mr;
};
void buffer_create(struct world *world, struct buffer *buffer, size_t size);
void buffer_destroy(struct buffer *buffer);
void fill_pattern(struct buffer *buffer, unsigned seed);
struct ibv_sge sge_of(const struct buffer *buffer, size_t offset, size_t length);

/* One request each; the result of the post call. */
int post_send_to(struct ibv_qp *qp, struct world *world, struct ibv_qp *to, uint64_t wr_id,
                 struct ibv_sge *list, int count);
int post_recv_one(struct ibv_qp *qp, uint64_t wr_id, struct ibv_sge *list, int count);

/* Runs the device and polls until `count` completions are there; fails the test if they are not. */
void poll_exactly(struct world *world, struct ibv_cq *cq, struct ibv_wc *wc, int count);
/* Runs the device; fails the test if there is a completion. */
void poll_nothing(struct world *world, struct ibv_cq *cq);

/* The last line that the library logged since log_forget(), or "". */
const char *log_last(void);
void log_forget(void);
unsigned log_line_count(void);       /* since log_forget(), of more than debug */
bool log_contains(const char *part); /* some line since log_forget() does */
bool log_contains_at(enum efa_log_level level, const char *part);
void assert_log(const char *part);

#endif
