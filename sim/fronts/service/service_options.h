/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The options of a service, and its reports to the program that runs it. */
#ifndef EFASIM_SERVICE_SERVICE_OPTIONS_H
#define EFASIM_SERVICE_SERVICE_OPTIONS_H

#include "../../client/instance.h"
#include "../../client/protocol.h"
#include "../../efasim.h"

/* The objects that a client still owned when it closed its session or ended. */
struct efasim_left_over {
    const char *who; /* "process 17 (name)" */
    struct efasim_objects objects;
};

struct efasim_service_options {
    const struct efasim_config *config;
    const struct efasim_instance *instance;
    void *context; /* for the calls below; each may be NULL */
    void (*log)(void *context, enum efasim_log_level level, const char *line);
    void (*trace)(void *context, const char *line);
    /* A violation, if abort_on_violation is set. */
    void (*violation)(void *context, const char *line);
    void (*left_over)(void *context, const struct efasim_left_over *left_over);
    /* A client asks the service to stop. The program must call efasim_service_stop from another
     * thread. */
    void (*stop)(void *context);
    /* Lists the links to other machines, from number `first` on. */
    void (*links)(void *context, uint32_t first, struct efasim_service_links *links);
};

#endif
