/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The cost of a client that uses the rings directly (docs/direct.md): the smallest such code, for
 * one thread and one queue pair, to compare with the library's calls. It keeps the free request ids
 * and the wr_id of each, which every client needs, and checks nothing in completions.
 */
#ifndef BENCH_DIRECT_H
#define BENCH_DIRECT_H

#include "workload.h"

/* It has its own objects, on an adapter whose completion queues have one ring. */
void direct_open(void);
void direct_close(void);

void direct_send_1(struct bench_run *bench);
void direct_send_16(struct bench_run *bench);
void direct_recv_1(struct bench_run *bench);
void direct_recv_16(struct bench_run *bench);
void direct_poll(struct bench_run *bench);

void direct_prepare_poll(struct bench_run *bench);
void direct_finish_sends(struct bench_run *bench);
void direct_finish_recvs(struct bench_run *bench);

#endif
