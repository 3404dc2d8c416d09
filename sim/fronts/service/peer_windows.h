/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the files about clients on Windows share. */
#ifndef EFASIM_SERVICE_PEER_WINDOWS_H
#define EFASIM_SERVICE_PEER_WINDOWS_H

#include <windows.h>

#include "peer.h"

struct peer {
    HANDLE pipe;
    HANDLE done;    /* of the operation on the pipe */
    HANDLE stop;    /* the listener's: set once it is stopped */
    HANDLE process; /* set once the process has ended */
    DWORD process_id;
    char name[32]; /* of its program */
};

#endif
