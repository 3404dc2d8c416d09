/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The contract tests: one program; each file covers a part of the interface. Each test announces
 * its (call, condition) before the call, and the program counts the distinct ones. This file
 * checks, in one place, how a rejected call must behave.
 */
#ifndef CONTRACT_H
#define CONTRACT_H

#include "lib_support.h"
#include "os/compiler.h"

/* Begins a case, whose name must be new: forgets the log, and remembers what the device has. */
void begin_case(struct world *world, const char *call, const char *condition, ...) EFA_PRINTF(3, 4);

/*
 * The outcome of the case: a result or NULL with errno, a log line that contains `log` (NULL: no
 * line, "": any line), and an unchanged set of objects in the device.
 */
void rejected(int result, int error, const char *log);
void rejected_null(const void *result, int error, const char *log);
void granted(int result);
void granted_object(const void *result);
/* Any other fact that the case is about. */
void holds(bool fact);
void equals(uint64_t actual, uint64_t expected);

/* Outputs: painted before the call, they must be untouched after a failure. */
void paint(void *output, size_t size);
void still_painted(const void *output, size_t size);

unsigned cases_count(void);

/* A second adapter's context, for objects that do not belong together. */
struct stranger {
    struct ibv_context *context;
    struct ibv_pd *pd;
    struct ibv_cq *cq;
};
void stranger_create(struct stranger *stranger, struct world *world);
void stranger_destroy(struct stranger *stranger);

/* The parts; each returns the number of failed tests. */
int contract_device(void);
int contract_efadv(void);
int contract_tables(void);
int contract_direct(void);
int contract_domain(void);
int contract_memory(void);
int contract_cq(void);
int contract_qp_create(void);
int contract_qp_limits(void);
int contract_qp_state(void);
int contract_driver(void);
int contract_post(void);
int contract_session(void);
int contract_operations(void);
int contract_poll(void);

#endif
