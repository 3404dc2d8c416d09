# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Two processes, each with another efawin.dll beside it, exchange verified messages."""
import itertools
import shutil

import pytest

from support.build import ROOT
from support.programs import run
from support.wine import simulated_adapter

SESSION_LIMIT = 300  # seconds
VERSIONS = ("this build's", "the first generation's", "the other compiler's")


def dll_of(build, version):
    if version == "the other compiler's":
        dll = build.folder.parent / "windows" / "efawin.dll"
        return dll if dll.exists() else pytest.skip(f"{dll} is not built")
    return build.file({"this build's": "efawin",
                       "the first generation's": "efawin_first_generation"}[version])


@pytest.fixture(scope="module")
def environment(build):
    with simulated_adapter(build, SESSION_LIMIT) as environment:
        yield environment


@pytest.mark.parametrize("transport", ("srd", "ud"))
@pytest.mark.parametrize("versions", itertools.permutations(VERSIONS, 2), ids=" to ".join)
def test_two_versions_exchange_messages(build, environment, tmp_path, versions, transport):
    folders = {side: tmp_path / side for side in ("server", "client")}
    for folder, version in zip(folders.values(), versions):
        folder.mkdir()
        shutil.copy(build.file("efa_pingpong"), folder)
        shutil.copy(dll_of(build, version), folder / "efawin.dll")
    run([ROOT / "scripts" / "pingpong-pair", folders["server"], "--client", folders["client"],
         "--verify", "--iters", 200, "--size", 3000, *(["--ud"] if transport == "ud" else [])],
        env=environment).expect(0, "^verified: 200 messages each way")
