/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Ends a thread inside a call, at one instruction after another, as Windows does when a process
 * ends: nothing of the call is undone, and what it held stays held. For x86-64.
 */
#ifndef LIB_THREAD_END_H
#define LIB_THREAD_END_H

/*
 * Runs `call` step by step. At instructions of this program (in a loop: the first few times; up to
 * 60 at even distances, or all with EFA_EVERY_INSTRUCTION in the environment) it forks a child
 * process, in which the call never continues: `aftermath` runs there, in a separate thread. Fails
 * the test if a child crashes, exits with a code other than 0, or takes too long. Returns the
 * number of children.
 */
unsigned thread_end_everywhere(void (*call)(void *), void (*aftermath)(void *), void *argument);

/* Between these, in `call`, it does not end: it is not in the library. */
void thread_end_pause(void);
void thread_end_go_on(void);

/* In `aftermath`: ends the child with a message where the condition does not hold. */
#define AFTERMATH_CHECK(condition)                             \
    do {                                                       \
        if (!(condition))                                      \
            thread_end_failed(__FILE__, __LINE__, #condition); \
    } while (0)
void thread_end_failed(const char *file, int line, const char *condition);

#endif
