/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Asks the driver, and explains its replies; see cause.h. */
#include "cause.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "driver/default_transport.h"
#include "driver/errors.h"
#include "driver/info_check.h"
#include "driver/transport.h"
#include "driver/win32_error.h"
#include "library.h"
#include "message.h"

void tool_ask_driver(struct tool_driver_answer *answer)
{
    const struct efa_transport *transport = efa_default_transport(0);
    void *session;

    memset(answer, 0, sizeof *answer);
    answer->open_error = transport->open(transport, &session);
    if (answer->open_error != EFA_WIN32_SUCCESS)
        return;
    for (uint32_t i = 0; i < TOOL_INTERFACE_VERSIONS; i++) {
        struct efa_query_device_params params = {EFA_INTERFACE_VERSION_NEWEST - i};
        struct efa_device_info info;
        uint32_t returned = 0;

        memset(&info, 0, sizeof info);
        answer->query_errors[i] = transport->request(transport, session, EFA_QUERY_DEVICE, &params,
                                                     sizeof params, &info, sizeof info, &returned);
        answer->reply_sizes[i] = returned;
        if (answer->query_errors[i] != EFA_WIN32_SUCCESS || returned != sizeof info)
            continue;
        if (!answer->spoken)
            answer->info = info;
        answer->spoken |= 1u << params.interface_version;
    }
    transport->close(transport, session);
}

static const struct {
    const char *what;
    const char *advice; /* NULL: take the one of the library's table */
} words[] = {
    [TOOL_ABSENT] = {"no EFA adapter, or no driver for it",
                     "check that this instance has an EFA network interface, and that the service "
                     "\"efa\" is installed and runs (sc.exe query efa); efa_doctor shows what is "
                     "missing"},
    [TOOL_DENIED] = {"access to the EFA adapter is denied",
                     "end the other process that has it open, or use an account that may open it"},
    [TOOL_BUSY] = {"the EFA adapter is busy", "end the program that uses it, or try again"},
    [TOOL_REMOVED] = {"the EFA adapter was removed, or its driver unloaded", NULL},
    [TOOL_VERSIONS_UNKNOWN] = {"the EFA driver supports none of the interface versions 3, 2 and 1",
                               "install efa.sys 1.0.0.4, 1.1.0.9, 1.2.0.10 or a later one that "
                               "supports them"},
    [TOOL_REPLY_WRONG] = {"the EFA driver's reply is invalid", "reinstall efa.sys"},
    [TOOL_DRIVER_FAILS] = {"the EFA driver fails", NULL},
};

static enum tool_cause_kind kind_of(int error, bool opened)
{
    switch (error) {
    case ENODEV:
        return opened ? TOOL_REMOVED : TOOL_ABSENT;
    case EACCES:
        return TOOL_DENIED;
    case EBUSY:
        return TOOL_BUSY;
    case EPROTONOSUPPORT:
        return TOOL_VERSIONS_UNKNOWN;
    default:
        return TOOL_DRIVER_FAILS;
    }
}

static void fail(struct tool_cause *cause, uint32_t win32, bool opened)
{
    const struct efa_error_meaning *meaning = efa_error_meaning(win32);

    cause->kind = kind_of(meaning->error, opened);
    cause->error = meaning->error;
    cause->win32 = win32;
    snprintf(cause->text, sizeof cause->text, "%s (%s, Win32 error %u)", words[cause->kind].what,
             meaning->name, win32);
    cause->advice = words[cause->kind].advice ? words[cause->kind].advice : meaning->advice;
}

/* All versions were rejected. */
static void fail_all(struct tool_cause *cause, const uint32_t errors[TOOL_INTERFACE_VERSIONS])
{
    fail(cause, efa_error_of_all_versions(errors, TOOL_INTERFACE_VERSIONS), true);
    if (cause->kind == TOOL_VERSIONS_UNKNOWN)
        snprintf(cause->text, sizeof cause->text, "%s (Win32 errors %u, %u, %u)",
                 words[cause->kind].what, errors[0], errors[1], errors[2]);
}

static void set_reply_wrong(struct tool_cause *cause)
{
    cause->kind = TOOL_REPLY_WRONG;
    cause->error = EIO;
    cause->advice = words[TOOL_REPLY_WRONG].advice;
}

static void judge_reply(struct tool_cause *cause, const struct efa_device_info *info, uint32_t size)
{
    struct efa_info_limit wrong[EFA_INFO_LIMITS];

    if (size != sizeof *info) {
        set_reply_wrong(cause);
        snprintf(cause->text, sizeof cause->text, "%s (%u bytes, not %u)",
                 words[TOOL_REPLY_WRONG].what, size, (unsigned)sizeof *info);
    } else if (efa_find_wrong_limits(info, wrong) != 0) {
        set_reply_wrong(cause);
        snprintf(cause->text, sizeof cause->text, "%s (%s = %llu; valid are %llu to %llu)",
                 words[TOOL_REPLY_WRONG].what, wrong[0].name, (unsigned long long)wrong[0].value,
                 (unsigned long long)wrong[0].least, (unsigned long long)wrong[0].most);
    }
}

/* In the order of the library: the first version that is not rejected decides. */
void tool_judge_driver(const struct tool_driver_answer *answer, struct tool_cause *cause)
{
    memset(cause, 0, sizeof *cause);
    if (answer->open_error != EFA_WIN32_SUCCESS) {
        fail(cause, answer->open_error, false);
        return;
    }
    for (uint32_t i = 0; i < TOOL_INTERFACE_VERSIONS; i++) {
        uint32_t error = answer->query_errors[i];

        if (error == EFA_WIN32_SUCCESS) {
            judge_reply(cause, &answer->info, answer->reply_sizes[i]);
            return;
        }
        if (!efa_error_meaning(error)->may_mean_version) {
            fail(cause, error, true);
            return;
        }
    }
    fail_all(cause, answer->query_errors);
}

void tool_report_cause(const char *device, int error)
{
    struct tool_driver_answer answer;
    struct tool_cause cause;

    if (tool_library_is_simulated()) {
        tool_error(
            "the simulated EFA cannot be used (%s): start it with 'efasim serve', or this "
            "program with 'efasim run'; the library's own line says more",
            tool_errno_text(error));
        return;
    }
    tool_ask_driver(&answer);
    tool_judge_driver(&answer, &cause);
    /* An older library does not set errno. */
    if (cause.kind != TOOL_USABLE && (error == 0 || error == cause.error))
        tool_error("%s: %s", cause.text, cause.advice);
    else if (device)
        tool_error("the library cannot open device %s (%s): see its own line, then try again",
                   device, tool_errno_text(error));
    else
        tool_error(
            "the library finds no EFA adapter that it can use (%s): see its own line, then try "
            "again",
            tool_errno_text(error));
}

/*
 * Reports a removed adapter. Returns false if the adapter is present or its state is unknown. The
 * simulated library uses no driver, so the driver's reply says nothing about its adapter.
 */
static bool report_removal(void)
{
    struct tool_driver_answer answer;
    struct tool_cause cause;

    if (tool_library_is_simulated())
        return false;
    tool_ask_driver(&answer);
    tool_judge_driver(&answer, &cause);
    /* A driver without its adapter has no device to open. */
    if (cause.kind != TOOL_ABSENT && cause.kind != TOOL_REMOVED)
        return false;
    tool_error(
        "%s while the program used it (%s, Win32 error %u): check that it is attached and its "
        "driver service 'efa' runs, then start again; efa_doctor shows what is missing",
        words[TOOL_REMOVED].what, efa_error_meaning(cause.win32)->name, cause.win32);
    return true;
}

void tool_run_error(const char *format, ...)
{
    va_list arguments;

    if (report_removal())
        return;
    va_start(arguments, format);
    tool_error_list(format, arguments);
    va_end(arguments);
}
