/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Arguments and output in UTF-8; see program.h. The manifest (tools/program.manifest) does this
 * from Windows 10 1903 on. Server 2016 and 2019 do not know it, so the arguments come from the wide
 * command line here.
 */
#include "program.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <shellapi.h>

#include <io.h>
#include <stdio.h>
#include <stdlib.h>

/* The console's code page before the program started; 0: it was not changed. */
static UINT code_page;

static void restore_console(void)
{
    if (code_page != 0)
        SetConsoleOutputCP(code_page);
}

/* Ctrl-C or Ctrl-Break, unless the program handles it: Windows ends the program after this. */
static BOOL WINAPI restore_at_end(DWORD event)
{
    (void)event;
    restore_console();
    return FALSE;
}

/* Windows calls the handlers from the newest to the oldest, so the program's own come first. */
static void use_utf8_console(void)
{
    const UINT before = GetConsoleOutputCP(); /* 0: there is no console */

    if (before == 0 || before == CP_UTF8 || !SetConsoleOutputCP(CP_UTF8))
        return;
    code_page = before;
    SetConsoleCtrlHandler(restore_at_end, TRUE);
}

static char *to_utf8(const wchar_t *text)
{
    const int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *utf8 = size > 0 ? (char *)malloc((size_t)size) : NULL;

    if (utf8 && WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, size, NULL, NULL) <= 0) {
        free(utf8);
        return NULL;
    }
    return utf8;
}

static void free_all(char **texts)
{
    for (size_t i = 0; texts && texts[i]; i++)
        free(texts[i]);
    free(texts);
}

/* NULL if out of memory; the program then uses the original arguments. */
static char **all_to_utf8(wchar_t **wide, int count)
{
    char **utf8 = (char **)calloc((size_t)count + 1, sizeof *utf8);

    for (int i = 0; utf8 && i < count; i++) {
        utf8[i] = to_utf8(wide[i]);
        if (!utf8[i]) {
            free_all(utf8);
            return NULL;
        }
    }
    return utf8;
}

int tool_run(int argc, char **argv, int (*program)(int argc, char **argv))
{
    int count = 0, status;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **utf8 = wide ? all_to_utf8(wide, count) : NULL;

    use_utf8_console();
    LocalFree(wide);
    status = utf8 ? program(count, utf8) : program(argc, argv);
    free_all(utf8);
    restore_console();
    return status;
}

bool tool_shows_progress(void)
{
    return _isatty(_fileno(stderr)) != 0;
}
