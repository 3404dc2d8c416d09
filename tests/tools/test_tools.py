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
import traceback

from harness import Tools


def find_cases():
    for path in sorted(pathlib.Path(__file__).parent.glob("cases_*.py")):
        for name, case in vars(importlib.import_module(path.stem)).items():
            if name.startswith("case_"):
                yield name, case


def main(folder, wanted):
    tools = Tools(folder)
    if tools.windows and shutil.which("efasim_ctl") is None:
        sys.exit("test_tools.py: run it inside scripts/with-efa")
    unknown = set(wanted) - {name for name, _ in find_cases()}
    if unknown:
        sys.exit(f"test_tools.py: no case is named {', '.join(sorted(unknown))}")
    passed = failed = 0
    for name, case in find_cases():
        if wanted and name not in wanted:
            continue
        if getattr(case, "windows", tools.windows) != tools.windows:
            continue
        try:
            case(tools)
            passed += 1
            print("ok    ", name, flush=True)
        except Exception:  # every case is to run
            failed += 1
            print("FAILED", name, flush=True)
            traceback.print_exc(file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
