/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Traffic between linked instances: a member on each sends SRD messages and datagrams to all others
 * and reads their memory, every byte verified. At the end each SRD message that completed with
 * success has arrived, and nothing has arrived twice. With --cuts, requests may fail as they do
 * when a peer stops answering; without, none does.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/instance.h"
#include "os/compiler.h"
#include "verbs_user.h"

enum {
    MOST = 4,
    RECEIVES = 32,
    SENDS = 12,
    GRH = 40,
    MESSAGE = 4096,
    REGION = 1 << 20,
    NUMBERS = 1 << 22
};
#define MAGIC 0x6c696e6bu

struct counts {
    uint64_t messages, datagrams, reads, failed;
};

struct seat {
    uint32_t is_ready;
    uint32_t srd, ud, rkey;
    uint64_t region;
    uint8_t gid[16];
    struct counts counts;
    uint8_t succeeded[MOST][NUMBERS / 8]; /* messages to each, by number */
    uint8_t arrived[MOST][NUMBERS / 8];   /* and from each */
};

struct board {
    uint32_t members, may_fail;
    uint32_t drained, failed;
    struct seat seats[MOST];
};

struct header {
    uint32_t magic, from, to, number, length, is_datagram;
};

struct request {
    enum { FREE, SEND, DATAGRAM, READ } kind;
    uint32_t to, number, offset, length;
};

struct member {
    struct board *board;
    struct seat *seat;
    struct verbs_user user;
    struct ibv_qp *srd, *ud;
    struct ibv_ah *ahs[MOST];
    uint32_t index;
    uint64_t random;
    uint32_t numbers[MOST];
    struct request requests[SENDS];
    uint32_t in_flight;
    uint8_t datagrams[MOST][NUMBERS / 8];
};

#define RECEIVE_AT(i) ((size_t)REGION + (size_t)(i) * (MESSAGE + GRH))
#define SEND_AT(i) (RECEIVE_AT(2 * RECEIVES) + (size_t)(i) * MESSAGE)
#define READ_AT(i) (SEND_AT(SENDS) + (size_t)(i) * REGION)
#define MEMORY READ_AT(SENDS)

#define REQUIRE(condition)                                    \
    do {                                                      \
        if (!(condition)) {                                   \
            efa_store_release_u32(&member->board->failed, 1); \
            user_fail(__FILE__, __LINE__, #condition);        \
        }                                                     \
    } while (0)

static unsigned char byte_of(uint32_t seed, uint32_t at)
{
    return (unsigned char)((seed * 2654435761u + at * 2246822519u) >> 23);
}

static void open_member(struct member *member)
{
    struct verbs_user *user = &member->user;
    struct seat *seat = member->seat;

    user_open(user, MEMORY, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ, 512);
    member->srd = user_make_qp(user, true, true);
    member->ud = user_make_qp(user, false, false);
    for (uint32_t i = 0; i < REGION; i++)
        user->memory[i] = byte_of(member->index, i);
    for (uint32_t i = 0; i < 2 * RECEIVES; i++)
        REQUIRE(user_post_receive(user, i < RECEIVES ? member->srd : member->ud, SENDS + i,
                                  RECEIVE_AT(i), MESSAGE + GRH) == 0);
    seat->srd = member->srd->qp_num;
    seat->ud = member->ud->qp_num;
    seat->rkey = user->mr->rkey;
    seat->region = (uint64_t)(uintptr_t)user->memory;
    memcpy(seat->gid, user->gid.raw, sizeof seat->gid);
    efa_store_release_u32(&seat->is_ready, 1);
}

/* Creates an AH for each peer. An adapter rejects reads from a peer it has no AH for. */
static void meet_others(struct member *member)
{
    static const struct timespec pause = {0, 1000000};

    for (uint32_t i = 0; i < member->board->members; i++) {
        struct seat *seat = &member->board->seats[i];
        struct ibv_ah_attr attr = {.is_global = 1, .port_num = 1};

        while (!efa_load_acquire_u32(&seat->is_ready)) {
            REQUIRE(!efa_load_acquire_u32(&member->board->failed));
            nanosleep(&pause, NULL);
        }
        memcpy(attr.grh.dgid.raw, seat->gid, sizeof seat->gid);
        if (i != member->index)
            member->ahs[i] = ibv_create_ah(member->user.pd, &attr);
        REQUIRE(i == member->index || member->ahs[i]);
    }
    efa_store_release_u32(&member->seat->is_ready, 2);
    for (uint32_t i = 0; i < member->board->members; i++)
        while (efa_load_acquire_u32(&member->board->seats[i].is_ready) != 2) {
            REQUIRE(!efa_load_acquire_u32(&member->board->failed));
            nanosleep(&pause, NULL);
        }
}

static void close_member(struct member *member)
{
    for (uint32_t i = 0; i < MOST; i++)
        REQUIRE(!member->ahs[i] || ibv_destroy_ah(member->ahs[i]) == 0);
    REQUIRE(ibv_destroy_qp(member->srd) == 0);
    REQUIRE(ibv_destroy_qp(member->ud) == 0);
    user_close(&member->user);
}

static void count(uint64_t *counter)
{
    efa_store_relaxed_u64(counter, *counter + 1);
}

static void take_message(struct member *member, const unsigned char *bytes, uint32_t size,
                         bool is_datagram)
{
    struct header header;

    REQUIRE(size >= sizeof header);
    memcpy(&header, bytes, sizeof header);
    REQUIRE(header.magic == MAGIC && header.length == size && header.to == member->index);
    REQUIRE(header.from < member->board->members && header.is_datagram == is_datagram);
    for (uint32_t i = sizeof header; i < size; i++)
        REQUIRE(bytes[i] == byte_of(header.from + header.number, i));
    if (is_datagram) {
        REQUIRE(user_set_bit(member->datagrams[header.from], header.number));
        count(&member->seat->counts.datagrams);
    } else {
        REQUIRE(user_set_bit(member->seat->arrived[header.from], header.number));
        count(&member->seat->counts.messages);
    }
}

static void complete_request(struct member *member, uint32_t slot, enum ibv_wc_status status)
{
    struct request *request = &member->requests[slot];
    const unsigned char *bytes = member->user.memory + READ_AT(slot);

    bool is_silence = member->board->may_fail && status == IBV_WC_RESP_TIMEOUT_ERR;

    if (status != IBV_WC_SUCCESS && !is_silence)
        fprintf(stderr, "a request failed: %s\n", ibv_wc_status_str(status));
    REQUIRE(status == IBV_WC_SUCCESS || is_silence);
    if (status != IBV_WC_SUCCESS) {
        count(&member->seat->counts.failed);
    } else if (request->kind == SEND) {
        (void)user_set_bit(member->seat->succeeded[request->to], request->number);
    } else if (request->kind == READ) {
        for (uint32_t i = 0; i < request->length; i++)
            REQUIRE(bytes[i] == byte_of(request->to, request->offset + i));
        count(&member->seat->counts.reads);
    }
    request->kind = FREE;
    member->in_flight--;
}

static int poll_all(struct member *member)
{
    struct ibv_wc wc[16];
    int got = ibv_poll_cq(ibv_cq_ex_to_cq(member->user.cq), 16, wc);

    REQUIRE(got >= 0);
    for (int i = 0; i < got; i++) {
        uint32_t slot = (uint32_t)wc[i].wr_id, skipped;

        if (slot < SENDS) {
            complete_request(member, slot, wc[i].status);
            continue;
        }
        slot -= SENDS;
        skipped = slot < RECEIVES ? 0 : GRH;
        REQUIRE(wc[i].status == IBV_WC_SUCCESS);
        take_message(member, member->user.memory + RECEIVE_AT(slot) + skipped,
                     wc[i].byte_len - skipped, slot >= RECEIVES);
        REQUIRE(user_post_receive(&member->user, slot < RECEIVES ? member->srd : member->ud,
                                  wc[i].wr_id, RECEIVE_AT(slot), MESSAGE + GRH) == 0);
    }
    return got;
}

static void send_message(struct member *member, struct request *request, uint32_t slot)
{
    const struct seat *seat = &member->board->seats[request->to];
    unsigned char *bytes = member->user.memory + SEND_AT(slot);
    struct header header = {MAGIC,
                            member->index,
                            request->to,
                            member->numbers[request->to]++,
                            (uint32_t)sizeof header +
                                user_draw(&member->random, MESSAGE - sizeof header + 1),
                            request->kind == DATAGRAM};

    REQUIRE(header.number < NUMBERS);
    request->number = header.number;
    memcpy(bytes, &header, sizeof header);
    for (uint32_t i = sizeof header; i < header.length; i++)
        bytes[i] = byte_of(header.from + header.number, i);
    REQUIRE(user_post_send(&member->user, request->kind == SEND ? member->srd : member->ud, slot,
                           SEND_AT(slot), header.length, member->ahs[request->to],
                           request->kind == SEND ? seat->srd : seat->ud) == 0);
}

/* Now and then of more than one chunk. */
static void start_read(struct member *member, struct request *request, uint32_t slot)
{
    const struct seat *seat = &member->board->seats[request->to];

    request->length =
        1 + user_draw(&member->random, user_draw(&member->random, 16) == 0 ? REGION : 16384);
    request->offset = user_draw(&member->random, REGION - request->length + 1);
    memset(member->user.memory + READ_AT(slot), 0, request->length);
    REQUIRE(user_post_read(&member->user, member->srd, slot, READ_AT(slot), request->length,
                           member->ahs[request->to], seat->srd, seat->region + request->offset,
                           seat->rkey) == 0);
}

static void begin_request(struct member *member, uint32_t slot)
{
    struct request *request = &member->requests[slot];
    uint32_t members = member->board->members, kind = user_draw(&member->random, 8);

    request->kind = kind == 0 ? DATAGRAM : kind == 1 ? READ : SEND;
    request->to = (member->index + 1 + user_draw(&member->random, members - 1)) % members;
    member->in_flight++;
    if (request->kind == READ)
        start_read(member, request, slot);
    else
        send_message(member, request, slot);
}

/* A slow machine takes longer to get through something of each kind, to each. */
static bool is_enough(const struct board *board)
{
    for (uint32_t i = 0; i < board->members; i++) {
        const struct counts *counts = &board->seats[i].counts;

        if (efa_load_relaxed_u64(&counts->messages) == 0 ||
            efa_load_relaxed_u64(&counts->datagrams) == 0 ||
            efa_load_relaxed_u64(&counts->reads) == 0)
            return false;
    }
    return true;
}

static void run_member(struct member *member, unsigned seconds)
{
    struct board *board = member->board;
    bool drained = false;
    time_t end;

    open_member(member);
    meet_others(member);
    end = time(NULL) + seconds;
    while (!efa_load_acquire_u32(&board->failed)) {
        bool is_over = drained || (time(NULL) >= end && is_enough(board));

        for (uint32_t i = 0; i < SENDS && !is_over; i++)
            if (member->requests[i].kind == FREE)
                begin_request(member, i);
        if (poll_all(member) == 0)
            sched_yield();
        if (is_over && !drained && member->in_flight == 0) {
            drained = true;
            efa_fetch_add_u32(&board->drained, 1);
        }
        if (drained && efa_load_acquire_u32(&board->drained) == board->members)
            break;
    }
    while (poll_all(member) != 0)
        ;
    close_member(member);
}

static pid_t start_member(struct board *board, uint32_t index, const char *instance,
                          unsigned seconds, uint64_t seed)
{
    static struct member member;
    pid_t process = fork();

    if (process != 0)
        return process;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv(EFASIM_INSTANCE_VARIABLE, instance, 1);
    member.board = board;
    member.seat = &board->seats[index];
    member.index = index;
    member.random = seed * UINT64_C(0x9e3779b97f4a7c15) + index;
    run_member(&member, seconds);
    exit(0);
}

/* Checks that each message completed with success has arrived. */
static bool check_arrivals(const struct board *board)
{
    bool ok = true;

    for (uint32_t from = 0; from < board->members; from++)
        for (uint32_t to = 0; to < board->members; to++)
            for (uint32_t i = 0; i < NUMBERS / 8; i++)
                if ((board->seats[from].succeeded[to][i] & ~board->seats[to].arrived[from][i]) !=
                    0) {
                    fprintf(stderr, "a message from %u to %u, of the numbers from %u, is lost\n",
                            from, to, i * 8);
                    ok = false;
                }
    return ok;
}

static int run(struct board *board, char **instances, unsigned seconds, uint64_t seed)
{
    struct counts all = {0};
    int failed = 0;

    for (uint32_t i = 0; i < board->members; i++)
        (void)start_member(board, i, instances[i], seconds, seed);
    /* Whichever ends first: the others wait for a member that was killed until it is known. */
    for (uint32_t i = 0; i < board->members; i++) {
        int status = 0;

        if (waitpid(-1, &status, 0) < 0 || status != 0) {
            failed = 1;
            efa_store_release_u32(&board->failed, 1);
        }
    }
    for (uint32_t i = 0; i < board->members; i++) {
        all.messages += board->seats[i].counts.messages;
        all.datagrams += board->seats[i].counts.datagrams;
        all.reads += board->seats[i].counts.reads;
        all.failed += board->seats[i].counts.failed;
    }
    if (failed == 0 && !check_arrivals(board))
        failed = 1;
    printf("verified %" PRIu64 " messages, %" PRIu64 " datagrams, %" PRIu64 " reads; %" PRIu64
           " requests failed; seed %" PRIu64 "\n",
           all.messages, all.datagrams, all.reads, all.failed, seed);
    return failed != 0;
}

int main(int argc, char **argv)
{
    struct board *board =
        mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool cuts = argc > 1 && strcmp(argv[1], "--cuts") == 0;
    int option = cuts ? 2 : 1;
    bool has_seed = argc > option + 1 && strcmp(argv[option], "--seed") == 0;
    uint64_t seed = has_seed ? strtoull(argv[option + 1], NULL, 10) : (uint64_t)time(NULL);
    int first = has_seed ? option + 2 : option, members = argc - first - 1;
    unsigned seconds = argc > first ? (unsigned)strtoul(argv[first], NULL, 10) : 0;

    if (board == MAP_FAILED || seconds == 0 || members < 2 || members > MOST) {
        fprintf(stderr,
                "Usage: link_traffic [--cuts] [--seed N] SECONDS INSTANCE... (2 to %d sockets)\n",
                MOST);
        return 2;
    }
    board->members = (uint32_t)members;
    board->may_fail = cuts;
    return run(board, argv + first + 1, seconds, seed);
}
