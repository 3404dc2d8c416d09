/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Opens, checks and writes the files of results; see report_files.h. */
#include "report_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "common/open_file.h"

enum { LONGEST_NAME = 1200 };

static bool cannot_write(const char *path, int error)
{
    tool_error("%s cannot be written: %s", path, tool_errno_text(error));
    return false;
}

static bool check_writable(const char *path)
{
    return !path || perf_is_screen(path) || tool_check_writable(path);
}

bool perf_check_files(const struct perf_settings *settings)
{
    return check_writable(settings->json) && check_writable(settings->csv) &&
           check_writable(settings->html) && check_writable(settings->histogram);
}

static bool write_file(const char *path, perf_write *write, const struct perf_report *report)
{
    FILE *file;
    bool good;

    if (!path)
        return true;
    if (perf_is_screen(path))
        return write(stdout, report);
    errno = 0;
    file = tool_open_file(path, "w");
    good = file && write(file, report);
    if (file)
        good = fclose(file) == 0 && good;
    return good || cannot_write(path, errno);
}

/* If there are several rows, each has its own file, with size and rate before the ending. */
static void name_histogram(const struct perf_report *report, const char *path, size_t row,
                           char *name)
{
    const struct perf_row *of = &report->results->rows[row];
    const char *slash = strrchr(path, '/'), *backslash = strrchr(path, '\\');
    const char *dot = strrchr(path, '.');
    char rate[16] = "";
    int stem;

    if (backslash && (!slash || backslash > slash))
        slash = backslash;
    if (!dot || (slash && dot < slash))
        dot = path + strlen(path);
    stem = (int)(dot - path);
    if (of->rate > 0)
        snprintf(rate, sizeof rate, "-%u", of->rate);
    if (report->results->wanted == 1)
        snprintf(name, LONGEST_NAME, "%s", path);
    else
        snprintf(name, LONGEST_NAME, "%.*s-%u%s%s", stem, path, of->size, rate, dot);
}

static bool write_histograms(const char *path, const struct perf_report *report)
{
    char name[LONGEST_NAME];

    for (size_t row = 0; path && row < report->results->count; row++) {
        FILE *file;
        bool good;

        name_histogram(report, path, row, name);
        errno = 0;
        file = tool_open_file(name, "w");
        good = file && perf_write_histogram(file, report->results, row);
        if (file)
            good = fclose(file) == 0 && good;
        if (!good)
            return cannot_write(name, errno);
    }
    return true;
}

bool perf_write_files(const struct perf_settings *settings, const struct perf_report *report)
{
    bool good = write_file(settings->json, perf_write_json, report);

    good = write_file(settings->csv, perf_write_csv, report) && good;
    good = write_file(settings->html, perf_write_html, report) && good;
    return write_histograms(settings->histogram, report) && good;
}
