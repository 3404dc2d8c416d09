# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Runs rdma-core's own tests, but for those of other vendors' adapters, and prints a line of JSON with what
became of each.

usage: rdma_core_runner.py FOLDER SEEDS [OPTION-OF-ITS-TESTS...]

FOLDER has its tests. Some draw attributes at random, and skip if the adapter lacks the drawn
attributes. So all run SEEDS times, each test from a seed of the run and its own name: it draws the same
wherever and after whatever it runs. What passed once and never failed has passed.
"""
import importlib.util
import json
import pathlib
import random
import sys
import unittest

OTHER_VENDORS = ("mlx4", "mlx5", "hns", "irdma", "bnxt", "rxe")


RANK = {"skipped": 0, "passed": 1, "failed": 2}
fates = {}  # of each test the highest rank, and what it said
seed = 0


class Result(unittest.TextTestResult):
    def note(self, test, fate, why=""):
        name = test.id().removeprefix("tests.")
        if name not in fates or RANK[fates[name][0]] < RANK[fate]:
            fates[name] = (fate, why)

    def startTest(self, test):
        random.seed(f"{seed} {test.id()}")
        super().startTest(test)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note(test, "passed")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note(test, "skipped", reason)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note(test, "failed", str(err[1]))

    def addError(self, test, err):
        super().addError(test, err)
        self.note(test, "failed", str(err[1]))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note(test, "failed", str(err[1]))


def load(folder):
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("tests", folder / "__init__.py",
                                                  submodule_search_locations=[str(folder)])
    package = importlib.util.module_from_spec(spec)
    sys.modules["tests"] = package
    spec.loader.exec_module(package)
    from args_parser import parser
    parser.parse_args()


def suite_of(folder):
    suite = unittest.TestSuite()
    for path in sorted(folder.glob("test_*.py")):
        if not any(vendor in path.name for vendor in OTHER_VENDORS):
            suite.addTests(unittest.defaultTestLoader.loadTestsFromName(f"tests.{path.stem}"))
    return suite


if __name__ == "__main__":
    where, seeds = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    del sys.argv[1:3]
    load(where)
    for seed in range(1, seeds + 1):
        unittest.TextTestRunner(resultclass=Result, verbosity=2).run(suite_of(where))
    print(json.dumps(fates), flush=True)
    sys.exit(any(fate == "failed" for fate, _ in fates.values()))
