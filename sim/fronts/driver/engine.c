/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The engine's loop, and its waits between two checks of the doorbells. It shares the cores with
 * clients, which often poll. So it spins only for a short time after there was work, then sleeps
 * briefly. The scheduler runs a thread that wakes from sleep sooner than one that yielded.
 */
#include "engine.h"

#include "efasim.h"
#include "engine_lock.h"
#include "os/compiler.h"

enum {
    STEP_BUDGET = 256,
    SPIN_NS = 5 * 1000,              /* after the last work */
    SHORT_NAP_NS = 1000,             /* the shortest sleep that the system has, some 60 us */
    SHORT_NAPS_NS = 5 * 1000 * 1000, /* while idle for less than this */
    LONG_NAP_NS = 1000 * 1000
};

uint64_t engine_now(const struct ntdll_calls *ntdll)
{
    LARGE_INTEGER counter, frequency;
    uint64_t ticks, hertz;

    ntdll->query_performance_counter(&counter, &frequency);
    ticks = (uint64_t)counter.QuadPart;
    hertz = (uint64_t)frequency.QuadPart;
    return ticks / hertz * 1000000000u + ticks % hertz * 1000000000u / hertz;
}

/* Until woken, or until the next message is due. */
static void block(struct engine *engine, uint64_t deadline, uint64_t now)
{
    LARGE_INTEGER timeout;

    if (deadline == EFASIM_NEVER) {
        KeWaitForSingleObject(&engine->wake, Executive, KernelMode, FALSE, NULL);
        return;
    }
    if (deadline <= now)
        return;
    timeout.QuadPart = -(LONGLONG)((deadline - now) / EFASIM_NS_PER_TICK);
    KeWaitForSingleObject(&engine->wake, Executive, KernelMode, FALSE, &timeout);
}

static void rest(uint64_t idle, uint64_t deadline, uint64_t now)
{
    uint64_t nap = idle < SHORT_NAPS_NS ? SHORT_NAP_NS : LONG_NAP_NS;

    if (idle < SPIN_NS) {
        efa_cpu_relax();
        return;
    }
    if (deadline < now + nap)
        nap = deadline > now ? deadline - now : 0;
    if (nap < EFASIM_NS_PER_TICK)
        efa_cpu_relax();
    else
        nt_sleep(nap);
}

static void NTAPI engine_main(void *context)
{
    struct engine *engine = context;
    uint64_t last_work = engine_now(engine->ntdll);

    while (efa_load_acquire_u32(&engine->stopping) == 0) {
        struct efasim_step_result step = efasim_step(engine->sim, STEP_BUDGET);
        uint64_t now = engine_now(engine->ntdll);

        if (engine_lock_is_wanted(engine->lock))
            ZwYieldExecution();
        if (step.work != 0 || step.completions != 0 || step.more)
            last_work = now;
        else if (!efasim_has_queue_pairs(engine->sim))
            block(engine, step.next_deadline, now);
        else
            rest(now - last_work, step.next_deadline, now);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

NTSTATUS engine_start(struct engine *engine)
{
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;
    HANDLE handle;

    KeInitializeEvent(&engine->wake, SynchronizationEvent, FALSE);
    engine->stopping = 0;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, NULL, NULL, engine_main,
                                  engine);
    if (!NT_SUCCESS(status))
        return status;
    status =
        ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, &engine->thread, NULL);
    if (!NT_SUCCESS(status)) {
        efa_store_release_u32(&engine->stopping, 1);
        engine_wake(engine);
        ZwWaitForSingleObject(handle, FALSE, NULL);
        engine->thread = NULL;
    }
    ZwClose(handle);
    return status;
}

void engine_stop(struct engine *engine)
{
    if (!engine->thread)
        return;
    efa_store_release_u32(&engine->stopping, 1);
    engine_wake(engine);
    KeWaitForSingleObject(engine->thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(engine->thread);
    engine->thread = NULL;
}

void engine_wake(struct engine *engine)
{
    KeSetEvent(&engine->wake, IO_NO_INCREMENT, FALSE);
}
