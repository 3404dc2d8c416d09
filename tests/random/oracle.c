/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The expected results of control calls, the existing objects, their users and states. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oracle_state.h"

const char *problem(struct walk_oracle *oracle, const char *what, unsigned long long got,
                    unsigned long long wanted)
{
    snprintf(oracle->problem, sizeof oracle->problem, "%s is %llu (0x%llx), not %llu (0x%llx)",
             what, got, got, wanted, wanted);
    return oracle->problem;
}

struct walk_oracle *walk_oracle_create(enum walk_wrong_rule wrong, bool separate, bool any_order)
{
    struct walk_oracle *oracle = calloc(1, sizeof *oracle);

    if (!oracle)
        return NULL;
    oracle->wrong = wrong;
    oracle->separate = separate;
    oracle->any_order = any_order;
    oracle->next_root = 1;
    return oracle;
}

void walk_oracle_destroy(struct walk_oracle *oracle)
{
    free(oracle);
}

/* ---- Objects and references ---- */

/* A reference to an object of any client: is there one, and whose? */
static struct oracle_pd *pd_at(struct walk_oracle *oracle, int ref)
{
    struct oracle_pd *pd = ref >= WALK_CLIENTS * WALK_PDS
                               ? NULL
                               : &oracle->clients[ref / WALK_PDS].pds[ref % WALK_PDS];

    return pd && pd->used ? pd : NULL;
}

static int count_pds(const struct walk_oracle *oracle)
{
    int count = 0;

    for (int c = 0; c < WALK_CLIENTS; c++)
        for (int i = 0; i < WALK_PDS; i++)
            count += oracle->clients[c].pds[i].used && oracle->clients[c].pds[i].base == WALK_NONE;
    return count;
}

#define COUNT(oracle, array, per_client, total)                  \
    do {                                                         \
        for (int c_ = 0; c_ < WALK_CLIENTS; c_++)                \
            for (int i_ = 0; i_ < (per_client); i_++)            \
                (total) += (oracle)->clients[c_].array[i_].used; \
    } while (0)

/* ---- Results of calls ---- */

static int expect_close(const struct walk_oracle *oracle, const struct oracle_client *client)
{
    (void)oracle;
    for (int i = 0; i < WALK_PDS; i++)
        if (client->pds[i].used)
            return EBUSY;
    for (int i = 0; i < WALK_TDS; i++)
        if (client->tds[i].used)
            return EBUSY;
    for (int i = 0; i < WALK_CQS; i++)
        if (client->cqs[i].used)
            return EBUSY;
    return 0;
}

static int expect_parent_domain(struct walk_oracle *oracle, const int *a)
{
    const struct oracle_pd *of = pd_at(oracle, a[2]);
    bool has_td = a[3] < WALK_CLIENTS * WALK_TDS &&
                  oracle->clients[a[3] / WALK_TDS].tds[a[3] % WALK_TDS].used;

    if (!of || is_foreign(a[2], WALK_PDS, a[0]) || (has_td && is_foreign(a[3], WALK_TDS, a[0])))
        return EINVAL;
    return of->base != WALK_NONE ? EINVAL : 0;
}

static int expect_reg_mr(const struct walk_oracle *oracle, const int *a)
{
    int total = 0;

    if (a[2] == WALK_PDS || !oracle->clients[a[0]].pds[a[2]].used || a[4] == REGION_EMPTY)
        return EINVAL;
    if (a[3] == ACCESS_WRONG)
        return EOPNOTSUPP;
    COUNT(oracle, mrs, WALK_MRS, total);
    return total == WALK_MAX_MR ? ENOMEM : 0;
}

static struct oracle_number *number_of(struct walk_oracle *oracle, uint32_t root, bool is_nobody)
{
    for (int i = 0; i < AH_NUMBERS; i++)
        if (oracle->numbers[i].references && oracle->numbers[i].root == root &&
            oracle->numbers[i].is_nobody == is_nobody)
            return &oracle->numbers[i];
    return NULL;
}

static int expect_create_ah(struct walk_oracle *oracle, const int *a)
{
    const struct oracle_pd *pd = a[2] == WALK_PDS ? NULL : &oracle->clients[a[0]].pds[a[2]];
    int total = 0;

    if (!pd || !pd->used || a[3] == DEST_BAD_PORT)
        return EINVAL;
    for (int i = 0; i < AH_NUMBERS; i++)
        total += oracle->numbers[i].references != 0;
    return total == WALK_MAX_AH && !number_of(oracle, pd->root, a[3] == DEST_NOBODY) ? ENOMEM : 0;
}

static int expect_create_cq(struct walk_oracle *oracle, const int *a)
{
    int total = 0;

    if (a[2] == 4)
        return EINVAL;
    if (a[3] == CQ_IN_DOMAIN && (!pd_at(oracle, a[4]) || is_foreign(a[4], WALK_PDS, a[0])))
        return EINVAL;
    COUNT(oracle, cqs, WALK_CQS, total);
    return total == WALK_MAX_CQ ? ENOMEM : 0;
}

static bool is_cq_of(const struct walk_oracle *oracle, int ref, int client)
{
    return ref < WALK_CLIENTS * WALK_CQS && !is_foreign(ref, WALK_CQS, client) &&
           oracle->clients[client].cqs[ref % WALK_CQS].used;
}

static int expect_create_qp(struct walk_oracle *oracle, const int *a)
{
    int total = 0;

    if (!pd_at(oracle, a[2]) || is_foreign(a[2], WALK_PDS, a[0]) || !is_cq_of(oracle, a[3], a[0]) ||
        !is_cq_of(oracle, a[4], a[0]))
        return EINVAL;
    if (a[6] == 5 || a[7] == 5 || (a[6] == 0 && a[7] == 0))
        return EINVAL;
    COUNT(oracle, qps, WALK_QPS, total);
    return total == WALK_MAX_QP ? ENOMEM : 0;
}

static int expect_modify(const struct oracle_qp *qp, const struct walk_plan *plan)
{
    int needs = needs_of(qp->state, plan->to);
    uint32_t allowed = IBV_QP_STATE | (uint32_t)(needs > 0 ? needs : 0);

    if (plan->mask & IBV_QP_PATH_MTU) /* which no queue pair of EFA has */
        return EOPNOTSUPP;
    if (needs < 0)
        return EINVAL;
    if (takes_qkey(qp->state, plan->to))
        allowed |= IBV_QP_QKEY;
    if ((plan->mask & (uint32_t)needs) != (uint32_t)needs || (plan->mask & ~allowed))
        return EINVAL;
    if (plan->op.a[3] == MASK_BAD_VALUE && (plan->mask & (IBV_QP_PORT | IBV_QP_SQ_PSN)))
        return EINVAL;
    return plan->to == IBV_QPS_RESET && qp->session.is_open ? EBUSY : 0;
}

int expect_call(struct walk_oracle *oracle, const struct walk_plan *plan)
{
    const int *a = plan->op.a;
    struct oracle_client *client = &oracle->clients[a[0]];

    switch (plan->op.kind) {
    case WALK_CLOSE:
        return expect_close(oracle, client);
    case WALK_ALLOC_PD:
        return count_pds(oracle) == WALK_MAX_PD ? ENOMEM : 0;
    case WALK_DEALLOC_PD:
        return client->pds[a[1]].children && !is_wrong(oracle, WALK_PD_GOES_WITH_CHILDREN) ? EBUSY
                                                                                           : 0;
    case WALK_DEALLOC_TD:
        return client->tds[a[1]].children ? EBUSY : 0;
    case WALK_PARENT_DOMAIN:
        return expect_parent_domain(oracle, a);
    case WALK_REG_MR:
        return expect_reg_mr(oracle, a);
    case WALK_CREATE_AH:
        return expect_create_ah(oracle, a);
    case WALK_CREATE_CQ:
        return expect_create_cq(oracle, a);
    case WALK_DESTROY_CQ:
        return client->cqs[a[1]].users || client->cqs[a[1]].has_session ? EBUSY : 0;
    case WALK_CREATE_QP:
        return expect_create_qp(oracle, a);
    case WALK_MODIFY_QP:
        return expect_modify(&client->qps[a[1]], plan);
    default:
        return 0;
    }
}

/* ---- what becomes of it ---- */

static void end_pd(struct walk_oracle *oracle, struct oracle_client *client, struct oracle_pd *pd)
{
    (void)oracle;
    if (pd->base != WALK_NONE)
        client->pds[pd->base].children--;
    if (pd->td != WALK_NONE)
        client->tds[pd->td].children--;
    pd->used = false;
}

static void begin_parent_domain(struct oracle_client *client, const int *a)
{
    struct oracle_pd *pd = &client->pds[a[1]];
    int base = a[2] % WALK_PDS, td = a[3] % WALK_TDS;
    bool has_td = a[3] / WALK_TDS == a[0] && client->tds[td].used;

    *pd = (struct oracle_pd){true, base, has_td ? td : WALK_NONE, 0, client->pds[base].root};
    client->pds[base].children++;
    if (has_td)
        client->tds[td].children++;
}

static const char *begin_mr(struct walk_oracle *oracle, struct oracle_client *client, const int *a,
                            uint32_t lkey)
{
    for (int c = 0; c < WALK_CLIENTS; c++)
        for (int i = 0; i < WALK_MRS; i++)
            if (oracle->clients[c].mrs[i].used && oracle->clients[c].mrs[i].lkey == lkey)
                return "a key is given twice";
    client->mrs[a[1]] = (struct oracle_mr){
        .used = true,
        .pd = a[2],
        .access = a[3],
        .root = client->pds[a[2]].root,
        .length = a[4] == REGION_SHORT ? WALK_SEND_AREA : WALK_REGION,
        .lkey = lkey,
    };
    client->pds[a[2]].children++;
    return NULL;
}

static const char *begin_ah(struct walk_oracle *oracle, struct oracle_client *client, const int *a,
                            uint32_t number)
{
    uint32_t root = client->pds[a[2]].root;
    struct oracle_number *known = number_of(oracle, root, a[3] == DEST_NOBODY);

    if (number >= AH_NUMBERS)
        return problem(oracle, "the address handle's number", number, AH_NUMBERS);
    if (known ? known != &oracle->numbers[number] : oracle->numbers[number].references != 0)
        return problem(oracle, "the address handle's number", number,
                       known ? (unsigned long long)(known - oracle->numbers) : 0);
    oracle->numbers[number].references++;
    oracle->numbers[number].root = root;
    oracle->numbers[number].is_nobody = a[3] == DEST_NOBODY;
    client->ahs[a[1]] = (struct oracle_ah){true, a[2], number};
    client->pds[a[2]].children++;
    return NULL;
}

static const char *begin_cq(struct walk_oracle *oracle, struct oracle_client *client, const int *a,
                            uint32_t depth)
{
    static const uint32_t depths[] = {16, 64, 256, 256};

    if (depth != depths[a[2]])
        return problem(oracle, "the CQ's depth", depth, depths[a[2]]);
    client->cqs[a[1]] = (struct oracle_cq){
        .used = true,
        .kind = a[3],
        .domain = a[3] == CQ_IN_DOMAIN ? a[4] % WALK_PDS : WALK_NONE,
        .depth = depth,
    };
    if (a[3] == CQ_IN_DOMAIN)
        client->pds[a[4] % WALK_PDS].children++;
    return NULL;
}

static const char *begin_qp(struct walk_oracle *oracle, struct oracle_client *client, const int *a,
                            uint32_t number)
{
    static const uint32_t sends[] = {0, 1, 4, 16, 16}, recvs[] = {0, 1, 5, 16, 16};
    struct oracle_qp *qp = &client->qps[a[1]];

    if (number == 0)
        return "a queue pair has number 0";
    for (int c = 0; c < WALK_CLIENTS; c++)
        for (int i = 0; i < WALK_QPS; i++)
            if (oracle->clients[c].qps[i].used && oracle->clients[c].qps[i].number == number)
                return "a queue pair number is given twice";
    memset(qp, 0, sizeof *qp);
    qp->used = true;
    qp->is_ud = a[5] == TYPE_UD || a[5] == TYPE_UD_EX;
    qp->is_extended = a[5] == TYPE_UD_EX || a[5] == TYPE_SRD_EX;
    qp->signals_all = a[5] != TYPE_UD;
    qp->pd = a[2] % WALK_PDS;
    qp->root = client->pds[qp->pd].root;
    qp->send_cq = a[3] % WALK_CQS;
    qp->recv_cq = a[4] % WALK_CQS;
    qp->state = IBV_QPS_RESET;
    qp->number = number;
    qp->send_depth = sends[a[6]];
    qp->recv_depth = recvs[a[7]];
    client->pds[qp->pd].children++;
    client->cqs[qp->send_cq].users++;
    client->cqs[qp->recv_cq].users++;
    return NULL;
}

static void end_qp(struct oracle_client *client, struct oracle_qp *qp)
{
    if (qp->state != IBV_QPS_RESET) { /* they complete, but no queue pair receives it */
        client->cqs[qp->send_cq].written += qp->rung.count + qp->fetched.count;
        client->cqs[qp->recv_cq].written += qp->recvs.count;
    }
    forget_requests(client, qp, true);
    client->pds[qp->pd].children--;
    client->cqs[qp->send_cq].users--;
    client->cqs[qp->recv_cq].users--;
    qp->used = false;
}

static void change_state(struct walk_oracle *oracle, struct oracle_client *client,
                         struct oracle_qp *qp, const struct walk_plan *plan)
{
    if (plan->mask & IBV_QP_QKEY)
        qp->qkey = plan->qkey;
    if (plan->to == IBV_QPS_RESET)
        forget_requests(client, qp, !is_wrong(oracle, WALK_RESET_KEEPS_COMPLETIONS));
    if (plan->to == IBV_QPS_ERR && qp->state != IBV_QPS_ERR)
        enter_error(oracle, client, qp);
    qp->state = plan->to;
}

static const char *check_query(struct walk_oracle *oracle, const struct oracle_qp *qp,
                               const struct walk_result *result)
{
    const uint32_t wanted[] = {(uint32_t)qp->state, qp->qkey, qp->send_depth, qp->recv_depth,
                               qp->is_ud ? IBV_QPT_UD : IBV_QPT_DRIVER};
    static const char *const names[] = {"the state", "the QKey", "max_send_wr", "max_recv_wr",
                                        "the type"};

    for (int i = 0; i < 5; i++)
        if (result->value[i] != wanted[i])
            return problem(oracle, names[i], result->value[i], wanted[i]);
    return NULL;
}

static const char *commit(struct walk_oracle *oracle, const struct walk_plan *plan,
                          const struct walk_result *result)
{
    const int *a = plan->op.a;
    struct oracle_client *client = &oracle->clients[a[0]];

    switch (plan->op.kind) {
    case WALK_OPEN:
    case WALK_CLOSE:
        client->is_open = plan->op.kind == WALK_OPEN;
        return NULL;
    case WALK_ALLOC_PD:
        client->pds[a[1]] = (struct oracle_pd){true, WALK_NONE, WALK_NONE, 0, oracle->next_root++};
        return NULL;
    case WALK_DEALLOC_PD:
        end_pd(oracle, client, &client->pds[a[1]]);
        return NULL;
    case WALK_ALLOC_TD:
        client->tds[a[1]] = (struct oracle_td){true, 0};
        return NULL;
    case WALK_DEALLOC_TD:
        client->tds[a[1]].used = false;
        return NULL;
    case WALK_PARENT_DOMAIN:
        begin_parent_domain(client, a);
        return NULL;
    case WALK_REG_MR:
        return begin_mr(oracle, client, a, result->value[0]);
    case WALK_DEREG_MR:
        client->pds[client->mrs[a[1]].pd].children--;
        client->mrs[a[1]].used = false;
        return NULL;
    case WALK_CREATE_AH:
        return begin_ah(oracle, client, a, result->value[0]);
    case WALK_DESTROY_AH:
        client->pds[client->ahs[a[1]].pd].children--;
        client->ahs[a[1]].used = false;
        release_number(oracle, client->ahs[a[1]].number);
        return NULL;
    case WALK_CREATE_CQ:
        return begin_cq(oracle, client, a, result->value[0]);
    case WALK_DESTROY_CQ:
        if (client->cqs[a[1]].domain != WALK_NONE)
            client->pds[client->cqs[a[1]].domain].children--;
        client->cqs[a[1]].used = false;
        return NULL;
    case WALK_CREATE_QP:
        return begin_qp(oracle, client, a, result->value[0]);
    case WALK_DESTROY_QP:
        end_qp(client, &client->qps[a[1]]);
        return NULL;
    case WALK_MODIFY_QP:
        change_state(oracle, client, &client->qps[a[1]], plan);
        return NULL;
    case WALK_QUERY_QP:
        return check_query(oracle, &client->qps[a[1]], result);
    case WALK_WR_START:
        memset(&client->qps[a[1]].session, 0, sizeof client->qps[a[1]].session);
        client->qps[a[1]].session.is_open = true;
        return NULL;
    case WALK_WR_ADD:
        add_request(oracle, plan);
        return NULL;
    case WALK_END_POLL:
        client->cqs[a[1]].has_session = false;
        return NULL;
    default:
        return NULL;
    }
}

const char *walk_oracle_check(struct walk_oracle *oracle, const struct walk_plan *plan,
                              const struct walk_result *result)
{
    int wanted;

    switch (plan->op.kind) {
    case WALK_POST_RECV:
        return check_recv(oracle, plan, result);
    case WALK_POST_SEND:
        return check_send(oracle, plan, result);
    case WALK_WR_END:
        return check_end(oracle, plan, result);
    case WALK_POLL:
    case WALK_START_POLL:
    case WALK_NEXT_POLL:
        return check_poll(oracle, plan, result);
    default:
        break;
    }
    wanted = expect_call(oracle, plan);
    if (result->error != wanted)
        return problem(oracle, "the error", (unsigned long long)result->error,
                       (unsigned long long)wanted);
    return wanted ? NULL : commit(oracle, plan, result);
}

int walk_oracle_ready(const struct walk_oracle *oracle, int client, int cq)
{
    return cq_ready(&oracle->clients[client], cq);
}
