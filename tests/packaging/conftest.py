# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Where the packages are."""
import pathlib

import pytest

from outside import Packages
from support.build import ROOT
from support.wine import machine_without_driver


def pytest_addoption(parser):
    parser.addoption("--dist", type=pathlib.Path, metavar="FOLDER",
                     help="the folder of the packages: dist")


def pytest_collection_modifyitems(config, items):
    if any("packages" in item.fixturenames for item in items) and not config.getoption("--dist"):
        raise pytest.UsageError("--dist is missing: make the packages with `make package`, then add "
                                "--dist=dist")


@pytest.fixture(scope="session")
def packages(pytestconfig, tmp_path_factory):
    return Packages(ROOT, pytestconfig.getoption("--dist").resolve(), tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="session")
def machine():
    """Where programs run without the driver."""
    with machine_without_driver() as machine:
        yield machine
