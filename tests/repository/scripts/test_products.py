# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What the scripts build from a fresh clone is all that a user can run, whichever of them he takes."""
import re
import subprocess

import pytest

from support.build import ROOT

# In place of cmake: notes what it was asked to build, and fails at the last build, after which
# scripts/demo would start Wine.
CMAKE = """#!/bin/sh
echo "$*" >> "$CALLS"
[ "$(grep -c -- --build "$CALLS")" -lt $BUILDS ]
"""
BUILDS = {"build-dll": 3, "demo": 3, "package": 2}


def targets_of(script, preset, folder):
    """The targets of that preset that the script builds."""
    stub, calls = folder / "cmake", folder / "calls"
    stub.write_text(CMAKE)
    stub.chmod(0o755)
    subprocess.run(["env", f"PATH={folder}:/usr/bin:/bin", f"CALLS={calls}",
                    f"BUILDS={BUILDS[script]}", ROOT / "scripts" / script],
                   stdin=subprocess.DEVNULL, capture_output=True, timeout=100, check=False)
    found = []
    for line in calls.read_text().splitlines():
        if f"--build --preset {preset} " in line + " ":
            found += line.split(" --target ")[1].split() if " --target " in line else ["all"]
    return found


def programs():
    text = (ROOT / "tools" / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.findall(r"add_tool\((\w+)", text)


def wanted_of(script, preset):
    if preset == "native-release":
        return [] if script == "package" else [*programs(), "efasim", "libefasim-verbs.so"]
    wanted = ["efawin.dll"]
    if script != "package" or preset == "windows":
        wanted += [name + ".exe" for name in programs()]
    if preset == "windows":
        wanted += ["simulated/efawin.dll", "simulated/efasim.exe"]
    if script != "package" and preset == "mingw":
        wanted += ["efasim.sys", "efasim_ctl.exe"]
    return wanted


@pytest.mark.parametrize("script", ("build-dll", "demo", "package"))
def test_all_that_a_user_can_run_is_built(build, script, tmp_path):
    preset = build.folder.name
    wanted = wanted_of(script, preset)
    targets = targets_of(script, preset, tmp_path)
    assert targets or not wanted, f"scripts/{script} does not build {preset}"
    commands = subprocess.run(["ninja", "-C", build.folder, "-t", "commands", *targets],
                              capture_output=True, text=True, timeout=100, check=True).stdout
    missing = [name for name in wanted if not re.search(rf"(?:-o |/out:){re.escape(name)}\b", commands)]
    assert not missing, f"scripts/{script} builds {targets} of {preset}, which lacks {missing}"
