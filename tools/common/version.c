/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Collects the versions; see version.h. */
#include "version.h"

#include <stdio.h>
#include <string.h>

#include "cause.h"
#include "driver/protocol.h"
#include "library.h"
#include "message.h"
#include "service.h"

#include <efawinver.h>

const char *const tool_version = EFAWIN_VERSION;

void tool_describe_versions(unsigned spoken, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned version = EFA_INTERFACE_VERSION_NEWEST; version >= EFA_INTERFACE_VERSION_OLDEST;
         version--) {
        if ((spoken & 1u << version) != 0 && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%u", used ? ", " : "", version);
    }
}

static void print_driver(const struct tool_driver_answer *driver)
{
    struct tool_service service;
    struct tool_cause cause;
    char spoken[32];

    tool_ask_service(&service);
    tool_describe_versions(driver->spoken, spoken, sizeof spoken);
    printf("driver: ");
    if (service.found == TOOL_SERVICE_SIMULATED)
        printf("simulated, ");
    else if (service.version[0] != '\0')
        printf("%s %s, ", service.file, service.version);
    tool_judge_driver(driver, &cause);
    if (cause.kind != TOOL_USABLE)
        printf("%s\n", cause.text);
    else
        printf("interface version %s\n", spoken);
}

void tool_print_versions(void)
{
    struct tool_driver_answer driver;
    char library[TOOL_SHOWN_PATH + 128], rejection[TOOL_SHOWN_PATH + 128];
    bool loaded;

    tool_keep_errors(rejection, sizeof rejection);
    loaded = tool_load_library();
    tool_keep_errors(NULL, 0);
    printf("%s %s\n", tool_name, tool_version);
    if (loaded) {
        tool_describe_library(library, sizeof library);
        printf("library: %s, interface version %d\n", library, EFAWIN_INTERFACE_VERSION);
    } else {
        printf("library: none, %s\n", rejection);
    }
    if (loaded && tool_library_is_simulated()) {
        printf("driver: none, the library uses the simulated EFA of efasim\n");
    } else {
        tool_ask_driver(&driver);
        print_driver(&driver);
    }
    if (loaded)
        tool_unload_library();
}
