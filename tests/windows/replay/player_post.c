/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Posting: lists of work requests and sessions, with the data where the program had them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "player.h"

static const char *group_value(const struct group *group, const char *name)
{
    return pair_value(group->pairs, group->pair_count, name);
}

static uint64_t group_number(const struct group *group, const char *name)
{
    const char *value = group_value(group, name);

    return value ? strtoull(value, NULL, 0) : 0;
}

/* "mr0+64:12,none+0:4" of the group's nth request. Returns the number. */
static unsigned read_sges(struct player *player, const struct group *group, const char *text,
                          unsigned n, struct ibv_sge *sges)
{
    unsigned count = 0;

    while (text && *text && count < MAX_DATA) {
        const char *plus = strchr(text, '+');
        char *end;
        uint64_t offset;

        if (!plus)
            break;
        offset = strtoull(plus + 1, &end, 10) + (uint64_t)(group->steps[count] * n);
        if (*end != ':')
            break;
        sges[count].length = (uint32_t)strtoul(end + 1, &end, 10);
        if (strncmp(text, "none", 4) == 0) {
            sges[count].addr = (uint64_t)(uintptr_t)player->inline_data;
            sges[count].lkey = 0;
        } else {
            const struct region *region = &player->regions[play_index(player, text)];

            if (!region->mr || offset + sges[count].length > region->length) {
                play_fail(player, "data within a region", text);
                return count;
            }
            sges[count].addr = (uint64_t)(uintptr_t)(region->memory + offset);
            sges[count].lkey = region->mr->lkey;
        }
        count++;
        if (*end == '\0')
            return count;
        if (*end != ',')
            break;
        text = end + 1;
    }
    if (text && *text)
        play_fail(player, "a list of data", text);
    return count;
}

struct destination {
    struct ibv_ah *ah;
    uint32_t num, qkey;
};

/* "ah0,1.qp0,0x1234" */
static struct destination read_destination(struct player *player, const char *text)
{
    struct destination destination = {NULL, 0, 0};
    unsigned side, queue;
    char ah[20];

    if (!text || sscanf(text, "%19[^,],%u.qp%u,%x", ah, &side, &queue, &destination.qkey) != 4 ||
        side >= MAX_SIDES || queue >= MOST_SHARED_QUEUES) {
        play_fail(player, "a destination", text ? text : "none");
        return destination;
    }
    destination.ah = player->ahs[play_index(player, ah)];
    destination.num = player->shared->sides[side].queue_nums[queue];
    return destination;
}

/* "1.mr2+4096" */
static struct shared_region read_remote(struct player *player, const char *text, unsigned *side)
{
    struct shared_region region = {0, 0};
    unsigned index;
    unsigned long long offset;

    if (!text || sscanf(text, "%u.mr%u+%llu", side, &index, &offset) != 3 || *side >= MAX_SIDES ||
        index >= MOST_SHARED_REGIONS) {
        play_fail(player, "remote memory", text ? text : "none");
        return region;
    }
    region = player->shared->sides[*side].regions[index];
    region.addr += offset;
    return region;
}

/* A free request, or NULL after saying so. */
static struct request *new_request(struct player *player, enum work work, unsigned queue)
{
    struct request *request;
    unsigned i, tried;

    /* From the one after the last that was taken, so that a long list takes little time. */
    for (tried = 0, i = player->next_request; tried < player->request_count; tried++, i++) {
        if (i >= player->request_count)
            i = 0;
        if (player->requests[i].work == UNUSED)
            break;
    }
    if (tried == player->request_count) {
        unsigned count = player->request_count ? 2 * player->request_count : 1024;
        struct request *larger = realloc(player->requests, count * sizeof *larger);

        i = player->request_count;
        if (!larger) {
            play_fail(player, "memory", "none");
            return NULL;
        }
        memset(larger + i, 0, (count - i) * sizeof *larger);
        player->requests = larger;
        player->request_count = count;
    }
    player->next_request = i + 1;
    request = &player->requests[i];
    memset(request, 0, sizeof *request);
    request->work = work;
    request->queue = queue;
    return request;
}

/* What a group means, for the list and for the session. */
struct work_request {
    const struct group *group;
    uint64_t id;
    enum ibv_wr_opcode opcode;
    unsigned flags;
    uint32_t imm;
    struct ibv_sge sges[MAX_DATA];
    unsigned sge_count;
    struct destination to;
    struct shared_region remote;
};

static bool read_opcode(struct player *player, struct work_request *wr)
{
    static const struct {
        const char *name;
        enum ibv_wr_opcode opcode;
    } opcodes[] = {{"send", IBV_WR_SEND},
                   {"send_imm", IBV_WR_SEND_WITH_IMM},
                   {"rdma_read", IBV_WR_RDMA_READ},
                   {"rdma_write", IBV_WR_RDMA_WRITE}};

    for (unsigned i = 0; i < sizeof opcodes / sizeof opcodes[0]; i++)
        if (strcmp(opcodes[i].name, wr->group->kind) == 0) {
            wr->opcode = opcodes[i].opcode;
            return true;
        }
    play_fail(player, "an operation", wr->group->kind);
    return false;
}

/* Lengths of inline data: "24,64". The data are in memory without a region. */
static unsigned read_inline(struct player *player, const char *text, struct ibv_sge *sges)
{
    unsigned count = 0, used = 0;

    while (text && *text && count < MAX_DATA) {
        char *end;

        sges[count].addr = (uint64_t)(uintptr_t)(player->inline_data + used);
        sges[count].lkey = 0;
        sges[count].length = (uint32_t)strtoul(text, &end, 10);
        used += sges[count++].length;
        text = *end == ',' ? end + 1 : NULL;
    }
    if (used > sizeof player->inline_data)
        play_fail(player, "little inline data", text);
    return count;
}

static const char *const data_names[] = {"sge", "set_sge", "set_sge_list", "set_inline_data",
                                         "set_inline_data_list"};

static void read_data(struct player *player, struct work_request *wr, unsigned n)
{
    for (unsigned i = 0; i < sizeof data_names / sizeof data_names[0]; i++) {
        const char *text = group_value(wr->group, data_names[i]);

        if (text)
            wr->sge_count = i < 3 ? read_sges(player, wr->group, text, n, wr->sges)
                                  : read_inline(player, text, wr->sges);
    }
}

static bool prepare_send(struct player *player, struct work_request *wr, unsigned queue, unsigned n)
{
    struct request *request;
    unsigned side = 0;

    if (!read_opcode(player, wr))
        return false;
    wr->flags = (unsigned)group_number(wr->group, "flags");
    wr->imm = (uint32_t)group_number(wr->group, "imm");
    read_data(player, wr, n);
    wr->to = read_destination(player, group_value(wr->group, "to"));
    if (wr->opcode == IBV_WR_RDMA_READ || wr->opcode == IBV_WR_RDMA_WRITE)
        wr->remote = read_remote(player, group_value(wr->group, "rdma"), &side);
    else if (!player->is_wrong)
        contents_of_send(player, wr->sges, wr->sge_count, player->queues[queue].num, wr->to.num);
    request = new_request(player, wr->opcode == IBV_WR_RDMA_READ ? READ : SEND, queue);
    if (!request || player->is_wrong)
        return false;
    memcpy(request->sges, wr->sges, sizeof request->sges);
    request->sge_count = wr->sge_count;
    request->remote_side = side;
    request->remote_addr = wr->remote.addr;
    wr->id = (uint64_t)(request - player->requests);
    return true;
}

/* The work requests of a line, with the groups' counts written out. */
static struct work_request *prepare_sends(struct player *player, unsigned queue, unsigned *count)
{
    const struct line *line = player->line;
    struct work_request *wrs;
    unsigned total = 0;

    for (unsigned i = 0; i < line->group_count; i++)
        total += line->groups[i].count;
    wrs = calloc(total + 1, sizeof *wrs);
    *count = 0;
    for (unsigned i = 0; wrs && i < line->group_count; i++)
        for (unsigned n = 0; n < line->groups[i].count; n++) {
            wrs[*count].group = &line->groups[i];
            if (!prepare_send(player, &wrs[*count], queue, n)) {
                free(wrs);
                return NULL;
            }
            ++*count;
        }
    return wrs;
}

static void answer_post(struct player *player, int error, unsigned posted)
{
    char expected[ANSWER_SIZE];

    if (error)
        snprintf(expected, sizeof expected, "bad=%u", posted);
    answer_error(player, error, NULL);
    if (error) {
        size_t length = strlen(player->answer);

        snprintf(player->answer + length, sizeof player->answer - length, " %s", expected);
    }
}

static void drop_requests(struct player *player, const struct work_request *wrs, unsigned first,
                          unsigned count)
{
    for (unsigned i = first; i < count; i++)
        player->requests[wrs[i].id].work = UNUSED;
}

static void post_send(struct player *player)
{
    unsigned queue = play_object(player, "qp"), count, posted = 0;
    struct work_request *wrs = prepare_sends(player, queue, &count);
    struct ibv_send_wr *list = calloc(count + 1, sizeof *list), *bad = NULL;
    int error;

    if (!wrs || !list)
        goto end;
    for (unsigned i = 0; i < count; i++) {
        list[i].wr_id = wrs[i].id;
        list[i].next = i + 1 < count ? &list[i + 1] : NULL;
        list[i].sg_list = wrs[i].sges;
        list[i].num_sge = (int)wrs[i].sge_count;
        list[i].opcode = wrs[i].opcode;
        list[i].send_flags = wrs[i].flags;
        list[i].imm_data = wrs[i].imm;
        if (wrs[i].remote.addr) {
            list[i].wr.rdma.remote_addr = wrs[i].remote.addr;
            list[i].wr.rdma.rkey = wrs[i].remote.rkey;
        } else {
            list[i].wr.ud.ah = wrs[i].to.ah;
            list[i].wr.ud.remote_qpn = wrs[i].to.num;
            list[i].wr.ud.remote_qkey = wrs[i].to.qkey;
        }
    }
    error = ibv_post_send(player->queues[queue].qp, list, &bad);
    posted = error ? (unsigned)(bad - list) : count;
    drop_requests(player, wrs, posted, count);
    answer_post(player, error, posted);
end:
    free(wrs);
    free(list);
}

/* The setters in the order of the group. */
static void set_up(struct ibv_qp_ex *ex, const struct work_request *wr)
{
    struct ibv_data_buf buffers[MAX_DATA];

    for (unsigned i = 0; i < wr->sge_count; i++) {
        buffers[i].addr = (void *)(uintptr_t)wr->sges[i].addr;
        buffers[i].length = wr->sges[i].length;
    }
    for (unsigned i = 0; i < wr->group->pair_count; i++) {
        const char *name = wr->group->pairs[i].name;

        if (strcmp(name, "to") == 0)
            ibv_wr_set_ud_addr(ex, wr->to.ah, wr->to.num, wr->to.qkey);
        else if (strcmp(name, "set_sge") == 0)
            ibv_wr_set_sge(ex, wr->sges[0].lkey, wr->sges[0].addr, wr->sges[0].length);
        else if (strcmp(name, "set_sge_list") == 0)
            ibv_wr_set_sge_list(ex, wr->sge_count, wr->sges);
        else if (strcmp(name, "set_inline_data") == 0)
            ibv_wr_set_inline_data(ex, buffers[0].addr, buffers[0].length);
        else if (strcmp(name, "set_inline_data_list") == 0)
            ibv_wr_set_inline_data_list(ex, wr->sge_count, buffers);
    }
}

static void session(struct player *player, bool is_completed)
{
    unsigned queue = play_object(player, "qp"), count;
    struct ibv_qp_ex *ex = player->queues[queue].ex;
    struct work_request *wrs = prepare_sends(player, queue, &count);
    int error = 0;

    if (!wrs)
        return;
    ibv_wr_start(ex);
    for (unsigned i = 0; i < count; i++) {
        ex->wr_id = wrs[i].id;
        ex->wr_flags = wrs[i].flags;
        if (wrs[i].opcode == IBV_WR_SEND)
            ibv_wr_send(ex);
        else if (wrs[i].opcode == IBV_WR_SEND_WITH_IMM)
            ibv_wr_send_imm(ex, wrs[i].imm);
        else if (wrs[i].opcode == IBV_WR_RDMA_READ)
            ibv_wr_rdma_read(ex, wrs[i].remote.rkey, wrs[i].remote.addr);
        else
            ibv_wr_rdma_write(ex, wrs[i].remote.rkey, wrs[i].remote.addr);
        set_up(ex, &wrs[i]);
    }
    if (is_completed)
        error = ibv_wr_complete(ex);
    else
        ibv_wr_abort(ex);
    if (error || !is_completed)
        drop_requests(player, wrs, 0, count);
    answer_error(player, error, NULL);
    free(wrs);
}

/* Notes which receives have the same memory. */
static void note_shared(struct player *player, struct request *request)
{
    for (unsigned i = 0; i < player->request_count; i++) {
        struct request *other = &player->requests[i];

        if (other != request && other->work == RECEIVE &&
            contents_overlap(other->sges, other->sge_count, request->sges, request->sge_count))
            request->is_shared = other->is_shared = true;
    }
}

static bool prepare_receive(struct player *player, const struct group *group, unsigned n,
                            unsigned queue, uint64_t *id)
{
    struct request *request = new_request(player, RECEIVE, queue);

    if (!request)
        return false;
    request->sge_count = read_sges(player, group, group_value(group, "sge"), n, request->sges);
    if (group->count < 64) /* a long list has a buffer for each */
        note_shared(player, request);
    *id = (uint64_t)(request - player->requests);
    return !player->is_wrong;
}

static void post_recv(struct player *player)
{
    const struct line *line = player->line;
    unsigned queue = play_object(player, "qp"), total = 0, count = 0, posted;
    struct ibv_recv_wr *list, *bad = NULL;
    int error;

    for (unsigned i = 0; i < line->group_count; i++)
        total += line->groups[i].count;
    list = calloc(total + 1, sizeof *list);
    for (unsigned i = 0; list && i < line->group_count; i++)
        for (unsigned n = 0; n < line->groups[i].count; n++) {
            if (!prepare_receive(player, &line->groups[i], n, queue, &list[count].wr_id)) {
                free(list);
                return;
            }
            list[count].next = count + 1 < total ? &list[count + 1] : NULL;
            count++;
        }
    /* The requests do not move any more. */
    for (unsigned i = 0; i < count; i++) {
        struct request *request = &player->requests[list[i].wr_id];

        list[i].sg_list = request->sges;
        list[i].num_sge = (int)request->sge_count;
    }
    error = ibv_post_recv(player->queues[queue].qp, list, &bad);
    posted = error ? (unsigned)(bad - list) : count;
    for (unsigned i = posted; i < count; i++)
        player->requests[list[i].wr_id].work = UNUSED;
    answer_post(player, error, posted);
    free(list);
}

bool play_post(struct player *player)
{
    const char *call = player->line->call;

    if (strcmp(call, "ibv_post_send") == 0)
        post_send(player);
    else if (strcmp(call, "ibv_post_recv") == 0)
        post_recv(player);
    else if (strcmp(call, "ibv_wr_complete") == 0)
        session(player, true);
    else if (strcmp(call, "ibv_wr_abort") == 0)
        session(player, false);
    else
        return false;
    return true;
}
