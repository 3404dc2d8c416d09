/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Results as one page without external files, in the colours of the reader's system. The attribute
 * data-value of a cell has all digits. The pictures are in page_pictures.c.
 */
#include "report.h"

#include "common/version.h"

void perf_write_escaped(FILE *file, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        default:
            fputc(*text, file);
        }
    }
}

static void write_head(FILE *file, const struct perf_plan *plan)
{
    fputs(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n",
        file);
    fprintf(file, "<title>efa_perf: %s on %s</title>\n<style>\n", perf_test_names[plan->test],
            plan->ud ? "UD" : "SRD");
    fputs(
        ":root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--soft:#57606a;--line:#d0d7de;"
        "--warn:#953800;"
        "--c0:#0550ae;--c1:#a40e26;--c2:#116329;--c3:#6639ba;--c4:#953800;--c5:#3b5b66}\n"
        "@media (prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--soft:#9ba7b4;"
        "--line:#30363d;--warn:#ffa657;"
        "--c0:#79c0ff;--c1:#ff7b72;--c2:#7ee787;--c3:#d2a8ff;--c4:#ffa657;--c5:#a5d6e8}}\n"
        "*{box-sizing:border-box}\n"
        "body{background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif;"
        "max-width:76rem;margin:2rem auto;padding:0 1rem}\n"
        "h1{font-size:1.5rem;margin-bottom:0}h2{font-size:1.15rem;margin:1.5rem 0 .25rem}\n"
        "p{color:var(--soft);margin:.25rem 0 1rem}.warn{color:var(--warn);font-weight:600}\n"
        ".wide{overflow-x:auto}table{border-collapse:collapse;"
        "font-variant-numeric:tabular-nums;font-size:.875rem}\n"
        "th,td{text-align:right;white-space:nowrap;padding:.25rem .5rem;"
        "border-bottom:1px solid var(--line)}\n"
        ".wide table{width:100%}.wide th{white-space:normal;vertical-align:bottom}"
        ".wide th,.wide td{padding:.25rem .4rem}"
        ".wide th:first-child,.wide td:first-child{position:sticky;left:0;background:var(--back)}\n"
        ".hint{font-size:.875rem}@media (min-width:1100px){.hint{display:none}}\n"
        ".facts th,.facts td{text-align:left;white-space:normal;overflow-wrap:anywhere;"
        "vertical-align:top}.facts th{color:var(--soft);font-weight:400;white-space:nowrap}\n"
        ".pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));"
        "gap:0 2rem}figure{margin:0}\n"
        "svg{display:block;width:100%;height:auto}svg text{fill:var(--text);font-size:12px}\n"
        ".grid{stroke:var(--line)}.curve{fill:none;stroke-width:2}\n"
        ".legend{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;padding:0;"
        "margin:.5rem 0;font-size:.875rem}\n"
        ".legend span{display:inline-block;width:1.5rem;border-top:3px solid;"
        "vertical-align:middle;margin-right:.4rem}\n",
        file);
    for (int i = 0; i < 6; i++)
        fprintf(
            file,
            ".s%d{stroke:var(--c%d)}.f%d{fill:var(--c%d)}.legend .l%d{border-color:var(--c%d)}\n",
            i, i, i, i, i, i);
    fputs("</style>\n</head>\n<body>\n", file);
}

static void write_intro(FILE *file, const struct perf_report *report)
{
    const struct perf_plan *plan = report->plan;
    char text[600];

    fprintf(file, "<h1>efa_perf: %s on %s</h1>\n", perf_test_names[plan->test],
            plan->ud ? "UD" : "SRD");
    perf_describe_plan(plan, text, sizeof text);
    fprintf(
        file,
        "<p>%s, %u request%s a post, inline up to %u bytes, %s posting, %s polling%s. Latency in "
        "us: %s. efa_perf %s.</p>\n",
        text, plan->post_list, plan->post_list == 1 ? "" : "s", plan->inline_limit,
        plan->classic_post ? "classic" : "extended", plan->classic_poll ? "classic" : "extended",
        plan->thread_domain ? ", thread domain" : "", perf_latency_meaning(plan), tool_version);
    perf_describe_end(report->results, text, sizeof text);
    if (text[0] == '\0')
        return;
    fputs("<p class=\"warn\">Not complete, ", file);
    perf_write_escaped(file, text);
    fputs("</p>\n", file);
}

static bool is_shown(const struct perf_report *report, const struct perf_column *column)
{
    return column->heading && (column->shown_in != PERF_WITH_RATE || report->plan->rate_count > 0);
}

static void write_table(FILE *file, const struct perf_report *report)
{
    char text[PERF_VALUE_TEXT], exact[PERF_VALUE_TEXT];

    fputs("<div class=\"wide\"><table>\n<thead><tr>", file);
    for (size_t i = 0; i < perf_column_count; i++) {
        if (is_shown(report, &perf_columns[i]))
            fprintf(file, "<th data-name=\"%s\">%s</th>", perf_columns[i].name,
                    perf_columns[i].heading);
    }
    fputs("</tr></thead>\n<tbody>\n", file);
    for (size_t row = 0; row < report->results->count; row++) {
        fputs("<tr>", file);
        for (size_t i = 0; i < perf_column_count; i++) {
            const struct perf_column *column = &perf_columns[i];

            if (is_shown(report, column))
                fprintf(file, "<td data-name=\"%s\" data-value=\"%s\">%s</td>", column->name,
                        perf_exact_value(column, &report->results->rows[row], exact),
                        perf_show_value(column, &report->results->rows[row], 0, text));
        }
        fputs("</tr>\n", file);
    }
    fputs(
        "</tbody>\n</table></div>\n"
        "<p class=\"hint\">Scroll the table sideways for the other columns.</p>\n",
        file);
}

/* The name of a fact as a reader's words. */
static void write_label(FILE *file, const char *name)
{
    for (; *name; name++)
        fputc(*name == '_' ? ' ' : *name, file);
}

static void write_facts(FILE *file, const struct tool_run *run)
{
    fputs("<h2>The run</h2>\n<table class=\"facts\">\n", file);
    for (size_t i = 0; i < run->count; i++) {
        fputs("<tr><th>", file);
        write_label(file, run->facts[i].name);
        fprintf(file, "</th><td data-name=\"%s\">", run->facts[i].name);
        perf_write_escaped(file, run->facts[i].value);
        fputs("</td></tr>\n", file);
    }
    fputs("</table>\n", file);
}

bool perf_write_html(FILE *file, const struct perf_report *report)
{
    write_head(file, report->plan);
    write_intro(file, report);
    if (report->results->count > 0) {
        write_table(file, report);
        perf_write_pictures(file, report);
    }
    write_facts(file, report->run);
    fputs("</body>\n</html>\n", file);
    return fflush(file) == 0 && !ferror(file);
}
