/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Results as CSV: comment lines with the facts of the run, a line of names, then one line for
 * each row. */
#include "report.h"

bool perf_write_csv(FILE *file, const struct perf_report *report)
{
    const struct perf_plan *plan = report->plan;
    char text[600];

    for (size_t i = 0; i < report->run->count; i++)
        fprintf(file, "# %s: %s\n", report->run->facts[i].name, report->run->facts[i].value);
    perf_describe_plan(plan, text, sizeof text);
    fprintf(file, "# parameters: %s\n# complete: %s\n", text,
            perf_is_complete(report->results) ? "true" : "false");
    perf_describe_end(report->results, text, sizeof text);
    if (text[0] != '\0')
        fprintf(file, "# %s\n", text);
    fputs("test,transport", file);
    for (size_t i = 0; i < perf_column_count; i++)
        fprintf(file, ",%s", perf_columns[i].name);
    fputc('\n', file);
    for (size_t row = 0; row < report->results->count; row++) {
        fprintf(file, "%s,%s", perf_test_names[plan->test], plan->ud ? "UD" : "SRD");
        for (size_t i = 0; i < perf_column_count; i++)
            fprintf(file, ",%s",
                    perf_exact_value(&perf_columns[i], &report->results->rows[row], text));
        fputc('\n', file);
    }
    return fflush(file) == 0 && !ferror(file);
}
