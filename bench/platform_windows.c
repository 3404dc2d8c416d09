/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * On Windows the DLL that ships is measured. The stand-in replaces the driver in the DLL's import
 * table, so no adapter or simulated driver is needed.
 */
#include "platform.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/win32_error.h"
#include "efawin.h"
#include "imports_windows.h"
#include "standin.h"

/* ---- the stand-in in place of the driver ---- */

static HANDLE WINAPI open_standin(LPCWSTR name, DWORD access, DWORD share,
                                  LPSECURITY_ATTRIBUTES security, DWORD disposition, DWORD flags,
                                  HANDLE pattern)
{
    void *session = NULL;

    (void)name;
    (void)access;
    (void)share;
    (void)security;
    (void)disposition;
    (void)flags;
    (void)pattern;
    standin_transport()->open(standin_transport(), &session);
    return session;
}

static BOOL WINAPI control_standin(HANDLE device, DWORD code, LPVOID input, DWORD input_size,
                                   LPVOID output, DWORD output_size, LPDWORD returned,
                                   LPOVERLAPPED overlapped)
{
    uint32_t length = 0;

    (void)overlapped;
    standin_transport()->request(standin_transport(), device, code, input, input_size, output,
                                 output_size, &length);
    *returned = length;
    return TRUE;
}

static BOOL WINAPI close_standin(HANDLE device)
{
    (void)device;
    return TRUE;
}

int platform_install_standin(void)
{
    /* Function pointers as data pointers: the same thing on Windows, by its own API. */
    const struct import_replacement replacements[] = {
        {"CreateFileW", (void *)(uintptr_t)open_standin},
        {"DeviceIoControl", (void *)(uintptr_t)control_standin},
        {"CloseHandle", (void *)(uintptr_t)close_standin},
    };
    int error = efa_load_efawin_lib();
    HMODULE module = GetModuleHandleW(L"efawin.dll");

    if (error || !module) {
        fprintf(stderr, "efa_bench: efawin.dll was not loaded (%d); put it beside this program\n",
                error);
        return 1;
    }
    if (replace_imports(module, replacements, 3) != 3) {
        fprintf(stderr, "efa_bench: efawin.dll does not import the calls that open the driver\n");
        return 1;
    }
    return 0;
}

double platform_now_ns(void)
{
    LARGE_INTEGER now, frequency;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    return (double)now.QuadPart * 1e9 / (double)frequency.QuadPart;
}

void *platform_pages(uint64_t size)
{
    void *memory =
        VirtualAlloc(NULL, (SIZE_T)(size ? size : 1), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    if (!memory)
        abort();
    return memory;
}

struct thread {
    HANDLE handle;
    void (*body)(void *argument);
    void *argument;
};

static DWORD WINAPI run_thread(LPVOID argument)
{
    const struct thread *thread = argument;

    thread->body(thread->argument);
    return 0;
}

void *platform_start_thread(void (*body)(void *argument), void *argument)
{
    struct thread *thread = malloc(sizeof *thread);

    if (!thread)
        abort();
    thread->body = body;
    thread->argument = argument;
    thread->handle = CreateThread(NULL, 0, run_thread, thread, 0, NULL);
    if (!thread->handle)
        abort();
    return thread;
}

void platform_join_thread(void *joined)
{
    struct thread *thread = joined;

    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
    free(thread);
}

void platform_yield(void)
{
    SwitchToThread();
}

/* The DLL's allocations are its own. */
bool platform_memory_asked(uint64_t *bytes)
{
    (void)bytes;
    return false;
}

/*
 * Each is a breakpoint. step_count, which runs the program, counts from one to the next and prints
 * the figure. Without step_count they end the program.
 */
void platform_count_begin(void)
{
    __debugbreak();
}

void platform_count_end(void)
{
    __debugbreak();
}
