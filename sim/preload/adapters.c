/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The adapters of the instance that the environment names, as the library's transports. They have
 * the names that the system gives, not those of the configuration.
 */
#include "adapters.h"

#include <stdbool.h>
#include <stdlib.h>

#include "client/instance.h"
#include "os/compiler.h"
#include "os/os.h"

#define MOST_ADAPTERS 16u

enum { NOT_NAMED, BEING_NAMED, NAMED };

static struct adapter adapters[MOST_ADAPTERS];
static uint32_t adapter_count;
static uint32_t state;

static void name_adapter(struct adapter *adapter, unsigned number)
{
    service_transport_init(&adapter->service, NULL, number, adapter_report);
    adapter->service.rings = true;
    efasim_adapter_name(number, adapter->name, sizeof adapter->name);
    adapter_set_paths(adapter, number);
    adapter->names.name = adapter->name;
    adapter->names.dev_name = adapter->dev_name;
    adapter->names.dev_path = adapter->dev_path;
    adapter->names.ibdev_path = adapter->ibdev_path;
}

/* Runs once. If Windows ended a thread in it, the thread that ends the process does it again. */
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

/* The number of the first adapter of the list. */
static unsigned first_adapter(bool *is_only)
{
    char text[64], *end;
    unsigned long number;

    *is_only = efa_os_getenv(EFASIM_DEVICE_VARIABLE, text, sizeof text) && text[0];
    if (!*is_only)
        return 0;
    number = strtoul(text, &end, 10);
    *is_only = *end == '\0' && number < MOST_ADAPTERS;
    return *is_only ? (unsigned)number : 0;
}

/* The first call of a sequence asks the service; the calls after it use its result. */
const struct efa_transport *efa_default_transport(unsigned index)
{
    uint32_t count;
    bool is_only;
    unsigned first = first_adapter(&is_only);

    name_adapters();
    if (index == 0) {
        (void)service_transport_count(NULL, adapter_report, &count);
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
