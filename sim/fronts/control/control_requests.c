/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The handler of each request. */
#include "control_requests.h"

#include <string.h>

#include "../../../src/driver/win32_error.h"
#include "../../base/format.h"
#include "control_protocol.h"

uint32_t control_reply(void *buffer, uint32_t output_size, const void *answer, uint32_t size,
                       uint32_t *returned)
{
    if (output_size < size)
        return EFA_WIN32_INSUFFICIENT_BUFFER;
    memcpy(buffer, answer, size);
    *returned = size;
    return EFA_WIN32_SUCCESS;
}

static bool read_u32(const void *buffer, uint32_t input_size, uint32_t *value)
{
    if (input_size != sizeof *value)
        return false;
    memcpy(value, buffer, sizeof *value);
    return true;
}

/*
 * Reads the text into a copy of the current configuration. Only faults may change, because other
 * keys cannot take effect any more.
 */
static bool parse_faults(const struct control_target *target, struct efasim_config *config,
                         const char *text, uint32_t size, struct efasim_control_added *added)
{
    const struct efasim_config *running = efasim_get_config(target->sim);
    struct efasim_text message;

    memcpy(config, running, sizeof *config); /* compared byte by byte below */
    config->fault_count = 0;
    if (!efasim_config_parse(config, text, size, added->message, sizeof added->message))
        return false;
    efasim_text_init(&message, added->message, sizeof added->message);
    if (memcmp(config, running, offsetof(struct efasim_config, fault_count)) != 0) {
        efasim_text_add(&message, "only faults can be added to a running adapter");
        return false;
    }
    if (config->fault_count == 0) {
        efasim_text_add(&message, "the text has no fault; expected 'fault = KIND ...'");
        return false;
    }
    return true;
}

/* Adds all faults of a configuration text, or, if one is invalid, no fault. */
static uint32_t add_faults(const struct control_target *target, const char *text, uint32_t size,
                           struct efasim_control_added *added)
{
    struct efasim_config *config = target->allocate(sizeof *config);
    uint32_t ids[EFASIM_MAX_FAULTS];
    uint32_t error = 0;

    if (!config)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    memset(added, 0, sizeof *added);
    if (!parse_faults(target, config, text, size, added)) {
        target->release(config);
        return EFA_WIN32_SUCCESS;
    }
    for (uint32_t i = 0; i < config->fault_count && error == 0; i++) {
        error = efasim_fault_add(target->sim, &config->faults[i], &ids[i]);
        if (error == 0)
            added->count++;
    }
    if (error != 0)
        while (added->count > 0)
            efasim_fault_remove(target->sim, ids[--added->count]);
    target->release(config);
    return error;
}

static uint32_t list_faults(const struct control_target *target, void *buffer, uint32_t output_size,
                            uint32_t *returned)
{
    struct efasim_control_faults *faults = target->allocate(sizeof *faults);
    uint32_t error;

    if (!faults)
        return EFA_WIN32_NOT_ENOUGH_MEMORY;
    faults->count = efasim_get_faults(target->sim, faults->list);
    error = control_reply(buffer, output_size, faults, sizeof *faults, returned);
    target->release(faults);
    return error;
}

static uint32_t show_queue_pair(const struct control_target *target, void *buffer,
                                uint32_t input_size, uint32_t output_size, uint32_t *returned)
{
    struct efasim_qp_counters counters;
    struct efasim_control_qp qp;
    uint32_t error;

    if (input_size != sizeof qp)
        return EFA_WIN32_INVALID_PARAMETER;
    memcpy(&qp, buffer, sizeof qp);
    error = efasim_get_qp_counters(target->sim, qp.device, qp.number, &counters);
    if (error != 0)
        return error;
    return control_reply(buffer, output_size, &counters, sizeof counters, returned);
}

static uint32_t set_trace(const struct control_target *target, const void *buffer,
                          uint32_t input_size)
{
    struct efasim_trace_filter filter;

    if (input_size != sizeof filter)
        return EFA_WIN32_INVALID_PARAMETER;
    if (!target->has_trace)
        return EFA_WIN32_FILE_NOT_FOUND;
    memcpy(&filter, buffer, sizeof filter);
    efasim_set_trace(target->sim, &filter);
    return EFA_WIN32_SUCCESS;
}

uint32_t control_serve(const struct control_target *target, uint32_t code, void *buffer,
                       uint32_t input_size, uint32_t output_size, uint32_t *returned)
{
    struct efasim_counters counters;
    struct efasim_control_removal removal;
    struct efasim_control_added added;
    struct efasim_objects objects;
    uint32_t error, value;

    *returned = 0;
    switch (code) {
    case EFASIM_CONTROL_OBJECTS:
        efasim_get_objects(target->sim, EFASIM_ALL_DEVICES, &objects);
        return control_reply(buffer, output_size, &objects, sizeof objects, returned);
    case EFASIM_CONTROL_COUNTERS:
        efasim_get_counters(target->sim, EFASIM_ALL_DEVICES, &counters);
        return control_reply(buffer, output_size, &counters, sizeof counters, returned);
    case EFASIM_CONTROL_RESET_COUNTERS:
        efasim_reset_counters(target->sim);
        return EFA_WIN32_SUCCESS;
    case EFASIM_CONTROL_STALL:
        if (!read_u32(buffer, input_size, &value))
            return EFA_WIN32_INVALID_PARAMETER;
        efasim_stall(target->sim, value != 0);
        return EFA_WIN32_SUCCESS;
    case EFASIM_CONTROL_REMOVE:
        if (input_size != sizeof removal)
            return EFA_WIN32_INVALID_PARAMETER;
        memcpy(&removal, buffer, sizeof removal);
        return efasim_set_removed(target->sim, removal.device, removal.is_removed != 0);
    case EFASIM_CONTROL_FAULTS:
        if (output_size < sizeof added)
            return EFA_WIN32_INSUFFICIENT_BUFFER;
        error = add_faults(target, buffer, input_size, &added);
        return error == EFA_WIN32_SUCCESS
                   ? control_reply(buffer, output_size, &added, sizeof added, returned)
                   : error;
    case EFASIM_CONTROL_LIST_FAULTS:
        return list_faults(target, buffer, output_size, returned);
    case EFASIM_CONTROL_QP_COUNTERS:
        return show_queue_pair(target, buffer, input_size, output_size, returned);
    case EFASIM_CONTROL_CLEAR_FAULTS:
        efasim_fault_clear(target->sim);
        return EFA_WIN32_SUCCESS;
    case EFASIM_CONTROL_TRACE:
        return set_trace(target, buffer, input_size);
    default:
        return EFA_WIN32_INVALID_FUNCTION;
    }
}
