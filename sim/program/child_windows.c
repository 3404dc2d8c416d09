/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Running a command on Windows. It gets its part of the command line as it was written, since
 * programs take their arguments apart in their own ways. Ctrl-C reaches it directly; efasim waits
 * for it.
 */
#include <windows.h>

#include <string.h>

#include "program.h"

static void *running; /* the command's process, or NULL */

static BOOL WINAPI leave_to_command(DWORD event)
{
    /* The main thread cleans up first. */
    if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
        Sleep(PROGRAM_CLEAN_UP_MS);
    return TRUE;
}

static bool is_blank(wchar_t character)
{
    return character == L' ' || character == L'\t';
}

static wchar_t *skip_blanks(wchar_t *text)
{
    while (is_blank(*text))
        text++;
    return text;
}

/* The name of the program ends at a quote or a blank, and knows no backslashes. */
static wchar_t *skip_name(wchar_t *text)
{
    if (*text == L'"') {
        wchar_t *end = wcschr(text + 1, L'"');

        return end ? end + 1 : text + wcslen(text);
    }
    while (*text && !is_blank(*text))
        text++;
    return text;
}

/* A quote after an odd number of backslashes is an ordinary character. */
static wchar_t *skip_argument(wchar_t *text)
{
    bool is_quoted = false;
    unsigned backslashes = 0;

    for (; *text && (is_quoted || !is_blank(*text)); text++) {
        if (*text == L'"' && backslashes % 2 == 0)
            is_quoted = !is_quoted;
        backslashes = *text == L'\\' ? backslashes + 1 : 0;
    }
    return text;
}

static wchar_t *find_command(int place)
{
    wchar_t *text = skip_blanks(skip_name(GetCommandLineW()));

    for (int i = 1; i < place; i++)
        text = skip_blanks(skip_argument(text));
    return text;
}

static DWORD start(wchar_t *command, PROCESS_INFORMATION *process)
{
    STARTUPINFOW options = {.cb = sizeof options, .dwFlags = STARTF_USESTDHANDLES};

    options.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    options.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    options.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &options, process))
        return GetLastError();
    CloseHandle(process->hThread);
    return ERROR_SUCCESS;
}

static int wait_for(HANDLE process)
{
    DWORD status = PROGRAM_FAILED;

    efa_store_release_ptr(&running, process);
    WaitForSingleObject(process, INFINITE);
    efa_store_release_ptr(&running, NULL);
    if (!GetExitCodeProcess(process, &status))
        program_say("cannot read the command's exit status: Win32 error %lu", GetLastError());
    return (int)status;
}

int child_run(char **command, int place)
{
    PROCESS_INFORMATION process;
    DWORD error;
    int status;

    SetConsoleCtrlHandler(leave_to_command, TRUE);
    error = start(find_command(place), &process);
    if (error != ERROR_SUCCESS) {
        const bool is_missing = error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND;

        program_say("cannot run %s: Win32 error %lu%s", command[0], error,
                    is_missing ? " (there is no such program)" : "");
        return is_missing ? PROGRAM_NO_COMMAND : PROGRAM_CANNOT_RUN;
    }
    status = wait_for(process.hProcess);
    CloseHandle(process.hProcess);
    return status;
}

/* The handle stays open until `run` has stopped the instance. */
void child_end(void)
{
    HANDLE process = efa_load_acquire_ptr(&running);

    if (process)
        TerminateProcess(process, PROGRAM_FAILED);
}
