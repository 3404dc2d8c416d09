/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The process of an open file: its handle, memory shared with it, and copies from and to its own
 * memory. Does not use the device model.
 */
#ifndef EFASIM_DRIVER_CLIENT_PROCESS_H
#define EFASIM_DRIVER_CLIENT_PROCESS_H

#include "client_calls.h"
#include "nt.h"

struct client_process {
    struct client_calls *calls;
    const struct ntdll_calls *ntdll;
    HANDLE pid;
    HANDLE process;
    HANDLE memory_file; /* the process's memory as a file; NULL: moved by ntdll's calls */
    bool memory_sought;
};

/* Memory mapped both here and in a client. */
struct shared_section {
    HANDLE section;
    void *here;
    uint64_t client;
};

NTSTATUS client_process_open(struct client_process *client, struct client_calls *calls, HANDLE pid);
void client_process_close(struct client_process *client);
bool client_process_is_dead(const struct client_process *client);

NTSTATUS shared_section_map(struct client_process *client, size_t size,
                            struct shared_section *shared);
/* The client may be dead. With NULL the client's view stays mapped. */
void shared_section_unmap(struct client_process *client, struct shared_section *shared);

/*
 * Looks once for fast access to the client's memory. This takes milliseconds: call it before the
 * first transfer and without the model's lock.
 */
void client_memory_prepare(struct client_process *client);

/* True when all bytes were moved. */
bool client_memory_read(struct client_process *client, uint64_t address, void *to, uint32_t size);
bool client_memory_write(struct client_process *client, uint64_t address, const void *from,
                         uint32_t size);

/* Whether the whole range is committed memory that the client may read (and write). */
bool client_memory_accessible(struct client_process *client, uint64_t address, uint64_t size,
                              bool writable);

#endif
