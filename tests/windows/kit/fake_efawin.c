/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A DLL with efawin.dll's exports that only records how it was called: the loader's tests load it.
 * generate_calls.py writes the calls from the headers.
 */
#include <windows.h>

#include <errno.h>
#include <string.h>

#include <infiniband/verbs.h>
#include <infiniband/efadv.h>

#include "fake_efawin.h"

#undef ibv_query_port
#undef ibv_reg_mr

static struct fake_record record;
static int failure;

bool check_version(int interface_version);
int efawin_get_errno(void);
const struct fake_record *fake_last_call(void);
void fake_fail_with(int error);
int *fake_errno_address(void);
BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);

static bool is_set(const char *variable)
{
    char value[4];

    return GetEnvironmentVariableA(variable, value, sizeof value) > 0;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance;
    (void)reserved;
    return reason != DLL_PROCESS_ATTACH || !is_set(FAKE_REJECT_ATTACH);
}

bool check_version(int interface_version)
{
    if (is_set(FAKE_STALL_VERSION)) {
        HANDLE reached = OpenEventA(EVENT_MODIFY_STATE, FALSE, FAKE_STALL_VERSION);

        if (reached)
            SetEvent(reached);
        Sleep(INFINITE);
    }
    return interface_version == 1 && !is_set(FAKE_REJECT_VERSION);
}

int efawin_get_errno(void)
{
    return errno;
}

const struct fake_record *fake_last_call(void)
{
    return &record;
}

void fake_fail_with(int error)
{
    failure = error;
    errno = 0;
}

int *fake_errno_address(void)
{
    return &errno;
}

static void remember(const char *name, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    record.name = name;
    record.count++;
    record.arguments[0] = a;
    record.arguments[1] = b;
    record.arguments[2] = c;
    record.arguments[3] = d;
    record.arguments[4] = e;
}

static void *pointer_result(void)
{
    if (failure == 0)
        return (void *)FAKE_POINTER;
    if (failure > 0)
        errno = failure;
    return NULL;
}

static int count_result(void)
{
    return failure == 0 ? FAKE_COUNT : -failure;
}

struct ibv_device **ibv_get_device_list(int *num_devices)
{
    static struct ibv_device *list[2];

    remember("ibv_get_device_list", (uint64_t)(uintptr_t)num_devices, 0, 0, 0, 0);
    list[0] = (struct ibv_device *)pointer_result();
    return list;
}

/* All others. */
#include "fake_calls.h"
