# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The build under test, as CMake described it in the file tests.json of its folder."""
import json
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Build:
    """kind is native, mingw, microsoft (clang-cl and lld-link) or visual-studio; the strings
    `flags` and `libraries` are CMake's, as a shell would split them."""

    def __init__(self, folder):
        self.folder = folder.resolve()
        try:
            facts = json.loads((self.folder / "tests.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            pytest.exit(f"{folder} has no tests.json: configure that build first "
                        "(cmake --preset NAME)", pytest.ExitCode.USAGE_ERROR)
        self.kind = facts["kind"]
        self.c_compiler, self.cxx_compiler = facts["c_compiler"], facts["cxx_compiler"]
        self.linker, self.flags = facts["linker"], facts["flags"]
        self.libraries = facts["libraries"]
        self._targets = facts["targets"]

    @property
    def is_windows(self):
        return self.kind != "native"

    def file(self, target):
        """The path of a program or library that CMake's target builds."""
        path = pathlib.Path(self._targets[target])
        assert path.is_file(), f"{path} is missing: build the target {target} first"
        return path
