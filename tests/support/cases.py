# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Running the cases of a Python test: every one, whatever the others do. No test is in here."""
import sys
import traceback


def equal(actual, expected, what=""):
    assert actual == expected, f"{what}{': ' if what else ''}is {actual!r}, not {expected!r}"


def find_cases(scope):
    """The functions case_* of a module's globals(), in their order."""
    return {name: case for name, case in scope.items() if name.startswith("case_")}


def run_cases(cases, run):
    """Calls run(case) for each of the mapping from names to cases; returns the exit status, with
    which a test that ran nothing has failed too."""
    passed = failed = 0
    for name, case in cases.items():
        try:
            run(case)
            passed += 1
            print("ok    ", name, flush=True)
        except Exception:  # every case is to run
            failed += 1
            print("FAILED", name, flush=True)
            traceback.print_exc(file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
