/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* The files that results go to. */
#ifndef EFA_PERF_REPORT_FILES_H
#define EFA_PERF_REPORT_FILES_H

#include "report.h"
#include "settings.h"

/* Checks before the measurement that each file can be written. Does not change existing content. */
bool perf_check_files(const struct perf_settings *settings);

/* False after printing which file cannot be written. */
bool perf_write_files(const struct perf_settings *settings, const struct perf_report *report);

#endif
