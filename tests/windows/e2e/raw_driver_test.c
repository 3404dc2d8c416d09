/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The simulated driver as any client meets it, without our library: opening, requests and their
 * buffers, memory shared with clients, clean-up when clients close or die, hostile clients.
 * What the device does with good requests is the device model's own tests' business.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "child_process.h"
#include "driver/win32_error.h"
#include "raw_efa.h"
#include "sim_control.h"

enum { DEPTH = 64, BUFFER_SIZE = 65536, MESSAGE_SIZE = 4096 };

/* A client that owns one of everything and has receives posted. */
struct owner {
    struct raw_efa efa;
    struct raw_efa_qp qp;
    uint32_t lkey;
    char *memory;
};

static bool own_one_of_each(struct owner *owner)
{
    owner->memory = VirtualAlloc(NULL, BUFFER_SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (!owner->memory || !raw_efa_open(&owner->efa, EFA_INTERFACE_VERSION_3) ||
        raw_register(&owner->efa, owner->memory, BUFFER_SIZE, EFA_MR_LOCAL_WRITE, &owner->lkey) ||
        !raw_qp_create(&owner->efa, &owner->qp, EFA_DRIVER_QP_SRD, DEPTH))
        return false;
    for (uint16_t id = 0; id < DEPTH; id++)
        raw_post_receive(&owner->qp, id, owner->memory, MESSAGE_SIZE, owner->lkey);
    raw_ring_receive(&owner->qp);
    return true;
}

static bool is_receive(const struct efa_completion_entry *entry)
{
    return (entry->flags & EFA_COMPLETION_QUEUE_MASK) == EFA_COMPLETION_QUEUE_RECV;
}

static void disown(struct owner *owner)
{
    raw_efa_close(&owner->efa);
    VirtualFree(owner->memory, 0, MEM_RELEASE);
}

/* Roles of child processes. */

static int role_idle(void)
{
    struct owner owner;

    if (!own_one_of_each(&owner))
        return 1;
    Sleep(60000);
    return 1;
}

static int role_exit_without_closing(void)
{
    struct owner owner;

    return own_one_of_each(&owner) ? 0 : 1;
}

/* Sends to a QP without pause until it is killed. */
static int role_sender(uint32_t destination)
{
    struct efa_completion_entry entry;
    struct owner owner;
    uint32_t completed = 0;

    if (!own_one_of_each(&owner))
        return 1;
    for (;;) {
        while (owner.qp.sends - completed < DEPTH - 1)
            raw_post_send(&owner.qp, (uint16_t)(owner.qp.sends % DEPTH), owner.efa.own_ah,
                          destination, owner.memory, MESSAGE_SIZE, owner.lkey);
        raw_ring_send(&owner.qp);
        while (raw_poll(&owner.qp, &entry))
            completed++;
    }
}

/* Makes itself known to a QP by one message, then takes what comes until it is killed. */
static int role_receiver(uint32_t destination)
{
    struct efa_completion_entry entry;
    struct owner owner;

    if (!own_one_of_each(&owner))
        return 1;
    raw_post_send(&owner.qp, 0, owner.efa.own_ah, destination, owner.memory, 1, owner.lkey);
    raw_ring_send(&owner.qp);
    for (;;) {
        while (raw_poll(&owner.qp, &entry))
            if (is_receive(&entry))
                raw_post_receive(&owner.qp, entry.request_id, owner.memory, MESSAGE_SIZE,
                                 owner.lkey);
        raw_ring_receive(&owner.qp);
    }
}

/* For the tests of with-efa: breaks a rule of the device and is content. */
static int role_violate(void)
{
    struct owner owner;
    struct efasim_counters counters;

    if (!own_one_of_each(&owner))
        return 1;
    owner.qp.sends = 3 * DEPTH;
    raw_ring_send(&owner.qp);
    for (unsigned i = 0; i < 1000; i++) {
        if (sim_get_counters(&counters) && counters.violations != 0)
            return 0;
        Sleep(10);
    }
    return 1;
}

/* For the tests of with-efa: sends itself one message of 100 bytes and holds the QP it names. */
static int role_hold(void)
{
    struct efa_completion_entry entry;
    struct owner owner;

    if (!own_one_of_each(&owner))
        return 1;
    raw_post_send(&owner.qp, 0, owner.efa.own_ah, owner.qp.info.qp_num, owner.memory, 100,
                  owner.lkey);
    raw_ring_send(&owner.qp);
    for (unsigned i = 0; i < 2; i++)
        if (!raw_wait(&owner.qp, &entry) || entry.status != EFA_STATUS_OK)
            return 1;
    printf("holds %u\n", owner.qp.info.qp_num);
    fflush(stdout);
    Sleep(60000);
    return 1;
}

/* For the tests of with-efa: which interface versions the driver speaks. */
static int role_versions(void)
{
    HANDLE device;

    if (raw_open_device(&device) != 0)
        return 1;
    for (uint32_t version = 0; version <= EFA_INTERFACE_VERSION_NEWEST + 1; version++) {
        struct efa_query_device_params query = {version};
        struct efa_device_info info;

        if (raw_request(device, EFA_QUERY_DEVICE, &query, sizeof query, &info, sizeof info, NULL) ==
            0)
            printf("speaks %u\n", version);
    }
    CloseHandle(device);
    return 0;
}

/* For the tests of with-efa: where a program of this folder finds efawin.dll. */
static int role_dll(void)
{
    char path[MAX_PATH] = "none";
    HMODULE dll = LoadLibraryExA(
        "efawin.dll", NULL, LOAD_LIBRARY_SEARCH_APPLICATION_DIR | LOAD_LIBRARY_SEARCH_SYSTEM32);

    if (dll)
        GetModuleFileNameA(dll, path, sizeof path);
    printf("dll %s\n", path);
    return dll ? 0 : 1;
}

static HANDLE start_peer(const char *role, const struct raw_efa_qp *qp)
{
    char arguments[40];

    snprintf(arguments, sizeof arguments, "%s %u", role, qp->info.qp_num);
    return child_start(arguments);
}

/* Opening and closing */

static void opened_by_two_processes_at_once(void)
{
    HANDLE first = child_start("idle"), second = child_start("idle");

    CHECK(first && second);
    CHECK(sim_reaches(2, 2));
    child_kill(first);
    CHECK(sim_reaches(1, 1));
    child_kill(second);
    CHECK(sim_becomes_clean());
}

static void opened_twice_by_one_process(void)
{
    struct owner first, second;

    CHECK(own_one_of_each(&first));
    CHECK(own_one_of_each(&second));
    CHECK(sim_reaches(2, 2));
    disown(&first);
    CHECK(sim_reaches(1, 1));
    disown(&second);
    CHECK(sim_becomes_clean());
}

static void closing_the_handle_destroys_all(void)
{
    struct owner owner;

    CHECK(own_one_of_each(&owner));
    CHECK(sim_reaches(1, 1));
    disown(&owner);
    CHECK(sim_becomes_clean());
}

static void exit_destroys_all(void)
{
    CHECK_EQUAL(child_wait(child_start("exit-without-closing"), 30), 0);
    CHECK(sim_becomes_clean());
}

static void sender_terminated_in_mid_transfer(void)
{
    struct efa_completion_entry entry;
    struct owner receiver;
    HANDLE sender;

    CHECK(own_one_of_each(&receiver));
    sender = start_peer("sender", &receiver.qp);
    CHECK(sender != NULL);
    for (unsigned i = 0; i < 1000; i++) {
        CHECK(raw_wait(&receiver.qp, &entry));
        raw_post_receive(&receiver.qp, entry.request_id, receiver.memory, MESSAGE_SIZE,
                         receiver.lkey);
        raw_ring_receive(&receiver.qp);
    }
    child_kill(sender);
    CHECK(sim_reaches(1, 1));
    disown(&receiver);
    CHECK(sim_becomes_clean());
}

/* What was sent to the dead completes, one way or the other. */
static void receiver_terminated_in_mid_transfer(void)
{
    struct efa_completion_entry entry;
    struct owner sender;
    uint32_t completed = 0;
    HANDLE receiver;

    CHECK(own_one_of_each(&sender));
    receiver = start_peer("receiver", &sender.qp);
    CHECK(receiver != NULL);
    CHECK(raw_wait(&sender.qp, &entry));
    CHECK(is_receive(&entry));
    while (completed < 4000 || sender.qp.sends != completed) {
        uint16_t peer = entry.source_qp;
        struct efa_completion_entry sent;

        for (; completed < 4000 && sender.qp.sends - completed < DEPTH - 1;)
            raw_post_send(&sender.qp, (uint16_t)(sender.qp.sends % DEPTH), sender.efa.own_ah, peer,
                          sender.memory, MESSAGE_SIZE, sender.lkey);
        raw_ring_send(&sender.qp);
        CHECK(raw_wait(&sender.qp, &sent));
        if (++completed == 2000)
            child_kill(receiver);
    }
    CHECK(sim_reaches(1, 1));
    disown(&sender);
    CHECK(sim_becomes_clean());
}

/* Requests and their buffers */

static void unknown_code_is_invalid_function(void)
{
    uint32_t returned = 1;
    char output[64];
    HANDLE device;

    CHECK_EQUAL(raw_open_device(&device), 0);
    CHECK_EQUAL(
        raw_request(device, EFA_CONTROL_CODE(0x8ff), NULL, 0, output, sizeof output, &returned),
        EFA_WIN32_INVALID_FUNCTION);
    CHECK_EQUAL(returned, 0);
    CloseHandle(device);
}

static void reply_says_its_size_and_no_byte_more_is_written(void)
{
    struct efa_query_device_params query = {EFA_INTERFACE_VERSION_3};
    unsigned char output[200];
    uint32_t returned;
    HANDLE device;

    CHECK_EQUAL(raw_open_device(&device), 0);
    memset(output, 0xa5, sizeof output);
    CHECK_EQUAL(raw_request(device, EFA_QUERY_DEVICE, &query, sizeof query, output, sizeof output,
                            &returned),
                0);
    CHECK_EQUAL(returned, sizeof(struct efa_device_info));
    for (size_t i = returned; i < sizeof output; i++)
        CHECK_EQUAL(output[i], 0xa5);
    CloseHandle(device);
}

static void short_buffers_are_rejected_and_change_nothing(void)
{
    struct efa_query_device_params query = {EFA_INTERFACE_VERSION_3};
    struct efa_device_info info;
    uint32_t returned;
    HANDLE device;

    CHECK_EQUAL(raw_open_device(&device), 0);
    for (uint32_t size = 0; size < sizeof query; size++)
        CHECK(raw_request(device, EFA_QUERY_DEVICE, &query, size, &info, sizeof info, NULL) != 0);
    for (uint32_t size = 0; size < sizeof info; size += 5) {
        CHECK(raw_request(device, EFA_QUERY_DEVICE, &query, sizeof query, &info, size, &returned) !=
              0);
        CHECK_EQUAL(returned, 0);
    }
    CHECK(raw_request(device, EFA_QUERY_DEVICE, NULL, 0, NULL, 0, NULL) != 0);
    CloseHandle(device);
}

static void random_requests_do_no_harm(void)
{
    unsigned char input[64], output[128];
    HANDLE device;

    srand(1);
    CHECK_EQUAL(raw_open_device(&device), 0);
    for (unsigned i = 0; i < 5000; i++) {
        for (size_t k = 0; k < sizeof input; k++)
            input[k] = (unsigned char)(rand() % 8 == 0 ? rand() : 0);
        raw_request(device, EFA_CONTROL_CODE(0x800 + rand() % 16), input,
                    (uint32_t)rand() % sizeof input, output, (uint32_t)rand() % sizeof output,
                    NULL);
    }
    CloseHandle(device);
    CHECK(sim_becomes_clean());
}

static void private_codes_are_not_served_by_the_adapter(void)
{
    char output[1024];
    HANDLE device;

    CHECK_EQUAL(raw_open_device(&device), 0);
    CHECK_EQUAL(raw_request(device, EFA_CONTROL_CODE(0x900), NULL, 0, output, sizeof output, NULL),
                EFA_WIN32_INVALID_FUNCTION);
    CloseHandle(device);
}

/* Memory */

static DWORD memory_state(uint64_t address)
{
    MEMORY_BASIC_INFORMATION region;

    if (VirtualQuery((const void *)(uintptr_t)address, &region, sizeof region) == 0)
        return 0;
    return region.State;
}

static void rings_are_mapped_zeroed_and_unmapped_on_close(void)
{
    static const char zero[DEPTH * EFA_SEND_DESCRIPTOR_SIZE];
    struct raw_efa efa;
    struct raw_efa_qp qp;
    uint64_t addresses[5];

    CHECK(raw_efa_open(&efa, EFA_INTERFACE_VERSION_3));
    CHECK(raw_qp_create(&efa, &qp, EFA_DRIVER_QP_SRD, DEPTH));
    addresses[0] = qp.info.sq;
    addresses[1] = qp.info.rq;
    addresses[2] = qp.info.sq_doorbell;
    addresses[3] = qp.info.rq_doorbell;
    addresses[4] = qp.cq.cq_addr;
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQUAL(memory_state(addresses[i]), MEM_COMMIT);
    CHECK(memcmp((const void *)(uintptr_t)qp.info.sq, zero, sizeof zero) == 0);
    raw_efa_close(&efa);
    CHECK(sim_becomes_clean());
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQUAL(memory_state(addresses[i]), MEM_FREE);
}

static void only_accessible_memory_can_be_registered(void)
{
    char *memory = VirtualAlloc(NULL, 4 * 4096, MEM_RESERVE, PAGE_READWRITE);
    uint32_t lkey;
    struct raw_efa efa;
    DWORD before;

    CHECK(memory != NULL);
    CHECK(VirtualAlloc(memory, 2 * 4096, MEM_COMMIT, PAGE_READWRITE) != NULL);
    CHECK(raw_efa_open(&efa, EFA_INTERFACE_VERSION_3));
    CHECK_EQUAL(raw_register(&efa, memory, 2 * 4096, EFA_MR_LOCAL_WRITE, &lkey), 0);
    CHECK_EQUAL(raw_register(&efa, memory, 2 * 4096 + 1, 0, &lkey), EFA_WIN32_NOACCESS);
    CHECK_EQUAL(raw_register(&efa, memory + 3 * 4096, 100, 0, &lkey), EFA_WIN32_NOACCESS);
    CHECK(VirtualProtect(memory + 4096, 4096, PAGE_READONLY, &before));
    CHECK_EQUAL(raw_register(&efa, memory, 2 * 4096, 0, &lkey), 0);
    CHECK_EQUAL(raw_register(&efa, memory, 2 * 4096, EFA_MR_LOCAL_WRITE, &lkey),
                EFA_WIN32_NOACCESS);
    CHECK_EQUAL(raw_register(&efa, NULL, 4096, 0, &lkey) != 0, 1);
    raw_efa_close(&efa);
    VirtualFree(memory, 0, MEM_RELEASE);
}

/* An adapter holds on to pages whose address is gone, this driver may or may not: both complete. */
static void memory_freed_after_registration_does_no_harm(void)
{
    struct efa_completion_entry entry;
    struct owner owner;
    char *gone = VirtualAlloc(NULL, 4096, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    uint32_t lkey;

    CHECK(gone != NULL);
    CHECK(own_one_of_each(&owner));
    CHECK_EQUAL(raw_register(&owner.efa, gone, 4096, 0, &lkey), 0);
    VirtualFree(gone, 0, MEM_RELEASE);
    raw_post_send(&owner.qp, 7, owner.efa.own_ah, owner.qp.info.qp_num, gone, 100, lkey);
    raw_ring_send(&owner.qp);
    do
        CHECK(raw_wait(&owner.qp, &entry));
    while (is_receive(&entry));
    CHECK_EQUAL(entry.request_id, 7);
    CHECK(entry.status == EFA_STATUS_OK || entry.status == EFA_STATUS_BAD_LKEY);
    disown(&owner);
    CHECK(sim_becomes_clean());
}

/* Rings full of noise and doorbells that lie are counted as violations; the driver goes on. */
static void hostile_rings_do_no_harm(void)
{
    struct efasim_counters counters;
    struct owner owner;

    srand(2);
    for (unsigned round = 0; round < 20; round++) {
        CHECK(own_one_of_each(&owner));
        for (unsigned i = 0; i < DEPTH * EFA_SEND_DESCRIPTOR_SIZE; i++)
            ((volatile char *)(uintptr_t)owner.qp.info.sq)[i] = (char)rand();
        for (unsigned i = 0; i < DEPTH * EFA_RECV_DESCRIPTOR_SIZE; i++)
            ((volatile char *)(uintptr_t)owner.qp.info.rq)[i] = (char)rand();
        memset((void *)(uintptr_t)owner.qp.cq.cq_addr, 0xff, EFA_COMPLETION_ENTRY_SIZE * DEPTH);
        for (unsigned i = 0; i < 8; i++) {
            *(volatile uint32_t *)(uintptr_t)owner.qp.info.sq_doorbell = (uint32_t)rand();
            *(volatile uint32_t *)(uintptr_t)owner.qp.info.rq_doorbell = (uint32_t)rand();
            Sleep(1);
        }
        disown(&owner);
    }
    CHECK(sim_becomes_clean());
    CHECK(sim_get_counters(&counters));
    CHECK(counters.violations > 0);
    CHECK(sim_reset_counters());
}

static const struct {
    const char *name;
    int (*run)(void);
} roles[] = {
    {"idle", role_idle},       {"exit-without-closing", role_exit_without_closing},
    {"violate", role_violate}, {"versions", role_versions},
    {"dll", role_dll},         {"hold", role_hold},
};

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(opened_by_two_processes_at_once),
        TEST_CASE(opened_twice_by_one_process),
        TEST_CASE(closing_the_handle_destroys_all),
        TEST_CASE(exit_destroys_all),
        TEST_CASE(sender_terminated_in_mid_transfer),
        TEST_CASE(receiver_terminated_in_mid_transfer),
        TEST_CASE(unknown_code_is_invalid_function),
        TEST_CASE(reply_says_its_size_and_no_byte_more_is_written),
        TEST_CASE(short_buffers_are_rejected_and_change_nothing),
        TEST_CASE(random_requests_do_no_harm),
        TEST_CASE(private_codes_are_not_served_by_the_adapter),
        TEST_CASE(rings_are_mapped_zeroed_and_unmapped_on_close),
        TEST_CASE(only_accessible_memory_can_be_registered),
        TEST_CASE(memory_freed_after_registration_does_no_harm),
        TEST_CASE(hostile_rings_do_no_harm),
    };

    if (argc > 2 && strcmp(argv[1], "sender") == 0)
        return role_sender((uint32_t)atoi(argv[2]));
    if (argc > 2 && strcmp(argv[1], "receiver") == 0)
        return role_receiver((uint32_t)atoi(argv[2]));
    for (size_t i = 0; argc == 2 && i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(argv[1], roles[i].name) == 0)
            return roles[i].run();
    return run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
