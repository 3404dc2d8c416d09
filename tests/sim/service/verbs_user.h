/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A client of the service for tests: the library for Linux programs, with an adapter opened and
 * queue pairs made ready. What fails ends the process with a line that says why.
 */
#ifndef TESTS_SERVICE_VERBS_USER_H
#define TESTS_SERVICE_VERBS_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

#define USER_QKEY 0x22222222u
#define USER_DEPTH 64u

struct verbs_user {
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_cq_ex *cq;
    struct ibv_mr *mr;
    struct ibv_ah *self; /* to the adapter's own address */
    union ibv_gid gid;
    unsigned char *memory;
    size_t size;
};

_Noreturn void user_fail(const char *file, int line, const char *what);
#define USER_REQUIRE(condition)                        \
    do {                                               \
        if (!(condition))                              \
            user_fail(__FILE__, __LINE__, #condition); \
    } while (0)

void user_open(struct verbs_user *user, size_t size, int access, uint32_t cqe);
void user_close(struct verbs_user *user);

/* In the ready-to-send state; for sends, and for RDMA reads where the adapter has them. */
struct ibv_qp *user_make_qp(struct verbs_user *user, bool is_srd, bool reads);

/* One buffer in the user's memory. */
int user_post_receive(struct verbs_user *user, struct ibv_qp *qp, uint64_t wr_id, size_t offset,
                      uint32_t length);
int user_post_send(struct verbs_user *user, struct ibv_qp *qp, uint64_t wr_id, size_t offset,
                   uint32_t length, struct ibv_ah *ah, uint32_t remote_qpn);
int user_post_read(struct verbs_user *user, struct ibv_qp *qp, uint64_t wr_id, size_t offset,
                   uint32_t length, struct ibv_ah *ah, uint32_t remote_qpn, uint64_t remote_address,
                   uint32_t rkey);

/* A number below `bound`, the next of those that `random` leads to. */
uint32_t user_draw(uint64_t *random, uint32_t bound);

/* Returns whether the bit was clear. */
bool user_set_bit(uint8_t *bits, uint32_t number);

#endif
