/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Records the verbs calls of a program: libefasim-record.so is preloaded before libefasim-verbs.so
 * and writes a line for each call into a file of the folder EFASIM_RECORD, named after the process.
 * On Windows it is an efawin.dll in front of the library, which is efawin_real.dll beside it.
 * A line is "TIME CALL NAME=VALUE... -> RESULT"; objects are "@ADDRESS". compact.py turns the files
 * of a run into a recording.
 */
#ifndef EFASIM_RECORDER_H
#define EFASIM_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "infiniband/efadv.h"
#include "efawinver.h"

#undef ibv_query_port
#undef ibv_reg_mr

/* Calls of libibverbs that the kit lacks, and that these programs make. */
#ifdef _WIN32
#define CALLS_OF_LINUX(CALL)
#else
#define CALLS_OF_LINUX(CALL)                                                                      \
    CALL(int, _ibv_query_gid_ex,                                                                  \
         (struct ibv_context * context, uint32_t port, uint32_t index,                            \
          struct ibv_gid_entry *entry, uint32_t flags, size_t size),                              \
         (context, port, index, entry, flags, size))                                              \
    CALL(int, ibv_query_gid_type,                                                                 \
         (struct ibv_context * context, uint8_t port, unsigned index, int *type),                 \
         (context, port, index, type))                                                            \
    CALL(struct ibv_mr *, ibv_reg_dmabuf_mr,                                                      \
         (struct ibv_pd * pd, uint64_t offset, size_t length, uint64_t iova, int fd, int access), \
         (pd, offset, length, iova, fd, access))                                                  \
    CALL(struct ibv_comp_channel *, ibv_create_comp_channel, (struct ibv_context * context),      \
         (context))
#endif

#define DECLARE_CALL(type, name, parameters, arguments) type(*name) parameters;
#define DECLARE_ANSWER(type, name, parameters, arguments, answer) type(*name) parameters;

/* The calls of the library that comes after this one. */
struct library_calls {
    EFAWIN_CALLS(DECLARE_CALL, DECLARE_CALL, DECLARE_CALL, DECLARE_CALL, DECLARE_CALL)
    EFAWIN_OPTIONAL_CALLS(DECLARE_CALL, DECLARE_CALL, DECLARE_CALL, DECLARE_ANSWER, DECLARE_CALL)
    CALLS_OF_LINUX(DECLARE_CALL)
};

const struct library_calls *library(void);
/* Finds a call of the library; `place` is that of a function pointer. */
void library_find(const char *name, void *place);

/* A text that grows. */
struct text {
    char *characters;
    size_t length, room;
};

void text_add(struct text *text, const char *format, ...);

uint64_t record_time(void);
/* Writes a line; errno is kept. The time is that of the call's effect on others: the start of a
 * post, the end of everything else. */
void record(uint64_t time, const char *format, ...);

/* The library's errno. */
int library_errno(void);
/* "@ADDRESS", or the library's errno. Valid until the thread's next call. */
const char *object_of(const void *object);

/* Replaces the operations of a new object; NULL is allowed. */
void record_context(struct ibv_context *context);
void record_cq(struct ibv_cq *cq, bool is_extended);
void record_qp(struct ibv_qp *qp, bool is_extended);
void forget_context(struct ibv_context *context);
void forget_cq(struct ibv_cq *cq);
void forget_qp(struct ibv_qp *qp);

/* Makes a call and records it: also for operations of a context. */
struct ibv_cq_ex *record_create_cq_ex(const char *name, struct ibv_context *context,
                                      struct ibv_cq_init_attr_ex *attr,
                                      struct efadv_cq_init_attr *efa_attr, uint32_t inlen);
struct ibv_qp *record_create_qp_ex(const char *name, struct ibv_context *context,
                                   struct ibv_qp_init_attr_ex *attr,
                                   struct efadv_qp_init_attr *efa_attr, uint32_t inlen);

/* The library's own operations of a context. */
struct ibv_cq_ex *library_create_cq_ex(struct ibv_context *context,
                                       struct ibv_cq_init_attr_ex *attr);
struct ibv_qp *library_create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr);

#endif
