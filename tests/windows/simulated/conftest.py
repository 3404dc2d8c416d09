# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""efasim.exe and the programs of its folder, each a process of Wine."""
import os
import pathlib
import subprocess
import tempfile
import time

import pytest

from support import programs

READY = 60  # seconds


class Simulated:
    def __init__(self, folder, instance, scratch):
        self.folder, self.instance, self.scratch = folder, instance, scratch
        self.environment = {**os.environ, "EFASIM_INSTANCE": instance}

    def command(self, program, *arguments):
        path = program if str(program).endswith(".exe") else self.folder / f"{program}.exe"
        return ["wine", path, *arguments]

    def start(self, program, *arguments, **how):
        return programs.start(self.command(program, *arguments), env=self.environment, **how)

    def call(self, program, *arguments, **how):
        return programs.finish(self.start(program, *arguments, **how))

    def serve(self, *options):
        """An instance that runs until the test ends or stops it. Its lines go to files."""
        output = self.scratch / "serve"
        with output.open("w") as file:
            process = self.start("efasim", "serve", *options, stdout=file, stderr=subprocess.STDOUT)
        end = time.monotonic() + READY
        while "EFASIM_INSTANCE" not in output.read_text():
            assert process.poll() is None and time.monotonic() < end, output.read_text()
            time.sleep(0.1)
        return process

    def said(self):
        return (self.scratch / "serve").read_text()

    def pair(self, program, *arguments):
        """A server and a client of it on a free port, both started."""
        port = str(programs.free_port())
        server = self.start(program, *arguments, "--port", port)
        client = self.start(program, *arguments, "--port", port, "127.0.0.1")
        return server, client


@pytest.fixture(scope="session")
def scratch():
    with tempfile.TemporaryDirectory(prefix="efasim-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture
def simulated(build, request, scratch):
    """With an instance's name of its own."""
    name = f"test-{abs(hash(request.node.name)) % 10**9}"
    simulated = Simulated(build.file("efasim").parent, name, scratch)
    processes = []
    start = simulated.start

    def start_and_keep(*arguments, **how):
        processes.append(start(*arguments, **how))
        return processes[-1]

    simulated.start = start_and_keep
    yield simulated
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
