/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A DLL that has the kit linked into it, as libfabric.dll has: a second module beside the program,
 * and one that calls and frees when the process ends.
 */
#include <windows.h>

#include <errno.h>
#include <string.h>

#include <efawin.h>
#include <infiniband/verbs.h>

int host_load(void);
void host_free(void);
int host_close_device(struct ibv_context *context);
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);

int host_load(void)
{
    return efa_load_efawin_lib();
}

void host_free(void)
{
    efa_free_efawin_lib();
}

int host_close_device(struct ibv_context *context)
{
    return ibv_close_device(context);
}

static void say(const char *line)
{
    DWORD written;

    WriteFile(GetStdHandle(STD_ERROR_HANDLE), line, (DWORD)strlen(line), &written, NULL);
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance;
    if (reason == DLL_PROCESS_DETACH && reserved) {
        int before = ibv_close_device(NULL);
        int again = efa_load_efawin_lib();
        int after;

        if (again == (before == 0 ? -EALREADY : -ECANCELED))
            say("host: loads nothing at exit\n");
        efa_free_efawin_lib();
        after = ibv_close_device(NULL);
        efa_free_efawin_lib();
        if (after == ENOSYS)
            say(before == 0 ? "host: freed at exit\n" : "host: not loaded at exit\n");
    }
    return TRUE;
}
