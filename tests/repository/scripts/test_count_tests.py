# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The sum in the last line of make check: nothing that failed may be counted as passed."""
import subprocess
import sys

import pytest

from support.build import ROOT

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


@pytest.fixture
def count(tmp_path):
    """count(*cases): what the script prints of such a file, each case (status, output, more)."""
    def count(*cases):
        body = "".join(f'<testcase name="t" status="{status}">{extra}'
                       f"<system-out>{output}</system-out></testcase>"
                       for status, output, extra in cases)
        path = tmp_path / "results.xml"
        path.write_text(f"<testsuite>{body}</testsuite>")
        return subprocess.run([sys.executable, ROOT / "scripts" / "count-tests", path], text=True,
                              capture_output=True, check=True).stdout.strip()
    return count


def run_pytest(folder, text):
    """What pytest really prints of such a file, and whether ctest would call that a success."""
    (folder / "test_sample.py").write_text(text)
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "/dev/null",
                           "--color=no", "--rootdir", folder, folder], text=True, capture_output=True)
    return "fail" if done.returncode else "run", done.stdout.replace("<", "&lt;"), ""


def test_cases_of_cmocka_count_one_by_one(count):
    assert count(("run", CMOCKA_PASSED, "")) == "3 0 0"
    assert count(("fail", CMOCKA_FAILED, "")) == "1 1 1"


def test_groups_of_one_program_add_up(count):
    assert count(("run", CMOCKA_PASSED + CMOCKA_PASSED, "")) == "6 0 0"


def test_a_summary_line_counts(count):
    assert count(("run", "ok a\n2 passed, 0 failed\n", "")) == "2 0 0"
    assert count(("fail", "2 passed, 1 failed\r\n", "")) == "2 1 0"


def test_cases_of_pytest_count_one_by_one(count, tmp_path):
    output = run_pytest(tmp_path, """
import pytest

@pytest.fixture
def broken(): raise OSError

@pytest.fixture
def leaves(): yield; raise OSError

def test_passes(): pass
def test_fails(): print("2 passed, 0 failed"); assert False
def test_has_no_fixture(broken): pass
def test_leaves_something_behind(leaves): pass
@pytest.mark.skip
def test_is_skipped(): pass
@pytest.mark.xfail
def test_is_known_to_fail(): assert False
@pytest.mark.xfail
def test_passes_unexpectedly(): pass
""")
    assert count(output) == "2 4 2"


def test_pytest_without_a_case_is_a_failure(count, tmp_path):
    assert count(run_pytest(tmp_path, "")) == "0 1 0"
    assert count(run_pytest(tmp_path, "import no_such_module\n")) == "0 1 0"


def test_other_programs_are_one_case(count):
    assert count(("run", "fine", ""), ("fail", "oh", "")) == "1 1 0"


@pytest.mark.parametrize("output, expected", [
    pytest.param("[==========] Running 3 test(s).\n", "0 3 0", id="within cmocka"),
    pytest.param(CMOCKA_PASSED, "3 1 0", id="after cmocka"),
    pytest.param("test_a.py::test_a PASSED\n", "0 1 0", id="within pytest"),
    pytest.param("==== 2 passed in 61.12s (0:01:01) ====\n", "2 1 0", id="after pytest"),
    pytest.param("2 passed, 0 failed\n", "2 1 0", id="after a summary line")])
def test_a_crash_is_a_failure_whatever_was_printed(count, output, expected):
    assert count(("fail", output, "")) == expected


def test_what_could_not_run_is_a_failure(count):
    assert count(("notrun", "", '<skipped message="missing"/>')) == "0 1 0"


def test_what_was_switched_off_is_skipped(count):
    assert count(("disabled", "", '<skipped message=""/>')) == "0 0 1"
