/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One side of one measurement: what to send, and the result. It works in steps and never waits. It
 * does not use the control connection.
 */
#ifndef EFA_PERF_FLOW_H
#define EFA_PERF_FLOW_H

#include "common/histogram.h"
#include "side.h"

/* This many bits of a message's number distinguish the messages of a measurement from late ones
 * of earlier measurements. */
#define PERF_PHASE_SHIFT 24
#define PERF_SEQUENCE_MASK ((1u << PERF_PHASE_SHIFT) - 1)

struct perf_flow {
    struct perf_side *side;
    uint32_t size;
    uint32_t phase;
    bool initiates; /* posts by itself; in lat the other side replies */
    bool answers;
    bool stop; /* post nothing more */
    uint64_t iterations;
    uint64_t begin;
    uint64_t end_at;
    double gap_ns; /* between the due times of messages; 0: as fast as possible */
    uint64_t posted;
    uint64_t completed;
    uint64_t received;
    /* Sums of all message numbers, which show which messages were posted and received without a
     * list. */
    uint64_t posted_sum;
    uint64_t received_sum;
    uint64_t last_completion;
    uint32_t next_qp;
    /* Free requests, as a stack for each queue pair. */
    uint32_t *free_slots;
    uint32_t free_count[PERF_MAX_QPS];
    uint64_t *posted_at; /* by slot */
    struct tool_histogram *latencies;
};

bool perf_flow_create(struct perf_flow *flow, struct perf_side *side);
void perf_flow_destroy(struct perf_flow *flow);

/* What is measured next. */
struct perf_task {
    uint32_t size;
    uint32_t phase;
    uint64_t iterations;
    uint64_t duration_ns; /* 0: the iterations decide */
    double rate;          /* messages a second of each flow; 0: as fast as possible */
};

/* Begins a measurement. Nothing may be outstanding from the previous one. */
void perf_flow_begin(struct perf_flow *flow, const struct perf_task *task, bool initiates);

/* Does one step: returns the number of completions, or -1 after printing the reason. */
int perf_flow_step(struct perf_flow *flow);

/* Whether everything is posted and completed. `peer_total` is the number of messages that a
 * replying side will get, or UINT64_MAX while it is not known. */
bool perf_flow_has_sent_all(const struct perf_flow *flow, uint64_t peer_total);

#endif
