# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Where the kit's programs run: one prefix without a driver for all cases."""
import pytest

from support.wine import machine_without_driver


@pytest.fixture(scope="session")
def machine():
    with machine_without_driver() as machine:
        yield machine
