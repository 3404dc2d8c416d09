/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The driver goes and comes back under a client that has it open, and the DLL is loaded and freed
 * again and again: errors instead of crashes, and nothing that grows.
 */
#include <windows.h>

#define PSAPI_VERSION 2 /* of kernel32.dll */
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <efawin.h>

#include "cases.h"
#include "sim_control.h"
#include "verbs_peer.h"

enum { DEPTH = 16, LARGEST = 4096, WAIT_S = 30, LOADS = 1000, WITH_OBJECTS = 10 };

#define LOG_FILE "C:\\efasim\\library.log"

static bool efasim_ctl(const char *arguments)
{
    char command[256];
    PROCESS_INFORMATION process;
    STARTUPINFOA startup;
    DWORD code = 1;

    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    snprintf(command, sizeof command, "C:\\efasim\\efasim_ctl.exe %s", arguments);
    if (!CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return false;
    if (WaitForSingleObject(process.hProcess, WAIT_S * 1000) == WAIT_OBJECT_0)
        GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return code == 0;
}

static bool driver_unload(void)
{
    return efasim_ctl("unload");
}

static bool driver_load(void)
{
    return efasim_ctl("load C:\\efasim\\efasim.sys --log C:\\efasim\\driver.log");
}

static bool log_has(const char *words)
{
    static char text[65536];
    FILE *file = fopen(LOG_FILE, "rb");
    size_t size = 0;

    if (file) {
        size = fread(text, 1, sizeof text - 1, file);
        fclose(file);
    }
    text[size] = '\0';
    return strstr(text, words) != NULL;
}

/* A message of the queue pair to itself. */
static bool works(struct verbs_peer *peer)
{
    struct peer_message message;

    return peer_send(peer, peer->qp->qp_num, 1, LARGEST) && peer_receive(peer, &message, WAIT_S) &&
           message.intact && message.size == LARGEST && peer_drain_sends(peer, WAIT_S);
}

static bool works_anew(void)
{
    struct verbs_peer peer;
    bool good = peer_open(&peer, false, DEPTH, LARGEST) && works(&peer);

    peer_close(&peer);
    return good;
}

static unsigned devices(void)
{
    int count = -1;
    struct ibv_device **list = ibv_get_device_list(&count);

    if (list)
        ibv_free_device_list(list);
    return (unsigned)count;
}

/*
 * What can be created without the driver: nothing, and it says why. Wine's word for a handle whose
 * driver is gone is ERROR_ACCESS_DENIED.
 */
static void check_creations_fail(struct verbs_peer *peer)
{
    struct ibv_ah_attr ah;

    errno = 0;
    CHECK(!ibv_alloc_pd(peer->context));
    CHECK_EQUAL(errno, EACCES);
    CHECK(log_has("ALLOC_PD"));
    errno = 0;
    CHECK(!ibv_reg_mr(peer->pd, peer->memory, 4096, IBV_ACCESS_LOCAL_WRITE));
    CHECK_EQUAL(errno, EACCES);
    errno = 0;
    CHECK(!ibv_create_cq(peer->context, 16, NULL, NULL, 0));
    CHECK_EQUAL(errno, EACCES);
    memset(&ah, 0, sizeof ah);
    ah.is_global = 1;
    ah.port_num = 1;
    CHECK_EQUAL(ibv_query_gid(peer->context, 1, 0, &ah.grh.dgid), 0); /* known since opening */
    ah.grh.dgid.raw[15] ^= 1; /* a peer without a handle yet: needs a command to the driver */
    errno = 0;
    CHECK(!ibv_create_ah(peer->pd, &ah));
    CHECK_EQUAL(errno, EACCES);
}

/* The data path never asks the driver: posting and polling end, and nothing comes of it. */
static void check_data_path_ends(struct verbs_peer *peer)
{
    struct ibv_wc wc;

    peer_send(peer, peer->qp->qp_num, 2, LARGEST);
    for (unsigned i = 0; i < 1000; i++)
        CHECK_EQUAL(ibv_poll_cq(peer->cq, 1, &wc), 0);
}

static void check_all_ends(struct verbs_peer *peer)
{
    CHECK_EQUAL(ibv_destroy_qp(peer->qp), 0);
    CHECK_EQUAL(ibv_destroy_cq(peer->cq), 0);
    CHECK_EQUAL(ibv_destroy_ah(peer->ah), 0);
    CHECK_EQUAL(ibv_dereg_mr(peer->mr), 0);
    CHECK_EQUAL(ibv_dealloc_pd(peer->pd), 0);
    CHECK_EQUAL(ibv_close_device(peer->context), 0);
    VirtualFree(peer->memory, 0, MEM_RELEASE);
    free(peer->free_send_slots);
}

static void go_and_come_back(bool back_before_the_end)
{
    struct verbs_peer peer;

    CHECK(peer_open(&peer, false, DEPTH, LARGEST));
    CHECK(works(&peer));
    CHECK(driver_unload());
    CHECK_EQUAL(devices(), 0);
    if (back_before_the_end) {
        CHECK(driver_load());
        CHECK_EQUAL(devices(), 1);
    }
    check_creations_fail(&peer);
    check_data_path_ends(&peer);
    check_all_ends(&peer);
    if (!back_before_the_end)
        CHECK(driver_load());
    CHECK_EQUAL(devices(), 1);
    CHECK(works_anew());
    CHECK(sim_becomes_clean());
}

static void driver_is_away_while_a_client_ends(void)
{
    go_and_come_back(false);
}

static void another_driver_is_there_when_a_client_ends(void)
{
    go_and_come_back(true);
}

struct usage {
    uintptr_t handle; /* the lowest that is free: it rises as handles are lost */
    SIZE_T memory;
};

static struct usage usage(void)
{
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    PROCESS_MEMORY_COUNTERS counters;
    struct usage usage = {0, 0};

    memset(&counters, 0, sizeof counters);
    counters.cb = sizeof counters;
    if (GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters))
        usage.memory = counters.WorkingSetSize;
    usage.handle = (uintptr_t)event;
    if (event)
        CloseHandle(event);
    return usage;
}

static bool free_and_load(unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        efa_free_efawin_lib();
        if (GetModuleHandleA("efawin.dll") || ibv_fork_init() == 0 || efa_load_efawin_lib() != 0)
            return false;
        if (i % WITH_OBJECTS == 0 && !works_anew())
            return false;
    }
    return true;
}

static void loaded_and_freed_a_thousand_times(void)
{
    const SIZE_T leak = 2 << 20; /* of 900 rounds: 2 KiB each would be more */
    struct usage before, after;

    CHECK(free_and_load(LOADS / 10)); /* what is allocated once */
    before = usage();
    CHECK(free_and_load(LOADS - LOADS / 10));
    after = usage();
    printf("    lowest free handle %llx, then %llx; working set %llu KiB, then %llu KiB\n",
           (unsigned long long)before.handle, (unsigned long long)after.handle,
           (unsigned long long)before.memory / 1024, (unsigned long long)after.memory / 1024);
    CHECK(before.handle != 0 && after.handle != 0 && after.handle <= before.handle);
    CHECK(before.memory != 0 && after.memory < before.memory + leak);
    CHECK(sim_becomes_clean());
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(driver_is_away_while_a_client_ends),
        TEST_CASE(another_driver_is_there_when_a_client_ends),
        TEST_CASE(loaded_and_freed_a_thousand_times),
    };
    int loaded;

    SetEnvironmentVariableA("EFAWIN_LOG_FILE", LOG_FILE);
    loaded = efa_load_efawin_lib();
    if (loaded != 0) {
        printf("efawin.dll cannot be loaded (%d)\n", loaded);
        return 1;
    }
    return run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
