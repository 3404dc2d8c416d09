/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The set-up of library tests. */
#include "lib_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/default_transport.h"
#include "os/log.h"

#define LOG_LINES 64
#define LINE_SIZE 512

static char log_lines[LOG_LINES][LINE_SIZE];
static enum efa_log_level log_levels[LOG_LINES];
static unsigned log_count;

static void keep_line(void *argument, enum efa_log_level level, const char *line)
{
    unsigned slot = __atomic_fetch_add(&log_count, 1, __ATOMIC_RELAXED);

    (void)argument;
    if (level == EFA_LOG_DEBUG)
        return;
    snprintf(log_lines[slot % LOG_LINES], LINE_SIZE, "%s", line);
    log_levels[slot % LOG_LINES] = level;
}

const char *log_last(void)
{
    unsigned count = log_count;

    while (count > 0) {
        const char *line = log_lines[--count % LOG_LINES];

        if (line[0])
            return line;
    }
    return "";
}

void log_forget(void)
{
    memset(log_lines, 0, sizeof log_lines);
    log_count = 0;
}

unsigned log_line_count(void)
{
    unsigned lines = 0;

    for (unsigned i = 0; i < LOG_LINES; i++)
        lines += log_lines[i][0] != 0;
    return lines;
}

bool log_contains(const char *part)
{
    for (unsigned i = 0; i < LOG_LINES; i++)
        if (strstr(log_lines[i], part))
            return true;
    return false;
}

bool log_contains_at(enum efa_log_level level, const char *part)
{
    for (unsigned i = 0; i < LOG_LINES; i++)
        if (log_levels[i] == level && strstr(log_lines[i], part))
            return true;
    return false;
}

void assert_log(const char *part)
{
    if (!log_contains(part))
        fail_msg("no log line contains \"%s\"; the last is \"%s\"", part, log_last());
}

static void violation(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "violation of the device's rules: %s\n", line);
    abort();
}

void world_enter(struct world *world, const struct efa_transport *transport)
{
    struct ibv_device **list;
    int count = -1;

    log_forget();
    efa_log_redirect(keep_line, NULL);
    intercept_init(&world->intercept, transport);
    efa_set_default_transport(&world->intercept.transport);

    list = ibv_get_device_list(&count);
    assert_non_null(list);
    assert_int_equal(count, 1);
    world->context = ibv_open_device(list[0]);
    ibv_free_device_list(list);
    assert_non_null(world->context);
    world->pd = ibv_alloc_pd(world->context);
    assert_non_null(world->pd);
    world->self = make_ah(world);
}

void world_leave(struct world *world)
{
    assert_int_equal(ibv_destroy_ah(world->self), 0);
    assert_int_equal(ibv_dealloc_pd(world->pd), 0);
    assert_int_equal(ibv_close_device(world->context), 0);
    assert_int_equal(world->intercept.opens, world->intercept.closes);
    efa_set_default_transport(NULL);
    efa_log_redirect(NULL, NULL);
}

struct world *world_create(const struct efasim_config *config)
{
    struct world *world = calloc(1, sizeof *world);
    struct efasim_inprocess_hooks hooks = {.violation = violation};

    assert_non_null(world);
    world->sim = efasim_inprocess_create(config);
    assert_non_null(world->sim);
    efasim_inprocess_set_hooks(world->sim, &hooks);
    world->traps_reads = getenv("EFASIM_TRAP_READS") != NULL;
    if (world->traps_reads)
        assert_true(efasim_inprocess_trap_reads(world->sim));
    world_enter(world, efasim_inprocess_transport(world->sim, 0));
    return world;
}

void world_destroy(struct world *world)
{
    struct efasim *model = efasim_inprocess_model(world->sim);
    struct efasim_counters counters;
    struct efasim_objects objects;

    world_leave(world);
    efasim_get_counters(model, EFASIM_ALL_DEVICES, &counters);
    if (world->traps_reads)
        assert_int_equal(counters.violations_by_kind[EFASIM_VIOLATION_READ], world->own_reads);
    efasim_get_objects(model, EFASIM_ALL_DEVICES, &objects);
    assert_int_equal(objects.clients, 0);
    assert_int_equal(objects.qps + objects.cqs + objects.mrs + objects.ahs + objects.pds, 0);
    efasim_inprocess_destroy(world->sim);
    free(world);
}

int world_set_up(void **state)
{
    struct efasim_config config;

    efasim_config_default(&config);
    config.abort_on_violation = true;
    *state = world_create(&config);
    return 0;
}

int world_set_up_second_generation(void **state)
{
    struct efasim_config config;

    efasim_config_second_generation(&config);
    config.abort_on_violation = true;
    *state = world_create(&config);
    return 0;
}

int world_tear_down(void **state)
{
    world_destroy(*state);
    return 0;
}

void world_run(struct world *world)
{
    efasim_inprocess_run(world->sim);
}

struct ibv_ah *make_ah(struct world *world)
{
    struct ibv_ah_attr attr;
    struct ibv_ah *ah;

    memset(&attr, 0, sizeof attr);
    attr.is_global = 1;
    attr.port_num = 1;
    assert_int_equal(ibv_query_gid(world->context, 1, 0, &attr.grh.dgid), 0);
    ah = ibv_create_ah(world->pd, &attr);
    assert_non_null(ah);
    return ah;
}

struct ibv_pd *make_parent(struct world *world, struct ibv_td **td)
{
    struct ibv_td_init_attr td_attr = {0};
    struct ibv_parent_domain_init_attr attr = {.pd = world->pd};
    struct ibv_pd *parent;

    *td = attr.td = ibv_alloc_td(world->context, &td_attr);
    assert_non_null(*td);
    parent = ibv_alloc_parent_domain(world->context, &attr);
    assert_non_null(parent);
    return parent;
}

void destroy_parent(struct ibv_pd *parent, struct ibv_td *td)
{
    assert_int_equal(ibv_dealloc_pd(parent), 0);
    assert_int_equal(ibv_dealloc_td(td), 0);
}

struct ibv_cq *make_cq(struct world *world, int cqe)
{
    struct ibv_cq *cq = ibv_create_cq(world->context, cqe, NULL, NULL, 0);

    assert_non_null(cq);
    return cq;
}

struct ibv_cq_ex *make_cq_ex(struct world *world, uint32_t cqe, uint64_t wc_flags)
{
    struct ibv_cq_init_attr_ex attr;
    struct ibv_cq_ex *cq;

    memset(&attr, 0, sizeof attr);
    attr.cqe = cqe;
    attr.wc_flags = wc_flags;
    cq = ibv_create_cq_ex(world->context, &attr);
    assert_non_null(cq);
    return cq;
}

struct ibv_qp_cap default_cap(void)
{
    struct ibv_qp_cap cap = {
        .max_send_wr = 16,
        .max_recv_wr = 16,
        .max_send_sge = 2,
        .max_recv_sge = 2,
        .max_inline_data = 32,
    };

    return cap;
}

struct ibv_qp *make_ud(struct world *world, struct ibv_cq *cq)
{
    struct ibv_qp_init_attr attr;
    struct ibv_qp *qp;

    memset(&attr, 0, sizeof attr);
    attr.send_cq = cq;
    attr.recv_cq = cq;
    attr.cap = default_cap();
    attr.qp_type = IBV_QPT_UD;
    attr.sq_sig_all = 1;
    qp = ibv_create_qp(world->pd, &attr);
    assert_non_null(qp);
    return qp;
}

struct ibv_qp *make_srd_in(struct ibv_pd *pd, struct ibv_cq *send_cq, struct ibv_cq *recv_cq,
                           const struct ibv_qp_cap *cap, uint64_t send_ops_flags)
{
    struct ibv_qp_init_attr_ex attr;
    struct efadv_qp_init_attr efa_attr;
    struct ibv_qp *qp;

    memset(&attr, 0, sizeof attr);
    memset(&efa_attr, 0, sizeof efa_attr);
    attr.send_cq = send_cq;
    attr.recv_cq = recv_cq;
    attr.cap = cap ? *cap : default_cap();
    attr.qp_type = IBV_QPT_DRIVER;
    attr.sq_sig_all = 1;
    attr.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
    attr.pd = pd;
    attr.send_ops_flags = send_ops_flags;
    efa_attr.driver_qp_type = EFADV_QP_DRIVER_TYPE_SRD;
    qp = efadv_create_qp_ex(pd->context, &attr, &efa_attr, sizeof efa_attr);
    if (!qp)
        fail_msg("no QP: %s", log_last());
    return qp;
}

struct ibv_qp *make_srd_with(struct world *world, struct ibv_cq *send_cq, struct ibv_cq *recv_cq,
                             const struct ibv_qp_cap *cap, uint64_t send_ops_flags)
{
    return make_srd_in(world->pd, send_cq, recv_cq, cap, send_ops_flags);
}

struct ibv_qp *make_srd(struct world *world, struct ibv_cq *cq)
{
    return make_srd_with(world, cq, cq, NULL, IBV_QP_EX_WITH_SEND | IBV_QP_EX_WITH_SEND_WITH_IMM);
}

static void step(struct ibv_qp *qp, enum ibv_qp_state state, int mask)
{
    struct ibv_qp_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.qp_state = state;
    attr.qkey = QKEY;
    attr.port_num = 1;
    assert_int_equal(ibv_modify_qp(qp, &attr, IBV_QP_STATE | mask), 0);
}

void to_state(struct ibv_qp *qp, enum ibv_qp_state state)
{
    if (state == IBV_QPS_RESET)
        return;
    step(qp, IBV_QPS_INIT, IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY);
    if (state == IBV_QPS_INIT)
        return;
    step(qp, IBV_QPS_RTR, 0);
    if (state == IBV_QPS_RTR)
        return;
    step(qp, IBV_QPS_RTS, IBV_QP_SQ_PSN);
    if (state != IBV_QPS_RTS)
        step(qp, state, 0);
}

struct ibv_qp *ready(struct ibv_qp *qp)
{
    to_state(qp, IBV_QPS_RTS);
    return qp;
}

void buffer_create(struct world *world, struct buffer *buffer, size_t size)
{
    buffer->bytes = calloc(1, size);
    assert_non_null(buffer->bytes);
    buffer->size = size;
    buffer->mr = ibv_reg_mr(world->pd, buffer->bytes, size, IBV_ACCESS_LOCAL_WRITE);
    assert_non_null(buffer->mr);
}

void buffer_destroy(struct buffer *buffer)
{
    assert_int_equal(ibv_dereg_mr(buffer->mr), 0);
    free(buffer->bytes);
}

void fill_pattern(struct buffer *buffer, unsigned seed)
{
    for (size_t i = 0; i < buffer->size; i++)
        buffer->bytes[i] = (unsigned char)(i * 7 + seed * 31 + 1);
}

struct ibv_sge sge_of(const struct buffer *buffer, size_t offset, size_t length)
{
    struct ibv_sge sge = {
        .addr = (uintptr_t)buffer->bytes + offset,
        .length = (uint32_t)length,
        .lkey = buffer->mr->lkey,
    };

    return sge;
}

int post_send_to(struct ibv_qp *qp, struct world *world, struct ibv_qp *to, uint64_t wr_id,
                 struct ibv_sge *list, int count)
{
    struct ibv_send_wr wr, *bad = NULL;

    memset(&wr, 0, sizeof wr);
    wr.wr_id = wr_id;
    wr.sg_list = list;
    wr.num_sge = count;
    wr.opcode = IBV_WR_SEND;
    wr.send_flags = IBV_SEND_SIGNALED;
    wr.wr.ud.ah = world->self;
    wr.wr.ud.remote_qpn = to->qp_num;
    wr.wr.ud.remote_qkey = QKEY;
    return ibv_post_send(qp, &wr, &bad);
}

int post_recv_one(struct ibv_qp *qp, uint64_t wr_id, struct ibv_sge *list, int count)
{
    struct ibv_recv_wr wr, *bad = NULL;

    memset(&wr, 0, sizeof wr);
    wr.wr_id = wr_id;
    wr.sg_list = list;
    wr.num_sge = count;
    return ibv_post_recv(qp, &wr, &bad);
}

void poll_exactly(struct world *world, struct ibv_cq *cq, struct ibv_wc *wc, int count)
{
    struct ibv_wc more;
    int got;

    world_run(world);
    got = ibv_poll_cq(cq, count, wc);
    assert_int_equal(got, count);
    assert_int_equal(ibv_poll_cq(cq, 1, &more), 0);
}

void poll_nothing(struct world *world, struct ibv_cq *cq)
{
    struct ibv_wc wc;

    world_run(world);
    assert_int_equal(ibv_poll_cq(cq, 1, &wc), 0);
}
