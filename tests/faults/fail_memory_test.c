/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Every allocation of a life fails once. The call says ENOMEM and changes nothing, works once there
 * is memory, everything else works, and at the end neither the device nor the library has anything
 * left.
 */
#include <errno.h>

#include "trial.h"

static void each_allocation(void **state)
{
    struct rig *rig =
        rig_create(EFASIM_VERSION_BIT(1) | EFASIM_VERSION_BIT(2) | EFASIM_VERSION_BIT(3));
    unsigned nth = 0;

    /* The device reuses numbers immediately, so a queue pair number that was not freed is
     * noticed. */
    (void)state;
    /* Until there are no more: how many there are differs with the numbers of queue pairs. */
    do {
        struct trial trial = {.nth_allocation = ++nth, .error = ENOMEM, .unchanged = true};

        assert_true(nth < 1000);
        rig_live(rig, &trial);
    } while (fault_memory_failures() != 0);
    assert_int_equal(rig->points, nth - 1);
    assert_true(rig->points > 40);
    print_message("out of memory: %u fault points\n", rig->points);
    rig_destroy(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation)};

    return cmocka_run_group_tests_name("each allocation fails once", tests, NULL, NULL);
}
