/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Answers to efasim_ctl (control_protocol.h). */
#include "driver.h"

#include "control_protocol.h"
#include "base/format.h"
#include "nt_status.h"

static NTSTATUS reply(void *buffer, uint32_t output_size, const void *answer, uint32_t size,
                      uint32_t *returned)
{
    if (output_size < size)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(buffer, answer, size);
    *returned = size;
    return STATUS_SUCCESS;
}

static bool read_u32(const void *buffer, uint32_t input_size, uint32_t *value)
{
    if (input_size != sizeof(*value))
        return false;
    memcpy(value, buffer, sizeof(*value));
    return true;
}

/*
 * Reads the text over the configuration that the driver runs with. What it changes beside the faults
 * could not take effect any more.
 */
static bool parse_faults(struct driver *driver, struct efasim_config *config, const char *text,
                         uint32_t size, struct efasim_control_added *added)
{
    const struct efasim_config *running = efasim_get_config(driver->sim);
    struct efasim_text message;

    memcpy(config, running, sizeof(*config)); /* compared byte by byte below */
    config->fault_count = 0;
    if (!efasim_config_parse(config, text, size, added->message, sizeof(added->message)))
        return false;
    efasim_text_init(&message, added->message, sizeof(added->message));
    if (memcmp(config, running, offsetof(struct efasim_config, fault_count)) != 0) {
        efasim_text_add(&message, "the adapter runs: only faults can be added to it");
        return false;
    }
    if (config->fault_count == 0) {
        efasim_text_add(&message, "the text has no fault in it: it takes 'fault = KIND ...'");
        return false;
    }
    return true;
}

/* Adds the faults of a configuration text; all or none. */
static NTSTATUS add_faults(struct driver *driver, const char *text, uint32_t size,
                           struct efasim_control_added *added)
{
    struct efasim_config *config = nt_allocate(sizeof(*config));
    uint32_t ids[EFASIM_MAX_FAULTS];
    uint32_t error = 0;

    if (config == NULL)
        return STATUS_NO_MEMORY;
    memset(added, 0, sizeof(*added));
    if (!parse_faults(driver, config, text, size, added)) {
        nt_release(config);
        return STATUS_SUCCESS;
    }
    for (uint32_t i = 0; i < config->fault_count && error == 0; i++) {
        error = efasim_fault_add(driver->sim, &config->faults[i], &ids[i]);
        if (error == 0)
            added->count++;
    }
    if (error != 0)
        while (added->count > 0)
            efasim_fault_remove(driver->sim, ids[--added->count]);
    nt_release(config);
    return (NTSTATUS)nt_status_from_win32(error);
}

static NTSTATUS list_faults(struct driver *driver, void *buffer, uint32_t output_size,
                            uint32_t *returned)
{
    struct efasim_control_faults *faults = nt_allocate(sizeof(*faults));
    NTSTATUS status;

    if (faults == NULL)
        return STATUS_NO_MEMORY;
    faults->count = efasim_get_faults(driver->sim, faults->list);
    status = reply(buffer, output_size, faults, sizeof(*faults), returned);
    nt_release(faults);
    return status;
}

static NTSTATUS show_queue_pair(struct driver *driver, void *buffer, uint32_t input_size,
                                uint32_t output_size, uint32_t *returned)
{
    struct efasim_qp_counters counters;
    uint32_t number, error;

    if (!read_u32(buffer, input_size, &number))
        return STATUS_INVALID_PARAMETER;
    error = efasim_get_qp_counters(driver->sim, 0, number, &counters);
    if (error != 0)
        return (NTSTATUS)nt_status_from_win32(error);
    return reply(buffer, output_size, &counters, sizeof(counters), returned);
}

static NTSTATUS set_trace(struct driver *driver, const void *buffer, uint32_t input_size)
{
    struct efasim_trace_filter filter;

    if (input_size != sizeof(filter))
        return STATUS_INVALID_PARAMETER;
    if (driver->trace.file == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    memcpy(&filter, buffer, sizeof(filter));
    efasim_set_trace(driver->sim, &filter);
    return STATUS_SUCCESS;
}

NTSTATUS control_request(struct driver *driver, uint32_t code, void *buffer, uint32_t input_size,
                         uint32_t output_size, uint32_t *returned)
{
    struct efasim_counters counters;
    struct efasim_control_added added;
    struct efasim_objects objects;
    NTSTATUS status;
    uint32_t value;

    switch (code) {
    case EFASIM_CONTROL_OBJECTS:
        efasim_get_objects(driver->sim, EFASIM_ALL_DEVICES, &objects);
        return reply(buffer, output_size, &objects, sizeof(objects), returned);
    case EFASIM_CONTROL_COUNTERS:
        efasim_get_counters(driver->sim, EFASIM_ALL_DEVICES, &counters);
        return reply(buffer, output_size, &counters, sizeof(counters), returned);
    case EFASIM_CONTROL_RESET_COUNTERS:
        efasim_reset_counters(driver->sim);
        return STATUS_SUCCESS;
    case EFASIM_CONTROL_STALL:
        if (!read_u32(buffer, input_size, &value))
            return STATUS_INVALID_PARAMETER;
        efasim_stall(driver->sim, value != 0);
        return STATUS_SUCCESS;
    case EFASIM_CONTROL_REMOVE:
        if (!read_u32(buffer, input_size, &value))
            return STATUS_INVALID_PARAMETER;
        return (NTSTATUS)nt_status_from_win32(efasim_set_removed(driver->sim, 0, value != 0));
    case EFASIM_CONTROL_FAULTS:
        if (output_size < sizeof(added))
            return STATUS_BUFFER_TOO_SMALL;
        status = add_faults(driver, buffer, input_size, &added);
        return NT_SUCCESS(status) ? reply(buffer, output_size, &added, sizeof(added), returned)
                                  : status;
    case EFASIM_CONTROL_LIST_FAULTS:
        return list_faults(driver, buffer, output_size, returned);
    case EFASIM_CONTROL_QP_COUNTERS:
        return show_queue_pair(driver, buffer, input_size, output_size, returned);
    case EFASIM_CONTROL_CLEAR_FAULTS:
        efasim_fault_clear(driver->sim);
        return STATUS_SUCCESS;
    case EFASIM_CONTROL_TRACE:
        return set_trace(driver, buffer, input_size);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}
