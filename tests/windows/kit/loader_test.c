/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * One behaviour of the kit's loader a run, named by the first argument; test_loader.py puts the
 * DLLs in place and looks at the output. Exit status 0, or 1 with a line on what was not as
 * expected.
 */
#include <windows.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <efawin.h>
#include <infiniband/verbs.h>
#include <infiniband/efadv.h>

#include "fake_efawin.h"

#define EXPECT(condition) expect(condition, #condition, __FILE__, __LINE__)

static void expect(int holds, const char *condition, const char *file, int line)
{
    if (holds)
        return;
    printf("%s:%d: not so: %s (errno %d)\n", file, line, condition, errno);
    exit(1);
}

static void find_export(HMODULE dll, const char *name, void *slot)
{
    FARPROC address = GetProcAddress(dll, name);

    EXPECT(address != NULL);
    memcpy(slot, &address, sizeof address);
}

static const struct fake_record *last;

/* The call has reached its export, with these arguments, and has left errno as it was. */
static void expect_record(const char *name, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                          uint64_t e)
{
    if (strcmp(last->name, name) != 0)
        printf("%s reached %s\n", name, last->name);
    EXPECT(strcmp(last->name, name) == 0);
    EXPECT(last->arguments[0] == a);
    EXPECT(last->arguments[1] == b);
    EXPECT(last->arguments[2] == c);
    EXPECT(last->arguments[3] == d);
    EXPECT(last->arguments[4] == e);
    EXPECT(errno == ERANGE);
}

#include "loader_calls.h"

/* Without a DLL every call fails with ENOSYS. */
static void expect_all_calls_clean(void)
{
    static struct verbs_context zero; /* all zero: without operations */
    struct ibv_port_attr port;
    int count = 12345;

    errno = 0;
    EXPECT(!ibv_get_device_list(&count));
    EXPECT(errno == ENOSYS);
    EXPECT(count == 12345);
    expect_void_calls_return();
    expect_first_calls_fail(ENOSYS);
    expect_first_texts("not loaded");
    expect_later_calls_fail(ENOSYS);
    expect_later_texts("not loaded");
    expect_answers_without_export();

    /* Those that macros of the headers lead elsewhere. */
    EXPECT(ibv_query_port(&zero.context, 1, &port) == ENOSYS);
    errno = 0;
    EXPECT(!ibv_reg_mr(NULL, NULL, 1, IBV_ACCESS_RELAXED_ORDERING));
    EXPECT(errno == ENOSYS);
}

static HMODULE efawin_module(void)
{
    return GetModuleHandleW(L"efawin.dll");
}

static void print_efawin_path(void)
{
    wchar_t path[2048];
    char text[6144];

    EXPECT(GetModuleFileNameW(efawin_module(), path, 2048) < 2048);
    EXPECT(WideCharToMultiByte(CP_UTF8, 0, path, -1, text, sizeof text, NULL, NULL) > 0);
    printf("loaded %s\n", text);
}

/* ---- Cases ---- */

static const struct {
    const char *name;
    int value;
} codes[] = {{"ENOENT", ENOENT},   {"EACCES", EACCES}, {"ENOEXEC", ENOEXEC},
             {"ENOLINK", ENOLINK}, {"ENOSYS", ENOSYS}, {"EPROTONOSUPPORT", EPROTONOSUPPORT},
             {"EIO", EIO}};

/* fails NAME: loading fails with -NAME, as often as it is tried, and leaves nothing behind. */
static void case_fails(const char *name)
{
    int expected = 0;
    size_t i;

    for (i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(codes[i].name, name) == 0)
            expected = -codes[i].value;
    }
    EXPECT(expected != 0);
    expect_all_calls_clean();
    for (i = 0; i < 2; i++) {
        int result = efa_load_efawin_lib();

        if (result != expected)
            printf("result %d\n", result);
        EXPECT(result == expected);
        EXPECT(!efawin_module());
        expect_all_calls_clean();
        efa_free_efawin_lib();
    }
}

/* loads: and prints from where. */
static void case_loads(void)
{
    EXPECT(efa_load_efawin_lib() == 0);
    print_efawin_path();
}

static void case_load_and_free(void)
{
    int round;

    efa_free_efawin_lib();
    expect_all_calls_clean();
    for (round = 0; round < 3; round++) {
        EXPECT(efa_load_efawin_lib() == 0);
        EXPECT(efa_load_efawin_lib() == -EALREADY);
        EXPECT(ibv_fork_init() == 0);
        efa_free_efawin_lib();
        EXPECT(!efawin_module());
        expect_all_calls_clean();
        efa_free_efawin_lib();
        expect_all_calls_clean();
    }
}

static void watch_calls(void)
{
    fake_last_call_fn last_call;

    EXPECT(efa_load_efawin_lib() == 0);
    find_export(efawin_module(), "fake_last_call", &last_call);
    last = last_call();
    errno = ERANGE;
}

/* Every call reaches its export with its arguments in their places. */
static void case_calls(void)
{
    watch_calls();
    EXPECT((uintptr_t)ibv_get_device_list((int *)(uintptr_t)1)[0] == FAKE_POINTER);
    expect_record("ibv_get_device_list", 1, 0, 0, 0, 0);
    expect_first_calls_arrive();
    EXPECT(last->count == 1 + FIRST_CALLS);
}

/* The same for the calls that an older DLL lacks. */
static void case_later_calls(void)
{
    watch_calls();
    expect_later_calls_arrive();
    EXPECT(last->count == LATER_CALLS);
}

/* Calls fail as their exports do. */
static void case_failed_calls(void)
{
    fake_fail_with_fn fail_with;

    EXPECT(efa_load_efawin_lib() == 0);
    find_export(efawin_module(), "fake_fail_with", &fail_with);
    fail_with(ENOMEM);
    expect_first_calls_fail(ENOMEM);
    expect_first_texts("unknown");
    expect_later_calls_fail(ENOMEM);
    expect_later_texts("unknown");
}

/* older_dll: with the first generation's exports, the calls that came later say so. */
static void case_older_dll(void)
{
    EXPECT(efa_load_efawin_lib() == 0);
    EXPECT(ibv_fork_init() == 0);
    expect_later_calls_fail(EOPNOTSUPP);
    expect_later_texts("too old");
    expect_answers_without_export();
    efa_free_efawin_lib();
    expect_all_calls_clean();
}

/* A failing call's error arrives in this program's errno. `tells`: the DLL has efawin_get_errno. */
static void case_errno(const char *tells)
{
    fake_fail_with_fn fail_with;
    fake_errno_address_fn errno_address;
    bool told;

    EXPECT(efa_load_efawin_lib() == 0);
    find_export(efawin_module(), "fake_fail_with", &fail_with);
    find_export(efawin_module(), "fake_errno_address", &errno_address);
    printf("one C runtime for both: %s\n", errno_address() == &errno ? "yes" : "no");
    told = strcmp(tells, "tells") == 0 || errno_address() == &errno;

    fail_with(ENOMEM);
    errno = 0;
    EXPECT(!ibv_create_ah(NULL, NULL));
    EXPECT(errno == (told ? ENOMEM : EIO));
    fail_with(ENODEV);
    errno = 0;
    EXPECT(!ibv_get_device_list(NULL)[0]);
    EXPECT(errno == (told ? ENODEV : EIO));
    fail_with(ENOMEM);
    EXPECT(ibv_dealloc_pd(NULL) == ENOMEM);
    EXPECT(errno == ENOMEM);
    EXPECT(ibv_wc_status_str(IBV_WC_SUCCESS) != NULL);

    fail_with(-1); /* NULL, and no word why */
    errno = ERANGE;
    EXPECT(!ibv_create_ah(NULL, NULL));
    EXPECT(errno == EIO);
}

static DWORD WINAPI load_and_free_often(LPVOID failures)
{
    int round;

    for (round = 0; round < 50; round++) {
        int result = efa_load_efawin_lib();

        if (result != 0 && result != -EALREADY)
            InterlockedIncrement((volatile LONG *)failures);
        if (!ibv_wc_status_str((enum ibv_wc_status) - 1))
            InterlockedIncrement((volatile LONG *)failures);
        efa_free_efawin_lib();
    }
    return 0;
}

#define THREADS 4

/* Many threads load and free at the same time. This program holds a reference to the DLL, so a call
 * may be running when another thread frees. */
static void case_threads(void)
{
    HANDLE threads[THREADS];
    HMODULE held;
    LONG failures = 0;
    int i;

    EXPECT(efa_load_efawin_lib() == 0);
    EXPECT(GetModuleHandleExW(0, L"efawin.dll", &held));
    efa_free_efawin_lib();
    for (i = 0; i < THREADS; i++) {
        threads[i] = CreateThread(NULL, 0, load_and_free_often, &failures, 0, NULL);
        EXPECT(threads[i] != NULL);
    }
    EXPECT(WaitForMultipleObjects(THREADS, threads, TRUE, 60000) == WAIT_OBJECT_0);
    EXPECT(failures == 0);
    expect_all_calls_clean();
    FreeLibrary(held);
    EXPECT(!efawin_module());
    EXPECT(efa_load_efawin_lib() == 0);
}

typedef int (*host_load_fn)(void);
typedef void (*host_free_fn)(void);
typedef int (*host_close_device_fn)(struct ibv_context *context);

static HMODULE load_host(const char *path)
{
    wchar_t wide[2048];
    HMODULE host;

    EXPECT(MultiByteToWideChar(CP_ACP, 0, path, -1, wide, 2048) > 0);
    host = LoadLibraryW(wide);
    EXPECT(host != NULL);
    return host;
}

/* host_loads PATH: the kit in another module finds the DLL beside that one. */
static void case_host_loads(const char *path)
{
    host_load_fn host_load;

    find_export(load_host(path), "host_load", &host_load);
    EXPECT(host_load() == 0);
    print_efawin_path();
    expect_all_calls_clean();
}

/* Each module loads and frees for itself. */
static void case_two_modules(const char *path)
{
    HMODULE host = load_host(path);
    host_load_fn host_load;
    host_free_fn host_free;
    host_close_device_fn host_close_device;

    find_export(host, "host_load", &host_load);
    find_export(host, "host_free", &host_free);
    find_export(host, "host_close_device", &host_close_device);
    EXPECT(efa_load_efawin_lib() == 0);
    EXPECT(host_close_device(NULL) == ENOSYS);
    EXPECT(host_load() == 0);
    EXPECT(host_close_device(NULL) == 0);
    efa_free_efawin_lib();
    expect_all_calls_clean();
    EXPECT(host_close_device(NULL) == 0);
    host_free();
    EXPECT(host_close_device(NULL) == ENOSYS);
    EXPECT(!efawin_module());
}

/* host_exits: the module calls and frees while the process ends, after the DLL was notified. */
static void case_host_exits(const char *path)
{
    host_load_fn host_load;

    find_export(load_host(path), "host_load", &host_load);
    EXPECT(host_load() == 0);
}

static DWORD WINAPI load_in_host(LPVOID path)
{
    host_load_fn host_load;

    find_export(load_host((const char *)path), "host_load", &host_load);
    host_load();
    return 0;
}

/* host_exits_while_loading: the process ends while a thread is loading. */
static void case_host_exits_while_loading(const char *path)
{
    HANDLE reached = CreateEventA(NULL, TRUE, FALSE, FAKE_STALL_VERSION);

    EXPECT(reached != NULL);
    EXPECT(CreateThread(NULL, 0, load_in_host, (LPVOID)path, 0, NULL) != NULL);
    EXPECT(WaitForSingleObject(reached, 60000) == WAIT_OBJECT_0);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    const char *argument = argc > 2 ? argv[2] : "";

    setvbuf(stdout, NULL, _IONBF, 0);
    if (strcmp(name, "fails") == 0)
        case_fails(argument);
    else if (strcmp(name, "loads") == 0)
        case_loads();
    else if (strcmp(name, "load_and_free") == 0)
        case_load_and_free();
    else if (strcmp(name, "calls") == 0)
        case_calls();
    else if (strcmp(name, "later_calls") == 0)
        case_later_calls();
    else if (strcmp(name, "failed_calls") == 0)
        case_failed_calls();
    else if (strcmp(name, "older_dll") == 0)
        case_older_dll();
    else if (strcmp(name, "errno") == 0)
        case_errno(argument);
    else if (strcmp(name, "threads") == 0)
        case_threads();
    else if (strcmp(name, "host_loads") == 0)
        case_host_loads(argument);
    else if (strcmp(name, "two_modules") == 0)
        case_two_modules(argument);
    else if (strcmp(name, "host_exits") == 0)
        case_host_exits(argument);
    else if (strcmp(name, "host_exits_while_loading") == 0)
        case_host_exits_while_loading(argument);
    else
        EXPECT(!"a known case");
    printf("done %s\n", name);
    return 0;
}
