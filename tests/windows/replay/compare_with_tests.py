#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What third-party programs call that no hand-written Windows test does: compare_with_tests.py BUILD (that of
mingw-w64). It runs libfabric_replay, the end-to-end tests and efa_perf with a DLL that records, and prints the calls
of the recordings that these runs lack. Two calls are alike if their names, flags, masks, kinds of data and results
are; depths, lengths and the numbers of objects do not matter."""
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests" / "clients" / "record"))

import compact  # noqa: E402

# The cases of exchange_test but for the one of 100,000 messages: their calls are the same.
EXCHANGES = ("srd_every_size_within_one_process", "srd_every_size_between_two_processes",
             "ud_every_size_within_one_process", "ud_every_size_between_two_processes", "killed_in_mid_transfer")
RUNS = (("libfabric_replay.exe", "rdm"), ("libfabric_replay.exe", "dgram"), ("exchange_test.exe", *EXCHANGES),
        ("direct_test.exe",),
        ("efa_perf.exe", "lat", "--loopback", "--iters", "50", "--verify"),
        ("efa_perf.exe", "bw", "--loopback", "--iters", "50"), ("efa_perf.exe", "read", "--loopback", "--iters", "50"))
CONFIGURATIONS = {"direct_test.exe": "examples/one_ring.conf"}
# Arguments whose values belong to the shape.
VALUES = ("access", "wc_flags", "comp_mask", "flags", "efa_wc_flags", "type", "sig_all", "ops", "driver", "mask",
          "state", "rnr_retry", "attr", "read", "inlen", "size", "left")


def shape_of_request(group):
    """The operation, its flags, and how its data are given: of 2 parts as "sge2"."""
    words = group.strip("{}").split(" ")
    found = [words[0]]
    for word in words[1:]:
        name, _, value = word.partition("=")
        if name in ("imm", "to", "rdma"):
            found.append(name)
        elif name == "flags":
            found.append(word)
        elif name == "set_inline_data":
            found.append(name)
        else:
            found.append(f"{name}{value.count(',') + 1 if value else 0}")
    return "{" + " ".join(found) + "}"


def shape_of_cap(value):
    sends, receives, send_sges, receive_sges, inline = (int(part) for part in value.split(","))
    return (f"cap={'sends' if sends else 'no sends'}, {'receives' if receives else 'no receives'}, sges "
            f"{send_sges}/{receive_sges}, {'inline' if inline else 'no inline'}")


def shape(line, polls):
    """`polls` are the completion queues with an open poll."""
    side, call, rest = line.split(" ", 2)
    rest, _, result = rest.rpartition("-> ")
    groups = re.findall(r"(\{[^}]*\})(\*\d+)?", rest)
    head = rest.partition("{")[0]
    found = [call]
    for name, value in re.findall(r"(\w+)=(\S+)", head):
        if name in VALUES:
            found.append(f"{name}={re.sub(r'[0-9]+', '', value) if name == 'left' else value}")
        elif name == "cap":
            found.append(shape_of_cap(value))
    cq = f"{side}.{(re.search(r'cq=(cq[0-9]+)', head) or [0, ''])[1]}"
    if call.startswith(("ibv_post_", "ibv_wr_")):
        found += sorted({shape_of_request(group) for group, _ in groups})
        if len(groups) > 1 or (groups and groups[0][1]):
            found.append("list")
        if any(poll.startswith(f"{side}.") for poll in polls):
            found.append("while a poll is open")
    elif "poll" in call:
        found += sorted({re.sub(r" (length|qp)=\w+", "", group) for group, _ in groups})
    if call == "ibv_start_poll" and result == "ok":
        polls.add(cq)
    elif call == "ibv_end_poll":
        polls.discard(cq)
    result = result.split()[0]
    return f"{' '.join(found)} -> {re.sub(r'[0-9]+$', '', result)}"


def shapes(lines):
    found, polls = set(), set()
    for line in lines:
        if line[0].isdigit() and " await " not in line:
            found.add(shape(line, polls))
    return found


def record_tests(build):
    """The shapes of what the programs of the build call."""
    found = set()
    with tempfile.TemporaryDirectory() as folder:
        stage = pathlib.Path(folder, "stage")
        stage.mkdir()
        for run in RUNS:
            shutil.copy(build / run[0], stage)
        shutil.copy(build / "tests" / "windows" / "replay" / "recorder" / "efawin.dll", stage)
        shutil.copy(build / "efawin.dll", stage / "efawin_real.dll")
        for number, (program, *arguments) in enumerate(RUNS):
            lines = pathlib.Path(folder, f"lines{number}")
            lines.mkdir()
            config = ROOT / CONFIGURATIONS.get(program, "tests/windows/e2e/reading_adapter.conf")
            result = subprocess.run(
                [ROOT / "scripts" / "with-efa", "--build", build.parent, "--config", config, "--", stage / program,
                 *arguments], env=dict(os.environ, EFASIM_RECORD=f"Z:{lines}"), check=False)
            assert result.returncode == 0, f"{program} failed"
            found |= shapes(compact.lines_of(lines))
    return found


def main(build):
    tests, missing = record_tests(pathlib.Path(build).resolve()), collections.defaultdict(list)
    for path in sorted((HERE / "recordings").glob("*.rec")):
        for found in shapes(path.read_text().splitlines()):
            if found not in tests:
                missing[found].append(path.stem)
    for found in sorted(missing):
        print(f"{found}\n    {', '.join(missing[found])}")
    print(f"{len(tests)} shapes of calls in the tests; {len(missing)} of the recordings are not among them")


if __name__ == "__main__":
    main(sys.argv[1])
