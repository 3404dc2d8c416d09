/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The table of operations; text and chance go by it. */
#include "op.h"

#include <stdlib.h>
#include <string.h>

struct argument {
    const char *name;
    int least, count;
};

static const struct {
    const char *name;
    uint32_t weight;
    struct argument args[WALK_ARGS];
} kinds[WALK_KINDS] = {
#define CLIENT {"client", 0, WALK_CLIENTS}
#define OBJECT(name, of_client) {name, 0, of_client}
/* Of any client; the last means no object. */
#define ANY(name, of_client) {name, 0, WALK_CLIENTS * (of_client) + 1}
    [WALK_OPEN] = {"open", 4, {CLIENT}},
    [WALK_CLOSE] = {"close", 2, {CLIENT}},
    [WALK_ALLOC_PD] = {"alloc_pd", 8, {CLIENT, OBJECT("pd", WALK_PDS)}},
    [WALK_DEALLOC_PD] = {"dealloc_pd", 4, {CLIENT, OBJECT("pd", WALK_PDS)}},
    [WALK_ALLOC_TD] = {"alloc_td", 4, {CLIENT, OBJECT("td", WALK_TDS)}},
    [WALK_DEALLOC_TD] = {"dealloc_td", 2, {CLIENT, OBJECT("td", WALK_TDS)}},
    [WALK_PARENT_DOMAIN] = {"parent_domain",
                            4,
                            {CLIENT, OBJECT("pd", WALK_PDS), ANY("of", WALK_PDS),
                             ANY("td", WALK_TDS)}},
    [WALK_REG_MR] = {"reg_mr",
                     10,
                     {CLIENT,
                      OBJECT("mr", WALK_MRS),
                      {"pd", 0, WALK_PDS + 1},
                      {"access", 0, ACCESS_WRONG + 1},
                      {"region", 0, REGION_EMPTY + 1}}},
    [WALK_DEREG_MR] = {"dereg_mr", 3, {CLIENT, OBJECT("mr", WALK_MRS)}},
    [WALK_CREATE_AH] =
        {"create_ah",
         10,
         {CLIENT, OBJECT("ah", WALK_AHS), {"pd", 0, WALK_PDS + 1}, {"dest", 0, DEST_BAD_PORT + 1}}},
    [WALK_DESTROY_AH] = {"destroy_ah", 3, {CLIENT, OBJECT("ah", WALK_AHS)}},
    [WALK_CREATE_CQ] = {"create_cq",
                        10,
                        {CLIENT,
                         OBJECT("cq", WALK_CQS),
                         {"depth", 0, 5},
                         {"kind", 0, CQ_IN_DOMAIN + 1},
                         ANY("pd", WALK_PDS)}},
    [WALK_DESTROY_CQ] = {"destroy_cq", 3, {CLIENT, OBJECT("cq", WALK_CQS)}},
    [WALK_CREATE_QP] = {"create_qp",
                        16,
                        {CLIENT,
                         OBJECT("qp", WALK_QPS),
                         ANY("pd", WALK_PDS),
                         ANY("send_cq", WALK_CQS),
                         ANY("recv_cq", WALK_CQS),
                         {"type", 0, TYPE_SRD + 1},
                         {"sends", 0, 6},
                         {"recvs", 0, 6}}},
    [WALK_DESTROY_QP] = {"destroy_qp", 2, {CLIENT, OBJECT("qp", WALK_QPS)}},
    [WALK_MODIFY_QP] = {"modify_qp",
                        50,
                        {CLIENT, OBJECT("qp", WALK_QPS), {"to", 0, TO_STATES}, {"mask", 0, MASKS}}},
    [WALK_QUERY_QP] = {"query_qp", 4, {CLIENT, OBJECT("qp", WALK_QPS)}},
    [WALK_POST_RECV] = {"post_recv",
                        50,
                        {CLIENT,
                         OBJECT("qp", WALK_QPS),
                         {"count", 1, WALK_LIST},
                         {"mr", 0, WALK_MRS + 1},
                         {"shape", 0, RECV_SHAPES},
                         {"odd", 0, 2 * WALK_LIST}}},
    [WALK_POST_SEND] = {"post_send",
                        70,
                        {CLIENT,
                         OBJECT("qp", WALK_QPS),
                         {"count", 1, WALK_LIST},
                         ANY("dest", WALK_QPS),
                         {"ah", 0, WALK_AHS + 1},
                         {"mr", 0, WALK_MRS + 1},
                         {"shape", 0, SEND_SHAPES},
                         {"odd", 0, 2 * WALK_LIST}}},
    [WALK_WR_START] = {"wr_start", 20, {CLIENT, OBJECT("qp", WALK_QPS)}},
    [WALK_WR_ADD] = {"wr_add",
                     60,
                     {CLIENT,
                      OBJECT("qp", WALK_QPS),
                      ANY("dest", WALK_QPS),
                      {"ah", 0, WALK_AHS + 1},
                      {"mr", 0, WALK_MRS + 1},
                      {"shape", 0, SEND_NO_ADDRESS + 1}}},
    [WALK_WR_END] = {"wr_end", 20, {CLIENT, OBJECT("qp", WALK_QPS), {"abort", 0, 4}}},
    [WALK_POLL] = {"poll", 50, {CLIENT, OBJECT("cq", WALK_CQS), {"count", 1, 8}}},
    [WALK_START_POLL] = {"start_poll", 25, {CLIENT, OBJECT("cq", WALK_CQS)}},
    [WALK_NEXT_POLL] = {"next_poll", 40, {CLIENT, OBJECT("cq", WALK_CQS)}},
    [WALK_END_POLL] = {"end_poll", 20, {CLIENT, OBJECT("cq", WALK_CQS)}},
    [WALK_RUN] = {"run", 50, {{NULL, 0, 0}}},
};

const char *walk_name(enum walk_kind kind)
{
    return kinds[kind].name;
}

int walk_least(enum walk_kind kind, int argument)
{
    return kinds[kind].args[argument].least;
}

void walk_print(const struct walk_op *op, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "%s", kinds[op->kind].name);

    for (int i = 0; i < WALK_ARGS && kinds[op->kind].args[i].name && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, " %s=%d", kinds[op->kind].args[i].name,
                                 op->a[i]);
}

static bool parse_argument(const char **text, const struct argument *argument, int *value)
{
    size_t length = strlen(argument->name);
    char *end;

    if (**text != ' ' || strncmp(*text + 1, argument->name, length) != 0 ||
        (*text)[1 + length] != '=')
        return false;
    *value = (int)strtol(*text + length + 2, &end, 10);
    *text = end;
    return *value >= argument->least && *value < argument->least + argument->count;
}

bool walk_parse(const char *text, struct walk_op *op)
{
    size_t length = strcspn(text, " \r\n");

    for (int kind = 0; kind < WALK_KINDS; kind++) {
        if (strlen(kinds[kind].name) != length || strncmp(kinds[kind].name, text, length) != 0)
            continue;
        memset(op, 0, sizeof *op);
        op->kind = (enum walk_kind)kind;
        text += length;
        for (int i = 0; i < WALK_ARGS && kinds[kind].args[i].name; i++)
            if (!parse_argument(&text, &kinds[kind].args[i], &op->a[i]))
                return false;
        return text[strspn(text, " \r\n")] == '\0';
    }
    return false;
}

uint32_t walk_below(uint64_t *random, uint32_t bound)
{
    /* Marsaglia's xorshift; its high half is good enough for this. */
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return (uint32_t)(((*random >> 32) * bound) >> 32);
}

struct walk_op walk_random_op(uint64_t *random)
{
    struct walk_op op;
    uint32_t total = 0, chosen;
    int kind = 0;

    for (int i = 0; i < WALK_KINDS; i++)
        total += kinds[i].weight;
    chosen = walk_below(random, total);
    while (chosen >= kinds[kind].weight)
        chosen -= kinds[kind++].weight;
    memset(&op, 0, sizeof op);
    op.kind = (enum walk_kind)kind;
    for (int i = 0; i < WALK_ARGS && kinds[kind].args[i].name; i++)
        op.a[i] = kinds[kind].args[i].least +
                  (int)walk_below(random, (uint32_t)kinds[kind].args[i].count);
    return op;
}
