/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Recording stores by faults and single steps. */
#include "lib_store_log.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "os/compiler.h"

#define PAGE 4096
#define TRAP_FLAG 0x100 /* of the flags register */
#define PIECE 16        /* a descriptor is stored in so many bytes at a time */
#define ENTRIES 65536

#if defined(__linux__) && defined(__x86_64__) && !EFA_THREAD_SANITIZER
#define HAS_SINGLE_STEPS 1
#else
#define HAS_SINGLE_STEPS 0
#endif

/* Lets the thread run one instruction, or as it was before. */
static void single_step(ucontext_t *context, bool on)
{
#if HAS_SINGLE_STEPS
    if (on)
        context->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
    else
        context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
#else
    (void)context;
    (void)on;
#endif
}

struct region {
    unsigned char *start;
    size_t size; /* whole pages */
};

static struct {
    struct region ring, doorbell;
    struct sigaction segv_before, trap_before;
    bool in_progress;
    bool rings; /* the store that is single-stepped goes to the doorbell */
    unsigned count;
    struct store_log_entry entries[ENTRIES];
    unsigned pieces[ENTRIES]; /* of each descriptor: a bit for each that was stored */
    const char *fault;        /* what a test must not find */
} store_log;

static bool is_in(const struct region *region, const unsigned char *address)
{
    return address >= region->start && address < region->start + region->size;
}

static void protect(const struct region *region, int protection)
{
    mprotect(region->start, region->size, protection);
}

static void protect_both(int protection)
{
    protect(&store_log.ring, protection);
    protect(&store_log.doorbell, protection);
}

static struct store_log_entry *new_entry(void)
{
    if (store_log.count == ENTRIES) {
        store_log.fault = "too many stores for the log";
        store_log.count = 0;
    }
    store_log.pieces[store_log.count] = 0;
    return &store_log.entries[store_log.count++];
}

static void record_piece(size_t offset)
{
    uint32_t slot = (uint32_t)(offset / EFA_SEND_DESCRIPTOR_SIZE);
    unsigned bit = 1u << offset % EFA_SEND_DESCRIPTOR_SIZE / PIECE;
    struct store_log_entry *last = store_log.count ? &store_log.entries[store_log.count - 1] : NULL;
    unsigned *pieces;

    if (offset % PIECE != 0)
        store_log.fault = "a store to the ring is not aligned";
    if (!last || last->is_doorbell || store_log.pieces[store_log.count - 1] == 0xf) {
        last = new_entry();
        last->is_doorbell = false;
        last->value = slot;
    }
    pieces = &store_log.pieces[store_log.count - 1];
    if (last->value != slot || (*pieces & bit) != 0)
        store_log.fault = "a descriptor was not stored as a whole";
    *pieces |= bit;
}

static void on_fault(int number, siginfo_t *info, void *argument)
{
    unsigned char *address = info->si_addr;

    if (is_in(&store_log.ring, address)) {
        record_piece((size_t)(address - store_log.ring.start));
        store_log.rings = false;
    } else if (is_in(&store_log.doorbell, address)) {
        store_log.rings = true;
    } else {
        signal(number, SIG_DFL); /* not ours: let it end the process */
        return;
    }
    protect(store_log.rings ? &store_log.doorbell : &store_log.ring, PROT_READ | PROT_WRITE);
    single_step(argument, true);
}

static void on_trap(int number, siginfo_t *info, void *argument)
{
    (void)number;
    (void)info;
    single_step(argument, false);
    if (store_log.rings) {
        struct store_log_entry *entry = new_entry();

        entry->is_doorbell = true;
        entry->value = *(const uint32_t *)(const void *)store_log.doorbell.start;
    }
    protect(store_log.rings ? &store_log.doorbell : &store_log.ring, PROT_NONE);
}

bool store_log_is_supported(void)
{
    return HAS_SINGLE_STEPS;
}

void store_log_begin(const struct fake_qp *qp)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO};

    assert_true(HAS_SINGLE_STEPS);
    sigemptyset(&action.sa_mask);
    memset(&store_log, 0, sizeof store_log);
    store_log.ring.start = qp->sq;
    store_log.ring.size = (qp->params.sq_ring_size + PAGE - 1) / PAGE * PAGE;
    store_log.doorbell.start = (unsigned char *)qp->doorbells;
    store_log.doorbell.size = PAGE;
    action.sa_sigaction = on_fault;
    assert_int_equal(sigaction(SIGSEGV, &action, &store_log.segv_before), 0);
    action.sa_sigaction = on_trap;
    assert_int_equal(sigaction(SIGTRAP, &action, &store_log.trap_before), 0);
    store_log.in_progress = true;
    protect_both(PROT_NONE);
}

void store_log_pause(void)
{
    if (store_log.in_progress)
        protect_both(PROT_READ | PROT_WRITE);
}

void store_log_resume(void)
{
    if (store_log.in_progress)
        protect_both(PROT_NONE);
}

void store_log_end(void)
{
    protect_both(PROT_READ | PROT_WRITE);
    store_log.in_progress = false;
    assert_int_equal(sigaction(SIGSEGV, &store_log.segv_before, NULL), 0);
    assert_int_equal(sigaction(SIGTRAP, &store_log.trap_before, NULL), 0);
}

unsigned store_log_count(void)
{
    for (unsigned i = 0; i < store_log.count; i++)
        if (!store_log.entries[i].is_doorbell && store_log.pieces[i] != 0xf)
            store_log.fault = "a descriptor was stored in part";
    if (store_log.fault)
        fail_msg("%s", store_log.fault);
    return store_log.count;
}

struct store_log_entry store_log_at(unsigned index)
{
    return store_log.entries[index];
}

struct store_log_batches store_log_batches(void)
{
    struct store_log_batches batches = {0};
    unsigned count = store_log_count();

    for (unsigned i = 0; i < count; i++) {
        if (store_log.entries[i].is_doorbell) {
            batches.doorbells++;
            batches.unrung = 0;
            continue;
        }
        batches.descriptors++;
        if (++batches.unrung > batches.most)
            batches.most = batches.unrung;
    }
    return batches;
}
