/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Shared by the files about clients on Linux. */
#ifndef EFASIM_SERVICE_PEER_LINUX_H
#define EFASIM_SERVICE_PEER_LINUX_H

#include <sys/types.h>

#include "peer.h"

struct peer {
    int socket;
    int process_file; /* readable once the process has ended */
    int stop;         /* the listener's: readable once it is stopped */
    pid_t process;
    char name[32]; /* name of its program */
};

#endif
