# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Every row of docs/defects.md names tests that exist; rows are in order, the first ones all there."""
import re

from support.build import ROOT

FIRST_ROWS = 31
LAST_ROW = 52


def faults_of_tests(root, row, cell):
    """`cell` is "`test`, `test` in FILE"."""
    tests, _, file = cell.rpartition(" in ")
    names = re.findall(r"`(\w+)`", tests)
    if not names or not (root / file).is_file():
        yield f"row {row} names no test in a file that exists: {cell}"
        return
    text = (root / file).read_text(encoding="utf-8")
    for name in names:
        # Once where it is written, once where it is run; CMake's tests and those that pytest
        # finds by their names run where they are written.
        runs_itself = file.endswith("CMakeLists.txt") or name.startswith("test_")
        if len(re.findall(rf"\b{name}\b", text)) < (1 if runs_itself else 2):
            yield f"row {row}: {file} does not run {name}"


def faults(root):
    numbers = []
    for line in (root / "docs" / "defects.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) != 4 or not cells[0].isdigit():
            continue
        numbers.append(int(cells[0]))
        for part in cells[3].split("; "):
            yield from faults_of_tests(root, cells[0], part)
    if (numbers[:FIRST_ROWS] != list(range(1, FIRST_ROWS + 1)) or numbers[-1] > LAST_ROW
            or numbers != sorted(set(numbers))):
        yield f"the rows are {numbers}: not 1 to {FIRST_ROWS}, then others up to {LAST_ROW} in order"


def test_rows_name_tests_that_exist():
    found = list(faults(ROOT))
    assert not found, "\n".join(found)


def test_a_row_without_its_test_is_found(tmp_path):
    (tmp_path / "docs").mkdir()
    rows = "".join(f"| {row} | a | b | `test_one` in one.py |\n" for row in range(1, FIRST_ROWS))
    (tmp_path / "docs/defects.md").write_text(
        rows + f"| {FIRST_ROWS} | a | b | `test_two` in one.py; `test_one` in two.py |\n")
    (tmp_path / "one.py").write_text("def test_one():\n")
    assert list(faults(tmp_path)) == [
        f"row {FIRST_ROWS}: one.py does not run test_two",
        f"row {FIRST_ROWS} names no test in a file that exists: `test_one` in two.py"]
