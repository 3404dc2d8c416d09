# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The programs of the build under test. Windows programs run under Wine with the simulated driver:
a session of scripts/with-efa for each process of pytest. With --efasim, on Windows or under the
Wine in PATH, they are those of the folder `simulated`, on an instance of efasim."""
import contextlib
import os
import signal
import threading

import pytest

from harness import Tools
from support.build import Build
from support.simulated import instance_named
from support.wine import simulated_adapter

SESSION_LIMIT = 550  # seconds
CASE_LIMIT = 150


def pytest_addoption(parser):
    parser.addoption("--efasim", action="store_true",
                     help="Windows programs on an instance of efasim, without a driver")


def pytest_configure(config):
    for marker in ("only_native: needs a native build",
                   "only_on_windows: needs a Windows build",
                   "needs_driver: needs the simulated driver if the build is a Windows one",
                   "browser: looks at a page in Chromium"):
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(config, items):
    """Leaves out what is for the other kind of build."""
    folder = config.getoption("--build")
    if folder:
        others = ["only_native"] if Build(folder).is_windows else ["only_on_windows"]
        if config.getoption("--efasim"):
            others.append("needs_driver")
        left_out = [item for item in items if any(map(item.get_closest_marker, others))]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def case_limit():
    """A case that waits for a line which never comes fails where it waits."""
    def stop(*_):
        raise AssertionError(f"still running after {CASE_LIMIT} s")

    # A worker of xdist may run the cases in another thread, where no signal can be caught, and Windows
    # has no alarm. CTest ends it.
    if (not hasattr(signal, "SIGALRM") or
            threading.current_thread() is not threading.main_thread()):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(CASE_LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def tools_of_efasim(build, scratch):
    """The programs that need no driver, and an instance for all cases."""
    folder = build.file("efasim").parent
    with (instance_named(f"tools-{os.getpid()}", folder, scratch) as simulated,
          pytest.MonkeyPatch.context() as patch):
        simulated.serve()
        patch.setenv("EFASIM_INSTANCE", simulated.instance)
        yield Tools(folder)


@pytest.fixture(scope="session")
def tools(build, pytestconfig, tmp_path_factory):
    if not build.is_windows:
        yield Tools(build.folder)
        return
    if pytestconfig.getoption("--efasim"):
        with tools_of_efasim(build, tmp_path_factory.mktemp("efasim")) as tools:
            yield tools
        return
    with (simulated_adapter(build, SESSION_LIMIT) as environment,
          pytest.MonkeyPatch.context() as patch):
        for name, value in environment.items():
            patch.setenv(name, value)
        yield Tools(build.folder)
