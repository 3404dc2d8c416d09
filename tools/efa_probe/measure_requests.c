/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Measures what the driver reports about itself and the adapter, and its replies to wrong requests.
 */
#include "probe.h"

#include <stdio.h>
#include <string.h>

#define HIGHEST_VERSION_ASKED 8u

static void settle_versions(struct probe *probe, unsigned spoken)
{
    char text[32] = "\"";

    for (uint32_t version = EFA_INTERFACE_VERSION_OLDEST; version <= EFA_INTERFACE_VERSION_NEWEST;
         version++) {
        size_t used = strlen(text);

        if ((spoken & 1u << version) != 0)
            snprintf(text + used, sizeof text - used, used > 1 ? " %u" : "%u", version);
    }
    snprintf(text + strlen(text), sizeof text - strlen(text), "\"");
    probe_settle_text(probe, "versions", text);
}

static void ask_versions(struct sim_world *world, struct probe *probe)
{
    char name[PROBE_NAME_SIZE], text[PROBE_VALUE_SIZE], assumed[PROBE_VALUE_SIZE];
    struct raw_client client;
    unsigned spoken = 0;
    uint32_t rejection = 0;

    raw_open(world, &client);
    for (uint32_t version = 0; version <= HIGHEST_VERSION_ASKED; version++) {
        const bool known = (EFASIM_ALL_VERSIONS >> version & 1) != 0;
        const uint32_t error = raw_query_device(&client, version);

        if (error == 0)
            spoken |= 1u << version;
        if (error != 0 && rejection == 0)
            rejection = error;
        snprintf(name, sizeof name, "versions.%u", version);
        probe_compare_text(probe, name, error == 0 ? "spoken" : "not spoken",
                           known ? "spoken" : "not spoken");
    }
    raw_close(&client);
    settle_versions(probe, spoken);
    if (rejection == 0)
        return;
    probe_settle(probe, "version_error", rejection);
    probe_compare_text(probe, "versions.error", probe_error_text(rejection, text),
                       probe_error_text(probe->assumed->devices[0].version_error, assumed));
}

const struct probe_measurement probe_versions = {"versions", SIM_ASKS, 1, 0, true, ask_versions};

static void report(struct probe *probe, const char *key, uint64_t found, uint64_t assumed)
{
    char name[PROBE_NAME_SIZE];

    snprintf(name, sizeof name, "reported.%s", key);
    probe_compare(probe, name, found, assumed);
    probe_settle(probe, key, found);
}

static void report_firmware(struct probe *probe, uint32_t version)
{
    const unsigned a = version >> 24, b = version >> 16 & 0xff, c = version >> 8 & 0xff,
                   d = version & 0xff;

    probe_settle(probe, "firmware_version", version);
    probe_note(probe_add(probe, PROBE_MEASURED, "reported.firmware_version", "0x%08x", version),
               "%u.%u.%u.%u if the highest byte is the first (as assumed), else %u.%u.%u.%u; the "
               "adapter's properties in Windows show which is right",
               a, b, c, d, d, c, b, a);
}

static void ask_limits(struct sim_world *world, struct probe *probe)
{
    const struct efasim_device_config *assumed = &probe->assumed->devices[0];
    struct raw_client client;

    raw_open(world, &client);
    CHECK_EQUAL(raw_query_device(&client, probe->version), 0);
    raw_close(&client);
    const struct efa_device_info *info = &client.info;
    probe_settle(probe, "device_version", info->device_version);
    probe_note(probe_add(probe, probe->part_is_known ? PROBE_AS_ASSUMED : PROBE_DIFFERS,
                         "reported.device_version", "0x%x", info->device_version),
               probe->part_is_known ? "a known part" : "an unknown part, compared with part 0x%x",
               assumed->device_version);
    report_firmware(probe, info->firmware_version);
    report(probe, "features", info->supported_features, assumed->features);
    report(probe, "page_size_cap", info->page_size_cap, assumed->page_size_cap);
    report(probe, "max_mr_pages", info->max_mr_pages, assumed->max_mr_pages);
    report(probe, "max_qp", info->max_qp, assumed->max_qp);
    report(probe, "max_cq", info->max_cq, assumed->max_cq);
    report(probe, "max_mr", info->max_mr, assumed->max_mr);
    report(probe, "max_pd", info->max_pd, assumed->max_pd);
    report(probe, "max_ah", info->max_ah, assumed->max_ah);
    report(probe, "max_sq_depth", info->max_sq_depth, assumed->max_sq_depth);
    report(probe, "max_rq_depth", info->max_rq_depth, assumed->max_rq_depth);
    report(probe, "max_cq_depth", info->max_cq_depth, assumed->max_cq_depth);
    report(probe, "inline_buf_size", info->inline_buf_size, assumed->inline_buf_size);
    report(probe, "max_llq_size", info->max_llq_size, assumed->max_llq_size);
    report(probe, "mtu", info->mtu, assumed->mtu);
    report(probe, "num_sub_cqs", info->num_sub_cqs, assumed->num_sub_cqs);
    report(probe, "max_sq_sge", info->max_sq_sge, assumed->max_sq_sge);
    report(probe, "max_rq_sge", info->max_rq_sge, assumed->max_rq_sge);
}

const struct probe_measurement probe_reported = {"reported", SIM_ASKS, 1, 0, true, ask_limits};

/* Compares the reply to a request with the assumed one. */
static void answer(struct probe *probe, const char *name, uint32_t error, uint32_t assumed)
{
    char text[PROBE_VALUE_SIZE], assumed_text[PROBE_VALUE_SIZE];

    probe_compare_text(probe, name, probe_error_text(error, text),
                       probe_error_text(assumed, assumed_text));
}

static uint32_t try_queue_pair(struct raw_endpoint *e, uint32_t sq_depth, uint32_t sq_entries,
                               uint32_t rq_depth, uint32_t rq_entries)
{
    struct efa_create_qp_params params;
    struct raw_qp qp;
    uint32_t error;

    raw_qp_params(e, EFA_DRIVER_QP_SRD, 1, &params);
    params.sq_depth = sq_depth;
    params.sq_ring_size = sq_entries * EFA_SEND_DESCRIPTOR_SIZE;
    params.rq_depth = rq_depth;
    params.rq_ring_size = rq_entries * EFA_RECV_DESCRIPTOR_SIZE;
    error = raw_create_qp(&e->client, &params, &qp);
    if (error == 0)
        CHECK_EQUAL(raw_destroy_qp(&e->client, qp.info.qp_handle), 0);
    return error;
}

static uint32_t try_cq(struct raw_endpoint *e, uint32_t depth)
{
    struct raw_cq cq;
    uint32_t error = raw_create_cq(&e->client, (uint16_t)depth, &cq);

    if (error == 0)
        CHECK_EQUAL(raw_destroy_cq(&e->client, cq.info.cq_index), 0);
    return error;
}

/* Requests each depth at its limit, and one beyond it. */
static void go_beyond(struct sim_world *world, struct probe *probe)
{
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    const struct efa_device_info *info = &probe->info;
    const uint32_t sq = info->max_sq_depth, rq = info->max_rq_depth, cq = info->max_cq_depth;
    struct raw_endpoint e;
    struct efa_mr_info mr;

    raw_endpoint_open(world, &e, &options);
    answer(probe, "limit.max_sq_depth", try_queue_pair(&e, sq, probe_ring_for(sq), 1, 1), 0);
    answer(probe, "beyond.max_sq_depth", try_queue_pair(&e, sq + 1, probe_ring_for(sq + 1), 1, 1),
           EFA_WIN32_INVALID_PARAMETER);
    answer(probe, "limit.max_rq_depth", try_queue_pair(&e, 1, 1, rq, probe_ring_for(rq)), 0);
    answer(probe, "beyond.max_rq_depth", try_queue_pair(&e, 1, 1, rq + 1, probe_ring_for(rq + 1)),
           EFA_WIN32_INVALID_PARAMETER);
    answer(probe, "beyond.rq_ring", try_queue_pair(&e, 1, 1, 1, 2 * probe_ring_for(rq)),
           EFA_WIN32_INVALID_PARAMETER);
    if ((cq & (cq - 1)) == 0) {
        answer(probe, "limit.max_cq_depth", try_cq(&e, cq), 0);
        answer(probe, "beyond.max_cq_depth", try_cq(&e, cq * 2 <= 0xffff ? cq * 2 : cq + 1),
               EFA_WIN32_INVALID_PARAMETER);
    }
    answer(probe, "beyond.max_mr_pages",
           raw_reg_mr(&e.client, e.pdn, e.memory, (info->max_mr_pages + 1) * 4096,
                      EFA_MR_LOCAL_WRITE, &mr),
           EFA_WIN32_INVALID_PARAMETER);
    raw_endpoint_close(&e);
}

const struct probe_measurement probe_beyond = {"beyond", SIM_WRONG_REQUESTS, 1, 0, true, go_beyond};

static void try_regions(struct raw_endpoint *e, struct probe *probe)
{
    struct efa_mr_info mr;

    answer(probe, "error.region_of_no_length",
           raw_reg_mr(&e->client, e->pdn, e->memory, 0, EFA_MR_LOCAL_WRITE, &mr),
           EFA_WIN32_INVALID_PARAMETER);
    answer(probe, "error.region_outside_of_memory",
           raw_reg_mr(&e->client, e->pdn, (void *)(uintptr_t)4096, 64, EFA_MR_LOCAL_WRITE, &mr),
           EFA_WIN32_NOACCESS);
    answer(probe, "error.region_with_unknown_permission",
           raw_reg_mr(&e->client, e->pdn, e->memory, 64, 0x80, &mr), EFA_WIN32_INVALID_PARAMETER);
    answer(probe, "error.region_for_remote_write",
           raw_reg_mr(&e->client, e->pdn, e->memory, 64, EFA_MR_LOCAL_WRITE | EFA_MR_REMOTE_WRITE,
                      &mr),
           EFA_WIN32_NOT_SUPPORTED);
    answer(probe, "error.region_of_an_unknown_domain",
           raw_reg_mr(&e->client, 0xfffe, e->memory, 64, EFA_MR_LOCAL_WRITE, &mr),
           EFA_WIN32_NOT_FOUND);
}

static void try_unknown_objects(struct raw_endpoint *e, struct probe *probe)
{
    uint16_t ah;

    answer(probe, "error.dealloc_unknown_pd", raw_dealloc_pd(&e->client, 0xfffe),
           EFA_WIN32_NOT_FOUND);
    answer(probe, "error.dereg_unknown_mr", probe_dereg_mr(probe, &e->client, 0xfffe),
           EFA_WIN32_NOT_FOUND);
    answer(probe, "error.destroy_unknown_cq", raw_destroy_cq(&e->client, 0xfffe),
           EFA_WIN32_NOT_FOUND);
    answer(probe, "error.destroy_unknown_qp", raw_destroy_qp(&e->client, 0xfffffffe),
           EFA_WIN32_NOT_FOUND);
    answer(probe, "error.dealloc_unknown_ah", raw_dealloc_ah(&e->client, e->pdn, 0xfffe),
           EFA_WIN32_NOT_FOUND);
    answer(probe, "error.ah_in_an_unknown_domain",
           raw_alloc_ah(&e->client, 0xfffe, e->client.info.addr, &ah), EFA_WIN32_NOT_FOUND);
}

static void try_busy_objects(struct raw_endpoint *e, struct probe *probe)
{
    answer(probe, "error.dealloc_busy_pd", raw_dealloc_pd(&e->client, e->pdn), EFA_WIN32_BUSY);
    answer(probe, "error.destroy_busy_cq", raw_destroy_cq(&e->client, e->send_cq.info.cq_index),
           EFA_WIN32_BUSY);
}

static void try_shapes(struct raw_endpoint *e, struct probe *probe)
{
    struct efa_pd_info info;
    uint8_t nothing[32] = {0};

    answer(probe, "error.unknown_request",
           raw_try(&e->client, EFA_CONTROL_CODE(0x80d), NULL, 0, NULL, 0),
           EFA_WIN32_INVALID_FUNCTION);
    answer(probe, "error.input_too_short", raw_try(&e->client, EFA_DESTROY_QP, nothing, 3, NULL, 0),
           EFA_WIN32_INVALID_PARAMETER);
    answer(probe, "error.input_too_long", raw_try(&e->client, EFA_DESTROY_QP, nothing, 5, NULL, 0),
           EFA_WIN32_INVALID_PARAMETER);
    answer(probe, "error.output_too_short",
           raw_try(&e->client, EFA_ALLOC_PD, NULL, 0, &info, sizeof info - 1),
           EFA_WIN32_INSUFFICIENT_BUFFER);
}

static void try_queues(struct raw_endpoint *e, struct probe *probe)
{
    struct efa_create_qp_params params;
    struct raw_qp qp;

    raw_qp_params(e, 2, 1, &params);
    answer(probe, "error.queue_pair_of_unknown_type", raw_create_qp(&e->client, &params, &qp),
           EFA_WIN32_INVALID_PARAMETER);
    raw_qp_params(e, EFA_DRIVER_QP_SRD, 1, &params);
    params.send_cq_index = 0xfffe;
    answer(probe, "error.queue_pair_without_cq", raw_create_qp(&e->client, &params, &qp),
           EFA_WIN32_NOT_FOUND);
    answer(probe, "error.ring_of_3_descriptors", try_queue_pair(e, 3, 3, 1, 1),
           EFA_WIN32_INVALID_PARAMETER);
    answer(probe, "error.cq_of_depth_0", try_cq(e, 0), EFA_WIN32_INVALID_PARAMETER);
    answer(probe, "error.cq_of_depth_3", try_cq(e, 3), EFA_WIN32_INVALID_PARAMETER);
}

static void try_states(struct raw_endpoint *e, struct probe *probe)
{
    answer(probe, "error.rts_to_init",
           raw_modify_qp(&e->client, &e->qp, EFA_MODIFY_QP_STATE | EFA_MODIFY_QP_QKEY,
                         EFA_DRIVER_QP_INIT),
           EFA_WIN32_INVALID_PARAMETER);
    answer(probe, "error.unknown_state", raw_modify_qp(&e->client, &e->qp, EFA_MODIFY_QP_STATE, 7),
           EFA_WIN32_INVALID_PARAMETER);
}

static void try_wrong_requests(struct sim_world *world, struct probe *probe)
{
    const struct raw_options options = probe_options(probe, EFA_DRIVER_QP_SRD);
    struct raw_endpoint e;

    raw_endpoint_open(world, &e, &options);
    try_regions(&e, probe);
    try_unknown_objects(&e, probe);
    try_busy_objects(&e, probe);
    try_shapes(&e, probe);
    try_queues(&e, probe);
    if (probe->version >= EFA_INTERFACE_VERSION_2)
        try_states(&e, probe);
    raw_endpoint_close(&e);
}

const struct probe_measurement probe_errors = {"error", SIM_WRONG_REQUESTS, 1, 0,
                                               true,    try_wrong_requests};
