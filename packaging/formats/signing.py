# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Signing with a command of the person who releases."""
import pathlib
import shlex
import subprocess
import sys
import tempfile


def sign(command, path):
    before = path.read_bytes()
    done = subprocess.run([*shlex.split(command), str(path)], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"make-packages: {command} {path.name}: exit status {done.returncode}\n"
                 f"{done.stdout}{done.stderr}")
    if path.read_bytes() == before:
        sys.exit(f"make-packages: {command} left {path.name} as it was: it must sign the file in place")


def sign_programs(command, files):
    """The tree with signed programs."""
    signed = dict(files)
    with tempfile.TemporaryDirectory(prefix="efawin-sign-") as scratch:
        for name, data in files.items():
            if name.endswith((".dll", ".exe")):
                path = pathlib.Path(scratch) / name.rpartition("/")[2]
                path.write_bytes(data)
                sign(command, path)
                signed[name] = path.read_bytes()
    return signed
