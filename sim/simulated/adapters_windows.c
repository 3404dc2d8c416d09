/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The adapters of the instance that the environment names, as the transports of
 * simulated/efawin.dll. The first is called as the driver's one is: "EFA".
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/instance.h"
#include "client/service_transport.h"
#include "driver/default_transport.h"
#include "os/log.h"
#include "os/os.h"

#define MOST_ADAPTERS 16u
#define DEV_PATH "simulated"

struct adapter {
    struct service_transport service;
    struct efa_device_names names;
    char name[16];
};

enum { NOT_NAMED, BEING_NAMED, NAMED };

static struct adapter adapters[MOST_ADAPTERS];
static uint32_t adapter_count;
static uint32_t state;

static void report(const char *line)
{
    efa_log(EFA_LOG_WARN, "%s", line);
}

static void name_adapter(struct adapter *adapter, unsigned number)
{
    service_transport_init(&adapter->service, NULL, number, report);
    adapter->service.rings = true;
    if (number == 0)
        snprintf(adapter->name, sizeof adapter->name, "EFA");
    else
        snprintf(adapter->name, sizeof adapter->name, "EFA_%u", number);
    adapter->names.name = adapter->names.dev_name = adapter->name;
    adapter->names.dev_path = DEV_PATH;
    adapter->names.ibdev_path = "";
}

/* Runs once. If Windows ended a thread in it, the thread that ends the process goes on. */
static void name_adapters(void)
{
    while (efa_load_acquire_u32(&state) != NAMED) {
        if (!efa_compare_exchange_u32(&state, NOT_NAMED, BEING_NAMED) &&
            !efa_os_process_is_ending()) {
            efa_os_yield();
            continue;
        }
        for (unsigned i = 0; i < MOST_ADAPTERS; i++)
            name_adapter(&adapters[i], i);
        efa_store_release_u32(&state, NAMED);
    }
}

/* The number of the adapter that is the first, or the only one, of the list. */
static unsigned first_adapter(bool *is_only)
{
    char text[64], *end;
    unsigned long number;

    *is_only = efa_os_getenv(EFASIM_DEVICE_VARIABLE, text, sizeof text);
    if (!*is_only)
        return 0;
    number = strtoul(text, &end, 10);
    *is_only = *end == '\0' && number < MOST_ADAPTERS;
    return *is_only ? (unsigned)number : 0;
}

/* The first of a row of questions asks the service; those that follow go by its answer. */
const struct efa_transport *efa_default_transport(unsigned index)
{
    uint32_t count;
    bool is_only;
    unsigned first = first_adapter(&is_only);

    name_adapters();
    if (index == 0) {
        (void)service_transport_count(NULL, report, &count);
        efa_store_release_u32(&adapter_count, count < MOST_ADAPTERS ? count : MOST_ADAPTERS);
    }
    if ((is_only && index != 0) || first + index >= efa_load_acquire_u32(&adapter_count))
        return NULL;
    return &adapters[first + index].service.transport;
}

const struct efa_device_names *efa_default_names(unsigned index)
{
    bool is_only;
    unsigned first = first_adapter(&is_only);

    return first + index < MOST_ADAPTERS ? &adapters[first + index].names : NULL;
}
