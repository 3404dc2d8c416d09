/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Polling, classic and extended, with results in one form. */
#include <errno.h>
#include <string.h>

#include "common/byte_order.h"
#include "common/cause.h"
#include "common/message.h"
#include "side.h"

static int failed(enum ibv_wc_status status, uint32_t vendor_error, const char *what)
{
    tool_run_error(
        "%s failed: %s (status %u of the device): see whether the other side still runs and "
        "what it says; efa_doctor checks this one",
        what, ibv_wc_status_str(status), vendor_error);
    return -1;
}

static int polling_failed(int error)
{
    tool_run_error("polling for completions failed: %s", tool_errno_text(error));
    return -1;
}

static uint32_t header_size(const struct perf_side *side)
{
    return side->plan->ud ? PERF_UD_HEADER : 0;
}

static int poll_classic(struct perf_side *side, struct ibv_cq *cq, bool receives,
                        struct perf_completion *completions)
{
    struct ibv_wc entries[PERF_POLL_LIMIT];
    const int count = ibv_poll_cq(cq, PERF_POLL_LIMIT, entries);

    if (count < 0)
        return polling_failed(-count);
    for (int i = 0; i < count; i++) {
        if (entries[i].status != IBV_WC_SUCCESS)
            return failed(entries[i].status, entries[i].vendor_err,
                          receives ? "a receive" : "a request");
        completions[i].slot = (uint32_t)entries[i].wr_id;
        if (receives) {
            completions[i].byte_length = entries[i].byte_len - header_size(side);
            completions[i].number = from_big_endian32(entries[i].imm_data);
        }
    }
    return count;
}

static int poll_extended(struct perf_side *side, struct ibv_cq_ex *cq, bool receives,
                         struct perf_completion *completions)
{
    struct ibv_poll_cq_attr attr;
    int count = 0, error, result;

    memset(&attr, 0, sizeof attr);
    error = ibv_start_poll(cq, &attr);
    if (error == ENOENT)
        return 0;
    if (error != 0)
        return polling_failed(error);
    do {
        struct perf_completion *completion = &completions[count];

        if (cq->status != IBV_WC_SUCCESS) {
            result = failed(cq->status, ibv_wc_read_vendor_err(cq),
                            receives ? "a receive" : "a request");
            ibv_end_poll(cq);
            return result;
        }
        completion->slot = (uint32_t)cq->wr_id;
        if (receives) {
            completion->byte_length = ibv_wc_read_byte_len(cq) - header_size(side);
            completion->number = from_big_endian32(ibv_wc_read_imm_data(cq));
        }
    } while (++count < PERF_POLL_LIMIT && (error = ibv_next_poll(cq)) == 0);
    ibv_end_poll(cq);
    if (error != 0 && error != ENOENT)
        return polling_failed(error);
    return count;
}

static int poll_one(struct perf_side *side, struct ibv_cq *cq, struct ibv_cq_ex *cq_ex,
                    bool receives, struct perf_completion *completions)
{
    return side->plan->classic_poll ? poll_classic(side, cq, receives, completions)
                                    : poll_extended(side, cq_ex, receives, completions);
}

int perf_poll_sends(struct perf_side *side, struct perf_completion *completions)
{
    return poll_one(side, side->send_cq, side->send_cq_ex, false, completions);
}

int perf_poll_receives(struct perf_side *side, struct perf_completion *completions)
{
    return poll_one(side, side->recv_cq, side->recv_cq_ex, true, completions);
}
