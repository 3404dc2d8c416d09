/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* What the programs share: the histogram against sorted values, the JSON writer's escapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/histogram.h"
#include "common/json.h"

const char *const tool_name = "common_test";

static struct tool_histogram histogram;

static void empty_histogram_has_zeros(void **state)
{
    (void)state;
    tool_histogram_clear(&histogram);
    assert_int_equal(tool_histogram_percentile(&histogram, 50), 0);
    assert_true(tool_histogram_mean(&histogram) == 0);
}

static void small_values_are_exact(void **state)
{
    (void)state;
    tool_histogram_clear(&histogram);
    for (uint64_t value = 1; value <= 200; value++)
        tool_histogram_record(&histogram, value);
    for (int percentile = 1; percentile <= 100; percentile++)
        assert_int_equal(tool_histogram_percentile(&histogram, percentile), 2 * percentile);
    assert_int_equal(tool_histogram_percentile(&histogram, 0), 1);
    assert_int_equal(histogram.max, 200);
    assert_true(tool_histogram_mean(&histogram) == 100.5);
}

/* Alone in the histogram, and beside a larger one that keeps the maximum from hiding the bucket. */
static void each_value_is_found_within_its_precision(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 46; bit++) {
        for (int offset = -1; offset <= 1; offset++) {
            const uint64_t value = (UINT64_C(3) << bit) + (uint64_t)offset;
            uint64_t found;

            tool_histogram_clear(&histogram);
            tool_histogram_record(&histogram, value);
            assert_int_equal(tool_histogram_percentile(&histogram, 50), value);
            tool_histogram_record(&histogram, UINT64_MAX / 4);
            found = tool_histogram_percentile(&histogram, 50);
            assert_in_range(found, value, value + value / 128);
        }
    }
}

static void values_beyond_the_last_bucket_count_as_largest(void **state)
{
    (void)state;
    tool_histogram_clear(&histogram);
    tool_histogram_record(&histogram, 7);
    tool_histogram_record(&histogram, UINT64_MAX / 2);
    tool_histogram_record(&histogram, UINT64_MAX / 2 + 1);
    assert_int_equal(tool_histogram_percentile(&histogram, 10), 7);
    assert_int_equal(tool_histogram_percentile(&histogram, 90), UINT64_MAX / 2 + 1);
}

static int compare(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

static void percentiles_agree_with_sorted_values(void **state)
{
    static const double percentiles[] = {0.1, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 100};
    static uint64_t values[20000];
    const size_t count = sizeof values / sizeof values[0];
    uint64_t random = 88172645463325252u;

    (void)state;
    tool_histogram_clear(&histogram);
    for (size_t i = 0; i < count; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        values[i] = (random & 0xffff) << (random >> 60);
        tool_histogram_record(&histogram, values[i]);
    }
    qsort(values, count, sizeof values[0], compare);
    for (size_t i = 0; i < sizeof percentiles / sizeof percentiles[0]; i++) {
        const double rank = percentiles[i] * (double)count / 100 * (1 - 1e-12);
        const size_t at = (size_t)rank + ((double)(size_t)rank < rank) - 1;

        assert_in_range(tool_histogram_percentile(&histogram, percentiles[i]), values[at],
                        values[at] + values[at] / 128);
    }
}

static void json_is_escaped_and_nested(void **state)
{
    static const char wanted[] =
        "{\n  \"a\\\"b\\\\c\": \"\\u0001\\u000a\\u007f\xc3\xa4\",\n"
        "  \"empty\": [],\n  \"list\": [\n    18446744073709551615,\n"
        "    1.50,\n    true,\n    null,\n    {}\n  ]\n}\n";
    char text[400] = "";
    FILE *file = tmpfile();
    struct tool_json json;
    size_t size;

    (void)state;
    assert_non_null(file);
    tool_json_begin(&json, file);
    tool_json_object(&json, NULL);
    tool_json_text(&json, "a\"b\\c", "\x01\n\x7f\xc3\xa4");
    tool_json_array(&json, "empty");
    tool_json_end_array(&json);
    tool_json_array(&json, "list");
    tool_json_number(&json, NULL, UINT64_MAX);
    tool_json_real(&json, NULL, 1.5, 2);
    tool_json_bool(&json, NULL, true);
    tool_json_text(&json, NULL, NULL);
    tool_json_object(&json, NULL);
    tool_json_end_object(&json);
    tool_json_end_array(&json);
    tool_json_end_object(&json);
    assert_true(tool_json_end(&json));
    rewind(file);
    size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    assert_string_equal(text, wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_histogram_has_zeros),
        cmocka_unit_test(small_values_are_exact),
        cmocka_unit_test(each_value_is_found_within_its_precision),
        cmocka_unit_test(values_beyond_the_last_bucket_count_as_largest),
        cmocka_unit_test(percentiles_agree_with_sorted_values),
        cmocka_unit_test(json_is_escaped_and_nested),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
