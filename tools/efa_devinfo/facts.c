/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Asking for a device's attributes, and the words for their values; see facts.h. */
#include "facts.h"

#include <stdio.h>
#include <string.h>

#include "common/batch.h"
#include "common/library.h"
#include "common/message.h"

const char *port_state_text(enum ibv_port_state state)
{
    static const char *const names[] = {"PORT_NOP",   "PORT_DOWN",   "PORT_INIT",
                                        "PORT_ARMED", "PORT_ACTIVE", "PORT_ACTIVE_DEFER"};

    return (size_t)state < EFA_ARRAY_SIZE(names) ? names[(size_t)state] : "unknown";
}

/* enum ibv_mtu counts powers of two from 256, which is 1. */
unsigned mtu_bytes(enum ibv_mtu mtu)
{
    return mtu >= IBV_MTU_256 && mtu <= IBV_MTU_4096 ? 128u << (unsigned)mtu : 0;
}

const char *link_layer_text(uint8_t link_layer)
{
    static const char *const names[] = {"Unspecified", "InfiniBand", "Ethernet"};

    return link_layer < EFA_ARRAY_SIZE(names) ? names[link_layer] : "unknown";
}

const char *guid_text(uint64_t guid_big_endian, char *text)
{
    uint8_t bytes[8];

    memcpy(bytes, &guid_big_endian, sizeof(bytes));
    snprintf(text, DEVINFO_GUID_TEXT, "%02x%02x:%02x%02x:%02x%02x:%02x%02x", bytes[0], bytes[1],
             bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
    return text;
}

const char *gid_text(const union ibv_gid *gid, char *text)
{
    size_t used = 0;

    for (size_t i = 0; i < sizeof(gid->raw); i += 2)
        used += (size_t)snprintf(text + used, DEVINFO_GID_TEXT - used, "%s%02x%02x", i ? ":" : "",
                                 gid->raw[i], gid->raw[i + 1]);
    return text;
}

static int ask(struct ibv_context *context, bool all, struct device_facts *facts)
{
    int error = ibv_query_device(context, &facts->common);

    if (error == 0)
        error = efadv_query_device(context, &facts->efa, sizeof(facts->efa));
    if (error == 0)
        error = ibv_query_port(context, DEVINFO_PORT, &facts->port);
    if (error == 0)
        error = ibv_query_gid(context, DEVINFO_PORT, 0, &facts->gid);
    if (error == 0 && all)
        facts->max_batch = tool_max_batch(context, facts->efa.max_sq_wr);
    return error;
}

bool gather_facts(struct ibv_device *device, bool all, struct device_facts *facts)
{
    struct ibv_context *context;
    int error, close_error;

    memset(facts, 0, sizeof(*facts)); /* also the comp_mask of efa, which asks for nothing more */
    context = tool_open(device);
    if (context == NULL)
        return false;
    snprintf(facts->name, sizeof(facts->name), "%s", device->name);
    error = ask(context, all, facts);
    if (error != 0)
        tool_error("asking device %s for its attributes failed: %s", facts->name,
                   tool_errno_text(error));
    close_error = ibv_close_device(context);
    if (close_error != 0)
        tool_error("closing device %s failed: %s", facts->name, tool_errno_text(close_error));
    return error == 0 && close_error == 0;
}
