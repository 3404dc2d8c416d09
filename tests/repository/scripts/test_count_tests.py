#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The sum in the last line of make check: nothing that failed may be counted as passed."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

COUNT_TESTS = pathlib.Path(__file__).resolve().parents[3] / "scripts" / "count-tests"

CMOCKA_PASSED = """[==========] Running 3 test(s).
[ RUN      ] a
[       OK ] a
[==========] 3 test(s) run.
[  PASSED  ] 3 test(s).
"""
CMOCKA_FAILED = """[==========] Running 3 test(s).
[==========] 3 test(s) run.
[  PASSED  ] 1 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] b
"""


class CountTests(unittest.TestCase):
    def count(self, *cases):
        body = "".join(f'<testcase name="t" status="{status}">{extra}'
                       f"<system-out>{output}</system-out></testcase>"
                       for status, output, extra in cases)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "results.xml")
            path.write_text(f"<testsuite>{body}</testsuite>")
            result = subprocess.run([sys.executable, COUNT_TESTS, path], text=True,
                                    capture_output=True, check=True)
        return result.stdout.strip()

    def test_cases_of_cmocka_count_one_by_one(self):
        self.assertEqual(self.count(("run", CMOCKA_PASSED, "")), "3 0 0")
        self.assertEqual(self.count(("fail", CMOCKA_FAILED, "")), "1 1 1")

    def test_groups_of_one_program_add_up(self):
        self.assertEqual(self.count(("run", CMOCKA_PASSED + CMOCKA_PASSED, "")), "6 0 0")

    def test_a_summary_line_counts(self):
        self.assertEqual(self.count(("run", "ok a\n2 passed, 0 failed\n", "")), "2 0 0")
        self.assertEqual(self.count(("fail", "2 passed, 1 failed\r\n", "")), "2 1 0")

    def test_other_programs_are_one_case(self):
        self.assertEqual(self.count(("run", "fine", ""), ("fail", "oh", "")), "1 1 0")

    def test_a_crash_is_a_failure_whatever_was_printed(self):
        self.assertEqual(self.count(("fail", "[==========] Running 3 test(s).\n", "")), "0 3 0")
        self.assertEqual(self.count(("fail", CMOCKA_PASSED, "")), "3 1 0")
        self.assertEqual(self.count(("fail", "2 passed, 0 failed\n", "")), "2 1 0")

    def test_what_could_not_run_is_a_failure(self):
        self.assertEqual(self.count(("notrun", "", '<skipped message="missing"/>')), "0 1 0")

    def test_what_was_switched_off_is_skipped(self):
        self.assertEqual(self.count(("disabled", "", '<skipped message=""/>')), "0 0 1")


if __name__ == "__main__":
    unittest.main()
