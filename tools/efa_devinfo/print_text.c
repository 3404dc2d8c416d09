/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Prints the facts of a device as text, in the format of ibv_devinfo. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/message.h"
#include "facts.h"

enum { VALUES_AT = 32 };

/* ibv_devinfo has a colon after the names of a device and a port, but not after limits. */
static void print_name(const struct fact *fact)
{
    const bool is_deep = fact->group == FACTS_OF_PORT || fact->group == FACTS_OF_EFA;
    const bool has_colon = fact->group == FACTS_OF_PORT || fact->group == FACTS_OF_DEVICE;
    const bool is_gid = strcmp(fact->name, "gid") == 0;
    const int indent = is_deep ? 8 : 4;
    char name[64];

    snprintf(name, sizeof name, "%s%s", is_gid ? "GID[0]" : fact->name, has_colon ? ":" : "");
    printf("%*s%-*s", indent, "", VALUES_AT - indent, name);
}

static void print_fact(const struct fact *fact)
{
    print_name(fact);
    switch (fact->kind) {
    case FACT_NUMBER:
        if (strcmp(fact->name, "max_batch") == 0 && fact->number == 0)
            printf("unknown\n");
        else
            printf("%" PRIu64 "%s%s\n", fact->number, *fact->unit ? " " : "", fact->unit);
        return;
    case FACT_BOOL:
        printf("%s\n", fact->number ? "yes" : "no");
        return;
    case FACT_CODE:
        printf("%s (%" PRIu64 ")\n", fact->text, fact->number);
        return;
    default:
        printf("%s\n", fact->text);
    }
}

void print_facts(const struct device_facts *facts, bool verbose)
{
    enum fact_group group = FACTS_OF_DEVICE;
    struct fact_list list;

    list_facts(facts, &list);
    printf("hca_id: %s\n", facts->name);
    for (size_t i = 0; i < list.count; i++) {
        const struct fact *fact = &list.facts[i];

        if (fact->verbose && !verbose)
            continue;
        if (fact->group == FACTS_OF_EFA && group != FACTS_OF_EFA)
            printf("    EFA:\n");
        if (fact->group == FACTS_OF_PORT && group != FACTS_OF_PORT)
            printf("    %-*s%u\n", VALUES_AT - 4, "port:", facts->port_number);
        group = fact->group;
        print_fact(fact);
    }
    printf("\n");
}
