/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Prints objects, counters and faults of a simulation, as text or JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/counters.h"
#include "../fronts/control/control_protocol.h"
#include "commands.h"

/* Prints a fault as in a configuration file, and how often it took effect. */
static void print_fault(const struct efasim_fault_state *fault)
{
    const struct efasim_fault *rule = &fault->rule;
    const struct efasim_fault_info *info = efasim_fault_info(rule->kind);

    if (!info) /* from a driver that has more kinds */
        return;
    printf("%" PRIu32 " %s", fault->id, info->name);
    if (info->occasion == EFASIM_FAULT_ON_REQUEST)
        printf(" request=%s", efasim_request_name(rule->target));
    else if (rule->target != 0)
        printf(" qp=%" PRIu32, rule->target);
    printf(" value=%" PRIu64, rule->value);
    if (info->value == EFASIM_FAULT_VALUE_PATCH)
        printf(" offset=%" PRIu32 " size=%" PRIu32, rule->offset, rule->size);
    if (rule->nth > 1)
        printf(" nth=%" PRIu64, rule->nth);
    if (rule->count != 0)
        printf(" count=%" PRIu64, rule->count);
    if (rule->probability != 0)
        printf(" probability=%" PRIu32, rule->probability);
    printf(": seen %" PRIu64 ", struck %" PRIu64 "\n", fault->seen, fault->hits);
}

static void print_fault_json(const struct efasim_fault_state *fault)
{
    const struct efasim_fault *rule = &fault->rule;

    printf("{\"id\": %" PRIu32 ", \"kind\": \"%s\", \"target\": %" PRIu32 ", \"value\": %" PRIu64
           ", \"offset\": %" PRIu32 ", \"size\": %" PRIu32 ", \"nth\": %" PRIu64
           ", \"count\": %" PRIu64 ", \"probability\": %" PRIu32 ", \"seen\": %" PRIu64
           ", \"struck\": %" PRIu64 "}",
           fault->id, efasim_fault_name(rule->kind), rule->target, rule->value, rule->offset,
           rule->size, rule->nth, rule->count, rule->probability, fault->seen, fault->hits);
}

int ctl_show_faults(const struct ctl_program *program, bool json)
{
    struct efasim_control_faults faults;
    int result = program->request(EFASIM_CONTROL_LIST_FAULTS, NULL, 0, &faults, sizeof faults);

    if (result != CTL_EXIT_OK)
        return result;
    if (json)
        printf("[");
    for (uint32_t i = 0; i < faults.count && i < EFASIM_MAX_FAULTS; i++) {
        if (!json) {
            print_fault(&faults.list[i]);
            continue;
        }
        if (i != 0)
            printf(", ");
        print_fault_json(&faults.list[i]);
    }
    if (json)
        printf("]\n");
    return CTL_EXIT_OK;
}

struct printer {
    bool json;
    bool first;
};

static void begin(struct printer *printer)
{
    printer->first = true;
    if (printer->json)
        printf("{");
}

static void put(struct printer *printer, const char *group, const char *name, uint64_t value)
{
    const char *dot = group[0] != '\0' ? "." : "";

    if (printer->json)
        printf("%s\"%s%s%s\": %" PRIu64, printer->first ? "" : ", ", group, dot, name, value);
    else
        printf("%s%s%s %" PRIu64 "\n", group, dot, name, value);
    printer->first = false;
}

static void end(struct printer *printer)
{
    if (printer->json)
        printf("}\n");
}

int ctl_show_objects(const struct ctl_program *program, bool json)
{
    struct printer printer = {json, true};
    struct efasim_objects objects;
    int result = program->request(EFASIM_CONTROL_OBJECTS, NULL, 0, &objects, sizeof objects);

    if (result != CTL_EXIT_OK)
        return result;
    begin(&printer);
    put(&printer, "", "clients", objects.clients);
    put(&printer, "", "pds", objects.pds);
    put(&printer, "", "mrs", objects.mrs);
    put(&printer, "", "cqs", objects.cqs);
    put(&printer, "", "qps", objects.qps);
    put(&printer, "", "ahs", objects.ahs);
    put(&printer, "", "messages", objects.messages);
    end(&printer);
    return CTL_EXIT_OK;
}

static void put_totals(struct printer *printer, const struct efasim_counters *counters)
{
    put(printer, "", "sends", counters->sends);
    put(printer, "", "send_bytes", counters->send_bytes);
    put(printer, "", "receives", counters->receives);
    put(printer, "", "receive_bytes", counters->receive_bytes);
    put(printer, "", "rdma_reads", counters->rdma_reads);
    put(printer, "", "rdma_read_bytes", counters->rdma_read_bytes);
    put(printer, "", "rnr_retries", counters->rnr_retries);
    put(printer, "", "retransmissions", counters->retransmissions);
    put(printer, "", "duplicates", counters->duplicates);
    put(printer, "", "reordered", counters->reordered);
    put(printer, "", "completions", counters->completions);
    put(printer, "", "violations", counters->violations);
    put(printer, "", "faults", counters->faults);
    put(printer, "", "requests_failed", counters->requests_failed);
    put(printer, "", "unknown_requests", counters->unknown_requests);
}

/* Prints the detailed counters that are not zero. */
static void put_details(struct printer *printer, const struct efasim_counters *counters)
{
    for (unsigned i = 0; i < EFASIM_REQUEST_KINDS; i++)
        if (counters->requests[i] != 0)
            put(printer, "requests", efasim_request_name(i), counters->requests[i]);
    for (unsigned i = 0; i < EFASIM_STATUS_VALUES; i++)
        if (counters->completions_by_status[i] != 0)
            put(printer, "status", efasim_status_name(i), counters->completions_by_status[i]);
    for (unsigned i = 0; i < EFASIM_DROP_REASONS; i++)
        if (counters->drops[i] != 0)
            put(printer, "drops", efasim_drop_name((enum efasim_drop_reason)i), counters->drops[i]);
    for (unsigned i = 0; i < EFASIM_VIOLATION_KINDS; i++)
        if (counters->violations_by_kind[i] != 0)
            put(printer, "violations", efasim_violation_name((enum efasim_violation_kind)i),
                counters->violations_by_kind[i]);
}

int ctl_show_counters(const struct ctl_program *program, bool json)
{
    struct printer printer = {json, true};
    struct efasim_counters counters;
    int result = program->request(EFASIM_CONTROL_COUNTERS, NULL, 0, &counters, sizeof counters);

    if (result != CTL_EXIT_OK)
        return result;
    begin(&printer);
    put_totals(&printer, &counters);
    put_details(&printer, &counters);
    end(&printer);
    return CTL_EXIT_OK;
}

int ctl_show_queue_pair(const struct ctl_program *program, uint32_t device, uint32_t number,
                        bool json)
{
    struct printer printer = {json, true};
    const struct efasim_control_qp qp = {device, number};
    struct efasim_qp_counters counters;
    int result =
        program->request(EFASIM_CONTROL_QP_COUNTERS, &qp, sizeof qp, &counters, sizeof counters);

    if (result != CTL_EXIT_OK) {
        fprintf(stderr, "%s: there may be no such queue pair: %" PRIu32 "\n", program->name,
                number);
        return result;
    }
    begin(&printer);
    put(&printer, "", "sends", counters.sends);
    put(&printer, "", "send_bytes", counters.send_bytes);
    put(&printer, "", "receives", counters.receives);
    put(&printer, "", "receive_bytes", counters.receive_bytes);
    put(&printer, "", "send_errors", counters.send_errors);
    put(&printer, "", "receive_errors", counters.receive_errors);
    put(&printer, "", "rnr_retries", counters.rnr_retries);
    put(&printer, "", "violations", counters.violations);
    end(&printer);
    return CTL_EXIT_OK;
}
