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

#include <stdlib.h>

/* The code page to go back to, or 0: nothing was changed. */
static UINT use_utf8_console(void)
{
    const UINT before = GetConsoleOutputCP(); /* 0: there is no console */

    if (before == 0 || before == CP_UTF8)
        return 0;
    return SetConsoleOutputCP(CP_UTF8) ? before : 0;
}

static char *to_utf8(const wchar_t *text)
{
    const int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *utf8 = size > 0 ? (char *)malloc((size_t)size) : NULL;

    if (utf8 != NULL && WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, size, NULL, NULL) <= 0) {
        free(utf8);
        return NULL;
    }
    return utf8;
}

static void free_all(char **texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        free(texts[i]);
    free(texts);
}

/* NULL where there is no memory: the program then runs with what it was started with. */
static char **all_to_utf8(wchar_t **wide, int count)
{
    char **utf8 = (char **)calloc((size_t)count + 1, sizeof(*utf8));

    for (int i = 0; utf8 != NULL && i < count; i++) {
        utf8[i] = to_utf8(wide[i]);
        if (utf8[i] == NULL) {
            free_all(utf8);
            return NULL;
        }
    }
    return utf8;
}

int tool_run(int argc, char **argv, int (*program)(int argc, char **argv))
{
    const UINT code_page = use_utf8_console();
    int count = 0, status;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    char **utf8 = wide != NULL ? all_to_utf8(wide, count) : NULL;

    LocalFree(wide);
    status = utf8 != NULL ? program(count, utf8) : program(argc, argv);
    free_all(utf8);
    if (code_page != 0)
        SetConsoleOutputCP(code_page);
    return status;
}
