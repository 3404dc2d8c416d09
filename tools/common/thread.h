/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Threads of programs, and the processors that they run on. */
#ifndef EFA_TOOLS_THREAD_H
#define EFA_TOOLS_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#define TOOL_ANY_CPU (-1)

typedef void tool_thread_main(void *argument);

struct tool_thread {
    tool_thread_main *main;
    void *argument;
    int cpu;
    uintptr_t handle;
};

/* Starts a thread on the given CPU. The structure must not move until the thread is joined. */
bool tool_thread_start(struct tool_thread *thread, tool_thread_main *main, void *argument, int cpu);
void tool_thread_join(struct tool_thread *thread);

/* Binds the calling thread to one CPU; false if the system does not allow it. */
bool tool_bind_to_cpu(int cpu);

/* CPUs that threads can be bound to. */
unsigned tool_cpu_count(void);

/* Processor time of this process until now, kernel included. */
uint64_t tool_processor_time_ns(void);

#endif
