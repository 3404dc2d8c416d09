/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Natively the library is linked in, and valgrind's callgrind counts. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "driver/default_transport.h"
#include "platform.h"
#include "standin.h"

#define PAGE 4096

int platform_install_standin(void)
{
    efa_set_default_transport(standin_transport());
    return 0;
}

double platform_now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

void *platform_pages(uint64_t size)
{
    size_t rounded = (size_t)(size + PAGE - 1) / PAGE * PAGE;
    void *memory = aligned_alloc(PAGE, rounded ? rounded : PAGE);

    if (!memory)
        abort();
    memset(memory, 0, rounded);
    return memory;
}

struct thread {
    pthread_t id;
    void (*body)(void *argument);
    void *argument;
};

static void *run_thread(void *argument)
{
    const struct thread *thread = argument;

    thread->body(thread->argument);
    return NULL;
}

void *platform_start_thread(void (*body)(void *argument), void *argument)
{
    struct thread *thread = malloc(sizeof *thread);

    if (!thread)
        abort();
    thread->body = body;
    thread->argument = argument;
    if (pthread_create(&thread->id, NULL, run_thread, thread))
        abort();
    return thread;
}

void platform_join_thread(void *joined)
{
    struct thread *thread = joined;

    pthread_join(thread->id, NULL);
    free(thread);
}

void platform_yield(void)
{
    sched_yield();
}

/* The linker calls these instead of the library's functions (--wrap in CMakeLists.txt). */
void *__real_efa_os_alloc(size_t size);
void *__wrap_efa_os_alloc(size_t size);
void *__real_efa_os_alloc_aligned(size_t size, size_t alignment);
void *__wrap_efa_os_alloc_aligned(size_t size, size_t alignment);

static uint64_t asked;

void *__wrap_efa_os_alloc(size_t size)
{
    asked += size;
    return __real_efa_os_alloc(size);
}

void *__wrap_efa_os_alloc_aligned(size_t size, size_t alignment)
{
    asked += size;
    return __real_efa_os_alloc_aligned(size, alignment);
}

bool platform_memory_asked(uint64_t *bytes)
{
    *bytes = asked;
    return true;
}

void platform_count_begin(void)
{
}

void platform_count_end(void)
{
}
