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

#define EXPECT(condition) expect(condition, #condition, __LINE__)

static void expect(int holds, const char *condition, int line)
{
    if (holds)
        return;
    printf("loader_test.c:%d: not so: %s (errno %d)\n", line, condition, errno);
    exit(1);
}

static void find_export(HMODULE dll, const char *name, void *slot)
{
    FARPROC address = GetProcAddress(dll, name);

    EXPECT(address != NULL);
    memcpy(slot, &address, sizeof(address));
}

/* ---- Calls without a DLL ---- */

#define EXPECT_NULL(call)        \
    do {                         \
        errno = 0;               \
        EXPECT((call) == NULL);  \
        EXPECT(errno == ENOSYS); \
    } while (0)

#define EXPECT_ENOSYS(call)       \
    do {                          \
        errno = 0;                \
        EXPECT((call) == ENOSYS); \
        EXPECT(errno == ENOSYS);  \
    } while (0)

/* The calls that an older DLL lacks, without the export: `error` is the expected errno. */
static void expect_later_calls_clean(int error)
{
#define EXPECT_FAILS(call, failed) \
    do {                           \
        errno = 0;                 \
        EXPECT(call failed);       \
        EXPECT(errno == error);    \
    } while (0)
    const char *why = error == ENOSYS ? "not loaded" : "too old";

    EXPECT_FAILS(ibv_get_device_name(NULL), == NULL);
    EXPECT(ibv_get_device_index(NULL) == -1);
    EXPECT(strstr(ibv_node_type_str(IBV_NODE_CA), why) != NULL);
    EXPECT(strstr(ibv_port_state_str(IBV_PORT_NOP), why) != NULL);
    EXPECT(strstr(ibv_event_type_str(IBV_EVENT_CQ_ERR), why) != NULL);
    EXPECT(ibv_is_fork_initialized() == IBV_FORK_UNNEEDED);
    EXPECT_FAILS(ibv_query_pkey(NULL, 1, 0, NULL), == error);
    EXPECT_FAILS(ibv_query_gid_ex(NULL, 1, 0, NULL, 0), == error);
    EXPECT_FAILS(ibv_query_gid_table(NULL, NULL, 1, 0), == -error);
    EXPECT_FAILS(ibv_query_qp(NULL, NULL, 0, NULL), == error);
    EXPECT(ibv_query_qp_data_in_order(NULL, IBV_WR_SEND, 0) == 0);
    EXPECT_FAILS(efadv_create_driver_qp(NULL, NULL, 0), == NULL);
    EXPECT_FAILS(efadv_create_cq(NULL, NULL, NULL, 0), == NULL);
    EXPECT_FAILS(efadv_cq_from_ibv_cq_ex(NULL), == NULL);
    EXPECT_FAILS(efadv_qp_from_ibv_qp_ex(NULL), == NULL);
    EXPECT_FAILS(efadv_get_max_sq_depth(NULL, NULL, 0), == -error);
    EXPECT_FAILS(efadv_get_max_rq_depth(NULL, NULL, 0), == -error);
    EXPECT_FAILS(efadv_query_qp_wqs(NULL, NULL, NULL, 0), == error);
    EXPECT_FAILS(efadv_query_cq(NULL, NULL, 0), == error);
    EXPECT_FAILS(efadv_query_mr(NULL, NULL, 0), == error);
}

static void expect_all_calls_clean(void)
{
    static struct verbs_context zero; /* all zero: without operations */
    struct ibv_context *context = &zero.context;
    struct ibv_port_attr port;
    int count = 12345;

    EXPECT_NULL(ibv_get_device_list(&count));
    EXPECT(count == 12345);
    ibv_free_device_list(NULL);
    EXPECT_NULL(ibv_open_device(NULL));
    EXPECT_ENOSYS(ibv_close_device(context));
    EXPECT_ENOSYS(ibv_query_device(context, NULL));
    EXPECT_ENOSYS((ibv_query_port)(context, 1, &port));
    EXPECT_ENOSYS(ibv_query_port(context, 1, &port));
    EXPECT_ENOSYS(ibv_query_gid(context, 1, 0, NULL));
    EXPECT_NULL(ibv_alloc_pd(context));
    EXPECT_ENOSYS(ibv_dealloc_pd(NULL));
    EXPECT_NULL((ibv_reg_mr)(NULL, NULL, 1, 0));
    EXPECT_NULL(ibv_reg_mr(NULL, NULL, 1, IBV_ACCESS_RELAXED_ORDERING));
    EXPECT_NULL(ibv_reg_mr_iova2(NULL, NULL, 1, 0, 0));
    EXPECT_ENOSYS(ibv_dereg_mr(NULL));
    EXPECT_NULL(ibv_create_cq(context, 1, NULL, NULL, 0));
    EXPECT_NULL(ibv_create_cq_ex(context, NULL));
    EXPECT_ENOSYS(ibv_destroy_cq(NULL));
    EXPECT_NULL(ibv_create_qp(NULL, NULL));
    EXPECT_NULL(efadv_create_qp_ex(context, NULL, NULL, 0));
    EXPECT_ENOSYS(ibv_modify_qp(NULL, NULL, 0));
    EXPECT_ENOSYS(ibv_destroy_qp(NULL));
    EXPECT_NULL(ibv_qp_to_qp_ex(NULL));
    EXPECT_NULL(ibv_create_ah(NULL, NULL));
    EXPECT_ENOSYS(ibv_destroy_ah(NULL));
    EXPECT_ENOSYS(efadv_query_device(context, NULL, 0));
    EXPECT_ENOSYS(efadv_query_ah(NULL, NULL, 0));
    EXPECT_ENOSYS(ibv_fork_init());
    EXPECT(strstr(ibv_wc_status_str(IBV_WC_SUCCESS), "not loaded") != NULL);
    expect_later_calls_clean(ENOSYS);
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
    EXPECT(WideCharToMultiByte(CP_UTF8, 0, path, -1, text, sizeof(text), NULL, NULL) > 0);
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

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
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
        EXPECT(efawin_module() == NULL);
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
        EXPECT(efawin_module() == NULL);
        expect_all_calls_clean();
        efa_free_efawin_lib();
        expect_all_calls_clean();
    }
}

static const struct fake_record *last;

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
}

#define POINTER(type, n) ((type *)(uintptr_t)(n))
#define EXPECT_POINTER(call) EXPECT((uintptr_t)(call) == FAKE_POINTER)

/* Every call reaches its export with its arguments in their places. */
static void case_calls(void)
{
    struct ibv_context *context = POINTER(struct ibv_context, 0x101);
    struct ibv_pd *pd = POINTER(struct ibv_pd, 0x202);
    void *addr = POINTER(void, 0x303);
    fake_last_call_fn last_call;

    EXPECT(efa_load_efawin_lib() == 0);
    find_export(efawin_module(), "fake_last_call", &last_call);
    last = last_call();

    errno = ERANGE;
    EXPECT_POINTER(ibv_get_device_list(POINTER(int, 1))[0]);
    EXPECT(errno == ERANGE);
    expect_record("ibv_get_device_list", 1, 0, 0, 0, 0);
    ibv_free_device_list(POINTER(struct ibv_device *, 2));
    expect_record("ibv_free_device_list", 2, 0, 0, 0, 0);
    EXPECT_POINTER(ibv_open_device(POINTER(struct ibv_device, 3)));
    expect_record("ibv_open_device", 3, 0, 0, 0, 0);
    EXPECT(ibv_close_device(context) == 0);
    expect_record("ibv_close_device", 0x101, 0, 0, 0, 0);
    EXPECT(ibv_query_device(context, POINTER(struct ibv_device_attr, 4)) == 0);
    expect_record("ibv_query_device", 0x101, 4, 0, 0, 0);
    EXPECT((ibv_query_port)(context, 5, POINTER(struct ibv_port_attr, 6)) == 0);
    expect_record("ibv_query_port", 0x101, 5, 6, 0, 0);
    EXPECT(ibv_query_gid(context, 7, 8, POINTER(union ibv_gid, 9)) == 0);
    expect_record("ibv_query_gid", 0x101, 7, 8, 9, 0);
    EXPECT_POINTER(ibv_alloc_pd(context));
    expect_record("ibv_alloc_pd", 0x101, 0, 0, 0, 0);
    EXPECT(ibv_dealloc_pd(pd) == 0);
    expect_record("ibv_dealloc_pd", 0x202, 0, 0, 0, 0);
    EXPECT_POINTER((ibv_reg_mr)(pd, addr, 10, 11));
    expect_record("ibv_reg_mr", 0x202, 0x303, 10, 11, 0);
    EXPECT_POINTER(ibv_reg_mr_iova2(pd, addr, 12, 13, 14));
    expect_record("ibv_reg_mr_iova2", 0x202, 0x303, 12, 13, 14);
    EXPECT(ibv_dereg_mr(POINTER(struct ibv_mr, 15)) == 0);
    expect_record("ibv_dereg_mr", 15, 0, 0, 0, 0);
    EXPECT_POINTER(ibv_create_cq(context, 16, addr, POINTER(struct ibv_comp_channel, 17), 18));
    expect_record("ibv_create_cq", 0x101, 16, 0x303, 17, 18);
    EXPECT_POINTER(ibv_create_cq_ex(context, POINTER(struct ibv_cq_init_attr_ex, 19)));
    expect_record("ibv_create_cq_ex", 0x101, 19, 0, 0, 0);
    EXPECT(ibv_destroy_cq(POINTER(struct ibv_cq, 20)) == 0);
    expect_record("ibv_destroy_cq", 20, 0, 0, 0, 0);
    EXPECT_POINTER(ibv_create_qp(pd, POINTER(struct ibv_qp_init_attr, 21)));
    expect_record("ibv_create_qp", 0x202, 21, 0, 0, 0);
    EXPECT_POINTER(efadv_create_qp_ex(context, POINTER(struct ibv_qp_init_attr_ex, 22),
                                      POINTER(struct efadv_qp_init_attr, 23), 24));
    expect_record("efadv_create_qp_ex", 0x101, 22, 23, 24, 0);
    EXPECT(ibv_modify_qp(POINTER(struct ibv_qp, 25), POINTER(struct ibv_qp_attr, 26), 27) == 0);
    expect_record("ibv_modify_qp", 25, 26, 27, 0, 0);
    EXPECT(ibv_destroy_qp(POINTER(struct ibv_qp, 28)) == 0);
    expect_record("ibv_destroy_qp", 28, 0, 0, 0, 0);
    EXPECT_POINTER(ibv_qp_to_qp_ex(POINTER(struct ibv_qp, 29)));
    expect_record("ibv_qp_to_qp_ex", 29, 0, 0, 0, 0);
    EXPECT_POINTER(ibv_create_ah(pd, POINTER(struct ibv_ah_attr, 30)));
    expect_record("ibv_create_ah", 0x202, 30, 0, 0, 0);
    EXPECT(ibv_destroy_ah(POINTER(struct ibv_ah, 31)) == 0);
    expect_record("ibv_destroy_ah", 31, 0, 0, 0, 0);
    EXPECT(efadv_query_device(context, POINTER(struct efadv_device_attr, 32), 33) == 0);
    expect_record("efadv_query_device", 0x101, 32, 33, 0, 0);
    EXPECT(efadv_query_ah(POINTER(struct ibv_ah, 34), POINTER(struct efadv_ah_attr, 35), 36) == 0);
    expect_record("efadv_query_ah", 34, 35, 36, 0, 0);
    EXPECT(ibv_fork_init() == 0);
    expect_record("ibv_fork_init", 0, 0, 0, 0, 0);
    EXPECT(strcmp(ibv_wc_status_str(IBV_WC_FATAL_ERR), "a status") == 0);
    expect_record("ibv_wc_status_str", IBV_WC_FATAL_ERR, 0, 0, 0, 0);
    EXPECT(last->count == 26);
}

/* The calls that an older DLL lacks reach the exports of this one, and fail as they do. */
static void case_later_calls(void)
{
    struct ibv_context *context = POINTER(struct ibv_context, 0x101);
    struct ibv_device *device = POINTER(struct ibv_device, 0x202);
    struct ibv_qp *qp = POINTER(struct ibv_qp, 0x303);
    fake_last_call_fn last_call;
    fake_fail_with_fn fail_with;

    EXPECT(efa_load_efawin_lib() == 0);
    find_export(efawin_module(), "fake_last_call", &last_call);
    find_export(efawin_module(), "fake_fail_with", &fail_with);
    last = last_call();

    errno = ERANGE;
    EXPECT_POINTER(ibv_get_device_name(device));
    EXPECT(errno == ERANGE);
    expect_record("ibv_get_device_name", 0x202, 0, 0, 0, 0);
    EXPECT(ibv_get_device_index(device) == FAKE_COUNT);
    expect_record("ibv_get_device_index", 0x202, 0, 0, 0, 0);
    EXPECT(strcmp(ibv_node_type_str(IBV_NODE_RNIC), "a node type") == 0);
    expect_record("ibv_node_type_str", IBV_NODE_RNIC, 0, 0, 0, 0);
    EXPECT(strcmp(ibv_port_state_str(IBV_PORT_ARMED), "a port state") == 0);
    expect_record("ibv_port_state_str", IBV_PORT_ARMED, 0, 0, 0, 0);
    EXPECT(strcmp(ibv_event_type_str(IBV_EVENT_PORT_ERR), "an event") == 0);
    expect_record("ibv_event_type_str", IBV_EVENT_PORT_ERR, 0, 0, 0, 0);
    EXPECT(ibv_is_fork_initialized() == IBV_FORK_ENABLED);
    expect_record("ibv_is_fork_initialized", 0, 0, 0, 0, 0);
    EXPECT(ibv_query_pkey(context, 1, 2, POINTER(uint16_t, 3)) == 0);
    expect_record("ibv_query_pkey", 0x101, 1, 2, 3, 0);
    EXPECT(ibv_query_gid_ex(context, 4, 5, POINTER(struct ibv_gid_entry, 6), 7) == 0);
    expect_record("ibv_query_gid_ex", 0x101, 4, 5, 6, 7);
    EXPECT(ibv_query_gid_table(context, POINTER(struct ibv_gid_entry, 8), 9, 10) == FAKE_COUNT);
    expect_record("ibv_query_gid_table", 0x101, 8, 9, 10, 0);
    EXPECT(ibv_query_qp(qp, POINTER(struct ibv_qp_attr, 11), 12,
                        POINTER(struct ibv_qp_init_attr, 13)) == 0);
    expect_record("ibv_query_qp", 0x303, 11, 12, 13, 0);
    EXPECT(ibv_query_qp_data_in_order(qp, IBV_WR_RDMA_READ, 14) == FAKE_COUNT);
    expect_record("ibv_query_qp_data_in_order", 0x303, IBV_WR_RDMA_READ, 14, 0, 0);
    EXPECT_POINTER(efadv_create_driver_qp(POINTER(struct ibv_pd, 15),
                                          POINTER(struct ibv_qp_init_attr, 16), 17));
    expect_record("efadv_create_driver_qp", 15, 16, 17, 0, 0);
    EXPECT_POINTER(efadv_create_cq(context, POINTER(struct ibv_cq_init_attr_ex, 18),
                                   POINTER(struct efadv_cq_init_attr, 19), 20));
    expect_record("efadv_create_cq", 0x101, 18, 19, 20, 0);
    EXPECT_POINTER(efadv_cq_from_ibv_cq_ex(POINTER(struct ibv_cq_ex, 21)));
    expect_record("efadv_cq_from_ibv_cq_ex", 21, 0, 0, 0, 0);
    EXPECT_POINTER(efadv_qp_from_ibv_qp_ex(POINTER(struct ibv_qp_ex, 22)));
    expect_record("efadv_qp_from_ibv_qp_ex", 22, 0, 0, 0, 0);
    EXPECT(efadv_get_max_sq_depth(context, POINTER(struct efadv_sq_depth_attr, 23), 24) ==
           FAKE_COUNT);
    expect_record("efadv_get_max_sq_depth", 0x101, 23, 24, 0, 0);
    EXPECT(efadv_get_max_rq_depth(context, POINTER(struct efadv_rq_depth_attr, 25), 26) ==
           FAKE_COUNT);
    expect_record("efadv_get_max_rq_depth", 0x101, 25, 26, 0, 0);
    EXPECT(efadv_query_qp_wqs(qp, POINTER(struct efadv_wq_attr, 27),
                              POINTER(struct efadv_wq_attr, 28), 29) == 0);
    expect_record("efadv_query_qp_wqs", 0x303, 27, 28, 29, 0);
    EXPECT(efadv_query_cq(POINTER(struct ibv_cq, 30), POINTER(struct efadv_cq_attr, 31), 32) == 0);
    expect_record("efadv_query_cq", 30, 31, 32, 0, 0);
    EXPECT(efadv_query_mr(POINTER(struct ibv_mr, 33), POINTER(struct efadv_mr_attr, 34), 35) == 0);
    expect_record("efadv_query_mr", 33, 34, 35, 0, 0);
    EXPECT(last->count == 20);

    fail_with(ENOMEM);
    errno = 0;
    EXPECT(efadv_create_driver_qp(NULL, NULL, 0) == NULL);
    EXPECT(errno == ENOMEM);
    errno = 0;
    EXPECT(efadv_get_max_sq_depth(context, NULL, 0) == -ENOMEM);
    EXPECT(errno == ENOMEM);
    errno = 0;
    EXPECT(ibv_query_pkey(context, 1, 0, NULL) == ENOMEM);
    EXPECT(errno == ENOMEM);
    EXPECT(strcmp(ibv_event_type_str(IBV_EVENT_CQ_ERR), "unknown") == 0);
}

/* older_dll: with the first generation's exports, the calls that came later say so. */
static void case_older_dll(void)
{
    EXPECT(efa_load_efawin_lib() == 0);
    EXPECT(ibv_fork_init() == 0);
    expect_later_calls_clean(EOPNOTSUPP);
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
    EXPECT(ibv_create_ah(NULL, NULL) == NULL);
    EXPECT(errno == (told ? ENOMEM : EIO));
    fail_with(ENODEV);
    errno = 0;
    EXPECT(ibv_get_device_list(NULL)[0] == NULL);
    EXPECT(errno == (told ? ENODEV : EIO));
    fail_with(ENOMEM);
    EXPECT(ibv_dealloc_pd(NULL) == ENOMEM);
    EXPECT(errno == ENOMEM);
    EXPECT(ibv_wc_status_str(IBV_WC_SUCCESS) != NULL);

    fail_with(-1); /* NULL, and no word why */
    errno = ERANGE;
    EXPECT(ibv_create_ah(NULL, NULL) == NULL);
    EXPECT(errno == EIO);
}

static DWORD WINAPI load_and_free_often(LPVOID failures)
{
    int round;

    for (round = 0; round < 50; round++) {
        int result = efa_load_efawin_lib();

        if (result != 0 && result != -EALREADY)
            InterlockedIncrement((volatile LONG *)failures);
        if (ibv_wc_status_str((enum ibv_wc_status) - 1) == NULL)
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
    EXPECT(efawin_module() == NULL);
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
    EXPECT(efawin_module() == NULL);
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
        expect(0, "a known case", __LINE__);
    printf("done %s\n", name);
    return 0;
}
