/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Facts about a run, so that its report can be traced: time, machine, adapter, driver, library,
 * command. One list for text, JSON, CSV and pages.
 */
#ifndef EFA_TOOLS_RUN_FACTS_H
#define EFA_TOOLS_RUN_FACTS_H

#include <stdbool.h>
#include <stddef.h>

struct ibv_context;
struct tool_json;

enum tool_fact_kind { TOOL_FACT_TEXT, TOOL_FACT_NUMBER, TOOL_FACT_BOOL };
enum { TOOL_FACTS = 16, TOOL_FACT_TEXT_SIZE = 1100 };

struct tool_fact {
    const char *name;
    enum tool_fact_kind kind;
    char value[TOOL_FACT_TEXT_SIZE];
};

struct tool_run {
    struct tool_fact facts[TOOL_FACTS];
    size_t count;
};

/* Call this before the adapter is opened, because it asks the driver without the library. */
void tool_begin_run(struct tool_run *run, int argc, char **argv);
void tool_add_adapter(struct tool_run *run, struct ibv_context *context, const char *name);
void tool_add_fact(struct tool_run *run, enum tool_fact_kind kind, const char *name,
                   const char *value);

/* The value of a fact; "" if it is not known. */
const char *tool_find_fact(const struct tool_run *run, const char *name);

/* Three lines for people. */
void tool_print_run(const struct tool_run *run);
void tool_write_run(struct tool_json *json, const struct tool_run *run);

#endif
