/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Asks a device for its attributes; see facts.h. */
#include "facts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/batch.h"
#include "common/library.h"
#include "common/message.h"

static int ask(struct ibv_context *context, bool all, struct device_facts *facts, bool *is_told)
{
    int error = ibv_query_device(context, &facts->common);

    if (error == 0 && facts->port_number > facts->common.phys_port_cnt) {
        tool_error("--ib-port %u: device %s has %u port%s", facts->port_number, facts->name,
                   facts->common.phys_port_cnt, facts->common.phys_port_cnt == 1 ? "" : "s");
        *is_told = true;
        return EINVAL;
    }
    if (error == 0)
        error = efadv_query_device(context, &facts->efa, sizeof facts->efa);
    if (error == 0)
        error = ibv_query_port(context, facts->port_number, &facts->port);
    if (error == 0)
        error = ibv_query_gid(context, facts->port_number, 0, &facts->gid);
    if (error == 0 && all)
        facts->max_batch = tool_max_batch(context, facts->efa.max_sq_wr);
    return error;
}

bool gather_facts(struct ibv_device *device, uint8_t port, bool all, struct device_facts *facts)
{
    struct ibv_context *context;
    int error, close_error;
    bool is_told = false;

    memset(facts, 0, sizeof *facts); /* this also clears the comp_mask of efa */
    context = tool_open(device);
    if (!context)
        return false;
    snprintf(facts->name, sizeof facts->name, "%s", device->name);
    facts->is_simulated = tool_library_is_simulated();
    facts->port_number = port;
    error = ask(context, all, facts, &is_told);
    if (error != 0 && !is_told)
        tool_error("asking device %s for its attributes failed: %s", facts->name,
                   tool_errno_text(error));
    close_error = ibv_close_device(context);
    if (close_error != 0)
        tool_error("closing device %s failed: %s", facts->name, tool_errno_text(close_error));
    return error == 0 && close_error == 0;
}
