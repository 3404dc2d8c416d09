/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Shared memory on Linux: a file without a name. Its size is sealed, because the engine would crash
 * if a client made it shorter.
 */
#define _GNU_SOURCE
#include "shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

bool shared_memory_create(struct shared_memory *shared, size_t size)
{
    int file = memfd_create("efasim rings", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    void *memory = MAP_FAILED;

    if (file < 0)
        return false;
    if (ftruncate(file, (off_t)size) == 0 &&
        fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) {
        close(file);
        return false;
    }
    (void)madvise(memory, size, MADV_DONTFORK);
    shared->memory = memory;
    shared->size = size;
    shared->handle = file;
    return true;
}

void shared_memory_destroy(struct shared_memory *shared)
{
    munmap(shared->memory, shared->size);
    close((int)shared->handle);
}

bool shared_memory_commit(struct shared_memory *shared, size_t offset, size_t size)
{
    shared_memory_decommit(shared, offset, size); /* drops what a client wrote there meanwhile */
    return fallocate((int)shared->handle, FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)size) == 0;
}

void shared_memory_decommit(struct shared_memory *shared, size_t offset, size_t size)
{
    (void)fallocate((int)shared->handle, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                    (off_t)size);
}
