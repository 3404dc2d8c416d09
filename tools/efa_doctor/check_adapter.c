/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Checks of the adapter: limits, objects, a loopback of verified messages, with the code of
 * efa_pingpong.
 */
#include "checks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

#include "common/batch.h"
#include "common/interrupt.h"
#include "common/library.h"
#include "common/message.h"
#include "efa_pingpong/endpoint.h"
#include "efa_pingpong/run.h"
#include "efa_pingpong/session.h"

#define PORT 1
#define MESSAGES 50
#define TIMEOUT_NS 10000000000u
#define SMALLEST_MTU 1024
#define LARGEST_MTU 65536

static const char limits_title[] = "Limits";

static const struct {
    const char *objects, *objects_title, *loopback, *loopback_title;
} transports[] = {
    {"objects-srd", "Objects for SRD", "loopback-srd", "Loopback on SRD"},
    {"objects-ud", "Objects for UD", "loopback-ud", "Loopback on UD"},
};

/* Describes the first impossible limit, or NULL. */
static const char *odd_limit(const struct ibv_device_attr *common,
                             const struct efadv_device_attr *efa, const struct ibv_port_attr *port,
                             const union ibv_gid *gid)
{
    static const union ibv_gid none;

    if (common->max_pd < 1 || common->max_mr < 1 || common->max_ah < 1)
        return "no protection domains, memory regions or address handles";
    if (common->max_cq < 1 || common->max_qp < 1)
        return "no completion queues or queue pairs";
    if (common->max_cqe < 2)
        return "completion queues of less than two entries";
    if (efa->max_sq_wr < 1 || efa->max_rq_wr < 1 || efa->max_sq_sge < 1 || efa->max_rq_sge < 1)
        return "no requests or buffers in a queue";
    if (port->max_msg_sz < SMALLEST_MTU || port->max_msg_sz > LARGEST_MTU)
        return "an MTU that is not within 1024 and 65536 bytes";
    if (port->state != IBV_PORT_ACTIVE)
        return "a port that is not active";
    if (memcmp(gid, &none, sizeof none) == 0)
        return "an address (GID) of zeros";
    return NULL;
}

static const char *batch_text(struct ibv_context *context, uint32_t depth, char *text, size_t size)
{
    const uint32_t max_batch = tool_max_batch(context, depth);

    if (max_batch == 0)
        return "batch limit unknown";
    snprintf(text, size, "batches of %u sends at most", max_batch);
    return text;
}

/* False if the adapter cannot be queried. */
static bool check_limits(struct doctor_report *report, struct ibv_context *context, uint32_t *mtu)
{
    struct ibv_device_attr common;
    struct efadv_device_attr efa;
    struct ibv_port_attr port;
    union ibv_gid gid;
    const char *odd;
    char batch[64];
    int error;

    memset(&efa, 0, sizeof efa); /* its comp_mask asks for nothing more */
    error = ibv_query_device(context, &common);
    if (error == 0)
        error = efadv_query_device(context, &efa, sizeof efa);
    if (error == 0)
        error = ibv_query_port(context, PORT, &port);
    if (error == 0)
        error = ibv_query_gid(context, PORT, 0, &gid);
    if (error != 0) {
        report_problem(report, "limits", limits_title, DOCTOR_PROBLEM_OPEN,
                       "asking for them failed: %s", tool_errno_text(error));
        return false;
    }
    *mtu = port.max_msg_sz;
    odd = odd_limit(&common, &efa, &port, &gid);
    if (odd)
        report_problem(report, "limits", limits_title, DOCTOR_PROBLEM_LIMITS, "it reports %s", odd);
    else
        report_ok(report, "limits", limits_title,
                  "%d queue pairs, %u sends and %u receives each, %s, MTU %u bytes, RDMA read: %s",
                  common.max_qp, efa.max_sq_wr, efa.max_rq_wr,
                  batch_text(context, efa.max_sq_wr, batch, sizeof batch), port.max_msg_sz,
                  efa.device_caps & EFADV_DEVICE_ATTR_CAPS_RDMA_READ ? "yes" : "no");
    return true;
}

/* Sends messages of one size there and back and checks every byte. Reports whether a byte was
 * wrong. */
static bool exchange(struct endpoint *one, struct endpoint *other, bool *altered)
{
    struct pingpong_session sessions[2] = {{0}, {0}};
    const bool good = session_create(&sessions[0], one, true) &&
                      session_create(&sessions[1], other, false) &&
                      run_sessions(sessions, 2, TOOL_NO_SOCKET, NULL);

    *altered = sessions[0].altered || sessions[1].altered;
    session_destroy(&sessions[0]);
    session_destroy(&sessions[1]);
    return good;
}

static void check_transport(struct doctor_report *report, struct ibv_context *context, bool ud,
                            uint32_t mtu)
{
    struct pingpong_plan plan = {0};
    struct endpoint endpoints[2];
    char trouble[400];
    bool created, good, altered = false;

    plan.ud = ud;
    plan.verify = true;
    plan.size = mtu < LARGEST_MTU ? mtu : LARGEST_MTU;
    plan.iterations = MESSAGES;
    plan.rx_depth = 8;
    plan.timeout_ns = TIMEOUT_NS;
    memset(endpoints, 0, sizeof endpoints);
    tool_keep_errors(trouble, sizeof trouble);
    created = endpoint_create(&endpoints[0], context, &plan) &&
              endpoint_create(&endpoints[1], context, &plan);
    good = created && endpoint_connect(&endpoints[0], &endpoints[1].local) &&
           endpoint_connect(&endpoints[1], &endpoints[0].local) &&
           exchange(&endpoints[0], &endpoints[1], &altered);
    endpoint_destroy(&endpoints[0]);
    endpoint_destroy(&endpoints[1]);
    tool_keep_errors(NULL, 0);

    if (tool_interrupted())
        return;
    if (!created) {
        report_problem(report, transports[ud].objects, transports[ud].objects_title,
                       DOCTOR_PROBLEM_OBJECTS, "%s", trouble);
        report_skipped(report, transports[ud].loopback, transports[ud].loopback_title,
                       "needs the objects");
        return;
    }
    report_ok(report, transports[ud].objects, transports[ud].objects_title,
              "protection domain, memory, completion queue and queue pair can be created");
    if (good && trouble[0] == '\0')
        report_ok(report, transports[ud].loopback, transports[ud].loopback_title,
                  "%d messages of %u bytes each way, every byte verified", MESSAGES, plan.size);
    else
        report_problem(report, transports[ud].loopback, transports[ud].loopback_title,
                       altered ? DOCTOR_PROBLEM_ALTERED : DOCTOR_PROBLEM_LOOPBACK, "%s", trouble);
}

static void skip_transports(struct doctor_report *report, const char *reason)
{
    for (size_t i = 0; i < EFA_ARRAY_SIZE(transports); i++) {
        report_skipped(report, transports[i].objects, transports[i].objects_title, "%s", reason);
        report_skipped(report, transports[i].loopback, transports[i].loopback_title, "%s", reason);
    }
}

void skip_adapter(struct doctor_report *report, const char *reason)
{
    report_skipped(report, "limits", limits_title, "%s", reason);
    skip_transports(report, reason);
}

void check_adapter(struct doctor_report *report)
{
    struct ibv_context *context;
    char trouble[400];
    uint32_t mtu = 0;

    tool_keep_errors(trouble, sizeof trouble);
    context = tool_open_device(NULL);
    tool_keep_errors(NULL, 0);
    if (!context) {
        report_problem(report, "limits", limits_title, DOCTOR_PROBLEM_OPEN, "%s", trouble);
        skip_transports(report, "needs the adapter");
        return;
    }
    if (check_limits(report, context, &mtu)) {
        check_transport(report, context, false, mtu);
        check_transport(report, context, true, mtu);
    } else {
        skip_transports(report, "needs the limits");
    }
    if (ibv_close_device(context) != 0)
        report_problem(report, "close", "Closing", DOCTOR_PROBLEM_OBJECTS,
                       "the adapter does not close after use");
}
