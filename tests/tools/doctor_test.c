/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * What efa_doctor makes of machines and drivers that no test can have: each fact, each finding.
 * That it asks for the facts rightly is tested where they can be made, in cases_doctor.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/cause.h"
#include "common/service.h"
#include "driver/win32_error.h"
#include "efa_doctor/judge.h"

const char *const tool_name = "doctor_test";

static struct doctor_report report;

static int clear(void **state)
{
    (void)state;
    memset(&report, 0, sizeof report);
    return 0;
}

static void assert_result(size_t at, const char *check, enum doctor_status status,
                          enum doctor_problem problem, const char *detail)
{
    assert_true(at < report.count);
    assert_string_equal(report.results[at].check, check);
    assert_int_equal(report.results[at].status, status);
    assert_int_equal(report.results[at].problem, problem);
    assert_string_equal(report.results[at].detail, detail);
}

/* ---- Windows and the processor ---- */

static struct system_facts some_windows(void)
{
    struct system_facts facts = {.is_x64 = true,
                                 .architecture = 9,
                                 .processors = 4,
                                 .processor = "A Processor",
                                 .major = 10,
                                 .build = 20348};

    return facts;
}

static void windows_10_on_x64_is_right(void **state)
{
    const struct system_facts facts = some_windows();

    (void)state;
    judge_system(&report, &facts);
    assert_result(0, "system", DOCTOR_OK, DOCTOR_NO_PROBLEM,
                  "Windows 10.0 build 20348, x64, 4 x A Processor");
}

static void older_windows_is_a_warning(void **state)
{
    struct system_facts facts = some_windows();

    (void)state;
    facts.major = 6;
    facts.minor = 3;
    facts.build = 9600;
    judge_system(&report, &facts);
    assert_result(0, "system", DOCTOR_WARNING, DOCTOR_PROBLEM_WINDOWS_OLD,
                  "Windows 6.3 build 9600, A Processor");
}

static void wine_is_right_whatever_windows_it_plays(void **state)
{
    struct system_facts facts = some_windows();

    (void)state;
    facts.major = 6;
    facts.wine = "8.0";
    judge_system(&report, &facts);
    assert_result(0, "system", DOCTOR_OK, DOCTOR_NO_PROBLEM, "Wine 8.0, x64, 4 x A Processor");
}

static void other_processor_is_a_failure(void **state)
{
    struct system_facts facts = some_windows();

    (void)state;
    facts.is_x64 = false;
    facts.architecture = 12;
    judge_system(&report, &facts);
    assert_result(0, "system", DOCTOR_FAILED, DOCTOR_PROBLEM_PROCESSOR,
                  "processor architecture 12 (A Processor)");
}

/* ---- The EFA interface ---- */

static struct hardware_facts one_interface(uint32_t problem, const char *service,
                                           const char *version)
{
    struct hardware_facts facts = {.count = 1, .devices = {{.id = "EFA1", .problem = problem}}};

    snprintf(facts.devices[0].service, sizeof facts.devices[0].service, "%s", service);
    snprintf(facts.devices[0].version, sizeof facts.devices[0].version, "%s", version);
    return facts;
}

static void each_state_of_the_interface_has_a_finding(void **state)
{
    static const struct {
        uint32_t problem;
        const char *service, *version;
        enum doctor_problem found;
        const char *detail;
    } cases[] = {
        {28, "", "", DOCTOR_PROBLEM_ADAPTER_WITHOUT_DRIVER, "EFA1 has no driver"},
        {0, "", "", DOCTOR_PROBLEM_ADAPTER_WITHOUT_DRIVER, "EFA1 has no driver"},
        {10, "efa", "1.2.0.10", DOCTOR_PROBLEM_ADAPTER_NOT_STARTED,
         "EFA1 does not run: it cannot start (code 10)"},
        {45, "", "", DOCTOR_PROBLEM_ADAPTER_NOT_STARTED,
         "EFA1 does not run: see the device manager (code 45)"},
        {0, "other", "2.0.0.0", DOCTOR_PROBLEM_ADAPTER_OTHER_DRIVER,
         "EFA1 has driver 'other', version 2.0.0.0"},
        {0, "other", "", DOCTOR_PROBLEM_ADAPTER_OTHER_DRIVER,
         "EFA1 has driver 'other', version unknown"},
        {0, "efa", "1.0.0.3", DOCTOR_PROBLEM_ADAPTER_OTHER_DRIVER,
         "EFA1 has driver 'efa', version 1.0.0.3"},
        {0, "efa", "1.0.0.4", DOCTOR_NO_PROBLEM, "EFA1, driver version 1.0.0.4"},
        {0, "efa", "2.0.0.0", DOCTOR_NO_PROBLEM, "EFA1, driver version 2.0.0.0"},
        {0, "efa", "", DOCTOR_NO_PROBLEM, "EFA1, driver version unknown"},
        {0, "efa", "a version", DOCTOR_NO_PROBLEM, "EFA1, driver version a version"},
    };

    (void)state;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(cases); i++) {
        const struct hardware_facts facts =
            one_interface(cases[i].problem, cases[i].service, cases[i].version);

        memset(&report, 0, sizeof report);
        judge_hardware(&report, &facts, false, false);
        assert_int_equal(report.count, 1);
        assert_result(0, "hardware",
                      cases[i].found == DOCTOR_NO_PROBLEM ? DOCTOR_OK : DOCTOR_FAILED,
                      cases[i].found, cases[i].detail);
    }
}

static void no_interface_is_a_failure_unless_the_driver_answers(void **state)
{
    struct hardware_facts facts = {.count = 0};

    (void)state;
    judge_hardware(&report, &facts, false, false);
    assert_result(0, "hardware", DOCTOR_FAILED, DOCTOR_PROBLEM_ADAPTER_ABSENT,
                  "no PCI device of vendor 1D0F with an EFA id");
    judge_hardware(&report, &facts, false, true);
    assert_result(1, "hardware", DOCTOR_SKIPPED, DOCTOR_NO_PROBLEM,
                  "no EFA interface is listed, yet the driver answers");
    judge_hardware(&report, &facts, true, false);
    assert_result(2, "hardware", DOCTOR_SKIPPED, DOCTOR_NO_PROBLEM,
                  "the simulated EFA is not a PCI device");
    facts.error = 5;
    judge_hardware(&report, &facts, false, false);
    assert_result(3, "hardware", DOCTOR_SKIPPED, DOCTOR_NO_PROBLEM,
                  "Windows does not list its devices (Win32 error 5)");
}

static void one_interface_that_works_is_enough(void **state)
{
    struct hardware_facts facts = one_interface(28, "", "");

    (void)state;
    facts.devices[1] = one_interface(0, "efa", "1.1.0.9").devices[0];
    facts.count = 2;
    judge_hardware(&report, &facts, false, false);
    assert_result(0, "hardware", DOCTOR_OK, DOCTOR_NO_PROBLEM,
                  "EFA1, driver version 1.1.0.9; there are several");
}

/* ---- The driver's service ---- */

static struct tool_service running_service(void)
{
    struct tool_service facts = {.found = TOOL_SERVICE_FOUND,
                                 .state = TOOL_SERVICE_RUNNING,
                                 .file = "C:\\drivers\\efa.sys",
                                 .version = "1.2.0.10"};

    return facts;
}

static void running_service_shows_its_file(void **state)
{
    const struct tool_service facts = running_service();

    (void)state;
    judge_service(&report, &facts);
    assert_result(0, "service", DOCTOR_OK, DOCTOR_NO_PROBLEM, "service 'efa' runs");
    assert_result(1, "driver-file", DOCTOR_OK, DOCTOR_NO_PROBLEM,
                  "C:\\drivers\\efa.sys, version 1.2.0.10");
}

static void stopped_service_is_a_failure(void **state)
{
    struct tool_service facts = running_service();

    (void)state;
    facts.state = 1;
    judge_service(&report, &facts);
    assert_result(0, "service", DOCTOR_FAILED, DOCTOR_PROBLEM_SERVICE_STOPPED,
                  "service 'efa' is in state 1, not running (4)");
    assert_int_equal(report.results[1].status, DOCTOR_OK);
}

static void service_that_hides_its_state_is_a_warning(void **state)
{
    struct tool_service facts = running_service();

    (void)state;
    facts.state_error = 5;
    judge_service(&report, &facts);
    assert_result(0, "service", DOCTOR_WARNING, DOCTOR_PROBLEM_SERVICES_UNREADABLE,
                  "the state of service 'efa' cannot be read (Win32 error 5)");
}

static void file_without_path_or_version_is_a_warning(void **state)
{
    struct tool_service facts = running_service();

    (void)state;
    facts.version[0] = '\0';
    judge_service(&report, &facts);
    assert_result(1, "driver-file", DOCTOR_WARNING, DOCTOR_PROBLEM_DRIVER_FILE,
                  "C:\\drivers\\efa.sys");
    facts.file[0] = '\0';
    judge_service(&report, &facts);
    assert_result(3, "driver-file", DOCTOR_WARNING, DOCTOR_PROBLEM_DRIVER_FILE,
                  "the service does not report its file");
}

static void no_service_is_a_failure_and_hidden_ones_a_warning(void **state)
{
    struct tool_service facts = {.found = TOOL_SERVICE_MISSING};

    (void)state;
    judge_service(&report, &facts);
    assert_result(0, "service", DOCTOR_FAILED, DOCTOR_PROBLEM_SERVICE_ABSENT,
                  "there is no service 'efa'");
    assert_result(1, "driver-file", DOCTOR_SKIPPED, DOCTOR_NO_PROBLEM, "needs the service");
    facts.found = TOOL_SERVICE_HIDDEN;
    facts.error = 5;
    judge_service(&report, &facts);
    assert_result(2, "service", DOCTOR_WARNING, DOCTOR_PROBLEM_SERVICES_UNREADABLE,
                  "Win32 error 5");
    assert_result(3, "driver-file", DOCTOR_SKIPPED, DOCTOR_NO_PROBLEM, "needs the service");
}

static void simulated_service_is_right(void **state)
{
    const struct tool_service facts = {.found = TOOL_SERVICE_SIMULATED};

    (void)state;
    judge_service(&report, &facts);
    assert_int_equal(report.results[0].status, DOCTOR_OK);
    assert_int_equal(report.results[1].status, DOCTOR_SKIPPED);
}

/* ---- The device and its driver's versions ---- */

static void errors_of_opening_have_a_finding_each(void **state)
{
    static const struct {
        uint32_t error;
        enum doctor_problem problem;
    } cases[] = {
        {EFA_WIN32_FILE_NOT_FOUND, DOCTOR_PROBLEM_DEVICE_ABSENT},
        {EFA_WIN32_PATH_NOT_FOUND, DOCTOR_PROBLEM_DEVICE_ABSENT},
        {EFA_WIN32_DEV_NOT_EXIST, DOCTOR_PROBLEM_DEVICE_ABSENT},
        {EFA_WIN32_DEVICE_NOT_CONNECTED, DOCTOR_PROBLEM_DEVICE_ABSENT},
        {EFA_WIN32_BAD_COMMAND, DOCTOR_PROBLEM_DEVICE_ABSENT},
        {EFA_WIN32_ACCESS_DENIED, DOCTOR_PROBLEM_DEVICE_DENIED},
        {EFA_WIN32_SHARING_VIOLATION, DOCTOR_PROBLEM_DEVICE_BUSY},
        {EFA_WIN32_BUSY, DOCTOR_PROBLEM_DEVICE_BUSY},
        {EFA_WIN32_GEN_FAILURE, DOCTOR_PROBLEM_DEVICE_ERROR},
        {31337, DOCTOR_PROBLEM_DEVICE_ERROR},
    };

    (void)state;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(cases); i++) {
        const struct tool_driver_answer answer = {.open_error = cases[i].error};

        memset(&report, 0, sizeof report);
        assert_false(judge_driver(&report, &answer));
        assert_int_equal(report.results[0].problem, cases[i].problem);
        assert_int_equal(report.results[0].status, DOCTOR_FAILED);
        assert_result(1, "driver-interface", DOCTOR_SKIPPED, DOCTOR_NO_PROBLEM, "needs the device");
    }
}

static struct tool_driver_answer answer_of(uint32_t three, uint32_t two, uint32_t one)
{
    struct tool_driver_answer answer = {
        .query_errors = {three, two, one},
        .info = {.max_mr_pages = 1,
                 .max_qp = 256,
                 .max_sq_depth = 1,
                 .max_rq_depth = 1,
                 .max_cq = 1,
                 .max_cq_depth = 1,
                 .max_mr = 1,
                 .max_pd = 1,
                 .max_ah = 1,
                 .max_llq_size = 64,
                 .mtu = 8928,
                 .num_sub_cqs = 1,
                 .max_sq_sge = 1,
                 .max_rq_sge = 1},
    };

    for (unsigned i = 0; i < TOOL_INTERFACE_VERSIONS; i++) {
        if (answer.query_errors[i] != 0)
            continue;
        answer.reply_sizes[i] = sizeof answer.info;
        answer.spoken |= 8u >> i;
    }
    return answer;
}

static void assert_interface(const struct tool_driver_answer *answer, enum doctor_problem problem,
                             const char *detail)
{
    memset(&report, 0, sizeof report);
    assert_int_equal(judge_driver(&report, answer), problem == DOCTOR_NO_PROBLEM);
    assert_int_equal(report.results[0].status, DOCTOR_OK);
    assert_result(1, "driver-interface", problem == DOCTOR_NO_PROBLEM ? DOCTOR_OK : DOCTOR_FAILED,
                  problem, detail);
}

/* Where the driver fails every question, and where it fails one that decides. */
static void each_cause_of_a_failed_question(void **state)
{
    static const struct {
        uint32_t errors[TOOL_INTERFACE_VERSIONS];
        enum doctor_problem problem;
        const char *detail;
    } cases[] = {
        {{1306, 1306, 1306},
         DOCTOR_PROBLEM_VERSIONS_UNKNOWN,
         "the EFA driver supports none of the interface versions 3, 2 and 1 "
         "(Win32 errors 1306, 1306, 1306)"},
        {{87, 31, 31},
         DOCTOR_PROBLEM_VERSIONS_UNKNOWN,
         "the EFA driver supports none of the interface versions 3, 2 and 1 "
         "(Win32 errors 87, 31, 31)"},
        {{31, 31, 31},
         DOCTOR_PROBLEM_DEVICE_ERROR,
         "the EFA driver fails (ERROR_GEN_FAILURE, Win32 error 31)"},
        {{1306, 5, 0},
         DOCTOR_PROBLEM_DEVICE_DENIED,
         "access to the EFA adapter is denied (ERROR_ACCESS_DENIED, Win32 error 5)"},
        {{22, 22, 22},
         DOCTOR_PROBLEM_DEVICE_REMOVED,
         "the EFA adapter was removed, or its driver unloaded (ERROR_BAD_COMMAND, Win32 error 22)"},
        {{170, 170, 170},
         DOCTOR_PROBLEM_DEVICE_BUSY,
         "the EFA adapter is busy (ERROR_BUSY, Win32 error 170)"},
        {{31337, 31337, 31337},
         DOCTOR_PROBLEM_DEVICE_ERROR,
         "the EFA driver fails (unknown error, Win32 error 31337)"},
        {{1306, 0, 1306}, DOCTOR_NO_PROBLEM, "supports version 2"},
        {{0, 0, 0}, DOCTOR_NO_PROBLEM, "supports version 3, 2, 1"},
    };

    (void)state;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(cases); i++) {
        struct tool_driver_answer answer =
            answer_of(cases[i].errors[0], cases[i].errors[1], cases[i].errors[2]);

        assert_interface(&answer, cases[i].problem, cases[i].detail);
    }
}

static void reply_that_cannot_be_right_is_a_failure(void **state)
{
    struct tool_driver_answer answer = answer_of(1306, 0, 0);

    (void)state;
    answer.reply_sizes[1] = 8;
    assert_interface(&answer, DOCTOR_PROBLEM_REPLY_WRONG,
                     "the EFA driver's reply is invalid (8 bytes, not 96)");
    answer.reply_sizes[1] = 96;
    answer.info.mtu = 255;
    assert_interface(&answer, DOCTOR_PROBLEM_REPLY_WRONG,
                     "the EFA driver's reply is invalid (mtu = 255; valid are 256 to 65536)");
}

/* ---- libfabric ---- */

static struct libfabric_facts some_libfabric(void)
{
    struct libfabric_facts facts = {.check = "libfabric",
                                    .title = "libfabric",
                                    .file = "F",
                                    .kind = TOOL_DLL_FOR_X64,
                                    .names_efawin = true,
                                    .has_kit_2 = true,
                                    .dll = "D",
                                    .dll_kind = TOOL_DLL_FOR_X64,
                                    .dll_has_calls = true,
                                    .dll_version = "1.2.3.4"};

    return facts;
}

#define KIT_2 "contains kit 2.0.0, which looks in libfabric's folder, the program's and System32"
#define OLDER_KIT                                                                                 \
    "contains an older kit, which leaves the search to Windows: the program's folder, System32, " \
    "the Windows folder, the current folder, PATH"

static void libfabric_with_its_dll_is_right(void **state)
{
    struct libfabric_facts facts = some_libfabric();

    (void)state;
    judge_libfabric(&report, &facts);
    assert_result(0, "libfabric", DOCTOR_OK, DOCTOR_NO_PROBLEM,
                  "F loads D, version 1.2.3.4; it " KIT_2);
    facts.has_kit_2 = false;
    facts.dll_version[0] = '\0';
    judge_libfabric(&report, &facts);
    assert_result(1, "libfabric", DOCTOR_OK, DOCTOR_NO_PROBLEM,
                  "F loads D, version unknown; it " OLDER_KIT);
}

static void two_long_paths_leave_room_for_the_rule(void **state)
{
    static struct libfabric_facts facts;
    const char *detail = report.results[0].detail;

    (void)state;
    facts = some_libfabric();
    facts.has_kit_2 = false;
    memset(facts.file, 'F', sizeof facts.file - 1);
    memset(facts.dll, 'D', sizeof facts.dll - 1);
    judge_libfabric(&report, &facts);
    assert_true(strlen(detail) > strlen(OLDER_KIT));
    assert_string_equal(detail + strlen(detail) - strlen(OLDER_KIT), OLDER_KIT);
}

static void each_fault_of_libfabric_has_a_finding(void **state)
{
    struct libfabric_facts facts = some_libfabric();

    (void)state;
    facts.kind = TOOL_DLL_OTHER_PROCESSOR;
    judge_libfabric(&report, &facts);
    assert_result(0, "libfabric", DOCTOR_WARNING, DOCTOR_PROBLEM_LIBFABRIC_UNUSABLE,
                  "F is a DLL for another processor, not for x64");
    facts = some_libfabric();
    facts.names_efawin = false;
    judge_libfabric(&report, &facts);
    assert_result(1, "libfabric", DOCTOR_WARNING, DOCTOR_PROBLEM_LIBFABRIC_WITHOUT_EFA,
                  "F does not name efawin.dll");
    facts = some_libfabric();
    facts.dll[0] = '\0';
    judge_libfabric(&report, &facts);
    assert_result(2, "libfabric", DOCTOR_WARNING, DOCTOR_PROBLEM_LIBFABRIC, "F " KIT_2);
    facts = some_libfabric();
    facts.dll_kind = TOOL_DLL_NOT_A_DLL;
    judge_libfabric(&report, &facts);
    assert_result(3, "libfabric", DOCTOR_WARNING, DOCTOR_PROBLEM_LIBFABRIC_DLL,
                  "F loads D, which is not a DLL; it " KIT_2);
    facts = some_libfabric();
    facts.dll_has_calls = false;
    judge_libfabric(&report, &facts);
    assert_result(4, "libfabric", DOCTOR_WARNING, DOCTOR_PROBLEM_LIBFABRIC_DLL,
                  "F loads D, which lacks the calls of an efawin.dll; it " KIT_2);
}

/* ---- The verdict ---- */

static void verdict_is_the_worst_of_all(void **state)
{
    (void)state;
    report_ok(&report, "a", "A", "fine");
    report_skipped(&report, "b", "B", "not needed");
    assert_int_equal(report_verdict(&report), DOCTOR_OK);
    report_problem(&report, "c", "C", DOCTOR_PROBLEM_LIMITS, "odd");
    assert_int_equal(report_verdict(&report), DOCTOR_WARNING);
    report_problem(&report, "d", "D", DOCTOR_PROBLEM_OPEN, "closed");
    report_problem(&report, "e", "E", DOCTOR_PROBLEM_LIMITS, "odd");
    assert_int_equal(report_verdict(&report), DOCTOR_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(windows_10_on_x64_is_right, clear),
        cmocka_unit_test_setup(older_windows_is_a_warning, clear),
        cmocka_unit_test_setup(wine_is_right_whatever_windows_it_plays, clear),
        cmocka_unit_test_setup(other_processor_is_a_failure, clear),
        cmocka_unit_test_setup(each_state_of_the_interface_has_a_finding, clear),
        cmocka_unit_test_setup(no_interface_is_a_failure_unless_the_driver_answers, clear),
        cmocka_unit_test_setup(one_interface_that_works_is_enough, clear),
        cmocka_unit_test_setup(running_service_shows_its_file, clear),
        cmocka_unit_test_setup(stopped_service_is_a_failure, clear),
        cmocka_unit_test_setup(service_that_hides_its_state_is_a_warning, clear),
        cmocka_unit_test_setup(file_without_path_or_version_is_a_warning, clear),
        cmocka_unit_test_setup(no_service_is_a_failure_and_hidden_ones_a_warning, clear),
        cmocka_unit_test_setup(simulated_service_is_right, clear),
        cmocka_unit_test_setup(errors_of_opening_have_a_finding_each, clear),
        cmocka_unit_test_setup(each_cause_of_a_failed_question, clear),
        cmocka_unit_test_setup(reply_that_cannot_be_right_is_a_failure, clear),
        cmocka_unit_test_setup(libfabric_with_its_dll_is_right, clear),
        cmocka_unit_test_setup(two_long_paths_leave_room_for_the_rule, clear),
        cmocka_unit_test_setup(each_fault_of_libfabric_has_a_finding, clear),
        cmocka_unit_test_setup(verdict_is_the_worst_of_all, clear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
