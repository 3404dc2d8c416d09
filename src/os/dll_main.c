/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The DLL's entry point. There is nothing to set up or to tear down: on process exit clients still
 * call in after the detach notice (libfabric closes its contexts then), so everything must stay
 * usable; the driver cleans up when the process's handles close.
 */
#include <windows.h>

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(instance);
    return TRUE;
}
