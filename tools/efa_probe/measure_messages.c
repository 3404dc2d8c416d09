/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Messages of an endpoint to itself: sizes, completions, flushing, RDMA reads. */
#include "probe.h"

#include <stdio.h>
#include <string.h>

static void send_inline(struct raw_endpoint *e, struct probe *probe, const char *name,
                        uint32_t size, uint8_t assumed)
{
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 0, 0, 0);

    memset(&d.payload, 0, sizeof d.payload);
    d.ctrl1 |= EFA_SEND_INLINE_MSG;
    d.length = (uint16_t)size;
    probe_compare_status(probe, name, probe_send_status(e, &d), assumed);
}

/* On UD: it needs no receiver. */
static void measure_sizes(struct sim_world *world, struct probe *probe)
{
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_UD);
    const struct efa_device_info *info = &probe->info;
    struct efa_send_descriptor d;
    struct raw_endpoint e;

    raw_endpoint_open(world, &e, &options);
    if (info->mtu < RAW_BUFFER_SIZE) {
        d = raw_send_descriptor(&e, &e, 0, 0, info->mtu);
        probe_compare_status(probe, "limit.mtu", probe_send_status(&e, &d), EFA_STATUS_OK);
        d = raw_send_descriptor(&e, &e, 0, 0, info->mtu + 1);
        probe_compare_status(probe, "beyond.mtu", probe_send_status(&e, &d), EFA_STATUS_BAD_LENGTH);
    }
    if (info->inline_buf_size <= EFA_SEND_MAX_INLINE)
        send_inline(&e, probe, "limit.inline_buf_size", info->inline_buf_size, EFA_STATUS_OK);
    if (info->inline_buf_size < EFA_SEND_MAX_INLINE)
        send_inline(&e, probe, "beyond.inline_buf_size", info->inline_buf_size + 1,
                    EFA_STATUS_BAD_LENGTH);
    d = raw_send_descriptor(&e, &e, 0, 0, 8);
    d.payload.buffers[0].lkey = 0;
    probe_compare_status(probe, "status.bad_lkey", probe_send_status(&e, &d), EFA_STATUS_BAD_LKEY);
    d = raw_send_descriptor(&e, &e, 0, 0, 8);
    d.address_handle = 0xfffe;
    probe_compare_status(probe, "status.bad_address_handle", probe_send_status(&e, &d),
                         EFA_STATUS_BAD_AH);
    raw_endpoint_close(&e);
}

const struct probe_measurement probe_messages = {"messages", SIM_WRONG_WORK, 1,
                                                 0,          true,           measure_sizes};

static void send_unsignaled(struct sim_world *world, struct probe *probe)
{
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_UD);
    struct efa_send_descriptor d;
    struct raw_endpoint e;
    bool completes;

    raw_endpoint_open(world, &e, &options);
    d = raw_send_descriptor(&e, &e, 0, 0, 8);
    d.ctrl2 &= (uint8_t)~EFA_SEND_COMP_REQ;
    completes = probe_send_status(&e, &d) >= 0;
    probe_compare_text(probe, "behaviour.success_without_comp_req",
                       completes ? "completes" : "does not complete", "does not complete");
    raw_endpoint_close(&e);
}

const struct probe_measurement probe_unsignaled = {
    "behaviour.success_without_comp_req", SIM_USES, 1, 0, true, send_unsignaled};

enum { FLUSHED = 5 };

static unsigned post_receives(struct raw_endpoint *e, const struct probe *probe)
{
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    unsigned posted = 0;

    for (; posted < FLUSHED && posted < options.depth; posted++)
        raw_recv(e, (uint16_t)posted, 0, 64);
    return posted;
}

/*
 * The number of the requests 0, 1, ... that completed; `*ordered`: in this order, and as flushed.
 */
static unsigned take_flushed(struct sim_world *world, struct raw_cq *cq, unsigned wanted,
                             bool *ordered)
{
    struct efa_completion_entry entry;
    unsigned count = 0;

    *ordered = true;
    while (count < wanted && probe_wait(world, cq, PROBE_PATIENCE_MS, &entry)) {
        *ordered = *ordered && entry.request_id == count && entry.status == EFA_STATUS_FLUSHED;
        count++;
    }
    return count;
}

static void measure_flush(struct sim_world *world, struct probe *probe)
{
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    struct raw_endpoint e;
    unsigned posted, count;
    bool ordered;

    raw_endpoint_open(world, &e, &options);
    posted = post_receives(&e, probe);
    CHECK_EQUAL(raw_modify_qp(&e.client, &e.qp, EFA_MODIFY_QP_STATE, EFA_DRIVER_QP_ERR), 0);
    count = take_flushed(world, &e.recv_cq, posted, &ordered);
    raw_endpoint_close(&e);
    probe_compare_text(probe, "behaviour.flush_order",
                       count < posted ? "not all complete"
                       : ordered      ? "as posted"
                                      : "another",
                       "as posted");
}

const struct probe_measurement probe_flush = {
    "behaviour.flush_order", SIM_USES, EFA_INTERFACE_VERSION_2, 0, true, measure_flush};

static void destroy_with_work(struct sim_world *world, struct probe *probe)
{
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    struct probe_point *point;
    struct raw_endpoint e;
    unsigned posted, count;
    bool ordered;

    raw_endpoint_open(world, &e, &options);
    posted = post_receives(&e, probe);
    CHECK_EQUAL(raw_destroy_qp(&e.client, e.qp.info.qp_handle), 0);
    count = take_flushed(world, &e.recv_cq, posted, &ordered);
    raw_endpoint_close(&e);
    point =
        probe_compare_text(probe, "behaviour.work_of_destroyed_queue_pair",
                           count == 0 ? "does not complete" : "completes",
                           probe->assumed->flush_on_destroy ? "completes" : "does not complete");
    probe_note(point, "%u of %u receives completed%s", count, posted,
               ordered ? ", in order, flushed" : "");
    probe_settle_text(probe, "flush_on_destroy", count == 0 ? "false" : "true");
}

const struct probe_measurement probe_destroyed = {
    "behaviour.work_of_destroyed_queue_pair", SIM_USES, 1, 0, true, destroy_with_work};

/* The status of a read of so many bytes by a key that is not valid at the target. */
static int read_status(struct raw_endpoint *e, uint32_t size)
{
    struct efa_send_descriptor d = raw_send_descriptor(e, e, 0, 0, size);
    const struct efa_buffer_descriptor local = d.payload.buffers[0];

    memset(&d.payload, 0, sizeof d.payload);
    d.ctrl1 |= EFA_SEND_OP_RDMA_READ;
    d.payload.rdma.local = local;
    d.payload.rdma.remote.length = size;
    d.payload.rdma.remote.address_low = local.address_low;
    d.payload.rdma.remote.address_high = local.address_high;
    return probe_send_status(e, &d);
}

/*
 * No read succeeds: the remote key is invalid. An adapter that checks the length first rejects a
 * read that is too long with BAD_LENGTH.
 */
static void find_largest_read(struct sim_world *world, struct probe *probe)
{
    static const char name[] = "limit.max_rdma_size";
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    uint64_t least = 0, most = (uint64_t)UINT32_MAX + 1;
    struct raw_endpoint e;

    raw_endpoint_open(world, &e, &options);
    while (most - least > 1) {
        const uint64_t size = least + (most - least) / 2;
        const int status = read_status(&e, (uint32_t)size);

        if (status < 0) {
            raw_endpoint_close(&e);
            probe_add(probe, PROBE_NO_RESULT, name, "no completion");
            return;
        }
        if (status == EFA_STATUS_BAD_LENGTH)
            most = size;
        else
            least = size;
    }
    raw_endpoint_close(&e);
    if (most > UINT32_MAX || least == RAW_BUFFER_SIZE) {
        /* The second: the adapter compares with the size of the local region first. */
        probe_add(probe, PROBE_NO_RESULT, name,
                  most > UINT32_MAX ? "no length is rejected"
                                    : "all lengths beyond the local region are rejected");
        return;
    }
    probe_compare(probe, name, least, probe->assumed->devices[0].max_rdma_size);
    probe_settle(probe, "max_rdma_size", least);
}

const struct probe_measurement probe_rdma = {
    "limit.max_rdma_size", SIM_WRONG_WORK, 1, EFA_FEATURE_RDMA_READ, true, find_largest_read};
