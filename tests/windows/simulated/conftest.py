# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""An instance of efasim.exe for each case."""
import pytest

from support.simulated import instance_named


@pytest.fixture
def simulated(build, request, tmp_path):
    """With an instance's name of its own."""
    name = f"test-{abs(hash(request.node.name)) % 10**9}"
    with instance_named(name, build.file("efasim").parent, tmp_path) as simulated:
        yield simulated
