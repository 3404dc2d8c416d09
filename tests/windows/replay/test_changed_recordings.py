# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The player can fail: each case changes one result in a recording, and the player names the line with the result
that it expected and the actual one. with-efa runs these cases."""
import pathlib

import pytest

from support import programs

RECORDING = pathlib.Path(__file__).parent / "recordings" / "fi_pingpong-rdm.rec"


def changed(line, old, new):
    assert line.count(old) == 1, line
    return line.replace(old, new)


@pytest.mark.parametrize("call, old, new", (
    ("efadv_create_cq", "-> EOPNOTSUPP", "-> EINVAL"),
    ("ibv_query_device", "max_qp=256", "max_qp=255"),
    ("efadv_create_qp_ex", "-> qp0 cap=4096,8192,2,3,32", "-> qp0 cap=4096,8192,2,3,64"),
    ("ibv_start_poll", "{recv ok length=", "{recv ok length=1"),
    ("ibv_start_poll", "{send ok", "{status=13 vendor=10"),
    ("ibv_destroy_qp", "-> ok", "-> EBUSY"),
    ("ibv_dealloc_pd", "-> ok", "-> EBUSY"),
))
def test_changed_result(build, tmp_path, call, old, new):
    lines = RECORDING.read_text().splitlines()
    number = next(i for i, line in enumerate(lines) if f" {call} " in line and old in line)
    lines[number] = changed(lines[number], old, new)
    recording = tmp_path / "changed.rec"
    recording.write_text("\n".join(lines) + "\n")
    player = build.file("recorded_player")
    result = programs.run(["wine", player, "--patience", "2", recording])
    result.expect(1, errors=rf"changed\.rec:{number + 1}: {call}: expected \".*\", actual \".*\"",
                  output="^0 passed, 1 failed")


@pytest.fixture
def fault():
    """fault(WORDS...) adds a fault to the simulated EFA until the case ends."""
    yield lambda *words: programs.run(["efasim_ctl", "fault", *words]).expect(0)
    programs.run(["efasim_ctl", "clear-faults"]).expect(0)


def test_message_that_arrives_changed(build, fault):
    fault("message_patch", "offset=3", "size=1", "value=0x55", "nth=2", "count=1")
    programs.run(["wine", build.file("recorded_player"), RECORDING]).expect(
        1, errors='expected "the content of a message that was sent", actual "another content"')


def test_lost_completion(build, fault):
    fault("completion_lose", "nth=5", "count=1")
    programs.run(["wine", build.file("recorded_player"), "--patience", "2", RECORDING]).expect(
        1, errors=r'rec:\d+: ibv_\w+: expected "(send|recv) ok')


def test_malformed_line(build, tmp_path):
    recording = tmp_path / "malformed.rec"
    recording.write_text("0 ibv_get_device_list -> ok 1\n0 ibv_open_device device0\n")
    programs.run(["wine", build.file("recorded_player"), recording]).expect(
        1, errors=r"malformed\.rec:2: not a line of a recording")
