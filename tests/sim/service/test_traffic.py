# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Processes that exchange messages and read each other's memory on one instance, while some of them are
killed: nobody else is harmed, every byte is verified."""
import re

import pytest

SECONDS = 3


@pytest.mark.parametrize("settings", (
    "preset = efa-0xefa1\nabort_on_violation = yes\n",
    "preset = efa-0xefa1\nabort_on_violation = yes\nloss = 1%\nreorder_window = 16\n"
    "reorder_probability = 20%\nlatency = 20us\n",
), ids=("plain", "lossy"))
def test_clients_that_are_killed_harm_nobody(efasim, build, tmp_path, request, settings):
    minutes = request.config.getoption("--minutes")
    config = tmp_path / "adapter.conf"
    config.write_text(settings)
    seconds = minutes * 60 or SECONDS
    result = efasim.call("run", "--no-preload", "--config", config, "--",
                         build.file("service_traffic"), seconds, limit=seconds + 120)
    result.expect(0, output=r"^\d+ killed; verified \d+ messages")
    print(result.output)
    assert "violations" not in result.errors, result
    assert "sent an invalid frame" not in result.errors, result
    assert int(re.search(r"(\d+) killed", result.output)[1]) > 0, result
    assert efasim.left() == []
