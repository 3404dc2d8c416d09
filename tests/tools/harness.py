# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The programs under test, and the simulated EFA that they meet. No test is in here."""
import contextlib
import json
import os
import pathlib
import re
import signal
import tempfile
import time

import jsonschema

from support import programs, simulated
from support.build import ROOT

SCHEMAS = ROOT / "docs" / "schemas"
RUN_LIMIT = 100  # seconds: a hang is a failure, a slow machine is not
MTU = 8928
DRIVER = r"C:\efasim\efasim.sys"


class Tools:
    """The programs in a folder: of Linux, of Windows, or with the `wine` in PATH."""

    def __init__(self, folder):
        self.folder = folder
        self.windows = any(folder.glob("efa_*.exe"))

    def command(self, name, *arguments):
        if self.windows:
            return simulated.command(self.folder / f"{name}.exe", *arguments)
        return [str(self.folder / name), *map(str, arguments)]

    def start(self, name, *arguments, **options):
        return programs.start(self.command(name, *arguments), **options)

    @staticmethod
    def finish(process):
        return programs.finish(process, RUN_LIMIT)

    @staticmethod
    def wait_until_ctrl_c_is_watched(process):
        """Of a native program, which Ctrl-C ends without a word before that."""
        mask = 0
        while not mask >> (signal.SIGINT - 1) & 1:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            mask = int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16)
            assert process.poll() is None, Tools.finish(process)
            time.sleep(0.01)

    def run(self, name, *arguments, **options):
        return self.finish(self.start(name, *arguments, **options))


def wait_for(stream, text):
    """Reads lines up to one with this text."""
    for line in stream:
        if text in line:
            return
    raise AssertionError(f"the output has no line with {text!r}")


def take(connection, size):
    """So many bytes that come in from the other side."""
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        assert part, "the connection ended early"
        data += part
    return data


def check_schema(document, name):
    """A JSON text, or a result's output, must be what docs/schemas/NAME.json says; returns it
    parsed."""
    try:
        value = json.loads(document if isinstance(document, str) else document.output)
    except json.JSONDecodeError as error:
        raise AssertionError(f"no JSON: {error}\n{document}") from None
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(value, schema, jsonschema.Draft7Validator)
    return value


@contextlib.contextmanager
def simulated_with(text):
    """The native programs' EFA in this configuration."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
        config.write(text)
        config.flush()
        os.environ["EFASIM_CONFIG"] = config.name
        try:
            yield
        finally:
            del os.environ["EFASIM_CONFIG"]


# ---- Under Wine: the driver of the session in which the programs run. Cases that use it have the
# mark needs_driver. ----

def system_folder():
    return pathlib.Path(os.environ["WINEPREFIX"]) / "drive_c" / "windows" / "system32"


def efasim_ctl(*arguments):
    return programs.run(["efasim_ctl", *arguments], RUN_LIMIT).expect(0)


def service_control(*arguments):
    return programs.run(["wine", "sc", *arguments], RUN_LIMIT).expect(0)


@contextlib.contextmanager
def no_driver():
    efasim_ctl("unload")
    try:
        yield
    finally:
        efasim_ctl("load", DRIVER)


@contextlib.contextmanager
def driver_loaded_with(*arguments):
    with no_driver():
        efasim_ctl("load", DRIVER, *arguments)
        try:
            yield
        finally:
            efasim_ctl("unload")
