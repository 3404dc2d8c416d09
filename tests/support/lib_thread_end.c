/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Steps by the processor's trap flag: each instruction raises SIGTRAP, whose handler forks. The
 * child leaves the handler by a jump, so that the call is as if ended.
 */
#include "lib_thread_end.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { TIMES_EACH = 3, LONGEST_S = 30 };

/* A child takes some milliseconds. All moments where the environment says EFA_EVERY_INSTRUCTION. */
#if defined(__SANITIZE_ADDRESS__)
enum { CHILDREN = 30 };
#else
enum { CHILDREN = 60 };
#endif

#define TRAP_FLAG 0x100

/* Of the program, by the linker; not of the C library, whose heap Windows keeps whole. */
extern const char __executable_start, etext;

static struct {
    volatile sig_atomic_t steps, paused;
    bool is_counting; /* a run before, in a child, for the number of moments */
    unsigned seen, children, stride;
    unsigned char *times; /* by instruction */
    int failed;           /* status of the first child that failed */
    uintptr_t failed_at;
    bool is_child;
    uintptr_t ended_at;
    sigjmp_buf ended;
    void (*aftermath)(void *);
    void *argument;
} end;

void thread_end_failed(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: not so: %s; the call ended at 0x%zx of the program\n", file, line,
            condition, (size_t)(end.ended_at - (uintptr_t)&__executable_start));
    _exit(1);
}

static bool is_moment(uintptr_t instruction)
{
    uintptr_t start = (uintptr_t)&__executable_start;
    unsigned char *times;

    if (end.paused || end.failed || instruction < start || instruction >= (uintptr_t)&etext)
        return false;
    times = &end.times[instruction - start];
    if (*times == TIMES_EACH)
        return false;
    ++*times;
    return end.seen++ % end.stride == 0 && !end.is_counting;
}

static void on_trap(int number, siginfo_t *info, void *context)
{
    ucontext_t *at = context;
    uintptr_t instruction = (uintptr_t)at->uc_mcontext.gregs[REG_RIP];
    int status = -1;
    pid_t child;

    (void)number;
    (void)info;
    if (!end.steps) {
        at->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
        return;
    }
    at->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
    if (!is_moment(instruction))
        return;
    child = fork();
    if (child == 0) {
        end.is_child = true;
        end.ended_at = instruction;
        siglongjmp(end.ended, 1);
    }
    end.children++;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        end.failed = status;
        end.failed_at = instruction;
    }
}

static void *run_aftermath(void *unused)
{
    (void)unused;
    alarm(LONGEST_S);
    end.aftermath(end.argument);
    return NULL;
}

/* The thread of the call no longer exists; its accounts are not used. */
static void end_child(void)
{
    pthread_t thread;

    signal(SIGTRAP, SIG_DFL);
    if (pthread_create(&thread, NULL, run_aftermath, NULL) != 0 || pthread_join(thread, NULL) != 0)
        _exit(2);
    _exit(0);
}

static void step_through(void (*call)(void *))
{
    end.steps = 1;
    raise(SIGTRAP);
    call(end.argument);
    end.steps = 0;
}

/* In a child, so that the call is not made here. */
static unsigned count_moments(void (*call)(void *))
{
    unsigned count = 0;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    if (fork() == 0) {
        end.is_counting = true;
        step_through(call);
        _exit(write(ends[1], &end.seen, sizeof end.seen) != sizeof end.seen);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &count, sizeof count), sizeof count);
    close(ends[0]);
    assert_true(wait(NULL) > 0);
    return count;
}

unsigned thread_end_everywhere(void (*call)(void *), void (*aftermath)(void *), void *argument)
{
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO}, before;

    memset(&end, 0, sizeof end);
    end.aftermath = aftermath;
    end.argument = argument;
    end.times = calloc(1, (size_t)(&etext - &__executable_start));
    assert_non_null(end.times);
    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGTRAP, &action, &before), 0);
    end.stride = 1;
    if (!getenv("EFA_EVERY_INSTRUCTION"))
        end.stride = count_moments(call) / CHILDREN + 1;
    if (sigsetjmp(end.ended, 1) == 0)
        step_through(call);
    if (end.is_child)
        end_child();
    assert_int_equal(sigaction(SIGTRAP, &before, NULL), 0);
    free(end.times);
    if (end.failed)
        fail_msg("where the call ended at 0x%zx of the program, what follows failed (status 0x%x)",
                 (size_t)(end.failed_at - (uintptr_t)&__executable_start), (unsigned)end.failed);
    return end.children;
}

void thread_end_pause(void)
{
    end.paused = 1;
}

void thread_end_go_on(void)
{
    end.paused = 0;
}
