/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The DLL's entry point. It looks up a function of the system here, where that waits for no other
 * thread. There is nothing to tear down on process exit: clients still call in after the detach
 * notice (libfabric closes its contexts then), so everything must stay usable; the driver cleans up
 * when the process's handles close. Unloaded from a process that goes on, the DLL takes back its
 * registration with event tracing, which refers to its memory.
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
