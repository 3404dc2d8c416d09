/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The adapters of the instance that the environment names, as the library's transports. They have
 * the names that Linux gives (efa_0, efa_1), not those of the configuration.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/instance.h"
#include "client/service_transport.h"
#include "driver/default_transport.h"
#include "os/compiler.h"
#include "os/log.h"

#define MOST_ADAPTERS 16u
#define SYSFS_DEFAULT "/sys"

struct adapter {
    struct service_transport service;
    struct efa_device_names names;
    char name[16];
    char dev_name[16];
    char dev_path[256];
    char ibdev_path[256];
};

static struct adapter adapters[MOST_ADAPTERS];
static uint32_t adapter_count;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void report(const char *line)
{
    efa_log(EFA_LOG_WARN, "simulated EFA: %s", line);
}

/* `efasim run` creates a sysfs tree and sets SYSFS_PATH, which libibverbs uses as well. */
static void name_adapters(void)
{
    const char *sysfs = getenv("SYSFS_PATH"); /* NOLINT(concurrency-mt-unsafe) */

    if (!sysfs || !sysfs[0])
        sysfs = SYSFS_DEFAULT;
    for (unsigned i = 0; i < MOST_ADAPTERS; i++) {
        struct adapter *a = &adapters[i];

        service_transport_init(&a->service, NULL, i, report);
        a->service.rings = true;
        snprintf(a->name, sizeof a->name, "efa_%u", i);
        snprintf(a->dev_name, sizeof a->dev_name, "uverbs%u", i);
        snprintf(a->dev_path, sizeof a->dev_path, "%s/class/infiniband_verbs/uverbs%u", sysfs, i);
        snprintf(a->ibdev_path, sizeof a->ibdev_path, "%s/class/infiniband/efa_%u", sysfs, i);
        a->names.name = a->name;
        a->names.dev_name = a->dev_name;
        a->names.dev_path = a->dev_path;
        a->names.ibdev_path = a->ibdev_path;
    }
}

/* The number of the first adapter of the list. */
static unsigned first_adapter(bool *is_only)
{
    const char *text = getenv(EFASIM_DEVICE_VARIABLE); /* NOLINT(concurrency-mt-unsafe) */
    char *end;
    unsigned long number = text ? strtoul(text, &end, 10) : 0;

    *is_only = text && text[0] && *end == '\0' && number < MOST_ADAPTERS;
    return *is_only ? (unsigned)number : 0;
}

/* The first call of a sequence asks the service; the calls after it use its result. */
const struct efa_transport *efa_default_transport(unsigned index)
{
    uint32_t count;
    bool is_only;
    unsigned first = first_adapter(&is_only);

    pthread_once(&once, name_adapters);
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
