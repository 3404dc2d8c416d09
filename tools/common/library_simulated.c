/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The library of a native program: linked in, on a simulated EFA of this process, or on the one
 * that EFASIM_INSTANCE names.
 */
#include "library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/default_transport.h"
#include "efasim.h"
#include "client/config_files.h"
#include "client/instance.h"
#include "client/service_transport.h"
#include "inprocess/inprocess.h"

#include "message.h"
#include "service.h"

static struct efasim_inprocess *simulated;
static struct service_transport service_adapter;

/* Reads the configuration (docs/simulated-efa.md) from the file that EFASIM_CONFIG names. */
static bool read_config(struct efasim_config *config)
{
    const char *path = getenv("EFASIM_CONFIG");
    char message[1024];

    efasim_config_default(config);
    if (efasim_read_config_file(path, config, message, sizeof message))
        return true;
    tool_error("EFASIM_CONFIG: %s", message);
    return false;
}

static bool has_instance(void)
{
    const char *name = getenv(EFASIM_INSTANCE_VARIABLE);

    return name && name[0];
}

bool tool_reaches_other_processes(void)
{
    if (!has_instance())
        tool_error(
            "this process has a simulated EFA of its own: give --loopback, or start both "
            "sides with 'efasim run'");
    return has_instance();
}

static void report(const char *line)
{
    tool_error("%s", line);
}

bool tool_load_library(void)
{
    struct efasim_config config;

    if (has_instance()) {
        service_transport_init(&service_adapter, NULL, 0, report);
        efa_set_default_transport(&service_adapter.transport);
        return true;
    }
    if (!read_config(&config))
        return false;
    simulated = efasim_inprocess_create(&config);
    if (!simulated || !efasim_inprocess_start_engine(simulated)) {
        tool_error("the simulated EFA did not start");
        tool_unload_library();
        return false;
    }
    efa_set_default_transport(efasim_inprocess_transport(simulated, 0));
    return true;
}

void tool_unload_library(void)
{
    efa_set_default_transport(NULL);
    if (simulated) {
        efasim_inprocess_stop_engine(simulated);
        efasim_inprocess_destroy(simulated);
        simulated = NULL;
    }
}

void tool_describe_library(char *text, size_t size)
{
    snprintf(text, size, "linked in, %s, on a simulated EFA of %s", EFAWIN_VERSION,
             has_instance() ? getenv(EFASIM_INSTANCE_VARIABLE) : "this process");
}

bool tool_library_is_simulated(void)
{
    return false;
}

void tool_find_library(char *version, char *file)
{
    snprintf(version, TOOL_FILE_VERSION, "%s", EFAWIN_VERSION);
    snprintf(file, TOOL_SHOWN_PATH, "linked into the program");
}

void tool_ask_service(struct tool_service *service)
{
    memset(service, 0, sizeof *service);
    service->found = TOOL_SERVICE_SIMULATED;
}
