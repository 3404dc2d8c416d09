#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Every row of docs/defects.md names tests that exist; rows are in order, the first ones all there.

usage: check_defects.py ROOT
"""
import pathlib
import re
import sys

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


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(faults(pathlib.Path(sys.argv[1])))
    for fault in found:
        print(f"docs/defects.md: {fault}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
