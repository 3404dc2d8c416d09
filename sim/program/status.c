/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* efasim status: the instance, and its links to other machines, as text or JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../client/protocol.h"
#include "../fronts/control/control_protocol.h"
#include "program.h"

struct report {
    bool json;
    struct efasim_service_status service;
    struct efasim_objects objects;
    struct efasim_service_link *links;
    uint32_t link_count;
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

static int add_links(struct report *report, const struct efasim_service_links *page)
{
    size_t size = ((size_t)report->link_count + page->count) * sizeof *report->links;
    struct efasim_service_link *links;

    if (page->count > EFASIM_SERVICE_LINKS_LISTED) {
        program_say("the instance sent an invalid list of links: use efasim from one build");
        return PROGRAM_FAILED;
    }
    if (page->count == 0)
        return PROGRAM_OK;
    links = realloc(report->links, size);
    if (!links) {
        program_say("not enough memory");
        return PROGRAM_FAILED;
    }
    memcpy(links + report->link_count, page->list, page->count * sizeof *links);
    report->links = links;
    report->link_count += page->count;
    return PROGRAM_OK;
}

static int ask_for_links(struct report *report)
{
    struct efasim_service_links page;

    do {
        if (control_request(EFASIM_SERVICE_LINKS, &report->link_count, sizeof report->link_count,
                            &page, sizeof page) != PROGRAM_OK ||
            add_links(report, &page) != PROGRAM_OK)
            return PROGRAM_FAILED;
    } while (page.count != 0 && report->link_count < page.total);
    return PROGRAM_OK;
}

/* Everything, before anything is printed: the instance may end between two requests. */
static int ask(struct report *report)
{
    if (control_request(EFASIM_SERVICE_STATUS, NULL, 0, &report->service, sizeof report->service) !=
            PROGRAM_OK ||
        control_request(EFASIM_CONTROL_OBJECTS, NULL, 0, &report->objects,
                        sizeof report->objects) != PROGRAM_OK)
        return PROGRAM_FAILED;
    return ask_for_links(report);
}

static void print(const struct report *report)
{
    if (report->json)
        printf("{\"process\": %u, \"adapters\": %u, \"clients\": %u, \"links\": [",
               report->service.process, report->service.device_count, report->objects.clients);
    else
        printf("running: process %u, %u adapter%s, %u client%s\n", report->service.process,
               report->service.device_count, plural(report->service.device_count),
               report->objects.clients, plural(report->objects.clients));
    for (uint32_t i = 0; i < report->link_count; i++) {
        struct efasim_service_link *link = &report->links[i];

        clean(link->peer, sizeof link->peer);
        clean(link->since, sizeof link->since);
        if (report->json) {
            printf("%s", i == 0 ? "" : ", ");
            print_link_json(link);
        } else {
            print_link(link);
        }
    }
    if (report->json)
        printf("]}\n");
}

int status_command(int argc, char **argv)
{
    struct report report = {.json = argc > 0 && strcmp(argv[0], "--json") == 0};
    int status;

    if (argc > (int)report.json)
        return program_usage("unknown argument", argv[report.json]);
    status = ask(&report);
    if (status == PROGRAM_OK)
        print(&report);
    free(report.links);
    return status;
}
