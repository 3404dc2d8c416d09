# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Scripts of the tests that run on Node.js, with the packages that scripts/install-deps --tests fetches."""
import functools
import json
import shutil
import subprocess

from support.build import ROOT

LIMIT = 100


@functools.cache
def node_packages():
    folder = subprocess.run([ROOT / "scripts" / "install-deps", "--node-folder"], capture_output=True,
                            text=True, check=True).stdout.strip()
    assert shutil.which("node"), "node is missing: scripts/install-deps --tests installs it"
    return folder


def run_script(script, *arguments, options=()):
    """The JSON that the script prints; its first argument is the folder of the packages."""
    done = subprocess.run(["node", *options, script, node_packages(), *arguments], capture_output=True,
                          text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, \
        f"{done.stderr}\nscripts/install-deps --tests installs the packages of npm"
    return json.loads(done.stdout)
