/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * efa_doctor: checks whether EFA works on this machine, from the system up to messages, and says
 * what to do if not. It changes nothing. This file has the command line and the order of the
 * checks.
 */
#include "checks.h"

#include <stdio.h>

#include "common/cause.h"
#include "common/interrupt.h"
#include "common/library.h"
#include "common/message.h"
#include "common/options.h"
#include "common/program.h"
#include "common/version.h"
#include "judge.h"

const char *const tool_name = "efa_doctor";

#ifdef _WIN32

/* Loading the library with the kit is one of the checks. */
static bool prepare(void)
{
    return true;
}

#else

/* Natively the driver exists only with the library. */
static bool prepare(void)
{
    return tool_load_library();
}

#endif

static bool check_whole_driver(struct doctor_report *report)
{
    struct tool_driver_answer answer;

    if (library_needs_no_driver()) {
        judge_no_driver(report);
        return true;
    }
    tool_ask_driver(&answer);
    check_driver(report, answer.open_error == 0);
    return judge_driver(report, &answer);
}

static void run_checks(struct doctor_report *report)
{
    bool driver, library;

    check_system(report);
    driver = check_whole_driver(report);
    library = check_library(report);
    if (tool_interrupted())
        return;
    if (driver && library)
        check_adapter(report);
    else
        skip_adapter(report, driver ? "needs efawin.dll" : "needs the driver");
    check_libfabric(report);
}

static int program_main(int argc, char **argv)
{
    static struct doctor_report report;
    bool json = false;
    const struct tool_option options[] = {
        {'j', "json", TOOL_FLAG, &json, 0, 0, NULL, "as JSON"},
    };
    const struct tool_command_line line = {
        "[OPTIONS]",
        "Checks whether EFA works on this machine, from Windows up to messages, and says\n"
        "what to do where it does not. Changes nothing.",
        "  efa_doctor                all checks\n"
        "  efa_doctor --json         for programs (docs/schemas/efa_doctor.json)\n",
        options,
        EFA_ARRAY_SIZE(options),
        NULL,
        0,
        ", 3 warnings only",
        0,
        NULL,
    };
    static const int statuses[] = {TOOL_OK, TOOL_WARNINGS, TOOL_FAILED};
    int status;
    bool written = true;

    if (!tool_parse_options(&line, argc, argv, &status))
        return status;
    if (!prepare())
        return TOOL_FAILED;
    report.live = !json;
    tool_watch_interrupt();
    run_checks(&report);
    tool_unload_library();
    if (tool_interrupted()) {
        tool_error("interrupted: not all checks were made");
        return TOOL_FAILED;
    }
    if (json)
        written = report_print_json(&report);
    else
        report_print_verdict(&report);
    return tool_end(written ? statuses[report_verdict(&report)] : TOOL_FAILED);
}

int main(int argc, char **argv)
{
    return tool_run(argc, argv, program_main);
}
