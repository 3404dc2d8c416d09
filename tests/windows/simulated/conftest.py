# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""efasim.exe and the programs of its folder, each a process of Wine."""
import os
import subprocess

import pytest

from support import programs


class Simulated:
    def __init__(self, folder, instance, scratch):
        self.folder, self.instance, self.scratch = folder, instance, scratch
        self.processes = []
        self.environment = {**os.environ, "EFASIM_INSTANCE": instance}

    def command(self, program, *arguments):
        path = program if str(program).endswith(".exe") else self.folder / f"{program}.exe"
        return ["wine", path, *arguments]

    def start(self, program, *arguments, **how):
        self.processes.append(
            programs.start(self.command(program, *arguments), env=self.environment, **how))
        return self.processes[-1]

    def call(self, program, *arguments, **how):
        return programs.finish(self.start(program, *arguments, **how))

    def serve(self, *options):
        """An instance that runs until the test ends or stops it. Its lines go to files."""
        output = self.scratch / "serve"
        with output.open("w") as file:
            process = self.start("efasim", "serve", *options, stdout=file, stderr=subprocess.STDOUT)
        programs.wait_until(
            lambda: process.poll() is not None or "EFASIM_INSTANCE" in output.read_text(),
            output.read_text)
        assert process.poll() is None, output.read_text()
        return process

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def said(self):
        return (self.scratch / "serve").read_text()

    def pair(self, program, *arguments):
        """A server and a client of it on a free port, both started."""
        port = str(programs.free_port())
        server = self.start(program, *arguments, "--port", port)
        client = self.start(program, *arguments, "--port", port, "127.0.0.1")
        return server, client


@pytest.fixture
def simulated(build, request, tmp_path):
    """With an instance's name of its own."""
    name = f"test-{abs(hash(request.node.name)) % 10**9}"
    simulated = Simulated(build.file("efasim").parent, name, tmp_path)
    yield simulated
    simulated.stop()
