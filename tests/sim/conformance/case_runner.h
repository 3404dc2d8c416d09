/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Runs the conformance cases in a program without a test framework, in real time. A case that
 * fails is left at the failed check, and the next one runs.
 */
#ifndef EFAWIN_TEST_CASE_RUNNER_H
#define EFAWIN_TEST_CASE_RUNNER_H

#include "sim_case.h"

/* Through what the cases reach an adapter. */
struct case_front {
    /* Sets the transport and the progress of a case's world, which is cleared. */
    void (*open)(struct sim_world *world);
    /* Returns false, and prints why, if something is left of a case. NULL: not known. */
    bool (*is_clean)(void);
    /* Ends the front after the last case. Returns false on failure, and prints why. May be NULL. */
    bool (*close)(void);
};

/*
 * Runs the suites of these names, or all if there are no names. Prints each failure, and the counts
 * as the last line. Returns the program's exit status: 0 if cases ran and all passed, 1 if not, 2
 * for an unknown name, in which case nothing runs and the front is not ended.
 */
int run_cases(const struct case_front *front, int name_count, char *const *names);

#endif
