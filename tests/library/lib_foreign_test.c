/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Both generations of client binaries, by clients that declare everything themselves. */
#include "lib_foreign_client.h"
#include "lib_support.h"

static void run(void *world)
{
    world_run(world);
}

static void through_the_context(void **state)
{
    assert_int_equal(foreign_client(FOREIGN_CONTEXT, run, *state), 0);
}

static void through_the_exports(void **state)
{
    assert_int_equal(foreign_client(FOREIGN_EXPORTS, run, *state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(through_the_context),
        WORLD_TEST(through_the_exports),
    };

    return cmocka_run_group_tests_name("foreign clients", tests, NULL, NULL);
}
