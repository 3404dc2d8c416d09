/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* `efasim run` creates a sysfs tree and sets SYSFS_PATH, which libibverbs uses as well. */
#include <stdio.h>

#include "adapters.h"
#include "os/log.h"
#include "os/os.h"

#define SYSFS_DEFAULT "/sys"

void adapter_set_paths(struct adapter *adapter, unsigned number)
{
    char sysfs[200];

    if (!efa_os_getenv("SYSFS_PATH", sysfs, sizeof sysfs) || !sysfs[0])
        snprintf(sysfs, sizeof sysfs, SYSFS_DEFAULT);
    snprintf(adapter->dev_name, sizeof adapter->dev_name, "uverbs%u", number);
    snprintf(adapter->dev_path, sizeof adapter->dev_path, "%s/class/infiniband_verbs/uverbs%u",
             sysfs, number);
    snprintf(adapter->ibdev_path, sizeof adapter->ibdev_path, "%s/class/infiniband/%s", sysfs,
             adapter->name);
}

void adapter_report(const char *line)
{
    efa_log(EFA_LOG_WARN, "simulated EFA: %s", line);
}
