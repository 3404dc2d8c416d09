/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Asks for the facts of a run, and prints them; see run.h. */
#ifndef _WIN32
#define _POSIX_C_SOURCE 200809L
#endif

#include "run_facts.h"

#include <stdio.h>
#include <string.h>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <time.h>
#include <unistd.h>
#endif

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

#include "batch.h"
#include "cause.h"
#include "json.h"
#include "library.h"
#include "message.h"
#include "service.h"
#include "version.h"

void tool_add_fact(struct tool_run *run, enum tool_fact_kind kind, const char *name,
                   const char *value)
{
    struct tool_fact *fact = &run->facts[run->count];

    if (run->count == TOOL_FACTS || value[0] == '\0')
        return;
    run->count++;
    fact->name = name;
    fact->kind = kind;
    snprintf(fact->value, sizeof fact->value, "%s", value);
}

static void add_date(struct tool_run *run)
{
    char text[64] = "";
#ifdef _WIN32
    SYSTEMTIME utc;

    GetSystemTime(&utc);
    snprintf(text, sizeof text, "%04u-%02u-%02uT%02u:%02u:%02uZ", utc.wYear, utc.wMonth, utc.wDay,
             utc.wHour, utc.wMinute, utc.wSecond);
#else
    const time_t now = time(NULL);
    struct tm utc;

    if (gmtime_r(&now, &utc))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
#endif
    tool_add_fact(run, TOOL_FACT_TEXT, "date", text);
}

static void add_host(struct tool_run *run)
{
    char text[512] = "";
#ifdef _WIN32
    wchar_t name[256];
    DWORD size = EFA_ARRAY_SIZE(name);

    if (GetComputerNameExW(ComputerNameDnsHostname, name, &size))
        WideCharToMultiByte(CP_UTF8, 0, name, -1, text, sizeof text, NULL, NULL);
#else
    if (gethostname(text, sizeof text) != 0)
        text[0] = '\0';
    text[sizeof text - 1] = '\0';
#endif
    tool_add_fact(run, TOOL_FACT_TEXT, "host", text);
}

/* As a user types it: arguments with blanks are quoted. */
static void add_command_line(struct tool_run *run, int argc, char **argv)
{
    char text[TOOL_FACT_TEXT_SIZE] = "";
    size_t used = (size_t)snprintf(text, sizeof text, "%s", tool_name);

    for (int i = 1; i < argc && used < sizeof text; i++) {
        const char *quote = argv[i][0] == '\0' || strchr(argv[i], ' ') ? "\"" : "";

        used += (size_t)snprintf(text + used, sizeof text - used, " %s%s%s", quote, argv[i], quote);
    }
    tool_add_fact(run, TOOL_FACT_TEXT, "command_line", text);
}

static void add_driver(struct tool_run *run)
{
    struct tool_driver_answer driver;
    struct tool_service service;
    char text[16] = "";

    memset(&service, 0, sizeof service);
    memset(&driver, 0, sizeof driver);
    /* The simulated library uses no driver, so an installed driver has nothing to do with this
     * run. */
    if (tool_library_is_simulated()) {
        service.found = TOOL_SERVICE_SIMULATED;
    } else {
        tool_ask_service(&service);
        tool_ask_driver(&driver);
    }
    tool_add_fact(run, TOOL_FACT_BOOL, "simulated",
                  service.found == TOOL_SERVICE_SIMULATED ? "true" : "false");
    tool_add_fact(run, TOOL_FACT_TEXT, "driver_version", service.version);
    tool_add_fact(run, TOOL_FACT_TEXT, "driver_file", service.file);
    for (unsigned version = 1; version <= EFA_INTERFACE_VERSION_NEWEST; version++) {
        if (driver.spoken & 1u << version)
            snprintf(text, sizeof text, "%u", version);
    }
    tool_add_fact(run, TOOL_FACT_NUMBER, "driver_interface", text);
}

void tool_begin_run(struct tool_run *run, int argc, char **argv)
{
    char version[TOOL_FILE_VERSION], file[TOOL_SHOWN_PATH];

    memset(run, 0, sizeof *run);
    add_date(run);
    add_host(run);
    add_command_line(run, argc, argv);
    tool_find_library(version, file);
    tool_add_fact(run, TOOL_FACT_TEXT, "library_version", version);
    tool_add_fact(run, TOOL_FACT_TEXT, "library_file", file);
    add_driver(run);
}

void tool_add_adapter(struct tool_run *run, struct ibv_context *context, const char *name)
{
    struct ibv_device_attr attr;
    struct efadv_device_attr efa = {0};
    uint32_t batch_limit;
    char text[32];

    tool_add_fact(run, TOOL_FACT_TEXT, "adapter", name);
    if (ibv_query_device(context, &attr) != 0)
        return;
    snprintf(text, sizeof text, "0x%04x", attr.vendor_part_id);
    tool_add_fact(run, TOOL_FACT_TEXT, "part", text);
    tool_add_fact(run, TOOL_FACT_TEXT, "firmware", attr.fw_ver);
    if (efadv_query_device(context, &efa, sizeof efa) != 0)
        return;
    batch_limit = tool_max_batch(context, efa.max_sq_wr);
    if (batch_limit == 0)
        return;
    snprintf(text, sizeof text, "%u", batch_limit);
    tool_add_fact(run, TOOL_FACT_NUMBER, "batch_limit", text);
}

const char *tool_find_fact(const struct tool_run *run, const char *name)
{
    for (size_t i = 0; i < run->count; i++) {
        if (strcmp(run->facts[i].name, name) == 0)
            return run->facts[i].value;
    }
    return "";
}

/* A fact with words around it, or nothing if it is not known. */
static void print_fact(const struct tool_run *run, const char *before, const char *name,
                       const char *after)
{
    const char *value = tool_find_fact(run, name);

    if (value[0] != '\0')
        printf("%s%s%s", before, value, after);
}

void tool_print_run(const struct tool_run *run)
{
    printf("%s %s", tool_name, tool_version);
    print_fact(run, ", ", "date", "");
    print_fact(run, ", on ", "host", "");
    print_fact(run, ", with ", "peer", "");
    printf("\n");
    print_fact(run, "adapter: ", "adapter", "");
    print_fact(run, ", part ", "part", "");
    print_fact(run, ", firmware ", "firmware", "");
    print_fact(run, ", batches of ", "batch_limit", "");
    print_fact(run, "; driver ", "driver_version", "");
    print_fact(run, ", interface ", "driver_interface", "");
    if (strcmp(tool_find_fact(run, "simulated"), "true") == 0)
        printf(", simulated");
    printf("\n");
    print_fact(run, "library: ", "library_version", "");
    print_fact(run, " (", "library_file", ")");
    printf("\n");
    print_fact(run, "command: ", "command_line", "\n\n");
}

void tool_write_run(struct tool_json *json, const struct tool_run *run)
{
    tool_json_object(json, "run");
    for (size_t i = 0; i < run->count; i++) {
        const struct tool_fact *fact = &run->facts[i];

        if (fact->kind == TOOL_FACT_TEXT)
            tool_json_text(json, fact->name, fact->value);
        else
            tool_json_raw(json, fact->name, fact->value);
    }
    tool_json_end_object(json);
}
