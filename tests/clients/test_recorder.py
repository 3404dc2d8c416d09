# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The recorder of tests/windows/replay: what it writes of a program is what the recordings have."""
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
RECORDINGS = HERE.parent / "windows" / "replay" / "recordings"
sys.path.insert(0, str(HERE / "record"))

import compact  # noqa: E402

pytestmark = pytest.mark.program("ibverbs-utils")


@pytest.mark.adapters("later")
@pytest.mark.selection("later")
def test_recording_of_ibv_devinfo(host, build, need, tmp_path):
    need("ibv_devinfo", "ibverbs-utils")
    recorder, folder = build.file("efasim_record"), tmp_path / "recorded"
    folder.mkdir()
    host.run("ibv_devinfo", "-v", EFASIM_RECORD=str(folder),
             LD_PRELOAD=f"{recorder}:{host.instance.environment['LD_PRELOAD']}").expect(0)
    lines = (RECORDINGS / "ibv_devinfo.rec").read_text().splitlines()
    assert compact.recording(folder) == [line for line in lines if not line.startswith("#")]
    host.expect_no_traffic()


@pytest.mark.selection
def test_counted():
    groups = ["{recv sge=mr0+10:5}", "{recv sge=mr0+30:5}", "{recv sge=mr0+50:5}", "{recv sge=mr0+0:5}"]
    assert compact.counted(groups) == ["{recv sge=mr0+10:5}*3:20", "{recv sge=mr0+0:5}"]


@pytest.mark.selection
def test_repeated():
    assert compact.repeated(["a", "b", "c", "b", "c", "b", "c", "d"]) == ["a", "repeat 3", "b", "c", "end", "d"]
