# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The options of the models."""


def pytest_addoption(parser):
    parser.addoption("--define", action="append", default=[], metavar="NAME=VALUE",
                     help="defined in the Spin models")
