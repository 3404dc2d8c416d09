/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * A DLL as libfabric.dll is one: it has the interface kit in it, its threads are inside every kind
 * of call, and when the process ends it makes each kind of call itself, from its detach. Windows
 * has ended the threads by then, wherever they were.
 */
#include <windows.h>

#include <errno.h>
#include <string.h>

#include <efawin.h>

#include "exit_record.h"
#include "exit_station.h"

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved);
int plug_start(struct exit_record *record);

/* Threads per queue pair. CLASSIC: three; SESSIONS: two; the others: one. */
enum { CLASSIC, SESSIONS, MODIFIED, PROMISED, STATIONS };

static struct ground ground;
static struct station stations[STATIONS];
static struct exit_record *record;

/* ---- The threads ---- */

static void work_send(void)
{
    post_send(&stations[CLASSIC]);
}

static void work_receive(void)
{
    post_receive(&stations[CLASSIC]);
}

static void work_poll(void)
{
    poll(&stations[CLASSIC]);
}

static void work_send_session(void)
{
    send_session(&stations[SESSIONS]);
}

static void work_poll_session(void)
{
    poll_session(&stations[SESSIONS]);
    post_receive(&stations[SESSIONS]);
}

static void work_modify(void)
{
    struct station *station = &stations[MODIFIED];

    if (to_rts(station) == 0) {
        to_state(station, IBV_QPS_SQD);
        post_receive(station);
    }
    to_state(station, IBV_QPS_ERR);
    to_state(station, IBV_QPS_RESET);
}

static void work_use_modified(void)
{
    post_send(&stations[MODIFIED]);
    poll(&stations[MODIFIED]);
}

static void work_promised(void)
{
    struct station *station = &stations[PROMISED];

    post_receive(station);
    post_send(station);
    poll(station);
    send_session(station);
    poll_session(station);
}

static void work_create(void)
{
    struct station station = {0};

    create_queues(&ground, false, &station);
    if (station.qp)
        ibv_destroy_qp(station.qp);
    if (station.cq)
        ibv_destroy_cq(ibv_cq_ex_to_cq(station.cq));
}

static void work_register(void)
{
    struct ibv_pd *pd = ibv_alloc_pd(ground.context);
    struct ibv_mr *mr = ibv_reg_mr(pd, ground.memory, sizeof ground.memory, IBV_ACCESS_LOCAL_WRITE);

    ibv_destroy_ah(create_ah(&ground, 1));
    ibv_dereg_mr(mr);
    ibv_dealloc_pd(pd);
}

static void work_open(void)
{
    struct ibv_context *context = open_first_device();

    if (context)
        ibv_close_device(context);
}

/* Each is a line of the log, which goes to a file. */
static void work_log(void)
{
    ibv_alloc_pd(NULL);
}

struct worker {
    void (*work)(void);
    volatile LONG rounds;
};

static struct worker workers[] = {
    {work_send, 0},         {work_receive, 0},  {work_poll, 0},         {work_send_session, 0},
    {work_poll_session, 0}, {work_modify, 0},   {work_use_modified, 0}, {work_promised, 0},
    {work_create, 0},       {work_register, 0}, {work_open, 0},         {work_log, 0},
};

enum { WORKERS = sizeof workers / sizeof workers[0] };

static DWORD WINAPI worker_main(void *argument)
{
    struct worker *worker = argument;

    while (worker->rounds >= 0) {
        worker->work();
        worker->rounds++;
    }
    return 0;
}

/* Until each is at work. */
static bool start_workers(void)
{
    for (int i = 0; i < WORKERS; i++)
        if (!CreateThread(NULL, 0, worker_main, &workers[i], 0, NULL))
            return false;
    for (int i = 0; i < WORKERS; i++)
        while (workers[i].rounds == 0)
            Sleep(1);
    return true;
}

int plug_start(struct exit_record *written)
{
    if (efa_load_efawin_lib() != 0)
        return 1;
    if (!open_ground(&ground))
        return 2;
    for (int i = 0; i < STATIONS; i++)
        if (!open_station(&ground, i == PROMISED, &stations[i]))
            return 3 + i;
    if (!start_workers())
        return 3 + STATIONS;
    record = written;
    return 0;
}

/* ---- The detach ---- */

static void begin_call(const char *name)
{
    memset(record->now, 0, sizeof record->now);
    memcpy(record->now, name, strlen(name));
    record->step++;
}

static void check_result(bool good, int result)
{
    if (good)
        return;
    if (record->failures++ == 0) {
        memcpy(record->failed, record->now, sizeof record->failed);
        record->value = result;
    }
}

#define IS_ONE_OF(good, name, expression) \
    do {                                  \
        int result;                       \
                                          \
        begin_call(name);                 \
        result = (expression);            \
        check_result((good), result);     \
    } while (0)

#define SUCCEEDS(name, expression) IS_ONE_OF(result == 0, name, expression)

/*
 * A queue whose thread ended inside it takes no more; one that is full, or in ERR, does not either.
 */
#define POSTS(name, expression) \
    IS_ONE_OF(result == 0 || result == ENOMEM || result == EINVAL, name, expression)

static void use(struct station *station)
{
    IS_ONE_OF(result >= 0 && result <= 4, "ibv_poll_cq", poll(station));
    IS_ONE_OF(result == 0 || result == ENOENT, "ibv_start_poll", poll_session(station));
    POSTS("ibv_post_recv", post_receive(station));
    POSTS("ibv_post_send", post_send(station));
    POSTS("ibv_wr_complete", send_session(station));
}

/* RESET makes a queue pair usable again, in whatever state a thread left it. */
static void use_anew(struct station *station)
{
    SUCCEEDS("ibv_modify_qp ERR", to_state(station, IBV_QPS_ERR));
    SUCCEEDS("ibv_modify_qp RESET", to_state(station, IBV_QPS_RESET));
    SUCCEEDS("ibv_modify_qp RTS", to_rts(station));
    SUCCEEDS("ibv_post_recv after RESET", post_receive(station));
    SUCCEEDS("ibv_post_send after RESET", post_send(station));
    SUCCEEDS("ibv_wr_complete after RESET", send_session(station));
    IS_ONE_OF(result >= 0 && result <= 4, "ibv_poll_cq after RESET", poll(station));
}

static void create_and_destroy(void)
{
    struct station station = {0};

    IS_ONE_OF(result != 0, "ibv_create_qp", create_queues(&ground, false, &station));
    if (station.qp)
        SUCCEEDS("ibv_destroy_qp of a new one", ibv_destroy_qp(station.qp));
    if (station.cq)
        SUCCEEDS("ibv_destroy_cq of a new one", ibv_destroy_cq(ibv_cq_ex_to_cq(station.cq)));
}

/* What a thread had created, and not yet destroyed, is alive: its parents are busy. */
#define IS_LEFT(name, expression) IS_ONE_OF(result == 0 || result == EBUSY, name, expression)

static void destroy_all(void)
{
    for (int i = 0; i < STATIONS; i++)
        SUCCEEDS("ibv_destroy_qp", ibv_destroy_qp(stations[i].qp));
    for (int i = 0; i < STATIONS; i++)
        SUCCEEDS("ibv_destroy_cq", ibv_destroy_cq(ibv_cq_ex_to_cq(stations[i].cq)));
    SUCCEEDS("ibv_destroy_ah", ibv_destroy_ah(ground.ah));
    SUCCEEDS("ibv_dereg_mr", ibv_dereg_mr(ground.mr));
    SUCCEEDS("ibv_dealloc_pd of a parent domain", ibv_dealloc_pd(ground.promised_pd));
    SUCCEEDS("ibv_dealloc_td", ibv_dealloc_td(ground.td));
    IS_LEFT("ibv_dealloc_pd", ibv_dealloc_pd(ground.pd));
    IS_LEFT("ibv_close_device", ibv_close_device(ground.context));
}

static void open_and_close(void)
{
    struct ibv_context *context;

    begin_call("ibv_open_device");
    context = open_first_device();
    check_result(context != NULL, errno);
    if (context)
        SUCCEEDS("ibv_close_device of a new one", ibv_close_device(context));
}

/* The calls of the system that the library or its driver makes for it. */
static void probe(void)
{
    HANDLE file = CreateFileA("C:\\efasim\\efasim.sys", GENERIC_READ, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, 0, NULL);
    char byte;
    DWORD size;
    void *memory;

    if (file != INVALID_HANDLE_VALUE) {
        ReadFile(file, &byte, 1, &size, NULL);
        CloseHandle(file);
    }
    memory = VirtualAlloc(NULL, 1 << 20, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (memory)
        VirtualFree(memory, 0, MEM_RELEASE);
    record->phase = EXIT_PROBED;
}

static void detach(void)
{
    for (int i = 0; i < STATIONS; i++)
        use(&stations[i]);
    for (int i = 0; i < STATIONS; i++)
        use_anew(&stations[i]);
    create_and_destroy();
    open_and_close();
    destroy_all();
    begin_call("efa_free_efawin_lib");
    efa_free_efawin_lib();
    record->phase = EXIT_DONE;
}

BOOL WINAPI DllMain(HINSTANCE instance, DWORD reason, LPVOID reserved)
{
    (void)instance;
    if (reason == DLL_PROCESS_DETACH && reserved && record) {
        probe();
        detach();
    }
    return TRUE;
}
