/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * All that efa_devinfo knows of a device: what the verbs calls answer; nothing is made up here but
 * the words.
 */
#ifndef EFA_DEVINFO_FACTS_H
#define EFA_DEVINFO_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include <infiniband/efadv.h>
#include <infiniband/verbs.h>

/* EFA has this one, with one GID. */
#define DEVINFO_PORT 1

struct device_facts {
    char name[64];
    struct ibv_device_attr common;
    struct efadv_device_attr efa;
    uint32_t max_batch; /* sends between two doorbells of the deepest queue; 0: unknown */
    struct ibv_port_attr port;
    union ibv_gid gid;
};

/* False after printing why. `all`: also what takes a queue pair to know. */
bool gather_facts(struct ibv_device *device, bool all, struct device_facts *facts);

/* Words for values. The last two write into `text`, of the sizes below, and return it. */
enum { DEVINFO_GUID_TEXT = 20, DEVINFO_GID_TEXT = 40 };
const char *port_state_text(enum ibv_port_state state);
const char *link_layer_text(uint8_t link_layer);
unsigned mtu_bytes(enum ibv_mtu mtu);
const char *guid_text(uint64_t guid_big_endian, char *text);
const char *gid_text(const union ibv_gid *gid, char *text);

void print_facts(const struct device_facts *facts, bool verbose);

struct tool_json;
void write_facts(struct tool_json *json, const struct device_facts *facts);

#endif
