/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Where log lines go, which are written, and that each names call, value, limit and remedy. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/default_transport.h"
#include "lib_support.h"
#include "os/compiler.h"
#include "os/log.h"

static char path[64];

static int set_up(void **state)
{
    int file;

    (void)state;
    snprintf(path, sizeof path, "efawin-log-XXXXXX");
    file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    setenv("EFAWIN_LOG_FILE", path, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    unsetenv("EFAWIN_LOG_FILE");
    unsetenv("EFAWIN_LOG_LEVEL");
    efa_log_redirect(NULL, NULL);
    return 0;
}

static const char *written(void)
{
    static char text[4096];
    FILE *file = fopen(path, "rb");
    size_t length;

    assert_non_null(file);
    length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    return text;
}

static void log_all_levels(const char *level)
{
    if (level)
        setenv("EFAWIN_LOG_LEVEL", level, 1);
    else
        unsetenv("EFAWIN_LOG_LEVEL");
    efa_log_redirect(NULL, NULL); /* reads the level again */
    assert_int_equal(truncate(path, 0), 0);
    efa_log(EFA_LOG_ERROR, "one %d", 1);
    efa_log(EFA_LOG_WARN, "two %s", "2");
    efa_log(EFA_LOG_INFO, "three");
    efa_log(EFA_LOG_DEBUG, "four");
}

static void levels(void **state)
{
#define ONE "efawin: error: one 1\n"
#define TWO "efawin: warn: two 2\n"
    (void)state;
    log_all_levels("error");
    assert_string_equal(written(), ONE);
    log_all_levels("warn");
    assert_string_equal(written(), ONE TWO);
    log_all_levels(NULL);
    assert_string_equal(written(), ONE TWO);
    log_all_levels("");
    assert_string_equal(written(), ONE TWO);
    log_all_levels("info");
    assert_string_equal(written(), ONE TWO "efawin: info: three\n");
    log_all_levels("debug");
    assert_string_equal(written(), ONE TWO "efawin: info: three\nefawin: debug: four\n");
}

/* An invalid level is logged once, and the default applies. */
static void a_level_that_is_none(void **state)
{
    static const char *const wrong[] = {"verbose", "WARN", "3", "debug ",
                                        "a-level-longer-than-any"};

    (void)state;
    for (unsigned i = 0; i < EFA_ARRAY_SIZE(wrong); i++) {
        const char *text;

        log_all_levels(wrong[i]);
        text = written();
        assert_non_null(strstr(text, "EFAWIN_LOG_LEVEL"));
        assert_non_null(strstr(text, "error, warn, info, debug"));
        assert_non_null(strstr(text, ONE TWO));
        assert_null(strstr(text, "three"));
        text = strstr(text, "EFAWIN_LOG_LEVEL") + 1;
        assert_null(strstr(text, "EFAWIN_LOG_LEVEL"));
    }
}

static void long_lines_are_cut_and_errno_stays(void **state)
{
    char text[2000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    efa_log_redirect(NULL, NULL);
    errno = ERANGE;
    efa_log(EFA_LOG_ERROR, "%s", text);
    assert_int_equal(errno, ERANGE);
    assert_int_equal(strlen(written()), 511);
    assert_int_equal(written()[510], '\n');
}

static void rejections(void **state)
{
    (void)state;
    efa_log_redirect(NULL, NULL);
    errno = 0;
    assert_int_equal(efa_reject(EBUSY, "call: value %d", 5), EBUSY);
    assert_int_equal(errno, 0);
    assert_null(efa_reject_null(EINVAL, "call: value %d", 6));
    assert_int_equal(errno, EINVAL);
    assert_null(efa_null(ENODEV));
    assert_int_equal(errno, ENODEV);
    assert_string_equal(written(), "efawin: warn: call: value 5\nefawin: warn: call: value 6\n");
}

/* Of an optional feature: callers ask for it, and do without. */
static void what_is_not_offered_is_no_warning(void **state)
{
    (void)state;
    efa_log_redirect(NULL, NULL);
    assert_int_equal(efa_reject(EOPNOTSUPP, "call: flag %d", 5), EOPNOTSUPP);
    assert_null(efa_reject_null(EOPNOTSUPP, "call: flag %d", 6));
    assert_int_equal(errno, EOPNOTSUPP);
    assert_string_equal(written(), "");
    setenv("EFAWIN_LOG_LEVEL", "info", 1);
    efa_log_redirect(NULL, NULL);
    assert_int_equal(efa_reject(EOPNOTSUPP, "call: flag %d", 5), EOPNOTSUPP);
    assert_string_equal(written(), "efawin: info: call: flag 5\n");
}

/* A machine without an adapter: one warning a process, with what to do; then at info. */
static void no_adapter_is_said_once(void **state)
{
    struct intercept none;
    const char *text;

    (void)state;
    intercept_init(&none, NULL);
    efa_set_default_transport(&none.transport);
    setenv("EFAWIN_LOG_LEVEL", "info", 1);
    efa_log_redirect(NULL, NULL);
    for (unsigned i = 0; i < 3; i++)
        ibv_free_device_list(ibv_get_device_list(NULL));
    efa_set_default_transport(NULL);
    text = strstr(written(), "efawin: warn: no EFA adapter: cannot open simulated: ");
    assert_ptr_equal(text, written());
    assert_non_null(strstr(text, "efa_doctor"));
    assert_non_null(strstr(text, "EFAWIN_LOG_LEVEL to error"));
    assert_null(strstr(text + 1, "efawin: warn: "));
    text = strstr(text, "efawin: info: no EFA adapter: ");
    assert_non_null(text);
    assert_non_null(strstr(text + 1, "efawin: info: no EFA adapter: "));
}

/* What two lines make on stderr when EFAWIN_LOG_FILE is `file`. */
static const char *told_about(const char *file)
{
    static char text[2048];
    int kept = dup(STDERR_FILENO);
    ssize_t length;
    int pipe_ends[2];

    assert_true(kept >= 0);
    assert_int_equal(pipe(pipe_ends), 0);
    assert_true(dup2(pipe_ends[1], STDERR_FILENO) >= 0);
    setenv("EFAWIN_LOG_FILE", file, 1);
    efa_log_redirect(NULL, NULL);
    errno = ERANGE;
    efa_log(EFA_LOG_ERROR, "one");
    efa_log(EFA_LOG_ERROR, "two");
    assert_int_equal(errno, ERANGE);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    close(pipe_ends[1]);
    length = read(pipe_ends[0], text, sizeof text - 1);
    close(pipe_ends[0]);
    assert_true(length > 0);
    text[length] = '\0';
    return text;
}

/* The lines go to stderr, and why is said once. */
static void a_file_that_cannot_be_written(void **state)
{
#define SAID(error)                                                                            \
    "efawin: error: one\n"                                                                     \
    "efawin: warn: the file that EFAWIN_LOG_FILE names cannot be written (error " error        \
    "): use a "                                                                                \
    "file, not a pipe, with a path of up to 1023 characters, in a folder that exists and may " \
    "be written (the log goes to stderr)\n"                                                    \
    "efawin: error: two\n"
    char longest[1025];

    (void)state;
    assert_string_equal(told_about("no-such-folder/log"), SAID("2"));
    assert_string_equal(told_about("."), SAID("21"));
    assert_string_equal(told_about("/dev/full"), SAID("28"));
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_string_equal(told_about(longest), SAID("36"));
    assert_string_equal(told_about(""), "efawin: error: one\nefawin: error: two\n");
    assert_string_equal(written(), "");
}

/* With a reader or without: a line neither waits for one, nor ends the process with it. */
static void a_pipe_is_no_log_file(void **state)
{
    int reader;

    (void)state;
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_string_equal(told_about(path), SAID("6"));
    reader = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_string_equal(told_about(path), SAID("6"));
    close(reader);
}

/* A recorder of trace events, instead of src/os/trace_none.c. */
static bool is_recorded;
static char event[600];

bool __wrap_efa_trace_wants(enum efa_log_level level);
void __wrap_efa_trace_message(enum efa_log_level level, const char *text);

bool __wrap_efa_trace_wants(enum efa_log_level level)
{
    return is_recorded && level <= EFA_LOG_INFO;
}

void __wrap_efa_trace_message(enum efa_log_level level, const char *text)
{
    snprintf(event, sizeof event, "%d %s", (int)level, text);
}

/* Recording has its own level, independent of the log's. */
static void recorded_lines(void **state)
{
    (void)state;
    setenv("EFAWIN_LOG_LEVEL", "error", 1);
    efa_log_redirect(NULL, NULL);
    is_recorded = true;
    errno = ERANGE;
    efa_log(EFA_LOG_INFO, "recorded %d", 1);
    assert_int_equal(errno, ERANGE);
    assert_string_equal(event, "2 recorded 1");
    assert_string_equal(written(), "");
    efa_log(EFA_LOG_ERROR, "both");
    assert_string_equal(event, "0 both");
    assert_string_equal(written(), "efawin: error: both\n");
    efa_log(EFA_LOG_DEBUG, "neither");
    assert_string_equal(event, "0 both");
    is_recorded = false;
    efa_log(EFA_LOG_ERROR, "written");
    assert_string_equal(event, "0 both");
    assert_string_equal(written(), "efawin: error: both\nefawin: error: written\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(levels),
        TEST(a_level_that_is_none),
        TEST(long_lines_are_cut_and_errno_stays),
        TEST(rejections),
        TEST(what_is_not_offered_is_no_warning),
        TEST(no_adapter_is_said_once),
        TEST(a_file_that_cannot_be_written),
        TEST(a_pipe_is_no_log_file),
        TEST(recorded_lines),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
