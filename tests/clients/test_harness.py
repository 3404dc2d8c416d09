# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The other cases can fail: what hangs is ended, data that went elsewhere is noticed, and what is missing is
not passed."""
import pytest

pytestmark = [pytest.mark.program("harness"), pytest.mark.adapters("first"), pytest.mark.selection()]


def test_a_program_that_hangs_is_ended_with_its_children(host):
    with pytest.raises(AssertionError, match="still ran after 5 s\nstarted\n"):
        host.run("sh", "-c", "echo started; sleep 1000 & sleep 1000", limit=5)
    assert not host.instance.programs()
    host.checked = True


def test_data_that_went_elsewhere_is_noticed(host, port, need):
    need("fi_pingpong", "libfabric-bin")
    command = "fi_pingpong -p tcp -e rdm -I 10 -S 64"
    host.pair(f"{command} -B {port}", f"{command} -P {port} localhost", port)
    with pytest.raises(AssertionError, match="'sends': 0"):
        host.expect_traffic(1)


def test_what_is_missing_is_skipped(need):
    for what in ("no-such-program", "/no/such/file"):
        with pytest.raises(pytest.skip.Exception, match="package what-it-is-of is missing"):
            need(what, "what-it-is-of")
