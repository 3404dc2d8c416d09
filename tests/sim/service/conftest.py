# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What the cases about the service share: the program efasim with a runtime folder of its own."""
import os
import pathlib
import socket
import tempfile

import pytest

from support import programs


class Efasim:
    def __init__(self, program, folder, run_options):
        self.program = program
        self.run_options = run_options
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in ("EFASIM_INSTANCE", "LD_PRELOAD", "SYSFS_PATH")}
        self.environment["XDG_RUNTIME_DIR"] = str(folder)

    def start(self, *arguments, **options):
        return programs.start([self.program, *arguments], env=self.environment, **options)

    def call(self, *arguments, **options):
        return programs.finish(self.start(*arguments), **options)

    def run(self, *command, options=(), **limits):
        return self.call("run", *self.run_options, *options, "--", *command, **limits)

    def start_run(self, *command, options=(), **how):
        return self.start("run", *self.run_options, *options, "--", *command, **how)

    def left(self):
        """What instances have left in the runtime folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))


def pytest_addoption(parser):
    parser.addoption("--no-preload", action="store_true",
                     help="nothing can be preloaded in this build: leave out what needs it")
    parser.addoption("--minutes", type=int, default=0,
                     help="how long clients are killed at random; a few seconds by default")


def pytest_configure(config):
    config.addinivalue_line("markers", "preload: has the library preloaded")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--no-preload"):
        items[:] = [item for item in items if "preload" not in item.keywords]


@pytest.fixture
def efasim(build, request):
    options = ["--no-preload"] if request.config.getoption("--no-preload") else []
    # The path of a socket has 107 characters, which is too few for pytest's own folders.
    with tempfile.TemporaryDirectory(prefix="efasim-") as folder:
        yield Efasim(build.file("efasim"), pathlib.Path(folder), options)


@pytest.fixture
def port():
    """A port that nobody listens at just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


@pytest.fixture
def pair(efasim):
    """Runs a server and a client of it under one instance; the client is tried until it connects."""
    script = """
        $1 & server=$!
        status=1
        for attempt in $(seq 100); do
            kill -0 $server 2> /dev/null || break
            $2 && status=0 && break
            sleep 0.1
        done
        [ $status = 0 ] || kill $server 2> /dev/null
        wait $server && exit $status
    """

    def run(server, client, options=()):
        return efasim.run("sh", "-c", script, "sh", server, client, options=options)

    return run
