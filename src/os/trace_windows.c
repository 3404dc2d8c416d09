/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Finds ETW's calls. They are in ADVAPI32, which efawin.dll does not import: it is loaded from
 * System32 the first time that a client asks for devices, and stays. Where a call is missing there
 * are no traces.
 */
#include <windows.h>

#include <string.h>

#include "os.h"
#include "trace.h"
#include "trace_etw.h"

static struct efa_etw_calls calls;
static uint32_t starting;

/* Copied as bytes: C does not convert between pointers to different kinds of functions. */
static bool resolve(HMODULE dll, const char *name, void *slot)
{
    FARPROC address = GetProcAddress(dll, name);

    memcpy(slot, &address, sizeof address);
    return address != NULL;
}

void efa_trace_start(void)
{
    HMODULE dll;
    DWORD last_error;

    /* A second thread does without traces until the first has finished. */
    if (efa_load_relaxed_u32(&starting) || efa_exchange_acquire_u32(&starting, 1))
        return;
    if (efa_os_process_is_ending())
        return; /* too late to load a DLL */
    last_error = GetLastError();
    dll = LoadLibraryExW(L"advapi32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (dll && resolve(dll, "EventRegister", &calls.event_register) &&
        resolve(dll, "EventUnregister", &calls.event_unregister) &&
        resolve(dll, "EventProviderEnabled", &calls.event_provider_enabled) &&
        resolve(dll, "EventWriteTransfer", &calls.event_write_transfer)) {
        resolve(dll, "EventSetInformation", &calls.event_set_information);
        efa_etw_start(&calls);
    }
    SetLastError(last_error);
}
