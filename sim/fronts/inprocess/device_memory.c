/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Write-only device memory, by faults and single steps. */
#define _GNU_SOURCE
#include "device_memory.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "../../../src/os/compiler.h"

/* The thread sanitizer keeps traps back until a thread is somewhere that suits it. */
#if defined(__SANITIZE_THREAD__)
#define KEEPS_TRAPS_BACK 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KEEPS_TRAPS_BACK 1
#endif
#endif

#if defined(__linux__) && defined(__x86_64__) && !defined(KEEPS_TRAPS_BACK)

/* Bits of the page fault's error code and of the flags register, as the processor defines them. */
#define FAULT_BY_WRITE 0x2
#define TRAP_FLAG 0x100

/* Instructions that copy from one place to another touch two. */
#define MOST_TOUCHED 2

/* Taken in signal handlers as well: never held while device memory is touched. */
static uint32_t list_lock;
static struct device_memory *list;
static unsigned users;

struct handled {
    int number;
    void (*handle)(int number, siginfo_t *info, void *context);
    struct sigaction earlier;
};
static void on_fault(int number, siginfo_t *info, void *argument);
static void on_trap(int number, siginfo_t *info, void *argument);
static struct handled fault = {.number = SIGSEGV, .handle = on_fault};
static struct handled trap = {.number = SIGTRAP, .handle = on_trap};

/* What the instruction that this thread single-steps has open. */
static _Thread_local struct device_memory *touched[MOST_TOUCHED];
static _Thread_local unsigned touched_count;

static void acquire(void)
{
    while (!efa_compare_exchange_u32(&list_lock, 0, 1))
        sched_yield();
}

static void release(void)
{
    efa_store_release_u32(&list_lock, 0);
}

/* In a signal handler, where nothing but the end is left: a fault would repeat for ever. */
static void give_up(const char *why)
{
    (void)!write(STDERR_FILENO, why, strlen(why));
    abort();
}

static void protect(struct device_memory *memory, int protection)
{
    if (mprotect(memory->client, memory->size, protection) != 0)
        give_up("efasim: device memory cannot be protected\n");
}

static struct device_memory *memory_at(const uint8_t *address)
{
    struct device_memory *memory;

    acquire();
    for (memory = list; memory != NULL; memory = memory->next)
        if (address >= memory->client && address < memory->client + memory->size)
            break;
    release();
    return memory;
}

static void open_for_one_step(struct device_memory *memory)
{
    if (touched_count == MOST_TOUCHED)
        give_up("efasim: an instruction touches device memory in too many places\n");
    touched[touched_count++] = memory;
    acquire();
    if (memory->open++ == 0)
        protect(memory, PROT_READ | PROT_WRITE);
    release();
}

static void close_touched(void)
{
    acquire();
    while (touched_count > 0) {
        struct device_memory *memory = touched[--touched_count];

        if (--memory->open == 0)
            protect(memory, PROT_NONE);
    }
    release();
}

/* The signal is not ours: to whoever had it before. */
static void pass_on(const struct sigaction *earlier, int number, siginfo_t *info, void *context)
{
    bool was_sent = info->si_code <= 0;

    if ((earlier->sa_flags & SA_SIGINFO) != 0)
        earlier->sa_sigaction(number, info, context);
    else if (earlier->sa_handler != SIG_DFL && earlier->sa_handler != SIG_IGN)
        earlier->sa_handler(number);
    else if ((earlier->sa_handler == SIG_DFL || !was_sent) && sigaction(number, earlier, NULL) == 0)
        (void)raise(number);
}

static void on_fault(int number, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;
    struct device_memory *memory = memory_at(info->si_addr);
    int error = errno;

    if (memory == NULL) {
        pass_on(&fault.earlier, number, info, argument);
        return;
    }
    /* First, while nothing is open: what other threads read meanwhile is seen as well. */
    if ((context->uc_mcontext.gregs[REG_ERR] & FAULT_BY_WRITE) == 0)
        memory->read(memory->context, (uint64_t)(uintptr_t)info->si_addr);
    open_for_one_step(memory);
    context->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
    errno = error;
}

static void on_trap(int number, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;

    if (touched_count == 0) {
        pass_on(&trap.earlier, number, info, argument);
        return;
    }
    context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    close_touched();
}

bool device_memory_is_supported(void)
{
    return true;
}

/* On the stack that the earlier handler asked for: it may be there for stacks that are full. */
static bool handle_signal(struct handled *handled)
{
    struct sigaction action;

    if (sigaction(handled->number, NULL, &handled->earlier) != 0)
        return false;
    memset(&action, 0, sizeof(action));
    action.sa_flags = SA_SIGINFO | SA_NODEFER | (handled->earlier.sa_flags & SA_ONSTACK);
    sigemptyset(&action.sa_mask);
    action.sa_sigaction = handled->handle;
    return sigaction(handled->number, &action, NULL) == 0;
}

/* Who came after us keeps the signal. */
static void leave_signal(const struct handled *handled)
{
    struct sigaction now;

    if (sigaction(handled->number, NULL, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 &&
        now.sa_sigaction == handled->handle)
        sigaction(handled->number, &handled->earlier, NULL);
}

static bool handle_signals(void)
{
    if (!handle_signal(&fault))
        return false;
    if (handle_signal(&trap))
        return true;
    leave_signal(&fault);
    return false;
}

static bool enlist(struct device_memory *memory)
{
    bool ok;

    acquire();
    ok = users > 0 || handle_signals();
    if (ok) {
        users++;
        memory->next = list;
        list = memory;
    }
    release();
    return ok;
}

static void delist(struct device_memory *memory)
{
    struct device_memory **place;

    acquire();
    for (place = &list; *place != memory; place = &(*place)->next)
        ;
    *place = memory->next;
    if (--users == 0) {
        leave_signal(&fault);
        leave_signal(&trap);
    }
    release();
}

/* Both views, with a page that nobody may touch on either side of the client's. */
static bool map_views(struct device_memory *memory)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int file = memfd_create("efasim device memory", MFD_CLOEXEC);
    uint8_t *whole = MAP_FAILED;
    void *model = MAP_FAILED, *client = MAP_FAILED;

    if (file < 0)
        return false;
    if (ftruncate(file, (off_t)memory->size) == 0) {
        model = mmap(NULL, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        whole = mmap(NULL, memory->size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    if (whole != MAP_FAILED)
        client = mmap(whole + page, memory->size, PROT_NONE, MAP_SHARED | MAP_FIXED, file, 0);
    close(file);
    if (model != MAP_FAILED && client != MAP_FAILED) {
        memory->model = model;
        memory->client = client;
        return true;
    }
    if (model != MAP_FAILED)
        munmap(model, memory->size);
    if (whole != MAP_FAILED)
        munmap(whole, memory->size + 2 * page);
    return false;
}

static void unmap_views(struct device_memory *memory)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    munmap(memory->model, memory->size);
    munmap(memory->client - page, memory->size + 2 * page);
}

struct device_memory *device_memory_create(size_t size, device_memory_reader read, void *context)
{
    struct device_memory *memory = calloc(1, sizeof(*memory));

    if (memory == NULL)
        return NULL;
    memory->size = size;
    memory->read = read;
    memory->context = context;
    if (!map_views(memory)) {
        free(memory);
        return NULL;
    }
    if (!enlist(memory)) {
        unmap_views(memory);
        free(memory);
        return NULL;
    }
    return memory;
}

void device_memory_destroy(struct device_memory *memory)
{
    delist(memory);
    unmap_views(memory);
    free(memory);
}

#else

bool device_memory_is_supported(void)
{
    return false;
}

struct device_memory *device_memory_create(size_t size, device_memory_reader read, void *context)
{
    (void)size;
    (void)read;
    (void)context;
    return NULL;
}

void device_memory_destroy(struct device_memory *memory)
{
    (void)memory;
}

#endif
