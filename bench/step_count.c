/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs a command and counts the instructions that one of its threads executes between one
 * breakpoint instruction and the next, by single-stepping it from outside. For the Windows build of
 * the benchmark under Wine, where no profiler can count. Each pair of breakpoints prints a line
 * with the count on standard error, prefixed by "counted ".
 *
 * usage: step_count COMMAND [ARGUMENT...]
 * Exit status: the command's; 127 if it cannot be run or traced.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define CANNOT_RUN 127

static void run_child(char **argv)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    execvp(argv[0], argv);
    fprintf(stderr, "step_count: cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(CANNOT_RUN);
}

/*
 * Whether a trapped thread has just executed a breakpoint instruction. The kernel's code differs
 * from that of a step. (The previous byte proves nothing, because functions are padded with
 * breakpoints.)
 */
static bool at_breakpoint(pid_t thread)
{
    siginfo_t info;

    return ptrace(PTRACE_GETSIGINFO, thread, NULL, &info) == 0 && info.si_signo == SIGTRAP &&
           (info.si_code == SI_KERNEL || info.si_code == TRAP_BRKPT);
}

/*
 * Steps a thread from just after one breakpoint to the next. Signals are delivered, and the
 * instructions of their handlers are counted too.
 */
static void count_from(pid_t thread)
{
    unsigned long long count = 0;
    int deliver = 0, status;

    for (;;) {
        if (ptrace(PTRACE_SINGLESTEP, thread, NULL, (void *)(intptr_t)deliver) ||
            waitpid(thread, &status, __WALL) != thread || !WIFSTOPPED(status)) {
            fprintf(stderr, "step_count: the thread ended while it was counted\n");
            return;
        }
        deliver = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        if (deliver)
            continue;
        count++;
        if (at_breakpoint(thread))
            break;
    }
    fprintf(stderr, "counted %llu\n", count - 1); /* without the breakpoint itself */
}

/* Runs everything, and counts between breakpoints. Returns the first child's status. */
static int trace(pid_t child)
{
    const long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                         PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    int result = CANNOT_RUN, status;

    if (waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)options) ||
        ptrace(PTRACE_CONT, child, NULL, NULL)) {
        fprintf(stderr, "step_count: this system does not let processes be traced\n");
        return CANNOT_RUN;
    }
    for (;;) {
        pid_t thread = waitpid(-1, &status, __WALL);
        int signal = 0;

        if (thread < 0)
            return result;
        if (!WIFSTOPPED(status)) {
            if (thread == child) {
                /* Processes that the command left running (Wine's server) are detached, not
                 * waited for. */
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
            continue;
        }
        if (WSTOPSIG(status) == SIGTRAP && status >> 16 == 0 && at_breakpoint(thread))
            count_from(thread);
        else if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP)
            signal = WSTOPSIG(status);
        ptrace(PTRACE_CONT, thread, NULL, (void *)(intptr_t)signal);
    }
}

int main(int argc, char **argv)
{
    pid_t child;

    if (argc < 2) {
        fprintf(stderr, "usage: step_count COMMAND [ARGUMENT...]\n");
        return 2;
    }
    child = fork();
    if (child < 0) {
        perror("step_count: fork");
        return CANNOT_RUN;
    }
    if (child == 0)
        run_child(argv + 1);
    return trace(child);
}
