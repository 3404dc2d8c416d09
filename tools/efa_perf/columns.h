/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * The figures of a row: one table for the text, CSV, JSON and the page. To add a column, add a line
 * to the table in columns.c, and its member to docs/schemas/efa_perf.json.
 */
#ifndef EFA_PERF_COLUMNS_H
#define EFA_PERF_COLUMNS_H

#include "plan.h"

/* The runs in which the text shows a column. */
enum perf_shown_in { PERF_ALWAYS, PERF_WITH_RATE, PERF_WITHOUT_RATE };

struct perf_column {
    const char *name; /* for programs; the unit is part of it */
    /* its name in JSON in the object "latency_us"; NULL: `name`, in the row itself */
    const char *member;
    const char *heading; /* heading for people; NULL: only for programs */
    int width;           /* characters in the text */
    int decimals;        /* for people; programs get all digits */
    unsigned tests;      /* bit N: the text of test N shows it */
    enum perf_shown_in shown_in;
    double (*value)(const struct perf_row *row); /* NAN: not known; NULL: a percentile */
    /* index in perf_percentiles; JSON has them as one array */
    size_t percentile;
};

enum { PERF_VALUE_TEXT = 32 };

extern const struct perf_column perf_columns[];
extern const size_t perf_column_count;

double perf_value(const struct perf_column *column, const struct perf_row *row);

/* The column of that name. */
const struct perf_column *perf_find_column(const char *name);

/*
 * The value for people: rounded, with at least three significant digits if they fit into `room`
 * characters (0: any). "-": not known.
 */
const char *perf_show_value(const struct perf_column *column, const struct perf_row *row,
                            size_t room, char *text);

/* The value with all its digits; empty: not known. */
const char *perf_exact_value(const struct perf_column *column, const struct perf_row *row,
                             char *text);

#endif
