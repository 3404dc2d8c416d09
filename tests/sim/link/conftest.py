# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Fixtures of the cases about links."""
import pytest

from support import programs
from support.efasim import efasim_with_folder
from support.linked import Fabric, Wire


@pytest.fixture
def fabric(build):
    with efasim_with_folder(build.file("efasim")) as efasim:
        fabric = Fabric(build, efasim)
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
