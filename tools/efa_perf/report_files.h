/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The files that results go to. */
#ifndef EFA_PERF_REPORT_FILES_H
#define EFA_PERF_REPORT_FILES_H

#include "report.h"
#include "settings.h"

/* Whether each can be written, known before anything is measured. What a file holds stays. */
bool perf_check_files(const struct perf_settings *settings);

/* False after printing which one cannot be written. */
bool perf_write_files(const struct perf_settings *settings, const struct perf_report *report);

#endif
