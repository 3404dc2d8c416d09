/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Counts and logs violations. */
#include "violation.h"

#include "../base/format.h"
#include "log.h"

void efasim_violation(struct efasim_qp *qp, enum efasim_violation_kind kind, const void *bytes,
                      uint32_t byte_count, const char *format, ...)
{
    struct efasim *sim = qp->device->sim;
    char line[EFASIM_LINE_SIZE];
    struct efasim_text text;
    va_list arguments;
    bool first = (qp->violations_reported & 1u << kind) == 0;

    qp->device->counters.violations++;
    qp->device->counters.violations_by_kind[kind]++;
    qp->counters.violations++;
    qp->violations_reported |= 1u << kind;
    if (!first && !sim->config.abort_on_violation)
        return;

    efasim_text_init(&text, line, sizeof line);
    efasim_text_add(&text,
                    "violation (%s) on %s, QP %u of client %u: ", efasim_violation_name(kind),
                    qp->device->config.name, qp->number, qp->owner->number);
    va_start(arguments, format);
    efasim_text_addv(&text, format, arguments);
    va_end(arguments);
    if (byte_count != 0) {
        efasim_text_add(&text, "; descriptor: ");
        efasim_text_add_bytes(&text, bytes, byte_count);
    }
    if (first)
        efasim_log_line(sim, EFASIM_LOG_ERROR, line);
    if (sim->config.abort_on_violation && sim->platform.violation)
        sim->platform.violation(sim->platform.context, line);
}
