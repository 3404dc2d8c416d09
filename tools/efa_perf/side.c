/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The verbs objects of one side; see side.h. */
#include "side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/queue_pair.h"
#include "os/compiler.h"

#define PORT 1
/* The limit of memory for slots; beyond it, sends share slots. */
#define SEND_MEMORY_LIMIT (256u << 20)

bool perf_check_limits(struct ibv_context *context, struct perf_plan *plan, uint32_t *largest)
{
    struct ibv_device_attr common;
    struct efadv_device_attr efa;
    struct ibv_port_attr port;
    uint64_t deepest;
    int error = ibv_query_port(context, PORT, &port);

    memset(&efa, 0, sizeof efa); /* its comp_mask asks for nothing more */
    if (error == 0)
        error = ibv_query_device(context, &common);
    if (error == 0)
        error = efadv_query_device(context, &efa, sizeof efa);
    if (error != 0) {
        tool_error("asking the device for its limits failed: %s", tool_errno_text(error));
        return false;
    }
    if (plan->test == PERF_READ && (efa.device_caps & EFADV_DEVICE_ATTR_CAPS_RDMA_READ) == 0) {
        tool_error("this device has no RDMA read: use lat, bw or rate");
        return false;
    }
    *largest = port.max_msg_sz;
    if (plan->test == PERF_READ)
        *largest = efa.max_rdma_size < PERF_MAX_READ ? efa.max_rdma_size : PERF_MAX_READ;
    if (!plan->all_sizes && plan->size > *largest) {
        tool_error("--size %u: the most for %s is %u bytes%s", plan->size,
                   perf_test_names[plan->test], *largest,
                   plan->test == PERF_READ ? "" : " (the device's MTU)");
        return false;
    }
    deepest = efa.max_sq_wr < efa.max_rq_wr ? efa.max_sq_wr : efa.max_rq_wr;
    if (deepest > (uint64_t)common.max_cqe / plan->qps)
        deepest = (uint64_t)common.max_cqe / plan->qps;
    if (plan->depth > deepest) {
        tool_error("--depth %u: the device takes at most %u with %u queue pair%s", plan->depth,
                   (unsigned)deepest, plan->qps, plan->qps == 1 ? "" : "s");
        return false;
    }
    if (plan->qps * plan->threads > (uint32_t)common.max_qp) {
        tool_error("--qps %u with --threads %u: the device has %d queue pairs", plan->qps,
                   plan->threads, common.max_qp);
        return false;
    }
    if (plan->inline_limit > efa.inline_buf_size) {
        if (plan->inline_is_given) {
            tool_error("--inline %u: the device takes at most %u bytes", plan->inline_limit,
                       efa.inline_buf_size);
            return false;
        }
        plan->inline_limit = efa.inline_buf_size;
    }
    return true;
}

static bool create_domains(struct perf_side *side)
{
    struct ibv_td_init_attr td_attr;
    struct ibv_parent_domain_init_attr domain_attr;

    errno = 0;
    side->pd = ibv_alloc_pd(side->context);
    if (!side->pd) {
        tool_error("allocating a protection domain failed: %s", tool_errno_text(errno));
        return false;
    }
    side->domain = side->pd;
    if (!side->plan->thread_domain)
        return true;
    memset(&td_attr, 0, sizeof td_attr);
    side->td = ibv_alloc_td(side->context, &td_attr);
    if (!side->td) {
        tool_error("allocating a thread domain failed: %s", tool_errno_text(errno));
        return false;
    }
    memset(&domain_attr, 0, sizeof domain_attr);
    domain_attr.pd = side->pd;
    domain_attr.td = side->td;
    side->domain = ibv_alloc_parent_domain(side->context, &domain_attr);
    if (!side->domain)
        tool_error("allocating a parent domain failed: %s", tool_errno_text(errno));
    return side->domain != NULL;
}

static bool create_memory(struct perf_side *side)
{
    const struct perf_plan *plan = side->plan;
    const size_t line = EFA_CACHE_LINE;
    const uint32_t requests = plan->depth * plan->qps;
    const uint32_t receives = plan->test == PERF_READ ? 1 : requests;
    const int access =
        IBV_ACCESS_LOCAL_WRITE | (plan->test == PERF_READ ? (int)IBV_ACCESS_REMOTE_READ : 0);

    side->slot_size = (side->largest + PERF_UD_HEADER + line - 1) / line * line;
    /* Each request needs separate content only if it is verified. */
    side->send_slots = plan->verify || plan->test == PERF_READ ? requests : 1;
    if (side->send_slots > SEND_MEMORY_LIMIT / side->slot_size)
        side->send_slots = (uint32_t)(SEND_MEMORY_LIMIT / side->slot_size);
    side->memory_size = side->slot_size * ((size_t)side->send_slots + receives);
    side->memory = (uint8_t *)calloc(1, side->memory_size);
    if (!side->memory) {
        tool_error("no memory for %zu bytes of buffers: lower --depth, --qps or --size",
                   side->memory_size);
        return false;
    }
    side->send_memory = side->memory;
    side->recv_memory = side->memory + side->slot_size * side->send_slots;
    errno = 0;
    side->mr = ibv_reg_mr(side->pd, side->memory, side->memory_size, access);
    if (!side->mr) {
        tool_error("registering %zu bytes of memory failed: %s (lower --depth, --qps or --size)",
                   side->memory_size, tool_errno_text(errno));
        return false;
    }
    side->local.rkey = side->mr->rkey;
    side->local.read_address = (uintptr_t)side->recv_memory;
    return true;
}

static bool create_cq(struct perf_side *side, struct ibv_cq **cq, struct ibv_cq_ex **cq_ex)
{
    const struct perf_plan *plan = side->plan;
    const uint32_t entries = plan->depth * plan->qps;

    errno = 0;
    if (plan->classic_poll) {
        *cq = ibv_create_cq(side->context, (int)entries, NULL, NULL, 0);
    } else {
        struct ibv_cq_init_attr_ex attr;

        memset(&attr, 0, sizeof attr);
        attr.cqe = entries;
        attr.wc_flags = IBV_WC_EX_WITH_BYTE_LEN | IBV_WC_EX_WITH_IMM;
        if (plan->thread_domain) {
            attr.comp_mask = IBV_CQ_INIT_ATTR_MASK_FLAGS;
            attr.flags = IBV_CREATE_CQ_ATTR_SINGLE_THREADED;
        }
        *cq_ex = ibv_create_cq_ex(side->context, &attr);
        *cq = *cq_ex ? ibv_cq_ex_to_cq(*cq_ex) : NULL;
    }
    if (!*cq)
        tool_error("creating a completion queue of %u entries failed: %s", entries,
                   tool_errno_text(errno));
    return *cq != NULL;
}

static struct ibv_qp *create_qp(struct perf_side *side)
{
    const struct perf_plan *plan = side->plan;
    struct efadv_qp_init_attr efa_attr;
    struct ibv_qp_init_attr_ex attr;

    memset(&attr, 0, sizeof attr);
    attr.send_cq = side->send_cq;
    attr.recv_cq = side->recv_cq;
    attr.cap.max_send_wr = plan->depth;
    attr.cap.max_recv_wr = plan->depth;
    attr.cap.max_send_sge = 1;
    attr.cap.max_recv_sge = 1;
    attr.cap.max_inline_data = plan->inline_limit;
    attr.qp_type = plan->ud ? IBV_QPT_UD : IBV_QPT_DRIVER;
    attr.sq_sig_all = 1;
    attr.pd = side->domain;
    attr.comp_mask = IBV_QP_INIT_ATTR_PD;
    if (!plan->classic_post) {
        attr.comp_mask |= IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
        attr.send_ops_flags =
            plan->test == PERF_READ ? IBV_QP_EX_WITH_RDMA_READ : IBV_QP_EX_WITH_SEND_WITH_IMM;
    }
    if (plan->ud)
        return ibv_create_qp_ex(side->context, &attr);
    memset(&efa_attr, 0, sizeof efa_attr);
    efa_attr.driver_qp_type = EFADV_QP_DRIVER_TYPE_SRD;
    return efadv_create_qp_ex(side->context, &attr, &efa_attr, sizeof efa_attr);
}

static bool post_all_receives(struct perf_side *side, uint32_t qp)
{
    const uint32_t depth = side->plan->depth;

    if (side->plan->test == PERF_READ)
        return true;
    for (uint32_t i = 0; i < depth; i++) {
        const uint32_t slot = qp * depth + i;

        if (!perf_post_receives(side, qp, &slot, 1))
            return false;
    }
    return true;
}

bool perf_side_create(struct perf_side *side, struct ibv_context *context,
                      const struct perf_plan *plan, uint32_t largest)
{
    int error;

    memset(side, 0, sizeof *side);
    side->plan = plan;
    side->context = context;
    side->largest = plan->all_sizes ? largest : plan->size;
    /* Any value of 31 bits. A sender must use the receiver's value. */
    side->local.qkey = (uint32_t)(tool_now_ns() >> 4) & 0x7fffffffu;
    if (!create_domains(side) || !create_memory(side) ||
        !create_cq(side, &side->send_cq, &side->send_cq_ex) ||
        !create_cq(side, &side->recv_cq, &side->recv_cq_ex))
        return false;
    for (uint32_t i = 0; i < plan->qps; i++) {
        errno = 0;
        side->qps[i] = create_qp(side);
        if (!side->qps[i]) {
            tool_error("creating queue pair %u of %u failed: %s", i + 1, plan->qps,
                       tool_errno_text(errno));
            return false;
        }
        if (!plan->classic_post)
            side->qps_ex[i] = ibv_qp_to_qp_ex(side->qps[i]);
        side->local.qp_num[i] = side->qps[i]->qp_num;
        if (!tool_make_ready(side->qps[i], side->local.qkey) || !post_all_receives(side, i))
            return false;
    }
    error = ibv_query_gid(context, PORT, 0, &side->local.gid);
    if (error != 0)
        tool_error("asking for the device's GID failed: %s", tool_errno_text(error));
    return error == 0;
}

bool perf_side_connect(struct perf_side *side, const struct perf_address *remote)
{
    struct ibv_ah_attr attr;

    memset(&attr, 0, sizeof attr);
    attr.is_global = 1;
    attr.port_num = PORT;
    attr.grh.dgid = remote->gid;
    side->remote = *remote;
    errno = 0;
    side->ah = ibv_create_ah(side->pd, &attr);
    if (!side->ah)
        tool_error("creating an address handle for the other side failed: %s",
                   tool_errno_text(errno));
    return side->ah != NULL;
}

static bool undone(const char *what, int error)
{
    if (error != 0)
        tool_error("destroying %s failed: %s", what, tool_errno_text(error));
    return error == 0;
}

/* In reverse order. After a failure the rest is destroyed too. */
bool perf_side_destroy(struct perf_side *side)
{
    bool good = true;

    for (uint32_t i = 0; i < PERF_MAX_QPS; i++) {
        if (side->qps[i])
            good = undone("a queue pair", ibv_destroy_qp(side->qps[i])) && good;
    }
    if (side->send_cq)
        good = undone("a completion queue", ibv_destroy_cq(side->send_cq)) && good;
    if (side->recv_cq)
        good = undone("a completion queue", ibv_destroy_cq(side->recv_cq)) && good;
    if (side->ah)
        good = undone("the address handle", ibv_destroy_ah(side->ah)) && good;
    if (side->mr)
        good = undone("the memory region", ibv_dereg_mr(side->mr)) && good;
    if (side->domain && side->domain != side->pd)
        good = undone("the parent domain", ibv_dealloc_pd(side->domain)) && good;
    if (side->td)
        good = undone("the thread domain", ibv_dealloc_td(side->td)) && good;
    if (side->pd)
        good = undone("the protection domain", ibv_dealloc_pd(side->pd)) && good;
    free(side->memory);
    memset(side, 0, sizeof *side);
    return good;
}

uint8_t *perf_send_slot(const struct perf_side *side, uint32_t slot)
{
    return side->send_memory + side->slot_size * (slot % side->send_slots);
}

uint8_t *perf_recv_slot(const struct perf_side *side, uint32_t slot)
{
    return side->recv_memory + side->slot_size * slot;
}
