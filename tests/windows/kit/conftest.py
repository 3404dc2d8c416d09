# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Where the kit's programs run: one prefix without a driver for all cases."""
import pathlib
import tempfile

import pytest

from support.wine import Machine


@pytest.fixture(scope="session")
def machine():
    # Not in a folder of pytest's: paths of Windows programs have at most 259 characters.
    with tempfile.TemporaryDirectory(prefix="kit-") as folder:
        machine = Machine(pathlib.Path(folder).resolve())
        try:
            yield machine
        finally:
            machine.close()
