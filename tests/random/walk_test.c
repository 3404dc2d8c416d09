/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Tests the walk itself: it detects an oracle with a wrong rule; the script that shows this is
 * short, can be saved and loaded, and passes with the correct oracle.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "simulated.h"

enum { MOST_WALKS = 200, STEPS = 2000, SHORT = 25 };

static void finds(enum walk_wrong_rule wrong)
{
    struct walk_world world = walk_simulated();
    struct walk_script script = {NULL, 0, 0}, again = {NULL, 0, 0};
    struct walk_failure failure;
    char path[] = "walk_script_XXXXXX";
    uint64_t seed = 0;
    FILE *file;

    while (walk_at_random(&world, wrong, seed, STEPS, &script, &failure))
        assert_true(++seed < MOST_WALKS);
    walk_shrink(&world, wrong, &script, &failure);
    print_message("rule %d: found by walk %llu, shown in %zu operations: %s\n", (int)wrong,
                  (unsigned long long)seed, script.count, failure.what);
    assert_true(script.count <= SHORT);

    file = fdopen(mkstemp(path), "w");
    assert_non_null(file);
    walk_write(file, &script);
    assert_int_equal(fclose(file), 0);
    assert_true(walk_read(path, &again));
    unlink(path);
    assert_int_equal(again.count, script.count);
    assert_memory_equal(again.ops, script.ops, script.count * sizeof script.ops[0]);
    assert_false(walk_along(&world, wrong, &again, &failure));
    assert_int_equal(failure.step, again.count - 1);
    assert_true(walk_along(&world, WALK_ALL_RIGHT, &again, &failure));
    walk_free(&script);
    walk_free(&again);
}

static void a_pd_that_goes_with_children(void **state)
{
    (void)state;
    finds(WALK_PD_GOES_WITH_CHILDREN);
}

static void a_send_queue_with_one_more_place(void **state)
{
    (void)state;
    finds(WALK_ONE_MORE_SEND);
}

static void a_reset_that_keeps_completions(void **state)
{
    (void)state;
    finds(WALK_RESET_KEEPS_COMPLETIONS);
}

static void a_short_receive_that_is_taken(void **state)
{
    (void)state;
    finds(WALK_SHORT_RECEIVE_IS_TAKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pd_that_goes_with_children),
        cmocka_unit_test(a_send_queue_with_one_more_place),
        cmocka_unit_test(a_reset_that_keeps_completions),
        cmocka_unit_test(a_short_receive_that_is_taken),
    };

    return cmocka_run_group_tests_name("the random walk finds what is wrong", tests, NULL, NULL);
}
