/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What a poll that found nothing does for the simulated adapter. */
#include "os/os.h"
#include "queue/consume.h"

/* The adapter is a process that may wait for the very processor that the client polls on. */
void efa_cq_found_empty(struct efa_completion_queue *cq)
{
    (void)cq;
    efa_os_yield();
}
