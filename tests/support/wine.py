# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Wine for the suites whose programs are of Windows."""
import contextlib
import json
import subprocess
import sys

import pytest

from support.build import ROOT

# Holds with-efa open: prints the environment it runs in, and ends when its input does.
HOLD = "import json, os, sys; print(json.dumps(dict(os.environ)), flush=True); sys.stdin.read()"


@contextlib.contextmanager
def simulated_adapter(build, seconds):
    """Runs what is inside as scripts/with-efa would: `wine` and `efasim_ctl` in PATH are those of a
    prefix of its own with the driver loaded. A violation of the device's rules fails at the end; after
    so many seconds Wine is ended."""
    command = [ROOT / "scripts" / "with-efa", "--build", build.folder.parent, "--timeout", seconds,
               "--", sys.executable, "-c", HOLD]
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    environment = process.stdout.readline()
    if not environment:
        pytest.exit(process.communicate()[1], process.returncode)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in json.loads(environment).items():
            patch.setenv(name, value)
        try:
            yield
        finally:
            _, errors = process.communicate()
    assert process.returncode == 0, f"with-efa: exit status {process.returncode}\n{errors}"
