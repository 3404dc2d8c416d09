# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What every suite in Python has: the build under test. Fixtures of one suite are in its folder."""
import pathlib

import pytest

from support.build import Build


def pytest_addoption(parser):
    parser.addoption("--build", type=pathlib.Path, metavar="FOLDER",
                     help="the build under test, such as build/native-debug")
    parser.addoption("--minutes", type=int, default=0,
                     help="how long random traffic runs; a few seconds by default")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "each_compiler: for both Windows builds; the other cases need one of them")


def pytest_collection_modifyitems(config, items):
    if any("build" in item.fixturenames for item in items) and not config.getoption("--build"):
        raise pytest.UsageError("--build is missing: name the folder of the build under test, such as "
                                "--build=build/native-debug")


@pytest.fixture(scope="session")
def build(pytestconfig):
    return Build(pytestconfig.getoption("--build"))


# Cases were functions case_... in files cases_....py before they ran on pytest. What still has such a
# name would not run.
def pytest_sessionstart():
    old = [path.name for path in pathlib.Path(__file__).parent.rglob("cases_*.py")]
    if old:
        raise pytest.UsageError(f"{old} would not run: name them test_....py")


def pytest_pycollect_makeitem(name):
    if name.startswith("case_"):
        raise pytest.Collector.CollectError(f"{name} would not run: name it test_...")
