/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The command line of efa_perf: parameters, the other side, and files for the results. */
#ifndef EFA_PERF_SETTINGS_H
#define EFA_PERF_SETTINGS_H

#include "plan.h"

struct perf_settings {
    const char *device;
    const char *host; /* of the server; NULL: this is the server, or both sides */
    const char *json; /* files for the results, "-" for the screen, or NULL */
    const char *csv;
    const char *html;
    const char *histogram;
    uint16_t port;
    int cpu; /* of the first thread, or TOOL_ANY_CPU */
    bool loopback;
    bool serve_forever;
    struct perf_plan plan;
};

/* False where the program shall end now, with *status; a usage error has then been printed. */
bool perf_read_settings(int argc, char **argv, struct perf_settings *settings, int *status);

/* Whether a file for results is the screen. */
bool perf_is_screen(const char *path);

#endif
