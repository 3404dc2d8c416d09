/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The table of device-control requests, with their interface versions and sizes; and QUERY_DEVICE.
 * The other handlers are in the file of their object, in device/ or here.
 *
 * Inputs have exactly the size of their structure (CREATE_CQ also 8 bytes), outputs at least that
 * of the reply. Before a successful QUERY_DEVICE a client is served by the oldest version of the
 * device.
 */
#include <string.h>

#include "../../src/driver/protocol.h"
#include "../../src/driver/win32_error.h"
#include "../device/address_handle.h"
#include "../device/completion_queue.h"
#include "../device/fault_rules.h"
#include "../device/memory_region.h"
#include "../device/patch.h"
#include "../device/trace.h"
#include "../efasim.h"
#include "dealloc_ah.h"
#include "modify_qp.h"
#include "queue_pair.h"

#define MAX_INPUT_SIZE 32
#define MAX_OUTPUT_SIZE sizeof(struct efa_device_info)

static uint32_t query_device(struct efasim_client *client, const void *input, void *output)
{
    const struct efa_query_device_params *params = input;
    const struct efasim_device_config *config = &client->device->config;
    struct efa_device_info *info = output;

    if (params->interface_version > EFA_INTERFACE_VERSION_NEWEST ||
        (config->versions & EFASIM_VERSION_BIT(params->interface_version)) == 0)
        return config->version_error;
    client->version = params->interface_version;

    memset(info, 0, sizeof *info);
    info->page_size_cap = config->page_size_cap;
    info->max_mr_pages = config->max_mr_pages;
    info->firmware_version = config->firmware_version;
    info->device_version = config->device_version;
    info->supported_features = config->features;
    info->max_qp = config->max_qp;
    info->max_sq_depth = config->max_sq_depth;
    info->max_rq_depth = config->max_rq_depth;
    info->max_cq = config->max_cq;
    info->max_cq_depth = config->max_cq_depth;
    info->inline_buf_size = config->inline_buf_size;
    info->max_mr = config->max_mr;
    info->max_pd = config->max_pd;
    info->max_ah = config->max_ah;
    info->max_llq_size = config->max_llq_size;
    info->mtu = config->mtu;
    info->num_sub_cqs = (uint16_t)config->num_sub_cqs;
    info->max_sq_sge = (uint16_t)config->max_sq_sge;
    info->max_rq_sge = (uint16_t)config->max_rq_sge;
    memcpy(info->addr, config->gid, sizeof info->addr);
    return EFA_WIN32_SUCCESS;
}

struct request_kind {
    uint32_t code;
    uint32_t input_size;
    uint32_t output_size;
    uint32_t (*handle)(struct efasim_client *client, const void *input, void *output);
};

/* In the order of their function numbers. */
static const struct request_kind request_kinds[EFASIM_REQUEST_KINDS] = {
    {EFA_QUERY_DEVICE, sizeof(struct efa_query_device_params), sizeof(struct efa_device_info),
     query_device},
    {EFA_CREATE_CQ, sizeof(struct efa_create_cq_params), sizeof(struct efa_cq_info),
     efasim_create_cq},
    {EFA_DESTROY_CQ, sizeof(struct efa_destroy_cq_params), 0, efasim_destroy_cq},
    {EFA_CREATE_QP, sizeof(struct efa_create_qp_params), sizeof(struct efa_qp_info),
     efasim_create_qp},
    {EFA_DESTROY_QP, sizeof(struct efa_destroy_qp_params), 0, efasim_destroy_qp},
    {EFA_REG_MR, sizeof(struct efa_reg_mr_params), sizeof(struct efa_mr_info), efasim_reg_mr},
    {EFA_DEREG_MR, sizeof(struct efa_dereg_mr_params_v3), 0, efasim_dereg_mr},
    {EFA_ALLOC_AH, sizeof(struct efa_create_ah_params), sizeof(struct efa_ah_info),
     efasim_alloc_ah},
    {EFA_DEALLOC_AH, sizeof(struct efa_destroy_ah_params), 0, efasim_dealloc_ah},
    {EFA_ALLOC_PD, 0, sizeof(struct efa_pd_info), efasim_alloc_pd},
    {EFA_DEALLOC_PD, sizeof(struct efa_dealloc_pd_params), 0, efasim_dealloc_pd},
    {EFA_MODIFY_QP, sizeof(struct efa_modify_qp_params), 0, efasim_modify_qp},
};

static_assert(sizeof(struct efa_create_qp_params) <= MAX_INPUT_SIZE, "largest input");

static bool input_size_fits(const struct efasim_client *client, const struct request_kind *kind,
                            uint32_t size)
{
    if (kind->code == EFA_DEREG_MR && client->version < EFA_INTERFACE_VERSION_3)
        return size == sizeof(struct efa_dereg_mr_params_v1);
    if (kind->code == EFA_CREATE_CQ && size == EFA_CREATE_CQ_INPUT_SIZE)
        return true;
    return size == kind->input_size;
}

/* Checks a request before its handler runs; returns the error, or 0. */
static uint32_t admit(struct efasim_client *client, const struct request_kind *kind,
                      uint32_t input_size, uint32_t output_size)
{
    if (client->device->removed)
        return EFA_WIN32_DEVICE_NOT_CONNECTED;
    if (kind->code == EFA_MODIFY_QP && client->version < EFA_INTERFACE_VERSION_2)
        return EFA_WIN32_INVALID_FUNCTION;
    if (!input_size_fits(client, kind, input_size))
        return EFA_WIN32_INVALID_PARAMETER;
    if (output_size < kind->output_size)
        return EFA_WIN32_INSUFFICIENT_BUFFER;
    return EFA_WIN32_SUCCESS;
}

/* Executes one request, with its faults. Returns the nanoseconds of a fault's delay. */
static uint64_t serve(struct efasim_client *client, uint32_t number, const void *input,
                      void *output, uint32_t *error, uint32_t *returned)
{
    const struct request_kind *kind = &request_kinds[number];
    struct efasim_patch patch;
    const struct efasim_fault *fault =
        efasim_fault_strikes(client->device, EFASIM_FAULT_ON_REQUEST, number);

    if (fault && fault->kind == EFASIM_FAULT_REQUEST_ERROR) {
        *error = (uint32_t)fault->value;
        return 0;
    }
    *error = kind->handle(client, input, output);
    *returned = *error == EFA_WIN32_SUCCESS ? kind->output_size : 0;
    if (!fault)
        return 0;
    switch (fault->kind) {
    case EFASIM_FAULT_REQUEST_LOST_REPLY:
        *error = (uint32_t)fault->value;
        if (*error != EFA_WIN32_MORE_DATA) /* a warning: Windows passes the reply on */
            *returned = 0;
        return 0;
    case EFASIM_FAULT_REQUEST_SHORT_REPLY:
        if (fault->value < *returned)
            *returned = (uint32_t)fault->value;
        return 0;
    case EFASIM_FAULT_REQUEST_PATCH:
        patch = efasim_patch_of(fault);
        efasim_patch(output, 0, *returned, &patch);
        return 0;
    default:
        return fault->value;
    }
}

uint32_t efasim_request(struct efasim_client *client, uint32_t code, const void *input,
                        uint32_t input_size, void *output, uint32_t output_size, uint32_t *returned)
{
    struct efasim *sim = client->sim;
    struct efasim_counters *counters = &client->device->counters;
    uint64_t private_input[MAX_INPUT_SIZE / sizeof(uint64_t)] = {0};
    uint64_t private_output[MAX_OUTPUT_SIZE / sizeof(uint64_t)] = {0};
    uint32_t number = 0;
    uint32_t error = EFA_WIN32_INVALID_FUNCTION;
    uint64_t late = 0;

    *returned = 0;
    while (number < EFASIM_REQUEST_KINDS && request_kinds[number].code != code)
        number++;
    if (input_size != 0 && input_size <= MAX_INPUT_SIZE)
        memcpy(private_input, input, input_size);

    efasim_lock(sim);
    sim->now = sim->platform.now(sim->platform.context);
    if (number < EFASIM_REQUEST_KINDS) {
        counters->requests[number]++;
        error = admit(client, &request_kinds[number], input_size, output_size);
        if (error == EFA_WIN32_SUCCESS)
            late = serve(client, number, private_input, private_output, &error, returned);
    } else {
        counters->unknown_requests++;
    }
    if (error != EFA_WIN32_SUCCESS)
        counters->requests_failed++;
    if (efasim_traced(sim, EFASIM_TRACE_REQUESTS))
        efasim_trace_request(client, code, input_size, error, private_input, private_output,
                             *returned);
    efasim_unlock(sim);

    if (late != 0 && sim->platform.delay)
        sim->platform.delay(sim->platform.context, late);
    if (*returned != 0)
        memcpy(output, private_output, *returned);
    return error;
}
