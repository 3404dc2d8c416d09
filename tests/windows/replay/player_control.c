/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The control path: each line's call with its arguments, and the answer as text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "player.h"

static uint64_t argument(const struct player *player, const char *name)
{
    return line_number_of(player->line, name);
}

static bool has(const struct player *player, const char *name)
{
    return pair_value(player->line->pairs, player->line->pair_count, name) != NULL;
}

static struct ibv_context *context_of(struct player *player)
{
    return player->contexts[play_object(player, "context")];
}

static struct ibv_pd *pd_of(struct player *player)
{
    return player->pds[play_object(player, "pd")];
}

/* ---- Devices ---- */

static void get_device_list(struct player *player)
{
    char detail[20];
    int count = 0;

    player->devices = ibv_get_device_list(&count);
    snprintf(detail, sizeof detail, "%d", count);
    answer_error(player, player->devices ? 0 : errno, detail);
}

static void free_device_list(struct player *player)
{
    ibv_free_device_list(player->devices);
    answer_error(player, 0, NULL);
}

static struct ibv_device *device_of(struct player *player)
{
    return player->devices[play_object(player, "device")];
}

static void get_device_name(struct player *player)
{
    answer_error(player, ibv_get_device_name(device_of(player)) ? 0 : errno, NULL);
}

static void open_device(struct player *player)
{
    struct ibv_context *context = ibv_open_device(device_of(player));

    player->contexts[answer_object(player, KIND_CONTEXT, context, NULL)] = context;
}

/* On Linux it succeeds even if objects are left. The DLL rejects it, as its header says. */
static void close_device(struct player *player)
{
    int error = ibv_close_device(context_of(player));

    if (has(player, "left") && error != EBUSY)
        play_fail(player, "EBUSY, because objects are left", error ? "another error" : "ok");
    answer_error(player, has(player, "left") ? 0 : error, NULL);
}

static void query_device(struct player *player)
{
    struct ibv_device_attr attr;
    char text[ATTRIBUTE_TEXT_SIZE];
    int error = ibv_query_device(context_of(player), &attr);

    answer_error(player, error, error ? NULL : text_of_device(text, &attr));
}

static void query_device_ex(struct player *player)
{
    struct ibv_context *context = context_of(player);
    struct verbs_context *verbs = verbs_get_ctx_op(context, query_device_ex);
    struct ibv_device_attr_ex attr;
    char text[ATTRIBUTE_TEXT_SIZE];
    size_t size = argument(player, "size");
    int error = EOPNOTSUPP;

    memset(&attr, 0, sizeof attr);
    if (size > sizeof attr)
        size = sizeof attr;
    if (verbs)
        error = verbs->query_device_ex(context, NULL, &attr, size);
    answer_error(player, error, text_of_device(text, &attr.orig_attr));
}

static void query_efa_device(struct player *player)
{
    struct efadv_device_attr attr;
    char text[ATTRIBUTE_TEXT_SIZE];
    int error;

    memset(&attr, 0, sizeof attr);
    error = efadv_query_device(context_of(player), &attr, (uint32_t)argument(player, "inlen"));
    answer_error(player, error, text_of_efa_device(text, &attr));
}

/* The operation that the headers' inline call uses. */
static void query_port_op(struct player *player)
{
    struct ibv_context *context = context_of(player);
    struct verbs_context *verbs = verbs_get_ctx_op(context, query_port);
    struct ibv_port_attr attr;
    char text[ATTRIBUTE_TEXT_SIZE];
    int error = EOPNOTSUPP;

    memset(&attr, 0, sizeof attr);
    if (verbs)
        error = verbs->query_port(context, (uint8_t)argument(player, "port"), &attr,
                                  argument(player, "size"));
    answer_error(player, error, text_of_port(text, &attr));
}

static void query_port(struct player *player)
{
    struct ibv_port_attr attr;

    answer_error(player,
                 (ibv_query_port)(context_of(player), (uint8_t)argument(player, "port"), &attr),
                 NULL);
}

static void query_gid(struct player *player)
{
    char text[ATTRIBUTE_TEXT_SIZE];
    union ibv_gid gid;
    int error = ibv_query_gid(context_of(player), (uint8_t)argument(player, "port"),
                              (int)argument(player, "index"), &gid);

    answer_error(player, error, error ? NULL : text_of_gid(text, &gid));
}

static void query_gid_ex(struct player *player)
{
    char text[ATTRIBUTE_TEXT_SIZE];
    struct ibv_gid_entry entry;
    int error = ibv_query_gid_ex(context_of(player), (uint32_t)argument(player, "port"),
                                 (uint32_t)argument(player, "index"), &entry,
                                 (uint32_t)argument(player, "flags"));

    answer_error(player, error, error ? NULL : text_of_gid(text, &entry.gid));
}

static void query_pkey(struct player *player)
{
    uint16_t pkey;

    answer_error(player,
                 ibv_query_pkey(context_of(player), (uint8_t)argument(player, "port"),
                                (int)argument(player, "index"), &pkey),
                 NULL);
}

static void fork_init(struct player *player)
{
    answer_error(player, ibv_fork_init(), NULL);
}

static void is_fork_initialized(struct player *player)
{
    (void)ibv_is_fork_initialized();
    answer_error(player, 0, NULL);
}

static void wc_status_str(struct player *player)
{
    (void)ibv_wc_status_str((enum ibv_wc_status)argument(player, "status"));
    answer_error(player, 0, NULL);
}

/* ---- Protection domains, memory, address handles ---- */

static void alloc_pd(struct player *player)
{
    struct ibv_pd *pd = ibv_alloc_pd(context_of(player));

    player->pds[answer_object(player, KIND_PD, pd, NULL)] = pd;
}

static void dealloc_pd(struct player *player)
{
    answer_error(player, ibv_dealloc_pd(pd_of(player)), NULL);
}

static void share_region(struct player *player, unsigned index)
{
    struct shared_region *shared = &player->shared->sides[player->side].regions[index];
    const struct region *region = &player->regions[index];

    shared->addr = (uint64_t)(uintptr_t)region->memory;
    shared->rkey = region->mr->rkey;
}

static void reg_mr(struct player *player)
{
    struct region region;
    unsigned index;

    memset(&region, 0, sizeof region);
    region.length = argument(player, "length");
    region.access = (unsigned)argument(player, "access");
    region.block = VirtualAlloc(NULL, region.length + argument(player, "at"),
                                MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    if (!region.block) {
        play_fail(player, "memory for a region", "none");
        return;
    }
    region.memory = region.block + argument(player, "at");
    contents_fill_region(player, region.memory, region.length);
    if (strcmp(player->line->call, "ibv_reg_mr_iova2") == 0)
        region.mr = ibv_reg_mr_iova2(pd_of(player), region.memory, region.length,
                                     (uint64_t)(uintptr_t)region.memory, region.access);
    else
        region.mr = (ibv_reg_mr)(pd_of(player), region.memory, region.length, (int)region.access);
    index = answer_object(player, KIND_MR, region.mr, NULL);
    if (!region.mr) {
        VirtualFree(region.block, 0, MEM_RELEASE);
        return;
    }
    player->regions[index] = region;
    share_region(player, index);
}

static void dereg_mr(struct player *player)
{
    struct region *region = &player->regions[play_object(player, "mr")];

    answer_error(player, ibv_dereg_mr(region->mr), NULL);
    if (region->block)
        VirtualFree(region->block, 0, MEM_RELEASE);
    memset(region, 0, sizeof *region);
}

static bool read_gid(const char *text, union ibv_gid *gid)
{
    if (!text || strlen(text) != 2 * sizeof gid->raw)
        return false;
    for (unsigned i = 0; i < sizeof gid->raw; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};

        gid->raw[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return true;
}

static void create_ah(struct player *player)
{
    struct ibv_ah_attr attr;
    struct ibv_ah *ah;

    memset(&attr, 0, sizeof attr);
    attr.is_global = (uint8_t)argument(player, "global");
    attr.port_num = (uint8_t)argument(player, "port");
    attr.grh.sgid_index = (uint8_t)argument(player, "sgid");
    attr.sl = (uint8_t)argument(player, "sl");
    if (!read_gid(pair_value(player->line->pairs, player->line->pair_count, "gid"),
                  &attr.grh.dgid)) {
        play_fail(player, "a GID", "none");
        return;
    }
    ah = ibv_create_ah(pd_of(player), &attr);
    player->ahs[answer_object(player, KIND_AH, ah, NULL)] = ah;
}

static void destroy_ah(struct player *player)
{
    answer_error(player, ibv_destroy_ah(player->ahs[play_object(player, "ah")]), NULL);
}

static void query_ah(struct player *player)
{
    struct efadv_ah_attr attr;

    answer_error(player,
                 efadv_query_ah(player->ahs[play_object(player, "ah")], &attr,
                                (uint32_t)argument(player, "inlen")),
                 NULL);
}

/* ---- Completion queues ---- */

static void create_cq(struct player *player)
{
    struct ibv_cq *cq = ibv_create_cq(context_of(player), (int)argument(player, "cqe"), NULL, NULL,
                                      (int)argument(player, "vector"));
    char detail[40];

    snprintf(detail, sizeof detail, "cqe=%d", cq ? cq->cqe : 0);
    player->polls[answer_object(player, KIND_CQ, cq, detail)].cq = cq;
}

static void create_cq_ex(struct player *player)
{
    struct ibv_cq_init_attr_ex attr;
    struct efadv_cq_init_attr efa_attr;
    struct ibv_cq_ex *cq;
    struct poll *poll;
    char detail[40];

    memset(&attr, 0, sizeof attr);
    memset(&efa_attr, 0, sizeof efa_attr);
    attr.cqe = (uint32_t)argument(player, "cqe");
    attr.comp_vector = (uint32_t)argument(player, "vector");
    attr.wc_flags = argument(player, "wc_flags");
    attr.comp_mask = (uint32_t)argument(player, "comp_mask");
    attr.flags = (uint32_t)argument(player, "flags");
    efa_attr.wc_flags = argument(player, "efa_wc_flags");
    if (strcmp(player->line->call, "efadv_create_cq") == 0)
        cq = efadv_create_cq(context_of(player), &attr, &efa_attr,
                             (uint32_t)argument(player, "inlen"));
    else
        cq = ibv_create_cq_ex(context_of(player), &attr);
    snprintf(detail, sizeof detail, "cqe=%d", cq ? cq->cqe : 0);
    poll = &player->polls[answer_object(player, KIND_CQ, cq, detail)];
    poll->cq = cq ? ibv_cq_ex_to_cq(cq) : NULL;
    poll->ex = cq;
}

static void cq_from_cq_ex(struct player *player)
{
    answer_error(player,
                 efadv_cq_from_ibv_cq_ex(player->polls[play_object(player, "cq")].ex) ? 0 : errno,
                 NULL);
}

static void destroy_cq(struct player *player)
{
    struct poll *poll = &player->polls[play_object(player, "cq")];

    answer_error(player, ibv_destroy_cq(poll->cq), NULL);
}

/* ---- Queue pairs ---- */

static void read_cap(const struct player *player, struct ibv_qp_cap *cap)
{
    const char *text = pair_value(player->line->pairs, player->line->pair_count, "cap");
    uint32_t *members[] = {&cap->max_send_wr, &cap->max_recv_wr, &cap->max_send_sge,
                           &cap->max_recv_sge, &cap->max_inline_data};

    memset(cap, 0, sizeof *cap);
    for (unsigned i = 0; text && i < sizeof members / sizeof members[0]; i++) {
        char *end;

        *members[i] = (uint32_t)strtoul(text, &end, 10);
        text = *end == ',' ? end + 1 : NULL;
    }
}

static void answer_qp(struct player *player, struct ibv_qp *qp, enum ibv_qp_type type,
                      const struct ibv_qp_cap *cap)
{
    char text[ATTRIBUTE_TEXT_SIZE], detail[ATTRIBUTE_TEXT_SIZE + 10];
    struct queue *queue;
    unsigned index;

    snprintf(detail, sizeof detail, "cap=%s", text_of_cap(text, cap));
    index = answer_object(player, KIND_QP, qp, detail);
    if (!qp)
        return;
    queue = &player->queues[index];
    queue->qp = qp;
    queue->num = qp->qp_num;
    queue->is_datagram = type == IBV_QPT_UD;
    if (index < MOST_SHARED_QUEUES)
        player->shared->sides[player->side].queue_nums[index] = qp->qp_num;
}

static void create_qp(struct player *player)
{
    struct ibv_qp_init_attr attr;
    struct ibv_qp *qp;

    memset(&attr, 0, sizeof attr);
    attr.send_cq = player->polls[play_object(player, "send_cq")].cq;
    attr.recv_cq = player->polls[play_object(player, "recv_cq")].cq;
    read_cap(player, &attr.cap);
    attr.qp_type = (enum ibv_qp_type)argument(player, "type");
    attr.sq_sig_all = (int)argument(player, "sig_all");
    qp = ibv_create_qp(pd_of(player), &attr);
    answer_qp(player, qp, attr.qp_type, &attr.cap);
}

static void create_qp_ex(struct player *player)
{
    struct efadv_qp_init_attr efa_attr;
    struct ibv_qp_init_attr_ex attr;
    struct ibv_qp *qp;

    memset(&attr, 0, sizeof attr);
    memset(&efa_attr, 0, sizeof efa_attr);
    attr.send_cq = player->polls[play_object(player, "send_cq")].cq;
    attr.recv_cq = player->polls[play_object(player, "recv_cq")].cq;
    read_cap(player, &attr.cap);
    attr.qp_type = (enum ibv_qp_type)argument(player, "type");
    attr.sq_sig_all = (int)argument(player, "sig_all");
    attr.comp_mask = (uint32_t)argument(player, "comp_mask");
    attr.pd = pd_of(player);
    attr.send_ops_flags = argument(player, "ops");
    efa_attr.driver_qp_type = (uint32_t)argument(player, "driver");
    if (strcmp(player->line->call, "efadv_create_qp_ex") == 0)
        qp = efadv_create_qp_ex(context_of(player), &attr, &efa_attr,
                                (uint32_t)argument(player, "inlen"));
    else
        qp = ibv_create_qp_ex(context_of(player), &attr);
    answer_qp(player, qp, attr.qp_type, &attr.cap);
}

static void qp_to_qp_ex(struct player *player)
{
    struct queue *queue = &player->queues[play_object(player, "qp")];

    queue->ex = ibv_qp_to_qp_ex(queue->qp);
    answer_error(player, queue->ex ? 0 : errno, NULL);
}

static void modify_qp(struct player *player)
{
    struct ibv_qp_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.qp_state = (enum ibv_qp_state)argument(player, "state");
    attr.pkey_index = (uint16_t)argument(player, "pkey");
    attr.port_num = (uint8_t)argument(player, "port");
    attr.qkey = (uint32_t)argument(player, "qkey");
    attr.sq_psn = (uint32_t)argument(player, "sq_psn");
    attr.rnr_retry = (uint8_t)argument(player, "rnr_retry");
    answer_error(player,
                 ibv_modify_qp(player->queues[play_object(player, "qp")].qp, &attr,
                               (int)argument(player, "mask")),
                 NULL);
}

static void query_qp(struct player *player)
{
    struct ibv_qp_init_attr init_attr;
    struct ibv_qp_attr attr;
    char text[ATTRIBUTE_TEXT_SIZE], detail[ATTRIBUTE_TEXT_SIZE + 30];
    int error = ibv_query_qp(player->queues[play_object(player, "qp")].qp, &attr,
                             (int)argument(player, "mask"), &init_attr);

    if (!error)
        snprintf(detail, sizeof detail, "state=%d cap=%s", (int)attr.qp_state,
                 text_of_cap(text, &init_attr.cap));
    answer_error(player, error, error ? NULL : detail);
}

/* Requests that are outstanding end without a completion. */
static void destroy_qp(struct player *player)
{
    unsigned index = play_object(player, "qp");
    int error = ibv_destroy_qp(player->queues[index].qp);

    for (unsigned i = 0; !error && i < player->request_count; i++)
        if (player->requests[i].queue == index)
            player->requests[i].work = UNUSED;
    answer_error(player, error, NULL);
}

/* ---- The table ---- */

static const struct call {
    const char *name;
    void (*play)(struct player *player);
} calls[] = {
    {"ibv_get_device_list", get_device_list},
    {"ibv_free_device_list", free_device_list},
    {"ibv_get_device_name", get_device_name},
    {"ibv_open_device", open_device},
    {"ibv_close_device", close_device},
    {"ibv_query_device", query_device},
    {"query_device_ex", query_device_ex},
    {"efadv_query_device", query_efa_device},
    {"ibv_query_port", query_port},
    {"query_port", query_port_op},
    {"ibv_query_gid", query_gid},
    {"ibv_query_gid_ex", query_gid_ex},
    {"ibv_query_pkey", query_pkey},
    {"ibv_fork_init", fork_init},
    {"ibv_is_fork_initialized", is_fork_initialized},
    {"ibv_wc_status_str", wc_status_str},
    {"ibv_alloc_pd", alloc_pd},
    {"ibv_dealloc_pd", dealloc_pd},
    {"ibv_reg_mr", reg_mr},
    {"ibv_reg_mr_iova2", reg_mr},
    {"ibv_dereg_mr", dereg_mr},
    {"ibv_create_ah", create_ah},
    {"ibv_destroy_ah", destroy_ah},
    {"efadv_query_ah", query_ah},
    {"ibv_create_cq", create_cq},
    {"ibv_create_cq_ex", create_cq_ex},
    {"efadv_create_cq", create_cq_ex},
    {"efadv_cq_from_ibv_cq_ex", cq_from_cq_ex},
    {"ibv_destroy_cq", destroy_cq},
    {"ibv_create_qp", create_qp},
    {"ibv_create_qp_ex", create_qp_ex},
    {"efadv_create_qp_ex", create_qp_ex},
    {"ibv_qp_to_qp_ex", qp_to_qp_ex},
    {"ibv_modify_qp", modify_qp},
    {"ibv_query_qp", query_qp},
    {"ibv_destroy_qp", destroy_qp},
};

bool play_control(struct player *player)
{
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(calls[i].name, player->line->call) == 0) {
            if (has(player, "channel") && argument(player, "channel"))
                play_fail(player, "no completion channel", "one: the kit has none");
            else
                calls[i].play(player);
            return true;
        }
    return false;
}

bool play_is_missing(const char *call)
{
    static const char *const missing[] = {"ibv_query_gid_type", "ibv_reg_dmabuf_mr",
                                          "ibv_create_comp_channel"};

    for (unsigned i = 0; i < sizeof missing / sizeof missing[0]; i++)
        if (strcmp(missing[i], call) == 0)
            return true;
    return false;
}
