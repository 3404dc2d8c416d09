/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim status: the instance, and its links to other machines, as text or JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../client/protocol.h"
#include "../fronts/control/control_protocol.h"
#include "program.h"

struct report {
    bool json;
    struct efasim_service_status service;
    struct efasim_objects objects;
};

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void print_link(const struct efasim_service_link *link)
{
    printf("link to %s: %s since %s, %" PRIu64 " packet%s sent, %" PRIu64 " received, %" PRIu64
           " lost, %" PRIu32 " reconnect%s\n",
           link->peer, link->is_up ? "up" : "down", link->since, link->sent, plural(link->sent),
           link->received, link->lost, link->reconnects, plural(link->reconnects));
}

static void print_link_json(const struct efasim_service_link *link)
{
    printf("{\"peer\": \"%s\", \"is_up\": %s, \"since\": \"%s\", \"sent\": %" PRIu64
           ", \"received\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"reconnects\": %" PRIu32 "}",
           link->peer, link->is_up ? "true" : "false", link->since, link->sent, link->received,
           link->lost, link->reconnects);
}

/* Text from another process: it must not break the line, nor a string of JSON. */
static void clean(char *text, size_t size)
{
    text[size - 1] = '\0';
    for (; *text; text++)
        if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
            *text = '?';
}

static void print_links(const struct report *report, struct efasim_service_links *links,
                        uint32_t first)
{
    for (uint32_t i = 0; i < links->count && i < EFASIM_SERVICE_LINKS_LISTED; i++) {
        struct efasim_service_link *link = &links->list[i];

        clean(link->peer, sizeof link->peer);
        clean(link->since, sizeof link->since);
        if (!report->json) {
            print_link(link);
            continue;
        }
        printf("%s", first + i == 0 ? "" : ", ");
        print_link_json(link);
    }
}

static void print_begin(const struct report *report)
{
    if (report->json)
        printf("{\"process\": %u, \"adapters\": %u, \"clients\": %u, \"links\": [",
               report->service.process, report->service.device_count, report->objects.clients);
    else
        printf("running: process %u, %u adapter%s, %u client%s\n", report->service.process,
               report->service.device_count, plural(report->service.device_count),
               report->objects.clients, plural(report->objects.clients));
}

int status_command(int argc, char **argv)
{
    struct report report = {.json = argc == 1 && strcmp(argv[0], "--json") == 0};
    struct efasim_service_links links;
    uint32_t first = 0;

    if (argc != (int)report.json)
        return program_usage("unknown argument", argv[0]);
    if (control_request(EFASIM_SERVICE_STATUS, NULL, 0, &report.service, sizeof report.service) !=
            PROGRAM_OK ||
        control_request(EFASIM_CONTROL_OBJECTS, NULL, 0, &report.objects, sizeof report.objects) !=
            PROGRAM_OK)
        return PROGRAM_FAILED;
    print_begin(&report);
    do {
        if (control_request(EFASIM_SERVICE_LINKS, &first, sizeof first, &links, sizeof links) !=
            PROGRAM_OK)
            return PROGRAM_FAILED;
        print_links(&report, &links, first);
        first += links.count;
    } while (links.count != 0 && first < links.total);
    if (report.json)
        printf("]}\n");
    return PROGRAM_OK;
}
