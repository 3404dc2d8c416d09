/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Workloads that need more than one queue pair, a deep queue or a second thread. Their objects are
 * created when the first of them runs.
 */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include "workload.h"

/* 256 queue pairs in turn. */
void many_open(struct bench_run *bench);
void many_send(struct bench_run *bench);
void many_finish(struct bench_run *bench);
void many_prepare_poll(struct bench_run *bench);
void many_poll(struct bench_run *bench);

/* A receive queue of 32,768, always nearly full; its requests complete in a shuffled order. */
void deep_prepare_recv(struct bench_run *bench);
void deep_recv(struct bench_run *bench);
void deep_finish_recv(struct bench_run *bench);
void deep_prepare_poll(struct bench_run *bench);
void deep_poll(struct bench_run *bench);
void deep_finish_poll(struct bench_run *bench);

/* Two threads: each posts half the chunk, or one posts receives while the other polls some. */
void threads_prepare_send(struct bench_run *bench);
void threads_prepare_apart(struct bench_run *bench);
void threads_send(struct bench_run *bench);
void threads_finish_send(struct bench_run *bench);
void threads_prepare_poll(struct bench_run *bench);
void threads_poll(struct bench_run *bench);
void threads_finish_poll(struct bench_run *bench);

void crowd_close(void);

#endif
