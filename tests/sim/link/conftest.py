# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Fixtures of the cases about links."""
import pathlib
import tempfile

import pytest

from support import programs
from support.linked import Fabric, Wire


def pytest_addoption(parser):
    parser.addoption("--minutes", type=int, default=0,
                     help="how long traffic runs; a few seconds by default")


@pytest.fixture
def fabric(build):
    # The path of a socket has 107 characters, which is too few for pytest's own folders.
    with tempfile.TemporaryDirectory(prefix="efalink-") as folder:
        fabric = Fabric(build, pathlib.Path(folder))
        yield fabric
        fabric.stop()


@pytest.fixture
def seconds(request):
    """How long traffic runs."""
    return 60 * request.config.getoption("--minutes") or 2


@pytest.fixture
def ports():
    return programs.free_ports(3)


@pytest.fixture
def wire():
    wires = []

    def make(port):
        wires.append(Wire(port))
        return wires[-1]

    yield make
    for one in wires:
        one.close()
