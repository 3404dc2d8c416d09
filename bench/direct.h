/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What a client pays that drives the rings itself (docs/direct.md): the least such code, for one
 * thread and one queue pair, to set the library's calls against. It keeps what no client can do
 * without, free request ids and the wr_id behind each, and checks nothing of what comes back.
 */
#ifndef BENCH_DIRECT_H
#define BENCH_DIRECT_H

#include "workload.h"

/* Objects of its own, on an adapter with one ring a completion queue. */
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
