/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* An adapter of the instance, and what each system says of it. */
#ifndef EFASIM_PRELOAD_ADAPTERS_H
#define EFASIM_PRELOAD_ADAPTERS_H

#include "client/service_transport.h"
#include "driver/default_transport.h"

struct adapter {
    struct service_transport service;
    struct efa_device_names names;
    char name[16];
    char dev_name[16];
    char dev_path[256];
    char ibdev_path[256];
};

/* Sets the names other than `name`. */
void adapter_set_paths(struct adapter *adapter, unsigned number);
/* Logs a line about the service. */
void adapter_report(const char *line);

#endif
