/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Processes that end while their threads are inside the library: exit_test RUNS [SEED]. Each run is
 * a process (exit_host) in which a DLL's threads are inside every kind of call. It ends at a random
 * moment; then the DLL makes every kind of call from its detach. Each of them must return, and what
 * it returns must be right.
 */
#include <windows.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_record.h"

enum {
    AT_ONCE = 3,
    LONGEST_CALL_MS = 30000, /* on a busy machine; a call that hangs does so for ever */
    LONGEST_EXIT_MS = 3000,  /* up to the detach; a run that takes longer is repeated */
    REPETITIONS = 2,         /* for each run, on average */
    FAILURES_LIMIT = 5
};

static struct exit_record *records;
static unsigned passed, failed, repeated;

struct run {
    HANDLE process; /* NULL: none */
    unsigned number;
    LONG progress; /* last seen, and when */
    ULONGLONG since;
};

static bool start(struct run *run, unsigned number, unsigned seed)
{
    char folder[MAX_PATH], command[2 * MAX_PATH];
    PROCESS_INFORMATION process;
    STARTUPINFOA startup;
    char *last;

    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    if (GetModuleFileNameA(NULL, folder, sizeof folder) == 0)
        return false;
    last = strrchr(folder, '\\');
    if (!last)
        return false;
    *last = '\0';
    snprintf(command, sizeof command, "\"%s\\exit_host.exe\" %u %u", folder, number, seed + number);
    if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        return false;
    CloseHandle(process.hThread);
    run->process = process.hProcess;
    run->number = number;
    run->progress = 0;
    run->since = GetTickCount64();
    return true;
}

enum verdict { GOES_ON, GOOD, BAD, REPEAT };

static enum verdict judge_ended(unsigned number, DWORD code)
{
    const struct exit_record *record = &records[number];

    if (record->phase == EXIT_CALLED)
        return REPEAT;
    if (record->failures != 0)
        printf("run %u: %s returned %ld (and %ld more wrong results)\n", number, record->failed,
               record->value, record->failures - 1);
    else if (record->phase != EXIT_DONE)
        printf("run %u: ended with 0x%lx, in or after step %ld (%s)\n", number, code, record->step,
               record->now);
    else if (code != EXIT_CODE)
        printf("run %u: the exit code is 0x%lx\n", number, code);
    else
        return GOOD;
    return BAD;
}

static enum verdict judge_running(struct run *run)
{
    const struct exit_record *record = &records[run->number];
    LONG progress = record->phase + record->step;
    ULONGLONG now = GetTickCount64();

    if (progress != run->progress) {
        run->progress = progress;
        run->since = now;
    }
    if (record->phase == EXIT_CALLED && now - run->since > LONGEST_EXIT_MS)
        return REPEAT;
    if (now - run->since <= LONGEST_CALL_MS)
        return GOES_ON;
    printf("run %u: hung in step %ld (%s)\n", run->number, record->step, record->now);
    return BAD;
}

/* Whether the run is over. */
static bool look_at(struct run *run)
{
    enum verdict verdict;
    DWORD code = 0;

    if (WaitForSingleObject(run->process, 0) == WAIT_OBJECT_0) {
        GetExitCodeProcess(run->process, &code);
        verdict = judge_ended(run->number, code);
    } else {
        verdict = judge_running(run);
        if (verdict == GOES_ON)
            return false;
        TerminateProcess(run->process, 3);
        WaitForSingleObject(run->process, LONGEST_CALL_MS);
    }
    CloseHandle(run->process);
    run->process = NULL;
    passed += verdict == GOOD;
    failed += verdict == BAD;
    repeated += verdict == REPEAT;
    return true;
}

static bool begin_records(void)
{
    HANDLE mapping =
        CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0,
                           EXIT_STARTS_LIMIT * sizeof(struct exit_record), EXIT_MAPPING);

    if (mapping)
        records = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    return records != NULL;
}

static bool may_start(unsigned runs, unsigned started)
{
    return started < runs + repeated && repeated <= REPETITIONS * runs && failed < FAILURES_LIMIT;
}

static void run_all(unsigned runs, unsigned seed)
{
    struct run slots[AT_ONCE];
    unsigned started = 0, running = 0;

    memset(slots, 0, sizeof slots);
    while (running > 0 || may_start(runs, started)) {
        for (int i = 0; i < AT_ONCE; i++) {
            if (slots[i].process) {
                running -= look_at(&slots[i]) ? 1 : 0;
            } else if (may_start(runs, started)) {
                if (start(&slots[i], started, seed)) {
                    running++;
                } else {
                    printf("run %u: not started (Windows error %lu)\n", started, GetLastError());
                    repeated++;
                }
                started++;
            }
        }
        fflush(stdout);
        Sleep(10);
    }
}

int main(int argc, char **argv)
{
    unsigned runs = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    unsigned seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : (unsigned)GetTickCount();

    if (runs == 0 || runs > EXIT_STARTS_LIMIT / (1 + REPETITIONS)) {
        printf("usage: exit_test RUNS [SEED], with 1 to %d runs\n",
               EXIT_STARTS_LIMIT / (1 + REPETITIONS));
        return 2;
    }
    printf("seed %u\n", seed);
    if (!begin_records()) {
        printf("exit_test: no memory for the records (Windows error %lu)\n", GetLastError());
        return 1;
    }
    run_all(runs, seed);
    if (repeated > REPETITIONS * runs) {
        printf("%u starts did not come to their detach: nothing is known of them\n", repeated);
        failed++;
    } else if (repeated != 0) {
        printf("%u starts did not come to their detach, and were repeated\n", repeated);
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
