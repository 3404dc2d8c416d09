/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Cases of the conformance suite: what the device does, stated through raw requests and rings. They
 * need a transport and a way to let time pass, nothing else: no library, no test framework, no
 * model, so that the same cases run wherever a device is. A runner provides the functions below.
 */
#ifndef EFASIM_CONFORMANCE_CASE_H
#define EFASIM_CONFORMANCE_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/transport.h"

#define SIM_MAX_SESSIONS 16

struct sim_world {
    const struct efa_transport *transport;
    /* Lets the device do what there is to do now. */
    void (*progress)(void *context);
    void *context;
    void *sessions[SIM_MAX_SESSIONS]; /* open ones: closed when a case ends, however it ends */
    void *memory[SIM_MAX_SESSIONS];   /* what the session of the same place registered */
};

/*
 * How much a case may disturb other users of the adapter. Cases run in order of danger.
 */
enum sim_danger {
    SIM_ASKS,           /* only asks */
    SIM_USES,           /* does what every client does */
    SIM_WRONG_REQUESTS, /* makes requests that the driver must reject */
    SIM_WRONG_WORK,     /* posts well-formed work that must fail */
    SIM_EXHAUSTS,       /* takes all objects of a kind; others get none meanwhile */
    SIM_OVERRUNS,       /* exceeds the batch limit: its queue pair may be lost */
    SIM_BREAKS_RULES    /* writes malformed descriptors and wrong doorbells */
};
#define SIM_DANGERS (SIM_BREAKS_RULES + 1)

struct sim_case {
    const char *name; /* the fact, as an identifier */
    void (*run)(struct sim_world *world, const void *argument);
    const void *argument;
    enum sim_danger danger; /* if it is greater than the suite's */
};

struct sim_suite {
    const char *name;
    const struct sim_case *cases;
    size_t count;
    enum sim_danger danger;
};

#define SIM_CASE(function) {#function, function, NULL, SIM_ASKS}
#define SIM_CASE_WITH(name, function, argument) {name, function, argument, SIM_ASKS}
#define SIM_CASE_OF_DANGER(function, danger) {#function, function, NULL, danger}

extern const struct sim_suite sim_request_suite;
extern const struct sim_suite sim_object_suite;
extern const struct sim_suite sim_state_suite;
extern const struct sim_suite sim_delivery_suite;
extern const struct sim_suite sim_status_suite;
extern const struct sim_suite sim_violation_suite;
extern const struct sim_suite sim_batch_suite;
extern const struct sim_suite sim_rdma_suite;

/* All of them. */
#define SIM_SUITES 8
extern const struct sim_suite *const sim_suites[SIM_SUITES];

/* Closes what a case left open, and frees its memory. */
void sim_world_close(struct sim_world *world);

/* The runner's: reports the failure and leaves the case. */
_Noreturn void sim_case_failed(const char *file, int line, const char *what,
                               unsigned long long left, unsigned long long right);

static inline void sim_check_equal(unsigned long long left, unsigned long long right,
                                   const char *what, const char *file, int line)
{
    if (left != right)
        sim_case_failed(file, line, what, left, right);
}

#define CHECK_EQUAL(left, right)                                                                  \
    sim_check_equal((unsigned long long)(left), (unsigned long long)(right), #left " == " #right, \
                    __FILE__, __LINE__)
#define CHECK(condition) sim_check_equal((condition) ? 1 : 0, 1, #condition, __FILE__, __LINE__)

#endif
