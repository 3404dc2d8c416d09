/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The worker thread of client_calls.h. */
#include "client_calls.h"

/*
 * When a client dies during a call, Wine either returns from the call at once or never returns. A
 * call takes some 100 us, and much longer on a busy machine.
 */
enum {
    LONG_CALL_NS = 100 * 1000 * 1000,
    GRACE_NS = 500 * 1000 * 1000,
    END_NS = 1000 * 1000 * 1000
};

struct client_calls_worker {
    HANDLE thread, asked, answered;
    struct client_call call;
    NTSTATUS status;
};

static bool is_signaled(HANDLE handle, uint64_t nanoseconds)
{
    LARGE_INTEGER timeout;

    timeout.QuadPart = -(LONGLONG)(nanoseconds / EFASIM_NS_PER_TICK);
    return ZwWaitForSingleObject(handle, FALSE, &timeout) == STATUS_SUCCESS;
}

static NTSTATUS carry_out(struct client_call *call)
{
    SIZE_T size = 0;

    switch (call->kind) {
    case CLIENT_CALL_MAP:
        call->address = NULL;
        return ZwMapViewOfSection(call->section, call->process, &call->address, 0, 0, NULL, &size,
                                  ViewUnmap, 0, PAGE_READWRITE);
    case CLIENT_CALL_UNMAP:
        return ZwUnmapViewOfSection(call->process, call->address);
    case CLIENT_CALL_QUERY:
        return ZwQueryVirtualMemory(call->process, call->address, NT_MEMORY_BASIC_INFORMATION,
                                    &call->region, sizeof call->region, &size);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static void NTAPI worker_main(void *context)
{
    struct client_calls_worker *worker = context;

    while (ZwWaitForSingleObject(worker->asked, FALSE, NULL) == STATUS_SUCCESS &&
           worker->call.kind != CLIENT_CALL_END) {
        worker->status = carry_out(&worker->call);
        ZwSetEvent(worker->answered, NULL);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void release_worker(struct client_calls_worker *worker)
{
    if (worker->thread)
        ZwClose(worker->thread);
    if (worker->asked)
        ZwClose(worker->asked);
    if (worker->answered)
        ZwClose(worker->answered);
    nt_release(worker);
}

static NTSTATUS start_worker(struct client_calls *calls)
{
    struct client_calls_worker *worker = nt_allocate(sizeof *worker);
    OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;

    if (!worker)
        return STATUS_NO_MEMORY;
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status =
        ZwCreateEvent(&worker->asked, EVENT_ALL_ACCESS, &attributes, SynchronizationEvent, FALSE);
    if (NT_SUCCESS(status))
        status = ZwCreateEvent(&worker->answered, EVENT_ALL_ACCESS, &attributes,
                               SynchronizationEvent, FALSE);
    if (NT_SUCCESS(status))
        status = PsCreateSystemThread(&worker->thread, THREAD_ALL_ACCESS, &attributes, NULL, NULL,
                                      worker_main, worker);
    if (NT_SUCCESS(status))
        calls->worker = worker;
    else
        release_worker(worker);
    return status;
}

/* The worker hangs in a call that will never return. Its memory cannot be freed. */
static void give_up_worker(struct client_calls *calls)
{
    struct client_calls_worker *worker = calls->worker;

    calls->worker = NULL;
    calls->ntdll->terminate_thread(worker->thread, STATUS_PROCESS_IS_TERMINATING);
    if (is_signaled(worker->thread, END_NS))
        release_worker(worker);
}

/* The thread that made the request. NULL: it has ended. */
static HANDLE open_requester(void)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE thread = NULL;
    CLIENT_ID id;

    id.UniqueProcess = NULL;
    id.UniqueThread = PsGetCurrentThreadId();
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenThread(&thread, SYNCHRONIZE, &attributes, &id)))
        return NULL;
    return thread;
}

/*
 * Waits for the result; false if the client, or the thread that made the request, ended during the
 * call. A process that is ending may still make requests, after its other threads have ended.
 */
static bool is_answered(const struct client_calls_worker *worker, HANDLE process)
{
    HANDLE handles[3] = {worker->answered, process, NULL};
    LARGE_INTEGER timeout;
    NTSTATUS status;

    timeout.QuadPart = -(LONGLONG)(LONG_CALL_NS / EFASIM_NS_PER_TICK);
    status = ZwWaitForMultipleObjects(2, handles, WaitAny, FALSE, &timeout);
    if (status == STATUS_TIMEOUT)
        handles[2] = open_requester();
    if (handles[2]) {
        status = ZwWaitForMultipleObjects(3, handles, WaitAny, FALSE, NULL);
        ZwClose(handles[2]);
    }
    return status == STATUS_WAIT_0 || is_signaled(worker->answered, GRACE_NS);
}

NTSTATUS client_calls_run(struct client_calls *calls, struct client_call *call)
{
    struct client_calls_worker *worker;
    NTSTATUS status;

    if (is_signaled(call->process, 0))
        return STATUS_PROCESS_IS_TERMINATING;
    if (!calls->worker) {
        status = start_worker(calls);
        if (!NT_SUCCESS(status))
            return status;
    }
    worker = calls->worker;
    worker->call = *call;
    ZwSetEvent(worker->asked, NULL);
    if (!is_answered(worker, call->process)) {
        give_up_worker(calls);
        return STATUS_PROCESS_IS_TERMINATING;
    }
    *call = worker->call;
    return worker->status;
}

void client_calls_stop(struct client_calls *calls)
{
    struct client_calls_worker *worker = calls->worker;

    if (!worker)
        return;
    calls->worker = NULL;
    worker->call.kind = CLIENT_CALL_END;
    ZwSetEvent(worker->asked, NULL);
    ZwWaitForSingleObject(worker->thread, FALSE, NULL);
    release_worker(worker);
}
