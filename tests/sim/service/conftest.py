# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What the cases about the service share: the program efasim with a runtime folder of its own."""
import pytest

from support.efasim import efasim_with_folder


def pytest_addoption(parser):
    parser.addoption("--no-preload", action="store_true",
                     help="nothing can be preloaded in this build: leave out what needs it")


def pytest_configure(config):
    config.addinivalue_line("markers", "preload: has the library preloaded")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--no-preload"):
        items[:] = [item for item in items if "preload" not in item.keywords]


@pytest.fixture
def efasim(build, request):
    options = ["--no-preload"] if request.config.getoption("--no-preload") else []
    with efasim_with_folder(build.file("efasim"), options) as found:
        yield found
