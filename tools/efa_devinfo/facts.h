/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The facts about a device: facts.c collects them by verbs calls, list.c makes one list of them,
 * which the text and the JSON print.
 */
#ifndef EFA_DEVINFO_FACTS_H
#define EFA_DEVINFO_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

struct device_facts {
    char name[64];
    bool is_simulated; /* simulated library; a simulated driver cannot be detected */
    struct ibv_device_attr common;
    struct efadv_device_attr efa;
    uint32_t max_batch; /* batch limit of the deepest queue; 0: unknown */
    uint8_t port_number;
    struct ibv_port_attr port;
    union ibv_gid gid;
};

/* False after printing the reason. `all`: also facts that need a queue pair. */
bool gather_facts(struct ibv_device *device, uint8_t port, bool all, struct device_facts *facts);

/* ---- The list ---- */

enum fact_group { FACTS_OF_DEVICE, FACTS_OF_LIMITS, FACTS_OF_EFA, FACTS_OF_PORT };

enum fact_kind {
    FACT_TEXT,
    FACT_NUMBER, /* in JSON the unit is part of the name */
    FACT_HEX,    /* in JSON a string */
    FACT_BOOL,
    FACT_CODE /* a text, or a number in bytes, and the code that verbs has for it */
};

enum { FACT_LIMIT = 64, FACT_TEXT_SIZE = 64 };

struct fact {
    const char *name;
    enum fact_group group;
    enum fact_kind kind;
    bool verbose; /* in the text only with --verbose */
    uint64_t number;
    const char *unit;
    char text[FACT_TEXT_SIZE];
};

struct fact_list {
    struct fact facts[FACT_LIMIT];
    size_t count;
};

void list_facts(const struct device_facts *facts, struct fact_list *list);

void print_facts(const struct device_facts *facts, bool verbose);

struct tool_json;
void write_facts(struct tool_json *json, const struct device_facts *facts);

#endif
