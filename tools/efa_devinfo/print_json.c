/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Prints all facts of a device as JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "facts.h"

static void write_fact(struct tool_json *json, const struct fact *fact)
{
    const bool is_bytes = strcmp(fact->unit, "bytes") == 0;
    char name[64];

    switch (fact->kind) {
    case FACT_NUMBER:
        snprintf(name, sizeof name, "%s%s", fact->name, is_bytes ? "_bytes" : "");
        tool_json_number(json, name, fact->number);
        return;
    case FACT_BOOL:
        tool_json_bool(json, fact->name, fact->number != 0);
        return;
    case FACT_CODE:
        if (is_bytes) {
            snprintf(name, sizeof name, "%s_bytes", fact->name);
            tool_json_number(json, name, strtoul(fact->text, NULL, 10));
        } else {
            tool_json_text(json, fact->name, fact->text);
        }
        snprintf(name, sizeof name, "%s_code", fact->name);
        tool_json_number(json, name, fact->number);
        return;
    default:
        tool_json_text(json, fact->name, fact->text);
    }
}

static void write_group(struct tool_json *json, const struct fact_list *list, enum fact_group group)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->facts[i].group == group)
            write_fact(json, &list->facts[i]);
    }
}

void write_facts(struct tool_json *json, const struct device_facts *facts)
{
    struct fact_list list;

    list_facts(facts, &list);
    tool_json_object(json, NULL);
    tool_json_text(json, "name", facts->name);
    write_group(json, &list, FACTS_OF_DEVICE);
    tool_json_object(json, "limits");
    write_group(json, &list, FACTS_OF_LIMITS);
    write_group(json, &list, FACTS_OF_EFA);
    tool_json_end_object(json);
    tool_json_array(json, "ports");
    tool_json_object(json, NULL);
    tool_json_number(json, "port", facts->port_number);
    write_group(json, &list, FACTS_OF_PORT);
    tool_json_end_object(json);
    tool_json_end_array(json);
    tool_json_end_object(json);
}
