# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""efasim.exe and the programs of its folder: processes of Windows, or of the Wine in PATH."""
import contextlib
import os
import shutil
import subprocess

from support import programs
from support.programs import ON_WINDOWS


def command(path, *arguments):
    """What starts a Windows program here."""
    return [*([] if ON_WINDOWS else ["wine"]), str(path), *map(str, arguments)]


class Simulated:
    """An instance's name, the folder of the programs, and the processes that were started."""

    def __init__(self, folder, instance, scratch):
        self.folder, self.instance, self.scratch = folder, instance, scratch
        self.processes = []
        self.environment = {**os.environ, "EFASIM_INSTANCE": instance}

    def command(self, program, *arguments):
        path = program if str(program).endswith(".exe") else self.folder / f"{program}.exe"
        return command(path, *arguments)

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

    def beside_the_dll(self, program):
        """A copy of a program in a folder with the simulated DLL, which it then loads."""
        folder = self.scratch / "beside"
        folder.mkdir(exist_ok=True)
        shutil.copy(self.folder / "efawin.dll", folder)
        return shutil.copy(program, folder)

    def pair(self, program, *arguments):
        """A server and a client of it on a free port, both started."""
        port = str(programs.free_port())
        server = self.start(program, *arguments, "--port", port)
        client = self.start(program, *arguments, "--port", port, "127.0.0.1")
        return server, client


@contextlib.contextmanager
def instance_named(name, folder, scratch):
    """Kills at the end what still runs."""
    simulated = Simulated(folder, name, scratch)
    try:
        yield simulated
    finally:
        simulated.stop()
