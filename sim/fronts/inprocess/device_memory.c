/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Device memory whose accesses are observed, by page faults and single steps. */
#define _GNU_SOURCE
#include "device_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "../../../src/os/compiler.h"

/* The thread sanitizer delays signals, so traps do not work under it. */
#if defined(__linux__) && defined(__x86_64__) && !EFA_THREAD_SANITIZER

/* Bits of the page fault's error code and of the flags register, as the processor defines them. */
#define FAULT_BY_WRITE 0x2
#define TRAP_FLAG 0x100

/* An instruction that copies touches two ranges, each in up to two pages. */
#define MOST_TOUCHED 4

/* The page size of x86-64; larger pages are multiples of it. */
#define PAGE_SIZE ((size_t)4096)

/* Signal handlers take it too, so it must not be held while device memory is accessed. */
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

struct access {
    struct device_memory *memory;
    uint8_t *address;
    bool is_write;
};

/* The pages that are open for the instruction that this thread single-steps. */
static _Thread_local struct access touched[MOST_TOUCHED];
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

/* In a signal handler the process must end here, because the fault would repeat for ever. */
static void give_up(const char *why)
{
    (void)!write(STDERR_FILENO, why, strlen(why));
    abort();
}

static void protect(struct device_memory *memory, size_t page, int protection)
{
    if (mprotect(memory->client + page * PAGE_SIZE, PAGE_SIZE, protection) != 0)
        give_up("efasim: device memory cannot be protected\n");
}

static struct device_memory *memory_at(const uint8_t *address)
{
    struct device_memory *memory;

    acquire();
    for (memory = list; memory; memory = memory->next)
        if (address >= memory->client && address < memory->client + memory->watched)
            break;
    release();
    return memory;
}

static size_t page_of(const struct access *access)
{
    return (size_t)(access->address - access->memory->client) / PAGE_SIZE;
}

static void open_for_one_step(struct device_memory *memory, uint8_t *address, bool is_write)
{
    struct access *access = &touched[touched_count];

    if (touched_count == MOST_TOUCHED)
        give_up("efasim: an instruction touches device memory in too many places\n");
    touched_count++;
    access->memory = memory;
    access->address = address;
    access->is_write = is_write;
    acquire();
    if (memory->open[page_of(access)]++ == 0)
        protect(memory, page_of(access), PROT_READ | PROT_WRITE);
    release();
}

/* Reports writes after all pages are closed, because the watcher may read the memory. */
static void close_touched(void)
{
    struct access accesses[MOST_TOUCHED];
    unsigned count = touched_count;

    memcpy(accesses, touched, sizeof accesses);
    touched_count = 0;
    acquire();
    for (unsigned i = 0; i < count; i++) {
        struct device_memory *memory = accesses[i].memory;

        if (--memory->open[page_of(&accesses[i])] == 0)
            protect(memory, page_of(&accesses[i]), memory->protection);
    }
    release();
    for (unsigned i = 0; i < count; i++) {
        const struct device_memory_watcher *watcher = &accesses[i].memory->watcher;

        if (accesses[i].is_write)
            watcher->wrote(watcher->context, (uint64_t)(uintptr_t)accesses[i].address);
    }
}

/* Not our signal: calls the previous handler. */
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
    bool is_write = (context->uc_mcontext.gregs[REG_ERR] & FAULT_BY_WRITE) != 0;
    int error = errno;

    if (!memory) {
        pass_on(&fault.earlier, number, info, argument);
        return;
    }
    /* Reported first, while no page is open, so that reads by other threads are seen as well. */
    if (!is_write && memory->watcher.read)
        memory->watcher.read(memory->watcher.context, (uint64_t)(uintptr_t)info->si_addr);
    open_for_one_step(memory, info->si_addr, is_write);
    context->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
    errno = error;
}

static void on_trap(int number, siginfo_t *info, void *argument)
{
    ucontext_t *context = argument;
    int error = errno;

    if (touched_count == 0) {
        pass_on(&trap.earlier, number, info, argument);
        return;
    }
    context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    close_touched();
    errno = error;
}

/* A debugger gets each signal first, and its own single steps cause the same trap. */
static bool is_traced(void)
{
    static const char field[] = "TracerPid:\t";
    char status[4096];
    const char *found;
    ssize_t size;
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return false;
    size = read(file, status, sizeof status - 1);
    close(file);
    status[size > 0 ? size : 0] = '\0';
    found = strstr(status, field);
    return found && found[sizeof field - 1] != '0';
}

static bool is_under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD"); /* NOLINT(concurrency-mt-unsafe) */

    return preloaded && strstr(preloaded, "vgpreload_");
}

bool device_memory_is_supported(void)
{
    return sysconf(_SC_PAGESIZE) == (long)PAGE_SIZE && !is_traced() && !is_under_valgrind();
}

/* Uses the alternate stack if the previous handler did: it may handle stack overflows. */
static bool handle_signal(struct handled *handled)
{
    struct sigaction action;

    if (sigaction(handled->number, NULL, &handled->earlier) != 0)
        return false;
    memset(&action, 0, sizeof action);
    action.sa_flags = SA_SIGINFO | SA_NODEFER | (handled->earlier.sa_flags & SA_ONSTACK);
    sigemptyset(&action.sa_mask);
    action.sa_sigaction = handled->handle;
    return sigaction(handled->number, &action, NULL) == 0;
}

/* A handler that was installed after ours stays. */
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

/* Maps both views, with an inaccessible page on each side of the client's. */
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
        client = mmap(whole + page, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                      file, 0);
    close(file);
    if (model != MAP_FAILED && client != MAP_FAILED &&
        mprotect(client, memory->watched, memory->protection) == 0) {
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

struct device_memory *device_memory_create(size_t size, size_t watched,
                                           const struct device_memory_watcher *watcher)
{
    struct device_memory *memory =
        calloc(1, sizeof *memory + watched / PAGE_SIZE * sizeof memory->open[0]);

    if (!memory)
        return NULL;
    memory->size = size;
    memory->watched = watched;
    memory->protection = watcher->read ? PROT_NONE : PROT_READ;
    memory->watcher = *watcher;
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

struct device_memory *device_memory_create(size_t size, size_t watched,
                                           const struct device_memory_watcher *watcher)
{
    (void)size;
    (void)watched;
    (void)watcher;
    return NULL;
}

void device_memory_destroy(struct device_memory *memory)
{
    (void)memory;
}

#endif
