/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The buffers of a send, or its inline data. */
#include "source.h"

bool efasim_find_source(struct efasim_message *message, struct efasim_segments *source)
{
    const struct efasim_qp *qp = message->qp;

    if (message->is_inline) {
        if (message->size != 0)
            efasim_segments_append_own(source, message->payload.inline_data, message->size);
        return true;
    }
    for (unsigned i = 0; i < message->buffer_count; i++) {
        const struct efa_buffer_descriptor *buffer = &message->payload.buffers[i];
        if (buffer->length != 0 &&
            !efasim_resolve_lkey(qp->pd, buffer->lkey,
                                 efasim_address(buffer->address_low, buffer->address_high),
                                 buffer->length, 0, source))
            return false;
    }
    return true;
}
