# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What every suite in Python has: the build under test. Fixtures of one suite are in its folder."""
import pathlib

import pytest

from support.build import Build


def pytest_addoption(parser):
    parser.addoption("--build", type=pathlib.Path, metavar="FOLDER",
                     help="the build under test, such as build/native-debug")


def pytest_collection_modifyitems(config, items):
    if any("build" in item.fixturenames for item in items) and not config.getoption("--build"):
        raise pytest.UsageError("--build is missing: name the folder of the build under test, such as "
                                "--build build/native-debug")


@pytest.fixture(scope="session")
def build(request):
    return Build(request.config.getoption("--build"))
