/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The DLL's entry point. It looks up a system function here, where the lookup waits for no other
 * thread. Nothing is torn down at process exit: clients still call the library after the detach
 * notice (libfabric closes its contexts then), so everything must stay usable. The driver cleans up
 * when the handles of the process close. If a running process unloads the DLL, it unregisters from
 * event tracing, which refers to its memory.
 */
#include <windows.h>

#include "os.h"
#include "trace.h"

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    if (reason == DLL_PROCESS_ATTACH) {
        DisableThreadLibraryCalls(instance);
        efa_os_find_process_state();
    } else if (reason == DLL_PROCESS_DETACH && !reserved) {
        efa_trace_stop();
    }
    return TRUE;
}
