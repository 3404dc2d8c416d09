/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* A TCP connection over which two processes exchange addresses. Functions print why they fail. */
#ifndef EFA_EXAMPLES_MEET_H
#define EFA_EXAMPLES_MEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct meeting {
    intptr_t socket; /* -1: none */
};

/* Connects to a host, and waits until a process listens there. With NULL this process listens. */
bool meet(struct meeting *meeting, const char *port, const char *host);
/* Sends `size` bytes to the other process and receives as many. */
bool meet_swap(const struct meeting *meeting, const void *own, void *other, size_t size);
void meet_end(struct meeting *meeting);

#endif
