/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The loader: finds efawin.dll, resolves its exports, and defines each exported call as a function
 * that calls the DLL while it is loaded. Compile this file, as C or C++, into programs that use the
 * DLL without linking to it. It implements no verbs itself.
 */
#ifndef _WIN32
#error "efawin.c loads a Windows DLL: elsewhere, link to the library itself"
#endif

/* SetThreadErrorMode and slim locks need Windows 7 or later, even if the application selects an
 * older version. */
#if defined(_WIN32_WINNT) && _WIN32_WINNT < 0x0601
#undef _WIN32_WINNT
#endif
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#if defined(_MSC_VER)
#pragma warning(push)
#pragma warning(disable : 5105) /* winbase.h of SDKs before 10.0.20348, with /std:c11 */
#endif
#include <windows.h>
#if defined(_MSC_VER)
#pragma warning(pop)
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "efawin.h"
#include "efawinver.h"
#include "infiniband/verbs.h"
#include "infiniband/efadv.h"

/* In this file these names are functions, not macros. */
#undef ibv_query_port
#undef ibv_reg_mr

/* ---- The table of calls ---- */

#define CALL_MEMBER(type, name, parameters, arguments) type(*name) parameters;
#define ANSWER_MEMBER(type, name, parameters, arguments, answer) type(*name) parameters;

struct dll_calls {
    bool (*check_version)(int interface_version);
    int (*efawin_get_errno)(void); /* errno of the calling thread in the DLL; optional */
    EFAWIN_CALLS(CALL_MEMBER, CALL_MEMBER, CALL_MEMBER, CALL_MEMBER, CALL_MEMBER)
    EFAWIN_OPTIONAL_CALLS(CALL_MEMBER, CALL_MEMBER, CALL_MEMBER, ANSWER_MEMBER, CALL_MEMBER)
};

struct export_slot {
    const char *name;
    size_t offset;
};

/* No empty macro arguments: Microsoft's traditional preprocessor warns of them (C4003). */
#define CALL_SLOT(type, name, parameters, arguments) {#name, offsetof(struct dll_calls, name)},
#define ANSWER_SLOT(type, name, parameters, arguments, answer) \
    {#name, offsetof(struct dll_calls, name)},

static const struct export_slot required_exports[] = {
    {"check_version", offsetof(struct dll_calls, check_version)},
    EFAWIN_CALLS(CALL_SLOT, CALL_SLOT, CALL_SLOT, CALL_SLOT, CALL_SLOT)};

static const struct export_slot optional_exports[] = {
    {"efawin_get_errno", offsetof(struct dll_calls, efawin_get_errno)},
    EFAWIN_OPTIONAL_CALLS(CALL_SLOT, CALL_SLOT, CALL_SLOT, ANSWER_SLOT, CALL_SLOT)};

/* The lock serialises loading and freeing, and guards `module` and the filling of `calls`. Callers
 * take no lock: they read `current_calls`, which is NULL unless `calls` is complete. */
static SRWLOCK load_lock = SRWLOCK_INIT;
static HMODULE module;
static struct dll_calls calls;
static PVOID volatile current_calls;

static const struct dll_calls *loaded_calls(void)
{
    return (const struct dll_calls *)InterlockedCompareExchangePointer(&current_calls, NULL, NULL);
}

/* ---- Messages ---- */

enum message_level { LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG, LEVEL_COUNT };

static const char *const level_names[LEVEL_COUNT] = {"error", "warn", "info", "debug"};

static int level_wanted(void)
{
    char value[16];
    DWORD length = GetEnvironmentVariableA("EFAWIN_LOG_LEVEL", value, sizeof(value));
    int level;

    if (length > 0 && length < sizeof(value)) {
        for (level = 0; level < LEVEL_COUNT; level++) {
            if (strcmp(value, level_names[level]) == 0)
                return level;
        }
    }
    return LEVEL_WARN;
}

/* Only the end of a long path is shown. */
#define SHOWN_PATH 260

static void report(enum message_level level, const wchar_t *path, const char *what, DWORD error)
{
    char shown[SHOWN_PATH * 3 + 1] = "";
    char number[32] = "";
    char line[SHOWN_PATH * 3 + 512];

    if (path != NULL) {
        size_t length = wcslen(path);
        int size;

        if (length > SHOWN_PATH)
            path += length - SHOWN_PATH;
        size = WideCharToMultiByte(CP_UTF8, 0, path, -1, shown, (int)sizeof(shown), NULL, NULL);
        if (size <= 0)
            shown[0] = '\0';
    }
    if (error != 0)
        snprintf(number, sizeof(number), " (Windows error %lu)", error);
    snprintf(line, sizeof(line), "efawin: %s: %s%s%s%s\n", level_names[level], shown,
             shown[0] != '\0' ? ": " : "", what, number);
    OutputDebugStringA(line);
    if ((int)level <= level_wanted())
        fputs(line, stderr);
}

/* ---- Where to look ---- */

/*
 * Programs that examine a DLL with this kit find its search rule by this text. It is volatile, and
 * search_and_load reads it, so that the linker keeps it.
 */
static const volatile char search_rule[] =
    "efawin kit search: module's folder, application's folder, System32";

enum place { BESIDE_MODULE, BESIDE_APPLICATION, IN_SYSTEM32, PLACE_COUNT };

#define DLL_NAME L"efawin.dll"
#define PATH_LIMIT 32768 /* the limit of Windows, in characters */
#define LONG_PREFIX L"\\\\?\\"
#define LONG_PREFIX_LENGTH 4
#define LONG_UNC_PREFIX L"\\\\?\\UNC"
#define LONG_UNC_PREFIX_LENGTH 7

/* Room for a prefix in front of the path, and for the DLL's name after the longest folder. */
struct path_buffer {
    wchar_t prefix_room[LONG_UNC_PREFIX_LENGTH];
    wchar_t path[PATH_LIMIT + sizeof(DLL_NAME) / sizeof(wchar_t)];
};

/* Writes the folder, without a final backslash. Returns its length, or 0 on failure. */
static size_t find_folder(enum place place, wchar_t *path)
{
    HMODULE loaded = NULL;
    DWORD length;

    if (place == IN_SYSTEM32) {
        length = GetSystemDirectoryW(path, PATH_LIMIT);
        return length < PATH_LIMIT ? length : 0;
    }
    if (place == BESIDE_MODULE &&
        !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (LPCWSTR)(void *)&calls, &loaded))
        return 0;
    length = GetModuleFileNameW(loaded, path, PATH_LIMIT);
    if (length >= PATH_LIMIT)
        return 0;
    while (length > 0 && path[length - 1] != L'\\')
        length--;
    return length > 0 ? length - 1 : 0;
}

/* Writes the path to try to the buffer, with the prefix \\?\ if it is too long without. */
static const wchar_t *find_path(enum place place, struct path_buffer *buffer)
{
    wchar_t *path = buffer->path;
    size_t length = find_folder(place, path);

    if (length == 0)
        return NULL;
    path[length] = L'\\';
    memcpy(path + length + 1, DLL_NAME, sizeof(DLL_NAME));
    if (wcslen(path) < MAX_PATH || wcsncmp(path, LONG_PREFIX, LONG_PREFIX_LENGTH) == 0)
        return path;
    if (wcsncmp(path, L"\\\\", 2) == 0) {
        path -= LONG_UNC_PREFIX_LENGTH - 1;
        memcpy(path, LONG_UNC_PREFIX, LONG_UNC_PREFIX_LENGTH * sizeof(wchar_t));
    } else {
        path -= LONG_PREFIX_LENGTH;
        memcpy(path, LONG_PREFIX, LONG_PREFIX_LENGTH * sizeof(wchar_t));
    }
    return path;
}

/* ---- Loading ---- */

/* Missing in the headers of some toolchains. */
#ifndef ERROR_INVALID_IMAGE_HASH
#define ERROR_INVALID_IMAGE_HASH 577L
#endif
#ifndef ERROR_VIRUS_INFECTED
#define ERROR_VIRUS_INFECTED 225L
#endif

/* Reads the start of the file. Returns the number of bytes, or 0 on failure. */
static DWORD read_start(const wchar_t *path, unsigned char *start, DWORD size)
{
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
    DWORD length = 0;

    if (file == INVALID_HANDLE_VALUE)
        return 0;
    if (!ReadFile(file, start, size, &length, NULL))
        length = 0;
    CloseHandle(file);
    return length;
}

/* Windows has one error for text, for a DLL of another processor, and for a broken one. */
static const char *explain_bad_format(const wchar_t *path)
{
    unsigned char start[1024]; /* headers lie within; a page or more would need __chkstk */
    DWORD length = read_start(path, start, sizeof(start));
    DWORD header;

    if (length < 64 || start[0] != 'M' || start[1] != 'Z')
        return "not a DLL, but empty or another kind of file: install the x64 version";
    header = start[60] | (DWORD)start[61] << 8 | (DWORD)start[62] << 16 | (DWORD)start[63] << 24;
    if (header > length - 6 || memcmp(start + header, "PE\0\0", 4) != 0)
        return "not a DLL, or damaged: install the x64 version";
    if (start[header + 4] != 0x64 || start[header + 5] != 0x86)
        return "not a DLL for this processor type: install the x64 version";
    return "a damaged DLL: install the x64 version again";
}

static int report_unloadable(const wchar_t *path, DWORD error)
{
    switch (error) {
    case ERROR_BAD_EXE_FORMAT:
    case ERROR_EXE_MACHINE_TYPE_MISMATCH:
    case ERROR_INVALID_EXE_SIGNATURE:
        report(LEVEL_ERROR, path, explain_bad_format(path), error);
        return -ENOEXEC;
    case ERROR_MOD_NOT_FOUND:
    case ERROR_PROC_NOT_FOUND:
        report(LEVEL_ERROR, path,
               "a DLL that it needs is missing or too old: install the Visual C++ Redistributable "
               "(x64), which includes the Universal C Runtime",
               error);
        return -ENOLINK;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
    case ERROR_INVALID_IMAGE_HASH:
    case ERROR_ACCESS_DISABLED_BY_POLICY:
    case ERROR_VIRUS_INFECTED:
        report(LEVEL_ERROR, path,
               "loading it is not allowed: check the file's permissions and the system policies",
               error);
        return -EACCES;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_NO_SYSTEM_RESOURCES:
        report(LEVEL_ERROR, path, "not enough memory to load it", error);
        return -ENOMEM;
    default:
        report(LEVEL_ERROR, path, "loading it failed", error);
        return -EIO;
    }
}

/* Stores an export's address; returns false if the DLL does not export the name. The address is
 * copied as bytes because every conversion between function pointer types makes some compiler
 * warn. */
static bool resolve(HMODULE dll, const struct export_slot *slot)
{
    FARPROC address = GetProcAddress(dll, slot->name);

    memcpy((char *)&calls + slot->offset, &address, sizeof(address));
    return address != NULL;
}

static int resolve_all(HMODULE dll, const wchar_t *path)
{
    size_t i;

    for (i = 0; i < sizeof(required_exports) / sizeof(required_exports[0]); i++) {
        if (!resolve(dll, &required_exports[i])) {
            char what[128];

            snprintf(what, sizeof(what), "has no %s, so it is not an efawin.dll: replace it",
                     required_exports[i].name);
            report(LEVEL_ERROR, path, what, 0);
            return -ENOSYS;
        }
    }
    for (i = 0; i < sizeof(optional_exports) / sizeof(optional_exports[0]); i++)
        resolve(dll, &optional_exports[i]);
    if (!calls.check_version(EFAWIN_INTERFACE_VERSION)) {
        char what[128];

        snprintf(what, sizeof(what), "does not support interface version %d: use a DLL that does",
                 EFAWIN_INTERFACE_VERSION);
        report(LEVEL_ERROR, path, what, 0);
        return -EPROTONOSUPPORT;
    }
    return 0;
}

/* Only -ENOENT means that the next folder may be tried. */
static int load_from(const wchar_t *path)
{
    HMODULE dll;
    DWORD previous_mode;
    DWORD error;
    int result;

    if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES) {
        error = GetLastError();
        if (error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND)
            return report_unloadable(path, error);
        report(LEVEL_INFO, path, "not there", 0);
        return -ENOENT;
    }
    /* Without this Windows would show a dialog for a broken file and wait. */
    if (!SetThreadErrorMode(SEM_FAILCRITICALERRORS, &previous_mode))
        previous_mode = 0;
    dll =
        LoadLibraryExW(path, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);
    error = GetLastError();
    SetThreadErrorMode(previous_mode, NULL);
    if (dll == NULL)
        return report_unloadable(path, error);

    result = resolve_all(dll, path);
    if (result != 0) {
        memset(&calls, 0, sizeof(calls));
        FreeLibrary(dll);
        return result;
    }
    module = dll;
    InterlockedExchangePointer(&current_calls, &calls);
    report(LEVEL_INFO, path, "loaded", 0);
    return 0;
}

static int search_and_load(void)
{
    struct path_buffer *buffer = (struct path_buffer *)malloc(sizeof(*buffer));
    int result = -ENOENT;
    int place;
    const char rule_start = search_rule[0];

    (void)rule_start;
    if (buffer == NULL) {
        report(LEVEL_ERROR, NULL, "not enough memory to look for efawin.dll", 0);
        return -ENOMEM;
    }
    for (place = 0; place < PLACE_COUNT && result == -ENOENT; place++) {
        const wchar_t *path = find_path((enum place)place, buffer);

        if (path != NULL)
            result = load_from(path);
    }
    if (result == -ENOENT)
        report(LEVEL_WARN, NULL,
               "efawin.dll was not found next to this module, next to the application or in "
               "System32: put it into one of these folders (set the environment variable "
               "EFAWIN_LOG_LEVEL to info to see the paths)",
               0);
    free(buffer);
    return result;
}

/* True once the process is ending: its other threads have been terminated, perhaps while holding a
 * lock. */
static bool process_is_ending(void)
{
    BOOLEAN(NTAPI * shutdown_in_progress)(void) = NULL;
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC address = ntdll != NULL ? GetProcAddress(ntdll, "RtlDllShutdownInProgress") : NULL;

    memcpy(&shutdown_in_progress, &address, sizeof(address));
    return shutdown_in_progress != NULL && shutdown_in_progress();
}

int efa_load_efawin_lib(void)
{
    int result;

    /* It is too late to load a DLL, and a terminated thread may still hold the lock. */
    if (process_is_ending())
        return loaded_calls() != NULL ? -EALREADY : -ECANCELED;
    AcquireSRWLockExclusive(&load_lock);
    result = module != NULL ? -EALREADY : search_and_load();
    ReleaseSRWLockExclusive(&load_lock);
    return result;
}

void efa_free_efawin_lib(void)
{
    HMODULE dll;

    /* A terminated thread may still hold the lock, and Windows unloads the DLL itself. */
    if (process_is_ending()) {
        InterlockedExchangePointer(&current_calls, NULL);
        return;
    }
    AcquireSRWLockExclusive(&load_lock);
    InterlockedExchangePointer(&current_calls, NULL);
    memset(&calls, 0, sizeof(calls));
    dll = module;
    module = NULL;
    if (dll != NULL)
        FreeLibrary(dll);
    ReleaseSRWLockExclusive(&load_lock);
}

/* ---- The calls ---- */

static int errno_after_failure(const struct dll_calls *dll)
{
    int error = dll->efawin_get_errno != NULL ? dll->efawin_get_errno() : 0;

    if (error == 0)
        error = errno;
    return error != 0 ? error : EIO;
}

void efawin_carry_errno(void)
{
    const struct dll_calls *dll = loaded_calls();

    errno = dll != NULL ? errno_after_failure(dll) : ENOSYS;
}

/* `good`: whether the result is a success, which leaves errno unchanged. */
#define DEFINE_POINTER_CALL_THAT(good, type, name, parameters, arguments) \
    type name parameters                                                  \
    {                                                                     \
        const struct dll_calls *dll = loaded_calls();                     \
        int errno_before = errno;                                         \
        type result;                                                      \
                                                                          \
        if (dll == NULL) {                                                \
            errno = ENOSYS;                                               \
            return NULL;                                                  \
        }                                                                 \
        errno = 0;                                                        \
        result = dll->name arguments;                                     \
        errno = good(result) ? errno_before : errno_after_failure(dll);   \
        return result;                                                    \
    }

#define IS_THERE(pointer) ((pointer) != NULL)
#define HAS_ENTRIES(list) ((list) != NULL && *(list) != NULL)

#define DEFINE_POINTER_CALL(type, name, parameters, arguments) \
    DEFINE_POINTER_CALL_THAT(IS_THERE, type, name, parameters, arguments)
#define DEFINE_LIST_CALL(type, name, parameters, arguments) \
    DEFINE_POINTER_CALL_THAT(HAS_ENTRIES, type, name, parameters, arguments)

#define DEFINE_INT_CALL(type, name, parameters, arguments) \
    type name parameters                                   \
    {                                                      \
        const struct dll_calls *dll = loaded_calls();      \
        type result = ENOSYS;                              \
                                                           \
        if (dll != NULL)                                   \
            result = dll->name arguments;                  \
        if (result != 0)                                   \
            errno = result;                                \
        return result;                                     \
    }

#define DEFINE_VOID_CALL(type, name, parameters, arguments) \
    type name parameters                                    \
    {                                                       \
        const struct dll_calls *dll = loaded_calls();       \
                                                            \
        if (dll != NULL)                                    \
            dll->name arguments;                            \
    }

#define DEFINE_TEXT_CALL(type, name, parameters, arguments)                         \
    type name parameters                                                            \
    {                                                                               \
        const struct dll_calls *dll = loaded_calls();                               \
        type text = dll != NULL ? dll->name arguments : "efawin.dll is not loaded"; \
                                                                                    \
        return text != NULL ? text : "unknown";                                     \
    }

EFAWIN_CALLS(DEFINE_POINTER_CALL, DEFINE_LIST_CALL, DEFINE_INT_CALL, DEFINE_VOID_CALL,
             DEFINE_TEXT_CALL)

/* ---- The calls that an older DLL lacks ---- */

#define WITHOUT_EXPORT(dll) ((dll) == NULL ? ENOSYS : EOPNOTSUPP)

#define DEFINE_OPTIONAL_POINTER_CALL(type, name, parameters, arguments)   \
    type name parameters                                                  \
    {                                                                     \
        const struct dll_calls *dll = loaded_calls();                     \
        int errno_before = errno;                                         \
        type result;                                                      \
                                                                          \
        if (dll == NULL || dll->name == NULL) {                           \
            errno = WITHOUT_EXPORT(dll);                                  \
            return NULL;                                                  \
        }                                                                 \
        errno = 0;                                                        \
        result = dll->name arguments;                                     \
        errno = result != NULL ? errno_before : errno_after_failure(dll); \
        return result;                                                    \
    }

#define DEFINE_OPTIONAL_INT_CALL(type, name, parameters, arguments) \
    type name parameters                                            \
    {                                                               \
        const struct dll_calls *dll = loaded_calls();               \
        type result;                                                \
                                                                    \
        if (dll == NULL || dll->name == NULL)                       \
            result = WITHOUT_EXPORT(dll);                           \
        else                                                        \
            result = dll->name arguments;                           \
        if (result != 0)                                            \
            errno = result;                                         \
        return result;                                              \
    }

#define DEFINE_COUNT_CALL(type, name, parameters, arguments) \
    type name parameters                                     \
    {                                                        \
        const struct dll_calls *dll = loaded_calls();        \
        type result;                                         \
                                                             \
        if (dll == NULL || dll->name == NULL)                \
            result = -WITHOUT_EXPORT(dll);                   \
        else                                                 \
            result = dll->name arguments;                    \
        if (result < 0)                                      \
            errno = (int)-result;                            \
        return result;                                       \
    }

#define DEFINE_ANSWER_CALL(type, name, parameters, arguments, answer) \
    type name parameters                                              \
    {                                                                 \
        const struct dll_calls *dll = loaded_calls();                 \
                                                                      \
        if (dll == NULL || dll->name == NULL)                         \
            return answer;                                            \
        return dll->name arguments;                                   \
    }

#define DEFINE_OPTIONAL_TEXT_CALL(type, name, parameters, arguments) \
    type name parameters                                             \
    {                                                                \
        const struct dll_calls *dll = loaded_calls();                \
        type text;                                                   \
                                                                     \
        if (dll == NULL)                                             \
            return "efawin.dll is not loaded";                       \
        if (dll->name == NULL)                                       \
            return "this efawin.dll is too old to know";             \
        text = dll->name arguments;                                  \
        return text != NULL ? text : "unknown";                      \
    }

EFAWIN_OPTIONAL_CALLS(DEFINE_OPTIONAL_POINTER_CALL, DEFINE_OPTIONAL_INT_CALL, DEFINE_COUNT_CALL,
                      DEFINE_ANSWER_CALL, DEFINE_OPTIONAL_TEXT_CALL)
