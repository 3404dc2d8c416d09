/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Clients that know the binary contract's tables and no header of ours. */
#ifndef LIB_FOREIGN_CLIENT_H
#define LIB_FOREIGN_CLIENT_H

/* How a client comes to extended queues. */
enum foreign_generation {
    FOREIGN_CONTEXT = 1, /* through the operations in front of the context, as kit 1.0.0 did */
    FOREIGN_EXPORTS = 2  /* through the exported ibv_create_cq_ex, as kits since 1.1.0 do */
};

/* 0, or the line of the first check that failed. `run` lets the device work. */
int foreign_client(enum foreign_generation generation, void (*run)(void *), void *argument);

#endif
