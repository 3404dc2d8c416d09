/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Windows has no device files for the adapters. */
#include <stdio.h>

#include "adapters.h"
#include "os/log.h"

void adapter_set_paths(struct adapter *adapter, unsigned number)
{
    (void)number;
    snprintf(adapter->dev_name, sizeof adapter->dev_name, "%s", adapter->name);
    snprintf(adapter->dev_path, sizeof adapter->dev_path, "simulated");
}

/* The log lines of this DLL begin with "efawin simulated" already. */
void adapter_report(const char *line)
{
    efa_log(EFA_LOG_WARN, "%s", line);
}
