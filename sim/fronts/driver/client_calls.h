/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Calls on a client's address space. Wine lets a thread of the client execute them; if that thread
 * is killed in the middle, the caller waits for ever. So a worker thread makes the call, and is
 * abandoned when the client, or the thread that made the request, has ended. Only one call runs at
 * a time, because Wine has one thread for requests.
 */
#ifndef EFASIM_DRIVER_CLIENT_CALLS_H
#define EFASIM_DRIVER_CLIENT_CALLS_H

#include "nt.h"
#include "ntdll_calls.h"

enum client_call_kind { CLIENT_CALL_END, CLIENT_CALL_MAP, CLIENT_CALL_UNMAP, CLIENT_CALL_QUERY };

struct client_call {
    enum client_call_kind kind;
    HANDLE process;
    HANDLE section;                 /* of MAP */
    void *address;                  /* output of MAP, input of the others */
    struct nt_memory_region region; /* output of QUERY */
};

struct client_calls {
    const struct ntdll_calls *ntdll;
    struct client_calls_worker *worker; /* started by the first call */
};

NTSTATUS client_calls_run(struct client_calls *calls, struct client_call *call);
void client_calls_stop(struct client_calls *calls);

#endif
