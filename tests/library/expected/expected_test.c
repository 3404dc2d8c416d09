/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Reads the tables, runs their rows and compares the results; see expected.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expected.h"

static const char *folder;
static struct row current;

/* ---- what a row gives ---- */

static const struct {
    const char *name;
    uint64_t value;
} names[] = {
#define NAME(name, value) {#name, (uint64_t)(value)}
    NAME(UD, IBV_QPT_UD),
    NAME(RC, IBV_QPT_RC),
    NAME(DRIVER, IBV_QPT_DRIVER),
    NAME(RESET, IBV_QPS_RESET),
    NAME(INIT, IBV_QPS_INIT),
    NAME(RTR, IBV_QPS_RTR),
    NAME(RTS, IBV_QPS_RTS),
    NAME(SQD, IBV_QPS_SQD),
    NAME(ERR, IBV_QPS_ERR),
    NAME(STATE, IBV_QP_STATE),
    NAME(CUR_STATE, IBV_QP_CUR_STATE),
    NAME(ACCESS_FLAGS, IBV_QP_ACCESS_FLAGS),
    NAME(PKEY_INDEX, IBV_QP_PKEY_INDEX),
    NAME(PORT, IBV_QP_PORT),
    NAME(QKEY, IBV_QP_QKEY),
    NAME(AV, IBV_QP_AV),
    NAME(PATH_MTU, IBV_QP_PATH_MTU),
    NAME(RNR_RETRY, IBV_QP_RNR_RETRY),
    NAME(SQ_PSN, IBV_QP_SQ_PSN),
    NAME(DEST_QPN, IBV_QP_DEST_QPN),
    NAME(SEND, IBV_WR_SEND),
    NAME(SEND_WITH_IMM, IBV_WR_SEND_WITH_IMM),
    NAME(RDMA_READ, IBV_WR_RDMA_READ),
    NAME(RDMA_WRITE, IBV_WR_RDMA_WRITE),
    NAME(FENCE, IBV_SEND_FENCE),
    NAME(SIGNALED, IBV_SEND_SIGNALED),
    NAME(SOLICITED, IBV_SEND_SOLICITED),
    NAME(INLINE, IBV_SEND_INLINE),
    NAME(LOCAL_WRITE, IBV_ACCESS_LOCAL_WRITE),
    NAME(REMOTE_WRITE, IBV_ACCESS_REMOTE_WRITE),
    NAME(REMOTE_READ, IBV_ACCESS_REMOTE_READ),
    NAME(RELAXED_ORDERING, IBV_ACCESS_RELAXED_ORDERING),
    NAME(STANDARD, IBV_WC_STANDARD_FLAGS),
    NAME(BYTE_LEN, IBV_WC_EX_WITH_BYTE_LEN),
    NAME(TIMESTAMP, IBV_WC_EX_WITH_COMPLETION_TIMESTAMP),
    NAME(SINGLE_THREADED, IBV_CREATE_CQ_ATTR_SINGLE_THREADED),
    NAME(FLAGS, IBV_CQ_INIT_ATTR_MASK_FLAGS),
    NAME(OPS_SEND, IBV_QP_EX_WITH_SEND),
    NAME(OPS_SEND_WITH_IMM, IBV_QP_EX_WITH_SEND_WITH_IMM),
    NAME(OPS_RDMA_READ, IBV_QP_EX_WITH_RDMA_READ),
    NAME(OPS_RDMA_WRITE, IBV_QP_EX_WITH_RDMA_WRITE),
#undef NAME
};

static uint64_t value_of(const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 0);

    if (*text != '\0' && *end == '\0')
        return value;
    for (size_t i = 0; i < EFA_ARRAY_SIZE(names); i++)
        if (strcmp(names[i].name, text) == 0)
            return names[i].value;
    fail_msg("line %u: \"%s\" is neither a number nor a name", current.line, text);
    return 0;
}

uint64_t number_of(const char *text)
{
    char copy[ROW_LENGTH], *save = NULL;
    uint64_t value = 0;

    snprintf(copy, sizeof copy, "%s", text);
    for (char *part = strtok_r(copy, "|", &save); part; part = strtok_r(NULL, "|", &save))
        value |= value_of(part);
    return value;
}

void given_parse(struct given *given, const char *text)
{
    char *save = NULL;

    given->count = 0;
    snprintf(given->text, sizeof given->text, "%s", text);
    for (char *word = strtok_r(given->text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(word, '=');

        if (strcmp(word, "-") == 0)
            continue;
        assert_true(given->count < MAX_WORDS);
        if (equals)
            *equals = '\0';
        given->words[given->count].key = word;
        given->words[given->count].value = equals ? equals + 1 : "";
        given->words[given->count++].used = false;
    }
}

const char *given_text(struct given *given, const char *key, const char *otherwise)
{
    for (unsigned i = 0; i < given->count; i++) {
        if (strcmp(given->words[i].key, key) == 0) {
            given->words[i].used = true;
            return given->words[i].value;
        }
    }
    return otherwise;
}

bool given_has(struct given *given, const char *key)
{
    return given_text(given, key, NULL) != NULL;
}

uint64_t given_number(struct given *given, const char *key, uint64_t otherwise)
{
    const char *text = given_text(given, key, NULL);

    return text ? number_of(text) : otherwise;
}

void given_end(struct given *given)
{
    for (unsigned i = 0; i < given->count; i++)
        if (!given->words[i].used)
            fail_msg("line %u: unused word \"%s\"", current.line, given->words[i].key);
}

/* ---- Results ---- */

void say(struct answer *answer, const char *format, ...)
{
    size_t room = sizeof answer->text - answer->length;
    va_list arguments;
    int length;

    if (answer->length && room > 1) {
        answer->text[answer->length++] = ' ';
        room--;
    }
    va_start(arguments, format);
    length = vsnprintf(answer->text + answer->length, room, format, arguments);
    va_end(arguments);
    assert_true(length >= 0 && (size_t)length < room);
    answer->length += (size_t)length;
}

static const char *error_name(int error)
{
    switch (error) {
    case 0:
        return "0";
    case EINVAL:
        return "EINVAL";
    case ENOMEM:
        return "ENOMEM";
    case EBUSY:
        return "EBUSY";
    case EOPNOTSUPP:
        return "EOPNOTSUPP";
    default:
        fail_msg("line %u: no table has a name for error %d", current.line, error);
        return "";
    }
}

void say_error(struct answer *answer, const char *name, int error)
{
    say(answer, "%s%s%s%s", name ? name : "", name ? "=" : "", error < 0 ? "-" : "",
        error_name(error < 0 ? -error : error));
}

void say_bytes(struct answer *answer, const char *name, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    char digits[2 * 64 + 1] = "";

    assert_true(size <= 64);
    for (size_t i = 0; i < size; i++)
        snprintf(digits + 2 * i, 3, "%02x", byte[i]);
    say(answer, "%s=%s", name, digits);
}

/* ---- tables ---- */

static bool matches(const char *expected, const char *text)
{
    while (*expected && *text && (*expected == '?' || *expected == *text)) {
        expected++;
        text++;
    }
    return *expected == '\0' && *text == '\0';
}

static bool split(char *line, unsigned columns)
{
    unsigned count = 0;

    for (char *column = line; column; count++) {
        char *tab = strchr(column, '\t');

        if (tab)
            *tab++ = '\0';
        if (count < MAX_COLUMNS)
            current.columns[count] = column;
        column = tab;
    }
    return count == columns;
}

void check_table(const char *file, unsigned columns,
                 void (*run)(const struct row *row, struct answer *answer))
{
    char path[512], line[ROW_LENGTH];
    unsigned rows = 0, wrong = 0;
    FILE *table;

    snprintf(path, sizeof path, "%s/%s", folder, file);
    table = fopen(path, "r");
    if (!table)
        fail_msg("cannot read %s", path);
    for (current.line = 1; fgets(line, sizeof line, table); current.line++) {
        static struct answer answer;

        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (!split(line, columns))
            fail_msg("%s:%u: a row has %u columns", file, current.line, columns);
        answer.length = 0;
        answer.text[0] = '\0';
        run(&current, &answer);
        rows++;
        if (matches(current.columns[columns - 1], answer.text))
            continue;
        wrong++;
        fprintf(stderr, "%s:%u:", file, current.line);
        for (unsigned i = 0; i + 1 < columns; i++)
            fprintf(stderr, " %s", current.columns[i]);
        fprintf(stderr, "\n  expected %s\n  answered %s\n", current.columns[columns - 1],
                answer.text);
    }
    fclose(table);
    print_message("%s: %u rows\n", file, rows);
    assert_true(rows > 0);
    assert_int_equal(wrong, 0);
}

static void calls(void **state)
{
    (void)state;
    check_table("calls.tsv", 4, run_call);
}

static void requests(void **state)
{
    (void)state;
    check_table("requests.tsv", 3, run_requests);
}

static void completions(void **state)
{
    (void)state;
    check_table("completions.tsv", 3, run_completion);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls),
        cmocka_unit_test(requests),
        cmocka_unit_test(completions),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: expected_test FOLDER\nFOLDER has the tables: *.tsv\n");
        return 2;
    }
    folder = argv[1];
    return cmocka_run_group_tests_name("expected answers", tests, NULL, NULL);
}
