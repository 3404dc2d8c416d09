# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Which DLL is read, if not the one of the build."""
import pathlib

from support.build import Build


def pytest_addoption(parser):
    parser.addoption("--dll", type=pathlib.Path, metavar="EFAWIN.DLL",
                     help="read this DLL of a release build instead of the build's")
    parser.addoption("--simulated", action="store_true",
                     help="the DLL is, or without --dll: read, the one for the simulated EFA")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--dll") or not config.getoption("--build"):
        return
    if Build(config.getoption("--build")).kind == "mingw":
        items[:] = [item for item in items if "msabi" not in item.fixturenames]
