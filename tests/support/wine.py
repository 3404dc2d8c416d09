# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Where Windows programs run: plain Wine, Wine with the simulated driver, or a real Windows."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest

from support import programs
from support.build import ROOT
from support.programs import ON_WINDOWS

# Holds with-efa open: prints the environment it runs in, and ends when its input does.
HOLD = "import json, os, sys; print(json.dumps(dict(os.environ)), flush=True); sys.stdin.read()"


def fixed_addresses():
    """What a command that starts Wine begins with: scripts/with-efa says why."""
    return ["setarch", "-R"] if programs.run(["setarch", "-R", "true"]).status == 0 else []


class Machine:
    """A Wine prefix of its own in `folder`, without a driver; on Windows this machine itself. What
    the suite's caller set for the library or Wine does not count."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("EFAWIN_", "FAKE_EFAWIN_", "WINE"))}
        self.wine = []
        if ON_WINDOWS:
            return
        wine = shutil.which("wine64") or shutil.which("wine")
        assert wine is not None, "Wine is missing: scripts/install-deps installs it"
        self.wine = [*fixed_addresses(), wine]
        self.prefix = folder / "prefix"
        # TMPDIR: Wine's server leaves a folder there.
        self.environment.update(WINEPREFIX=str(self.prefix), TMPDIR=str(folder), WINEDEBUG="-all",
                                LC_ALL="C.UTF-8", WINEDLLOVERRIDES="winedbg.exe=d;mscoree,mshtml=")
        # No pipes: what stays in the background would hold them open.
        programs.run([*self.wine, "wineboot", "-i"], env=self.environment, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL).expect(0)

    def close(self):
        if not ON_WINDOWS:
            server = shutil.which("wineserver") or "/usr/lib/wine/wineserver"
            programs.run([server, "-k"], env=self.environment)

    def system32(self):
        return self.prefix / "drive_c" / "windows" / "system32"

    @staticmethod
    def windows_path(path):
        """As Windows sees the path."""
        return str(path) if ON_WINDOWS else "Z:" + str(path).replace("/", "\\")

    def run(self, program, *arguments, cwd, **variables):
        return programs.run([*self.wine, program, *arguments], cwd=cwd,
                            env={**self.environment, **variables})


@contextlib.contextmanager
def machine_without_driver():
    """A Machine. Not in a folder of pytest's: paths of Windows programs have at most 259 characters."""
    with tempfile.TemporaryDirectory(prefix="efawin-") as folder:
        machine = Machine(pathlib.Path(folder).resolve())
        try:
            yield machine
        finally:
            machine.close()


@contextlib.contextmanager
def simulated_adapter(build, seconds, *options):
    """A session of scripts/with-efa, which ends after so many seconds at the latest. Gives the
    environment in which `wine` and `efasim_ctl` are those of a prefix of its own with the driver
    loaded. A violation of the device's rules fails at the end."""
    command = [ROOT / "scripts" / "with-efa", "--build", build.folder.parent, "--timeout", seconds,
               *options, "--", sys.executable, "-c", HOLD]
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    environment = process.stdout.readline()
    if not environment:
        pytest.exit(process.communicate()[1], process.returncode)
    try:
        yield json.loads(environment)
    finally:
        _, errors = process.communicate()
    assert process.returncode == 0, f"with-efa: exit status {process.returncode}\n{errors}"
