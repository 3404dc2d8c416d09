/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A program that ends while threads of a DLL are inside the library: exit_host RUN SEED. It loads
 * exit_plug.dll, lets it work for a moment that depends on the seed, and calls ExitProcess.
 */
#include <windows.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_record.h"

#define LOG_FILE "C:\\efasim\\exit_test.log" /* of the run's own Wine prefix */

typedef int (*plug_start_fn)(struct exit_record *record);

static struct exit_record *find_record(unsigned run)
{
    HANDLE mapping = OpenFileMappingA(FILE_MAP_ALL_ACCESS, FALSE, EXIT_MAPPING);
    struct exit_record *records = NULL;

    if (mapping && run < EXIT_STARTS_LIMIT)
        records = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    return records ? records + run : NULL;
}

/* Up to 2 ms: many times the length of any call of the data path. */
static void work_for_a_moment(uint32_t seed)
{
    LARGE_INTEGER now, end, frequency;
    uint32_t mixed = seed * 0x9e3779b9u;

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&end);
    end.QuadPart += frequency.QuadPart * ((mixed ^ mixed >> 15) % 2000) / 1000000;
    do
        QueryPerformanceCounter(&now);
    while (now.QuadPart < end.QuadPart);
}

static void find_in_ntdll(const char *name, void *slot)
{
    FARPROC address = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);

    memcpy(slot, &address, sizeof address);
}

/*
 * ExitProcess of Windows takes the locks of the loader, of the process's block and of its heap, in
 * this order, before it ends the threads: none of them ends with the heap half-changed. Wine's does
 * not take the last.
 */
static void end_as_windows_does(struct exit_record *record)
{
    LONG(NTAPI * lock_loader)(ULONG flags, ULONG * outcome, ULONG_PTR * cookie);
    void(NTAPI * lock_block)(void);
    ULONG_PTR cookie;
    ULONG outcome;

    find_in_ntdll("LdrLockLoaderLock", &lock_loader);
    find_in_ntdll("RtlAcquirePebLock", &lock_block);
    if (lock_loader && lock_block) {
        lock_loader(0, &outcome, &cookie);
        lock_block();
        HeapLock(GetProcessHeap());
    }
    record->phase = EXIT_CALLED;
    ExitProcess(EXIT_CODE);
}

int main(int argc, char **argv)
{
    struct exit_record *record =
        argc == 3 ? find_record((unsigned)strtoul(argv[1], NULL, 10)) : NULL;
    HMODULE plug = LoadLibraryA("exit_plug.dll");
    FARPROC address = plug ? GetProcAddress(plug, "plug_start") : NULL;
    plug_start_fn start;
    int step;

    memcpy(&start, &address, sizeof start);
    SetEnvironmentVariableA("EFAWIN_LOG_FILE", LOG_FILE);
    if (!record || !start) {
        printf("exit_host: %s\n", record ? "exit_plug.dll cannot be loaded"
                                         : "usage: exit_host RUN SEED, of exit_test");
        return 1;
    }
    step = start(record);
    if (step != 0) {
        printf("exit_host: exit_plug.dll failed at step %d\n", step);
        fflush(stdout);
        TerminateProcess(GetCurrentProcess(), 2);
    }
    work_for_a_moment((uint32_t)strtoul(argv[2], NULL, 10));
    end_as_windows_does(record);
    return 0;
}
