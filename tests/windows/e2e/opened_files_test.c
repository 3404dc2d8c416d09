/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * How the DLL and the programs open files by name: names of 260 characters and more in the form
 * that Windows takes, and each so that a pipe's server cannot impersonate this process. Their calls
 * are recorded through their import tables, because Wine takes long names in any form.
 */
#include <windows.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <efawin.h>
#include <infiniband/verbs.h>

#include "bench/imports_windows.h"
#include "cases.h"
#include "tools/common/open_file.h"

enum { LONGEST = 1023, ROOM = 1400 };

#define FOLDER "C:\\efasim\\"
#define LINE "ibv_alloc_pd: context is NULL"

/* The last file that was opened. */
static struct {
    unsigned count;
    wchar_t name[ROOM];
    DWORD flags;
} opened;

typedef HANDLE(WINAPI *create_file_fn)(LPCWSTR name, DWORD access, DWORD share,
                                       LPSECURITY_ATTRIBUTES security, DWORD disposition,
                                       DWORD flags, HANDLE pattern);
static create_file_fn create_file; /* of the system: this program's own import is replaced too */

static HANDLE WINAPI record_and_open(LPCWSTR name, DWORD access, DWORD share,
                                     LPSECURITY_ATTRIBUTES security, DWORD disposition, DWORD flags,
                                     HANDLE pattern)
{
    opened.count++;
    opened.flags = flags;
    lstrcpynW(opened.name, name, ROOM);
    return create_file(name, access, share, security, disposition, flags, pattern);
}

static bool record_in(HMODULE module)
{
    const struct import_replacement replacement = {"CreateFileW",
                                                   (void *)(uintptr_t)record_and_open};

    memset(&opened, 0, sizeof opened);
    return replace_imports(module, &replacement, 1) == 1;
}

/* A fresh DLL logs again that a file cannot be written. */
static bool load_with_log(const char *file)
{
    efa_free_efawin_lib();
    return SetEnvironmentVariableA("EFAWIN_LOG_FILE", file) && efa_load_efawin_lib() == 0 &&
           record_in(GetModuleHandleW(L"efawin.dll"));
}

/* A pipe's server may learn which account opened it, but nothing more. */
static bool is_harmless(void)
{
    return (opened.flags & SECURITY_SQOS_PRESENT) != 0 &&
           (opened.flags & SECURITY_DELEGATION) <
               SECURITY_IMPERSONATION; /* the mask and the limit */
}

/* A path of `length` characters below FOLDER, in folders that are made. */
static bool make_path(char *path, size_t length)
{
    wchar_t folder[ROOM] = L"\\\\?\\";
    size_t at = strlen(FOLDER);

    memset(path, 'x', length);
    memcpy(path, FOLDER, at);
    for (at += 200; at + 2 < length; at += 200) {
        path[at] = '\0';
        MultiByteToWideChar(CP_ACP, 0, path, -1, folder + 4, ROOM - 4);
        if (!CreateDirectoryW(folder, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
            return false;
        path[at] = '\\';
    }
    path[length] = '\0';
    return true;
}

/* Also where the name is too long for the C library. */
static bool file_has(const char *path, const char *text)
{
    wchar_t name[ROOM] = L"\\\\?\\";
    char content[4096];
    DWORD size = 0;
    HANDLE file;

    MultiByteToWideChar(CP_ACP, 0, path, -1, name + 4, ROOM - 4);
    file = create_file(name, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                       FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return false;
    ReadFile(file, content, sizeof content - 1, &size, NULL);
    CloseHandle(file);
    content[size] = '\0';
    return strstr(content, text) != NULL;
}

static bool is_opened_in_long_form(const char *path)
{
    wchar_t name[ROOM] = L"\\\\?\\";

    MultiByteToWideChar(CP_ACP, 0, path, -1, name + 4, ROOM - 4);
    return wcscmp(opened.name, name) == 0;
}

static void log_files_of_all_lengths(void)
{
    static const size_t lengths[] = {100, 259, 260, 261, 500, LONGEST};
    char path[ROOM];

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        CHECK(make_path(path, lengths[i]));
        CHECK(load_with_log(path));
        CHECK(!ibv_alloc_pd(NULL));
        CHECK_EQUAL(opened.count, 1);
        CHECK_EQUAL(is_opened_in_long_form(path), lengths[i] >= MAX_PATH);
        CHECK(is_harmless());
        CHECK(file_has(path, LINE));
    }
}

/* The current folder counts. */
static void a_short_name_in_a_deep_folder(void)
{
    char path[ROOM], *name;

    CHECK(make_path(path, 230));
    name = strrchr(path, '\\');
    *name++ = '\0';
    CHECK(SetCurrentDirectoryA(path));
    CHECK(load_with_log(name));
    CHECK(!ibv_alloc_pd(NULL));
    name[-1] = '\\';
    CHECK(!is_opened_in_long_form(path));
    CHECK(file_has(path, LINE));

    memset(path + 230, 'y', 200);
    path[430] = '\0';
    CHECK(load_with_log(name));
    CHECK(!ibv_alloc_pd(NULL));
    CHECK(is_opened_in_long_form(path));
    CHECK(SetCurrentDirectoryA(FOLDER));
}

static void names_that_have_their_form(void)
{
    char path[ROOM] = "\\\\?\\";
    wchar_t wide[ROOM];

    CHECK(make_path(path + 4, 300));
    CHECK(load_with_log(path));
    CHECK(!ibv_alloc_pd(NULL));
    MultiByteToWideChar(CP_ACP, 0, path, -1, wide, ROOM);
    CHECK(wcscmp(opened.name, wide) == 0);
    CHECK(file_has(path + 4, LINE));

    memcpy(path, "\\\\server\\share\\", 15);
    CHECK(load_with_log(path));
    CHECK(!ibv_alloc_pd(NULL));
    CHECK(wcsncmp(opened.name, L"\\\\?\\UNC\\server\\share\\", 21) == 0);
}

static void a_name_that_is_too_long(void)
{
    char path[ROOM];

    CHECK(make_path(path, LONGEST + 1));
    CHECK(load_with_log(path));
    CHECK(!ibv_alloc_pd(NULL));
    CHECK_EQUAL(opened.count, 0);
}

/* The pipe's server sees a client that it cannot impersonate, and gets no line. */
static void a_pipe_gets_nothing(void)
{
    static const char name[] = "\\\\.\\pipe\\efawin-log";
    HANDLE pipe =
        CreateNamedPipeA(name, PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 1, 4096, 4096, 0, NULL);
    DWORD size = 0;
    char byte;

    CHECK(pipe != INVALID_HANDLE_VALUE);
    CHECK(load_with_log(name));
    CHECK(!ibv_alloc_pd(NULL));
    CHECK(opened.count > 0);
    CHECK(is_harmless());
    CHECK(!ReadFile(pipe, &byte, 1, &size, NULL) || size == 0);
    CloseHandle(pipe);

    CHECK(load_with_log("NUL"));
    CHECK(!ibv_alloc_pd(NULL));
}

static void the_device(void)
{
    struct ibv_device **list;
    int count = 0;

    CHECK(load_with_log(NULL));
    list = ibv_get_device_list(&count);
    CHECK_EQUAL(count, 1);
    ibv_free_device_list(list);
    CHECK(wcscmp(opened.name, L"\\\\.\\EFADevice") == 0);
    CHECK(is_harmless());
}

static void files_of_the_programs(void)
{
    char path[ROOM];
    FILE *file;

    CHECK(record_in(GetModuleHandleW(NULL)));
    CHECK(make_path(path, 400));
    file = tool_open_file(path, "r");
    CHECK(!file);
    CHECK_EQUAL(errno, ENOENT);
    file = tool_open_file(path, "w");
    CHECK(file != NULL);
    CHECK(is_opened_in_long_form(path));
    CHECK(is_harmless());
    fputs("one", file);
    CHECK_EQUAL(fclose(file), 0);
    file = tool_open_file(path, "a");
    CHECK(file != NULL);
    fputs(" and two", file);
    CHECK_EQUAL(fclose(file), 0);
    CHECK(file_has(path, "one and two"));
    tool_remove_file(path);
    CHECK(!file_has(path, "one"));
    CHECK(!tool_open_file(FOLDER "no-such-folder\\file", "w"));
    CHECK_EQUAL(errno, ENOENT);
    CHECK(!tool_open_file(FOLDER, "w"));
    CHECK(errno == ENOENT || errno == EACCES);
    memset(path, 'x', LONGEST + 10);
    path[LONGEST + 10] = '\0';
    CHECK(!tool_open_file(path, "w"));
    CHECK_EQUAL(errno, ENAMETOOLONG);
}

const char *const tool_name = "opened_files_test";

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(log_files_of_all_lengths),   TEST_CASE(a_short_name_in_a_deep_folder),
        TEST_CASE(names_that_have_their_form), TEST_CASE(a_name_that_is_too_long),
        TEST_CASE(a_pipe_gets_nothing),        TEST_CASE(the_device),
        TEST_CASE(files_of_the_programs),
    };

    FARPROC address = GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "CreateFileW");

    memcpy(&create_file, &address, sizeof create_file);
    return run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
