#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Runs the programs as a user would and checks what they say and how they end.

usage: test_tools.py FOLDER [CASE...]

FOLDER has the programs. Native ones run as they are. Windows ones (NAME.exe) run with the `wine` in
PATH, so the whole script belongs inside scripts/with-efa. The cases are in cases_*.py beside this.
"""
import importlib
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from cases import find_cases, run_cases
from harness import Tools


def all_cases():
    found = {}
    for path in sorted(pathlib.Path(__file__).parent.glob("cases_*.py")):
        found.update(find_cases(vars(importlib.import_module(path.stem))))
    return found


def main(folder, wanted):
    tools = Tools(folder)
    if tools.windows and shutil.which("efasim_ctl") is None:
        sys.exit("test_tools.py: run it inside scripts/with-efa")
    cases = all_cases()
    unknown = set(wanted) - set(cases)
    if unknown:
        sys.exit(f"test_tools.py: no case is named {', '.join(sorted(unknown))}")
    return run_cases({name: case for name, case in cases.items()
                      if (not wanted or name in wanted) and
                      getattr(case, "windows", tools.windows) == tools.windows},
                     lambda case: case(tools))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
