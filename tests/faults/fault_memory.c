/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Allocations that fail when the test says so. Only one thread uses them. */
#include "fault_memory.h"

#include <errno.h>
#include <stdbool.h>

#include "os/os.h"

/* The linker puts __wrap_ in the place of the library's calls. */
void *__real_efa_os_alloc(size_t size);
void *__wrap_efa_os_alloc(size_t size);
void *__real_efa_os_alloc_aligned(size_t size, size_t alignment);
void *__wrap_efa_os_alloc_aligned(size_t size, size_t alignment);
void __real_efa_os_free(void *memory);
void __wrap_efa_os_free(void *memory);
void __real_efa_os_free_aligned(void *memory);
void __wrap_efa_os_free_aligned(void *memory);
int __real_efa_mutex_init(struct efa_mutex *mutex);
int __wrap_efa_mutex_init(struct efa_mutex *mutex);
void __real_efa_mutex_destroy(struct efa_mutex *mutex);
void __wrap_efa_mutex_destroy(struct efa_mutex *mutex);

static unsigned failing, count, failures, live;

static bool fails_now(void)
{
    if (++count != failing) {
        live++;
        return false;
    }
    failures++;
    return true;
}

void *__wrap_efa_os_alloc(size_t size)
{
    return fails_now() ? NULL : __real_efa_os_alloc(size);
}

void *__wrap_efa_os_alloc_aligned(size_t size, size_t alignment)
{
    return fails_now() ? NULL : __real_efa_os_alloc_aligned(size, alignment);
}

void __wrap_efa_os_free(void *memory)
{
    live -= memory != NULL;
    __real_efa_os_free(memory);
}

void __wrap_efa_os_free_aligned(void *memory)
{
    live -= memory != NULL;
    __real_efa_os_free_aligned(memory);
}

int __wrap_efa_mutex_init(struct efa_mutex *mutex)
{
    return fails_now() ? ENOMEM : __real_efa_mutex_init(mutex);
}

void __wrap_efa_mutex_destroy(struct efa_mutex *mutex)
{
    live--;
    __real_efa_mutex_destroy(mutex);
}

void fault_memory_arm(unsigned nth)
{
    failing = nth;
    count = 0;
    failures = 0;
}

unsigned fault_memory_count(void)
{
    return count;
}

unsigned fault_memory_failures(void)
{
    return failures;
}

unsigned fault_memory_live(void)
{
    return live;
}
