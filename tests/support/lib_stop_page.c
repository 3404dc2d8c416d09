/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Stopping a thread at a page. */
#include "lib_stop_page.h"

#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <sys/mman.h>

static struct {
    unsigned char *page;
    bool stopped; /* a thread is in the middle */
    bool go_on;
    struct sigaction before;
} stop;

bool flag_get(const bool *flag)
{
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

void flag_set(bool *flag)
{
    __atomic_store_n(flag, true, __ATOMIC_RELEASE);
}

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    unsigned char *address = info->si_addr;

    (void)context;
    if (address < stop.page || address >= stop.page + STOP_PAGE_SIZE) {
        signal(signal_number, SIG_DFL); /* not ours: let it end the process */
        return;
    }
    flag_set(&stop.stopped);
    while (!flag_get(&stop.go_on))
        sched_yield();
    mprotect(stop.page, STOP_PAGE_SIZE, PROT_READ | PROT_WRITE);
}

void stop_page_take(void *page)
{
    /* The test framework has its own handler; stop_page_end restores it. */
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

    sigemptyset(&action.sa_mask);
    assert_int_equal(sigaction(SIGSEGV, &action, &stop.before), 0);
    stop.stopped = stop.go_on = false;
    stop.page = page;
    assert_int_equal(mprotect(page, STOP_PAGE_SIZE, PROT_NONE), 0);
}

void stop_page_await(void)
{
    while (!flag_get(&stop.stopped))
        sched_yield();
}

void stop_page_give(void)
{
    flag_set(&stop.go_on);
}

void stop_page_end(void)
{
    assert_int_equal(sigaction(SIGSEGV, &stop.before, NULL), 0);
}
