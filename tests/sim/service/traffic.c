/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Processes that exchange SRD and UD messages and read each other's memory, every byte verified,
 * while some of them are killed or stopped at random and started anew. Runs under `efasim run`. Two
 * are never killed: between them nothing may fail, be lost or come twice.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/compiler.h"
#include "verbs_user.h"

enum {
    MEMBERS = 4,
    SAFE = 2, /* the first are not killed */
    RECEIVES = 32,
    SENDS = 16, /* outstanding of a member, of all kinds together */
    GRH = 40,   /* before a datagram */
    MESSAGE = 1024 + GRH,
    REGION = 65536,
    NUMBERS = 1 << 20,
    PAGE = 4096
};
#define MAGIC UINT64_C(0x6566617472616666)

/* What the others need to know of a member. `life` 0: nobody is there. Of the safe ones it is 1. */
struct seat {
    uint32_t life;
    uint32_t srd, ud;
    uint32_t rkey;
    uint64_t region;
};

/* Verified, and sends that failed. */
struct counts {
    uint64_t messages, reads, datagrams, errors;
};

struct board {
    struct seat seats[MEMBERS];
    uint32_t stopping;
    uint32_t drained;
    uint32_t failed;
    struct counts counts[MEMBERS]; /* written by the member */
};

struct header {
    uint64_t magic;
    uint32_t from, from_life, to, to_life;
    uint32_t number; /* of those from this life to that one */
    uint32_t length;
};

/* A request on its way. */
struct pending {
    enum { FREE, SEND, DATAGRAM, READ } kind;
    uint32_t to, life;
    uint32_t offset, length; /* of a read, in the target's region */
};

struct member {
    struct board *board;
    struct verbs_user user;
    struct ibv_qp *srd, *ud;
    uint32_t index, life;
    uint64_t random;
    struct pending pending[SENDS];
    uint32_t in_flight;
    uint32_t numbers[MEMBERS];    /* sent to that member's life */
    uint32_t their_life[MEMBERS]; /* sent to, */
    uint32_t from_life[MEMBERS];  /* and received from */
    uint8_t seen[MEMBERS][NUMBERS / 8];
};

/* Memory of a member: the region that others read, buffers of receives, of sends, of reads. */
#define RECEIVE_AT(i) ((size_t)REGION + (size_t)(i) * MESSAGE)
#define SEND_AT(i) (RECEIVE_AT(2 * RECEIVES) + (size_t)(i) * MESSAGE)
#define READ_AT(i) (SEND_AT(SENDS) + (size_t)(i) * REGION)
#define MEMORY READ_AT(SENDS)

#define REQUIRE(condition)                                         \
    do {                                                           \
        if (!(condition))                                          \
            broken(member->board, __FILE__, __LINE__, #condition); \
    } while (0)

static _Noreturn void broken(struct board *board, const char *file, int line, const char *what)
{
    efa_store_release_u32(&board->failed, 1);
    user_fail(file, line, what);
}

/* What a member's region holds in one life, and a message of a number: differs in each. */
static unsigned char pattern(uint32_t seed, uint32_t life, uint32_t position)
{
    uint32_t x = (seed * 2654435761u) ^ (life * 40503u) ^ (position * 2246822519u);

    return (unsigned char)(x >> 24 ^ x >> 11);
}

static void open_member(struct member *member)
{
    struct seat *seat = &member->board->seats[member->index];
    struct verbs_user *user = &member->user;

    user_open(user, MEMORY, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ, 512);
    member->srd = user_make_qp(user, true, true);
    member->ud = user_make_qp(user, false, false);
    for (uint32_t i = 0; i < REGION; i++)
        user->memory[i] = pattern(member->index, member->life, i);
    for (uint32_t i = 0; i < 2 * RECEIVES; i++)
        REQUIRE(user_post_receive(user, i < RECEIVES ? member->srd : member->ud, SENDS + i,
                                  RECEIVE_AT(i), MESSAGE) == 0);
    seat->srd = member->srd->qp_num;
    seat->ud = member->ud->qp_num;
    seat->rkey = user->mr->rkey;
    seat->region = (uint64_t)(uintptr_t)user->memory;
    efa_store_release_u32(&seat->life, member->life);
}

static void close_member(struct member *member)
{
    efa_store_release_u32(&member->board->seats[member->index].life, 0);
    REQUIRE(ibv_destroy_qp(member->srd) == 0);
    REQUIRE(ibv_destroy_qp(member->ud) == 0);
    user_close(&member->user);
}

static void take_message(struct member *member, const unsigned char *bytes, uint32_t size,
                         bool is_datagram)
{
    struct header header;
    uint8_t *seen;
    bool is_new;

    REQUIRE(size >= sizeof header);
    memcpy(&header, bytes, sizeof header);
    REQUIRE(header.magic == MAGIC && header.from < MEMBERS && header.length == size);
    REQUIRE(header.to == member->index && header.to_life == member->life);
    for (uint32_t i = sizeof header; i < size; i++)
        REQUIRE(bytes[i] == pattern(header.from + header.number, header.from_life, i));
    if (is_datagram) {
        member->board->counts[member->index].datagrams++;
        return;
    }
    member->board->counts[member->index].messages++;
    seen = member->seen[header.from];
    if (member->from_life[header.from] != header.from_life) {
        /* What is left of the life before may still come, but nobody sends any more. */
        if (header.from_life < member->from_life[header.from])
            return;
        member->from_life[header.from] = header.from_life;
        memset(seen, 0, NUMBERS / 8);
    }
    is_new = user_set_bit(seen, header.number % NUMBERS);
    REQUIRE(is_new || header.number >= NUMBERS);
}

static void verify_read(struct member *member, const struct pending *p, uint32_t slot)
{
    const unsigned char *bytes = member->user.memory + READ_AT(slot);

    for (uint32_t i = 0; i < p->length; i++)
        REQUIRE(bytes[i] == pattern(p->to, p->life, p->offset + i));
    member->board->counts[member->index].reads++;
}

static void complete_request(struct member *member, uint32_t slot, enum ibv_wc_status status)
{
    struct pending *p = &member->pending[slot];

    REQUIRE(p->kind != FREE);
    if (status != IBV_WC_SUCCESS) {
        /* Each process that ends a life announces it first. */
        REQUIRE(efa_load_acquire_u32(&member->board->seats[p->to].life) != p->life);
        member->board->counts[member->index].errors++;
    } else if (p->kind == READ) {
        verify_read(member, p, slot);
    }
    p->kind = FREE;
    member->in_flight--;
}

static bool is_of_safe_member(const struct board *board, uint32_t qpn)
{
    for (uint32_t i = 0; i < SAFE; i++)
        if (qpn == board->seats[i].srd || qpn == board->seats[i].ud)
            return true;
    return false;
}

static void take_completion(struct member *member, const struct ibv_wc *wc)
{
    uint32_t slot = (uint32_t)wc->wr_id, skipped;

    if (slot < SENDS) {
        complete_request(member, slot, wc->status);
        return;
    }
    slot -= SENDS;
    skipped = slot < RECEIVES ? 0 : GRH;
    if (wc->status == IBV_WC_SUCCESS)
        take_message(member, member->user.memory + RECEIVE_AT(slot) + skipped,
                     wc->byte_len - skipped, slot >= RECEIVES);
    else /* its sender was killed while it moved */
        REQUIRE(wc->status == IBV_WC_REM_ABORT_ERR &&
                !is_of_safe_member(member->board, wc->src_qp));
    REQUIRE(user_post_receive(&member->user, slot < RECEIVES ? member->srd : member->ud, wc->wr_id,
                              RECEIVE_AT(slot), MESSAGE) == 0);
}

static void poll_all(struct member *member)
{
    struct ibv_wc wc[16];
    int got = ibv_poll_cq(ibv_cq_ex_to_cq(member->user.cq), 16, wc);

    REQUIRE(got >= 0);
    for (int i = 0; i < got; i++)
        take_completion(member, &wc[i]);
}

static void send_message(struct member *member, struct pending *p, uint32_t slot, uint32_t qpn)
{
    unsigned char *bytes = member->user.memory + SEND_AT(slot);
    struct header header = {
        .magic = MAGIC,
        .from = member->index,
        .from_life = member->life,
        .to = p->to,
        .to_life = p->life,
        .length =
            (uint32_t)sizeof header + user_draw(&member->random, MESSAGE - GRH - sizeof header + 1),
    };

    if (member->their_life[p->to] != p->life) {
        member->their_life[p->to] = p->life;
        member->numbers[p->to] = 0;
    }
    header.number = p->kind == SEND ? member->numbers[p->to]++ : 0;
    memcpy(bytes, &header, sizeof header);
    for (uint32_t i = sizeof header; i < header.length; i++)
        bytes[i] = pattern(header.from + header.number, header.from_life, i);
    REQUIRE(user_post_send(&member->user, p->kind == SEND ? member->srd : member->ud, slot,
                           SEND_AT(slot), header.length, member->user.self, qpn) == 0);
}

static void start_read(struct member *member, struct pending *p, uint32_t slot,
                       const struct seat *seat)
{
    p->length = 1 + user_draw(&member->random, 4 * PAGE);
    p->offset = user_draw(&member->random, REGION - p->length + 1);
    memset(member->user.memory + READ_AT(slot), 0, p->length);
    REQUIRE(user_post_read(&member->user, member->srd, slot, READ_AT(slot), p->length,
                           member->user.self, seat->srd, seat->region + p->offset,
                           seat->rkey) == 0);
}

/* To some other member that is there. */
static void begin_request(struct member *member, uint32_t slot)
{
    struct pending *p = &member->pending[slot];
    uint32_t to = (member->index + 1 + user_draw(&member->random, MEMBERS - 1)) % MEMBERS;
    const struct seat *shared = &member->board->seats[to];
    struct seat seat;
    uint32_t kind = user_draw(&member->random, 8);

    seat.life = efa_load_acquire_u32(&shared->life);
    seat.srd = efa_load_relaxed_u32(&shared->srd);
    seat.ud = efa_load_relaxed_u32(&shared->ud);
    seat.rkey = efa_load_relaxed_u32(&shared->rkey);
    seat.region = efa_load_relaxed_u64(&shared->region);
    if (seat.life == 0 || efa_load_acquire_u32(&shared->life) != seat.life)
        return;
    p->kind = kind == 0 ? DATAGRAM : kind < 3 ? READ : SEND;
    p->to = to;
    p->life = seat.life;
    member->in_flight++;
    if (p->kind == READ)
        start_read(member, p, slot, &seat);
    else
        send_message(member, p, slot, p->kind == SEND ? seat.srd : seat.ud);
}

/* As long as anybody may still send to it, a member receives. */
static void run_member(struct member *member)
{
    struct board *board = member->board;
    bool drained = false;

    open_member(member);
    while (!efa_load_acquire_u32(&board->failed)) {
        bool stopping = efa_load_acquire_u32(&board->stopping) != 0;

        for (uint32_t i = 0; i < SENDS && !stopping; i++)
            if (member->pending[i].kind == FREE)
                begin_request(member, i);
        poll_all(member);
        if (stopping && !drained && member->in_flight == 0) {
            drained = true;
            efa_fetch_add_u32(&board->drained, 1);
        }
        if (drained && efa_load_acquire_u32(&board->drained) == MEMBERS)
            break;
    }
    close_member(member);
}

static pid_t start_member(struct board *board, uint32_t index, uint32_t life, uint64_t seed)
{
    static struct member member;
    pid_t process = fork();

    if (process != 0)
        return process;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    member.board = board;
    member.index = index;
    member.life = life;
    member.random = (seed + index) * UINT64_C(0x9e3779b97f4a7c15) + life;
    run_member(&member);
    exit(0);
}

static void pause_for(uint32_t microseconds)
{
    struct timespec time = {0, (long)microseconds * 1000};

    nanosleep(&time, NULL);
}

/* Kills and stops members that may be for so many seconds. Returns how many it killed. */
static uint32_t disturb(struct board *board, pid_t *processes, uint32_t *lives, unsigned seconds,
                        uint64_t seed)
{
    uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    time_t end = time(NULL) + seconds;
    uint32_t killed = 0;

    while (time(NULL) < end && !efa_load_acquire_u32(&board->failed)) {
        uint32_t index = SAFE + user_draw(&random, MEMBERS - SAFE);

        pause_for(1000 + user_draw(&random, 100000));
        if (user_draw(&random, 4) == 0) {
            kill(processes[index], SIGSTOP);
            pause_for(user_draw(&random, 50000));
            kill(processes[index], SIGCONT);
            continue;
        }
        efa_store_release_u32(&board->seats[index].life, 0);
        kill(processes[index], SIGKILL);
        waitpid(processes[index], NULL, 0);
        killed++;
        /* It may have taken its seat just now. */
        efa_store_release_u32(&board->seats[index].life, 0);
        processes[index] = start_member(board, index, ++lives[index], seed);
    }
    return killed;
}

static void sum(const struct board *board, struct counts *all)
{
    memset(all, 0, sizeof *all);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        all->messages += board->counts[i].messages;
        all->reads += board->counts[i].reads;
        all->datagrams += board->counts[i].datagrams;
        all->errors += board->counts[i].errors;
    }
}

static int run(struct board *board, unsigned seconds, uint64_t seed)
{
    struct counts all;
    uint32_t lives[MEMBERS], killed;
    pid_t processes[MEMBERS];
    int failed = 0;

    for (uint32_t i = 0; i < MEMBERS; i++)
        processes[i] = start_member(board, i, lives[i] = 1, seed);
    killed = disturb(board, processes, lives, seconds, seed);
    efa_store_release_u32(&board->stopping, 1);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        int status;

        waitpid(processes[i], &status, 0);
        failed |= status;
    }
    sum(board, &all);
    printf("%u killed; verified %" PRIu64 " messages, %" PRIu64 " reads, %" PRIu64
           " datagrams; %" PRIu64 " requests to killed ones failed; seed %" PRIu64 "\n",
           killed, all.messages, all.reads, all.datagrams, all.errors, seed);
    return failed != 0 || board->failed || all.messages == 0 || all.reads == 0 ||
           all.datagrams == 0;
}

int main(int argc, char **argv)
{
    struct board *board =
        mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned seconds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);

    if (board == MAP_FAILED || seconds == 0) {
        fprintf(stderr, "Usage: efasim run --config FILE -- service_traffic SECONDS [SEED]\n");
        return 2;
    }
    return run(board, seconds, seed);
}
