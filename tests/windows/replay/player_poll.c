/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Polling. When completions come depends on time, so a line that has completions polls until these
 * have come; others that come meanwhile wait for their lines. Each is checked when it comes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "player.h"

static unsigned queue_of(struct player *player, uint32_t num)
{
    unsigned found = MOST_OBJECTS;

    /* Of several queues that had the number, the last. */
    for (unsigned i = 0; i < player->counts[KIND_QP]; i++)
        if (player->queues[i].num == num)
            found = i;
    if (found == MOST_OBJECTS) {
        play_fail(player, "a completion of an own queue pair", "another qp_num");
        return 0;
    }
    return found;
}

static void arrive(struct player *player, unsigned cq, uint64_t wr_id, uint32_t num,
                   uint32_t source, const struct completion_facts *facts)
{
    struct request *request = wr_id < player->request_count ? &player->requests[wr_id] : NULL;
    struct arrival *arrival = calloc(1, sizeof *arrival), **last = &player->arrivals;
    unsigned queue = queue_of(player, num);

    if (!arrival || !request || request->work == UNUSED || request->queue != queue) {
        play_fail(player, "a completion of an outstanding request", "another wr_id");
        free(arrival);
        return;
    }
    if (facts->status == IBV_WC_SUCCESS && facts->is_receive != (request->work == RECEIVE))
        play_fail(player, "the opcode of the request", "another");
    arrival->cq = cq;
    arrival->queue = queue;
    text_of_completion(arrival->text, facts);
    while (*last)
        last = &(*last)->next;
    *last = arrival;
    player->shared->completions++;
    if (facts->status == IBV_WC_SUCCESS && request->work == RECEIVE)
        contents_check_receive(player, request, facts->length, source);
    else if (facts->status == IBV_WC_SUCCESS && request->work == READ)
        contents_check_read(player, request);
    request->work = UNUSED;
}

/* "recv ok length=64 flags=0 qp=qp0"; may leave it for another line. */
static bool take(struct player *player, unsigned cq, const struct group *wanted, bool is_left)
{
    for (struct arrival **place = &player->arrivals; *place; place = &(*place)->next) {
        struct arrival *arrival = *place;
        char text[ATTRIBUTE_TEXT_SIZE + 20];

        snprintf(text, sizeof text, "%s qp=qp%u", arrival->text, arrival->queue);
        if (arrival->cq == cq && strcmp(text, wanted->text) == 0) {
            if (is_left)
                return true;
            *place = arrival->next;
            free(arrival);
            return true;
        }
    }
    return false;
}

/* Fails the run: what came instead of the wanted completion. */
static void say_missing(struct player *player, unsigned cq, const struct group *wanted)
{
    const struct arrival *arrival = player->arrivals;
    char text[ATTRIBUTE_TEXT_SIZE + 20] = "no completion";

    while (arrival && arrival->cq != cq)
        arrival = arrival->next;
    if (arrival)
        snprintf(text, sizeof text, "%s qp=qp%u", arrival->text, arrival->queue);
    play_fail(player, wanted->text, text);
}

/* ---- ibv_poll_cq ---- */

static void poll_once(struct player *player, unsigned cq, int max)
{
    struct ibv_wc wcs[64];
    int found = ibv_poll_cq(player->polls[cq].cq, max < 64 ? max : 64, wcs);

    if (found < 0)
        play_fail(player, "completions", "an error of ibv_poll_cq");
    for (int i = 0; i < found && !player->is_wrong; i++) {
        struct completion_facts facts = {(wcs[i].opcode & IBV_WC_RECV) != 0, wcs[i].status,
                                         wcs[i].vendor_err, wcs[i].byte_len, wcs[i].wc_flags};

        arrive(player, cq, wcs[i].wr_id, wcs[i].qp_num, wcs[i].src_qp, &facts);
    }
}

/* ---- Extended polls ---- */

static void arrive_current(struct player *player, unsigned cq)
{
    struct ibv_cq_ex *ex = player->polls[cq].ex;
    struct completion_facts facts = {false, ex->status, 0, 0, 0};

    if (facts.status == IBV_WC_SUCCESS) {
        facts.is_receive = (ibv_wc_read_opcode(ex) & IBV_WC_RECV) != 0;
        facts.flags = ibv_wc_read_wc_flags(ex);
        facts.length = ibv_wc_read_byte_len(ex);
    } else {
        facts.vendor_err = ibv_wc_read_vendor_err(ex);
    }
    arrive(player, cq, ex->wr_id, ibv_wc_read_qp_num(ex),
           facts.is_receive ? ibv_wc_read_src_qp(ex) : 0, &facts);
}

/* What the program read of the completion that is current. */
static void read_fields(struct player *player, struct ibv_cq_ex *ex)
{
    const char *names = pair_value(player->line->pairs, player->line->pair_count, "read");

    if (!names)
        return;
    if (strstr(names, "opcode"))
        (void)ibv_wc_read_opcode(ex);
    if (strstr(names, "vendor_err"))
        (void)ibv_wc_read_vendor_err(ex);
    if (strstr(names, "byte_len"))
        (void)ibv_wc_read_byte_len(ex);
    if (strstr(names, "imm_data"))
        (void)ibv_wc_read_imm_data(ex);
    if (strstr(names, "qp_num"))
        (void)ibv_wc_read_qp_num(ex);
    if (strstr(names, "src_qp"))
        (void)ibv_wc_read_src_qp(ex);
    if (strstr(names, "slid"))
        (void)ibv_wc_read_slid(ex);
}

static int start(struct player *player, unsigned cq)
{
    struct poll *poll = &player->polls[cq];
    struct ibv_poll_cq_attr attr = {0};
    int error = ibv_start_poll(poll->ex, line_number_of(player->line, "attr") ? &attr : NULL);

    if (error == 0) {
        poll->is_open = true;
        arrive_current(player, cq);
    }
    return error;
}

static void next(struct player *player, unsigned cq)
{
    if (ibv_next_poll(player->polls[cq].ex) == 0)
        arrive_current(player, cq);
}

static void end(struct player *player, unsigned cq)
{
    ibv_end_poll(player->polls[cq].ex);
    player->polls[cq].is_open = false;
}

/* One more completion, by a new poll where the open one has none. */
static void fetch(struct player *player, unsigned cq)
{
    struct poll *poll = &player->polls[cq];

    if (poll->is_open && ibv_next_poll(poll->ex) == 0) {
        arrive_current(player, cq);
        return;
    }
    if (poll->is_open)
        end(player, cq);
    (void)start(player, cq);
}

static void poll_extended(struct player *player, unsigned cq)
{
    struct poll *poll = &player->polls[cq];
    const char *call = player->line->call;

    if (strcmp(call, "ibv_start_poll") == 0) {
        if (poll->is_open)
            end(player, cq);
        (void)start(player, cq);
        if (poll->is_open && player->line->group_count == 0)
            end(player, cq); /* the program does not know of it */
    } else if (poll->is_open) {
        read_fields(player, poll->ex);
        if (strcmp(call, "ibv_next_poll") == 0)
            next(player, cq);
        else
            end(player, cq);
    }
}

/* ---- Lines ---- */

static void poll_until(struct player *player, unsigned cq, const struct group *wanted,
                       bool is_extended, bool is_left)
{
    ULONGLONG begin = GetTickCount64();

    while (!player->is_wrong && !take(player, cq, wanted, is_left)) {
        if (GetTickCount64() - begin > player->patience) {
            say_missing(player, cq, wanted);
            return;
        }
        if (is_extended)
            fetch(player, cq);
        else
            poll_once(player, cq, (int)line_number_of(player->line, "max"));
        Sleep(0);
    }
}

static void await(struct player *player)
{
    unsigned cq = play_object(player, "cq");
    struct poll *poll = &player->polls[cq];
    bool was_open = poll->is_open;

    poll_until(player, cq, &player->line->groups[0], poll->ex != NULL, true);
    if (poll->is_open && !was_open)
        end(player, cq);
    answer_error(player, 0, NULL);
}

bool play_poll(struct player *player)
{
    const struct line *line = player->line;
    bool is_extended = strcmp(line->call, "ibv_poll_cq") != 0;
    unsigned cq;

    if (strcmp(line->call, "await") == 0 && line->group_count == 1) {
        await(player);
        return true;
    }
    if (is_extended && strcmp(line->call, "ibv_start_poll") != 0 &&
        strcmp(line->call, "ibv_next_poll") != 0 && strcmp(line->call, "ibv_end_poll") != 0)
        return false;
    cq = play_object(player, "cq");
    if (is_extended)
        poll_extended(player, cq);
    else
        poll_once(player, cq, (int)line_number_of(line, "max"));
    for (unsigned i = 0; i < line->group_count; i++)
        for (unsigned n = 0; n < line->groups[i].count; n++)
            poll_until(player, cq, &line->groups[i], is_extended, false);
    /* Without completions the result is a matter of time. */
    snprintf(player->answer, sizeof player->answer, "%s", line->result);
    return true;
}
