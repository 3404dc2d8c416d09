# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The programs of the build under test. Windows programs run under Wine with the simulated driver:
a session of scripts/with-efa for each process of pytest."""
import signal
import threading

import pytest

from harness import Tools
from support.build import Build
from support.wine import simulated_adapter

SESSION_LIMIT = 550  # seconds
CASE_LIMIT = 150


def pytest_configure(config):
    for marker in ("only_native: needs a native build",
                   "only_on_windows: needs a Windows build, which runs under Wine",
                   "needs_driver: needs the simulated driver if the build is a Windows one",
                   "browser: looks at a page in Chromium"):
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(config, items):
    """Leaves out what is for the other kind of build."""
    folder = config.getoption("--build")
    if folder:
        other = "only_native" if Build(folder).is_windows else "only_on_windows"
        left_out = [item for item in items if item.get_closest_marker(other)]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def case_limit():
    """A case that waits for a line which never comes fails where it waits."""
    def stop(*_):
        raise AssertionError(f"still running after {CASE_LIMIT} s")

    # A worker of xdist may run the cases in another thread, where no signal can be caught. CTest ends it.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(CASE_LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def tools(build):
    if not build.is_windows:
        yield Tools(build.folder)
        return
    with (simulated_adapter(build, SESSION_LIMIT) as environment,
          pytest.MonkeyPatch.context() as patch):
        for name, value in environment.items():
            patch.setenv(name, value)
        yield Tools(build.folder)
