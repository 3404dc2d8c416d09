/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Natively the library is linked in, and valgrind's callgrind counts. */
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

void platform_count_begin(void)
{
}

void platform_count_end(void)
{
}
