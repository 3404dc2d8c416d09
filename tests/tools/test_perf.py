# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""efa_perf: every test in a loopback and between two processes, its reports, its ways to fail."""
import csv
import html
import json
import os
import re
import socket
import struct
import time

import pytest

from harness import (MTU, RUN_LIMIT, check_schema, driver_loaded_with, efasim_ctl, simulated_with,
                     system_folder, take, wait_for)
from page import Page, by_column, figure
from support import programs

FEW = ["--iters", 300]


def measure(tools, *arguments):
    """Runs a loopback and returns its JSON."""
    return check_schema(tools.run("efa_perf", *arguments, "--loopback", "--json", "-").expect(
        0), "efa_perf")


def pair(tools, *arguments, server=(), client=()):
    port = programs.free_port()
    serving = tools.start("efa_perf", *arguments, "--port", port, *server)
    result = tools.run("efa_perf", *arguments, "--port", port, *client, "127.0.0.1")
    return tools.finish(serving), result


@pytest.mark.each_compiler
def test_perf_every_test_and_transport_is_verified(tools):
    for test in ("lat", "bw", "rate"):
        for options in ([], ["--ud"]):
            value = measure(tools, test, "--verify", *FEW, *options)
            [row] = value["results"]
            assert row["messages"] == (600 if test == "lat" else 300), row
            assert row["latency_us"]["count"] == 300 and row["lost"] in range(300)
            assert value["latency_meaning"] == ("half round trip" if test == "lat" else
                                                "post to completion")
            if test == "lat":  # one round trip after the other
                assert 2 * 300 * row["latency_us"]["mean"] <= row["elapsed_ns"] / 1000 + 1, row
            if not options:
                assert row["lost"] == 0


def test_perf_ways_of_posting_and_polling(tools):
    for options in (["--classic-post"], ["--classic-poll"], ["--thread-domain"],
                    ["--classic-post", "--classic-poll", "--inline", 0],
                    ["--qps", 5, "--bidirectional", "--post-list", 7, "--depth", 9],
                    ["--depth", 1]):
        value = measure(tools, "bw", "--verify", *FEW, *options)
        both = 2 if "--bidirectional" in options else 1
        assert value["results"][0]["messages"] == 300 * both, value


def test_perf_sweeps_all_sizes(tools):
    value = measure(tools, "lat", "--all", "--verify", "--iters", 20)
    assert [row["size_bytes"] for row in value["results"]] == [2 ** n for n in range(14)] + [MTU]


@pytest.mark.only_native
def test_perf_sweeps_what_a_small_device_carries(tools):
    # Less than the size that bw has where it is not swept.
    with simulated_with("mtu = 3000\n"):
        value = measure(tools, "bw", "--all", "--iters", 20)
    assert [row["size_bytes"] for row in value["results"]] == [2 ** n for n in range(12)] + [3000]


def test_perf_sizes_have_suffixes(tools):
    assert measure(tools, "bw", "--size", "8k", *FEW)["results"][0]["size_bytes"] == 8192
    assert measure(tools, "lat", "-t", 5, *FEW)["parameters"]["depth"] == 5


def test_perf_empty_messages(tools):
    assert measure(tools, "lat", "--size", 0, *FEW)["results"][0]["megabytes_per_second"] == 0


def test_perf_duration_ends_a_run(tools):
    """By itself: no number of messages ends it."""
    value = measure(tools, "bw", "--duration", 1)
    [row] = value["results"]
    assert row["elapsed_ns"] >= 10 ** 9 and row["messages"] > 0
    assert value["parameters"]["iterations"] is None and value["parameters"]["duration_s"] == 1
    tools.run("efa_perf", "bw", "--loopback", "--duration", 1, "--iters", 5).expect(
        2, errors="--iters 5: --duration 1 ends each size; leave one of them out")


def test_perf_intervals_add_up(tools, tmp_path):
    file = tmp_path / "out.json"
    shown = tools.run("efa_perf", "bw", "--loopback", "--duration", 3, "--interval", 1, "--json",
                      file).expect(0)
    [row] = check_schema(file.read_text(), "efa_perf")["results"]
    intervals = row["intervals"]
    assert sum(one["messages"] for one in intervals) == row["messages"]
    assert sum(one["latency_us"]["count"] for one in intervals) == row["latency_us"]["count"]
    assert max(one["latency_us"]["max"] for one in intervals) == row["latency_us"]["max"]
    assert intervals[0]["begin_s"] == 0 and len(intervals) >= 3
    for one, following in zip(intervals, intervals[1:]):
        assert one["end_s"] == following["begin_s"]
    lines = [line.split() for line in table_of(shown) if " s  " in line[:10] + "  "]
    assert len(lines) >= 3 and int(lines[0][2]) == intervals[0]["messages"], shown


def test_perf_fixed_rate_is_kept_and_its_latency_begins_when_due(tools, tmp_path):
    page = tmp_path / "out.html"
    value = check_schema(tools.run("efa_perf", "bw", "--loopback", "--size", 64, "--rate",
                                   "200,1k", "--iters", 200, "--json", "-", "--html",
                                   page).expect(0), "efa_perf")
    slow, fast = value["results"]
    assert value["latency_meaning"] == "due to completion"
    assert (slow["offered_per_second"], fast["offered_per_second"]) == (200, 1000)
    for row in (slow, fast):  # never faster; a busy machine may be slower
        assert row["messages"] == 200
        assert row["elapsed_ns"] >= 199 * 1e9 / row["offered_per_second"]
    points = Page(page.read_text()).points["rates"]
    assert len(points) == 3 * 2 and {float(point["x"]) for point in points} == {200, 1000}
    # More than can be sent: what waits for its turn gets older and older.
    [row] = measure(tools, "bw", "--size", 64, "--rate", "1000m", "--iters", 20000)["results"]
    assert row["latency_us"]["max"] >= 0.5 * row["elapsed_ns"] / 1000, row


def test_perf_threads_share_the_messages(tools):
    for options in (["bw", "--verify"], ["lat"], ["rate", "--ud", "--depth", 256]):
        value = measure(tools, *options, "--threads", 3, "--iters", 301)
        [row] = value["results"]
        assert row["messages"] == (602 if options[0] == "lat" else 301), row
        assert row["latency_us"]["count"] == 301
        assert value["parameters"]["threads"] == value["parameters"]["queue_pairs"] == 3
    measure(tools, "bw", "--cpu", 0, *FEW)
    if tools.windows or os.cpu_count() < 63 + 16:  # more is beyond the options' ranges
        tools.run("efa_perf", "bw", "--cpu", 63, "--threads", 16, "--loopback").expect(
            2, errors=r"--cpu 63: there are \d+ CPUs for 16 threads")


def test_perf_histogram_is_what_plotters_read(tools, tmp_path):
    """The text form of HdrHistogram's percentile distribution."""
    file = tmp_path / "out.hgrm"
    [row] = check_schema(tools.run("efa_perf", "bw", "--loopback", "--iters", 1000, "--json", "-",
                                   "--histogram", file).expect(0), "efa_perf")["results"]
    head, blank, *lines = file.read_text().splitlines()
    assert head.split() == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"] and not blank
    values = [list(map(float, line.split())) for line in lines if not line.startswith("#")]
    assert values == sorted(values) and values[-1][:3] == [row["latency_us"]["max"], 1, 1000]
    for value, share, count, inverse in values[:-1]:
        assert share == pytest.approx(count / 1000) and inverse == pytest.approx(
            1 / (1 - count / 1000), abs=0.01)
    found = dict(re.findall(r"(\w[\w ]*?) += +([\d.]+)", "".join(lines[-3:])))
    assert float(found["Mean"]) == pytest.approx(row["latency_us"]["mean"], abs=0.001)
    assert float(found["Max"]) == row["latency_us"]["max"] and int(found["Total count"]) == 1000
    tools.run("efa_perf", "lat", "--all", "--loopback", "--iters", 10, "--histogram",
              tmp_path / "all.hgrm").expect(0)
    assert len(list(tmp_path.glob("all-*.hgrm"))) == 15


def test_perf_percentiles_rise_and_figures_agree(tools):
    [row] = measure(tools, "bw", "--size", 1000, *FEW)["results"]
    latency = row["latency_us"]
    values = [point["us"] for point in latency["percentiles"]]
    assert values == sorted(values) and values[0] == latency["min"]
    assert values[-1] == latency["max"] and latency["min"] <= latency["mean"] <= latency["max"]
    assert row["megabytes_per_second"] == pytest.approx(300 * 1000 * 1e3 / row["elapsed_ns"])


def read_csv(text):
    """(comments by their name, rows)"""
    lines = text.splitlines()
    comments = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    return comments, list(csv.DictReader(line for line in lines if not line.startswith("#")))


def is_rounded(shown, value):
    """At least three digits that count, or whole."""
    if value is None or shown is None:
        return shown == value
    return abs(shown - value) <= max(0.005 * abs(value), 0.5 if shown == int(shown) else 0)


def table_of(result):
    """The lines from the headings on."""
    lines = result.output.splitlines()
    return lines[next(i for i, line in enumerate(lines) if line.startswith("  bytes ")):]


@pytest.mark.needs_driver
def test_perf_page_csv_and_text_have_the_figures_of_the_json(tools, tmp_path):
    files = {kind: tmp_path / f"out.{kind}" for kind in ("json", "csv", "html")}
    # So many that 99% and 99.9% are not the same message.
    shown = tools.run("efa_perf", "lat", "--all", "--iters", 1100, "--loopback", "--json",
                      files["json"], "--csv", files["csv"], "--html", files["html"]).expect(0)
    texts = {kind: file.read_text() for kind, file in files.items()}
    value = check_schema(texts["json"], "efa_perf")
    rows = list(map(by_column, value["results"]))
    page = Page(texts["html"])
    assert page.outside == [] and "<script" not in texts["html"]

    comments, lines = read_csv(texts["csv"])
    headings, *columns = [line.split() for line in table_of(shown)]
    assert len(page.rows) == len(lines) == len(columns) == len(rows)
    for cells, line, column, row in zip(page.rows, lines, columns, rows):
        assert {name: figure(text) for name, text in line.items()
                if name not in ("test", "transport")} == row
        for name, (exact, rounded) in cells.items():
            assert figure(exact) == row[name], f"{name}: {cells} is not {row}"
            assert is_rounded(figure(rounded), row[name]), f"{name}: {cells} is not {row}"
        by_heading = {page.headings[name]: row[name] for name in cells}
        for heading, text in zip(headings, column, strict=True):
            assert is_rounded(figure(text), by_heading[heading]), f"{heading}: {column}, {row}"

    # The run, the same in each of them.
    facts = {name: text if isinstance(text, str) else json.dumps(text)
             for name, text in value["run"].items()}
    assert facts == page.facts and facts.items() <= comments.items()
    assert "--iters 1100" in facts["command_line"] and facts["simulated"] == "true"
    assert {"date", "host", "peer", "adapter", "part", "driver_interface", "library_version",
            "library_file", "batch_limit"} <= set(facts)
    assert facts["date"] in shown.output and facts["host"] in shown.output

    check_points(page, "distribution", {
        (f"{row['size_bytes']} byte" + "s" * (row["size_bytes"] != 1),
         float(point["percentile"])): point["us"]
        for row in value["results"] for point in row["latency_us"]["percentiles"]}, 6 * 11)
    check_points(page, "sweep", {
        (name, float(row["size_bytes"])): row[column] for row in rows
        for name, column in (("median", "p50_us"), ("99%", "p99_us"))}, 2 * len(rows))
    assert "6 of 15 measurements are drawn" in texts["html"]


def test_perf_figures_are_not_rounded_and_small_ones_are_seen(tools):
    """One byte at a time is not 0.00 MB/s; text fits 80 columns."""
    for test in ("lat", "bw"):
        arguments = [test, "--size", 1, "--loopback", "--qps", 1, "--depth", 1, *FEW]
        [row] = check_schema(tools.run("efa_perf", *arguments, "--json", "-").expect(0),
                             "efa_perf")["results"]
        exact = row["messages"] * 1e3 / row["elapsed_ns"]
        assert row["megabytes_per_second"] == pytest.approx(exact, rel=1e-12)
        assert row["gigabits_per_second"] == pytest.approx(exact * 8 / 1e3, rel=1e-12)
        assert row["million_messages_per_second"] == pytest.approx(exact, rel=1e-12)
    table = table_of(tools.run("efa_perf", *arguments).expect(0))
    assert max(map(len, table)) <= 80, table
    shown = dict(zip(table[0].split(), table[1].split()))
    assert all(float(shown[name]) > 0 for name in ("MB/s", "Gbit/s", "Mmsg/s")), table


def check_points(page, picture, wanted, count):
    """Each point's figure is that of the JSON and stands where the axis says that it is."""
    points = page.points[picture]
    assert len(points) == count, f"{len(points)} points"
    for point in points:
        value = wanted[point["series"], float(point["x"])]
        assert float(point["y"]) == value
        drawn = page.drawn_y(picture, point["cy"])
        assert abs(drawn - value) <= 0.01 * value, f"{point} is drawn at {drawn}"


@pytest.mark.only_native
def test_perf_reads_remote_memory(tools):
    with simulated_with("preset = efa-0xefa1\n"):
        value = measure(tools, "read", "--verify", "--iters", 50, "--qps", 2, "--bidirectional")
    assert value["results"][0]["messages"] == 100


@pytest.mark.only_native
def test_perf_tells_what_really_goes_inline(tools):
    with simulated_with("inline_buf_size = 16\n"):
        parameters = measure(tools, "lat", *FEW)["parameters"]
        assert parameters["inline_bytes"] == 16, parameters
        # By hand it is not lowered without a word.
        tools.run("efa_perf", "lat", "--inline", 32, "--loopback").expect(
            1, errors="--inline 32: the device takes at most 16 bytes")
    assert measure(tools, "lat", *FEW, "--inline", 8)["parameters"]["inline_bytes"] == 8


@pytest.mark.only_native
def test_perf_counts_what_ud_loses(tools):
    with simulated_with("fault = message_lose nth=10 count=5\n"):
        [row] = measure(tools, "bw", "--ud", "--depth", 256, "--iters", 100, "--warmup",
                        0)["results"]
        tools.run("efa_perf", "bw", "--ud", "--depth", 256, "--iters", 100, "--warmup", 0,
                  "--loopback", "--verify").expect(
            0, ["^ +5 of the messages were lost \\(UD is unreliable\\)$", "^verified: 95 messages"])
    assert row["messages"] == 100 and row["lost"] == 5, row
    assert row["megabytes_per_second"] == pytest.approx(95 * 8192 * 1e3 / row["elapsed_ns"])


@pytest.mark.only_native
def test_perf_warmup_does_not_count(tools):
    with simulated_with("fault = message_lose nth=1 count=5\n"):
        value = measure(tools, "bw", "--ud", "--depth", 256, "--iters", 100, "--warmup", 10)
    [row] = value["results"]
    assert row["messages"] == row["latency_us"]["count"] == 100 and row["lost"] == 0, row
    assert value["parameters"]["warmup"] == 10 and value["parameters"]["iterations"] == 100
    assert measure(tools, "lat", "--iters", 50)["parameters"]["warmup"] == 5


@pytest.mark.only_native
def test_perf_failures_of_the_fabric_end_in_one_line(tools):
    for fault, test, message in (
            ("message_status value=13 nth=20", "bw",
             "a request failed: .*status 13 of the device.*other side.*efa_doctor"),
            ("message_status value=13 nth=20", "lat",
             "a request failed: .*status 13 of the device.*other side.*efa_doctor"),
            ("completion_lose nth=20 count=1", "bw", "nothing happened for 1 s: .* --timeout"),
            ("completion_lose nth=20 count=1", "lat", "nothing happened for 1 s: .* --timeout")):
        with simulated_with(f"fault = {fault}\n"):
            result = tools.run("efa_perf", test, "--loopback", "--timeout", 1, "--warmup", 0)
        result.expect(1, errors=message)
        lines = [line for line in result.errors.splitlines() if line.startswith("efa_perf:")]
        assert len(lines) == 1, result


@pytest.mark.only_native
def test_perf_notices_what_is_not_as_it_was_sent(tools):
    # The low byte of the number, which the content follows from; the length.
    number, length = "offset=12 size=1 value=200", "offset=6 size=2 value=5"
    for patch, options, message in (
            (number, ["--verify"], "message 200 of 8192 bytes is not what was sent"),
            (number, [], "100 messages were sent, but others arrived"),
            (length, [], "a message arrived with 5 bytes instead of 8192")):
        with simulated_with(f"fault = completion_patch {patch} nth=20\n"):
            tools.run("efa_perf", "bw", "--loopback", "--iters", 100, "--warmup", 0,
                      *options).expect(
                1, errors=message)


@pytest.mark.only_native
def test_perf_verify_sees_what_was_altered(tools):
    """By content alone: the completions are as ever, so who does not verify sees nothing."""
    def check(nth, offset, arguments, message, altered="value=0x5d"):
        command = [*arguments, "--loopback", "--iters", 100, "--warmup", 0]
        with simulated_with("preset = efa-0xefa1\nfault = message_patch "
                            f"nth={nth} count=1 offset={offset} {altered}\n"):
            tools.run("efa_perf", *command, "--verify").expect(
                1, errors=f"\\Aefa_perf: {message}, at byte {offset // 8 * 8} or soon after$")
            tools.run("efa_perf", *command).expect(0)

    for ud in ([], ["--ud", "--depth", 256]):  # all at once, so that UD loses nothing
        for size, offset in ((8192, 4001), (16, 0), (13, 12)):
            # Of the two sides of lat the first sends every other message, here its tenth.
            for test, nth, number in (("bw", 20, 19), ("lat", 19, 9), ("lat", 20, 9)):
                check(nth, offset, [test, "--size", size, *ud],
                      f"message {number} of {size} bytes is not what was sent")
    for size, offset in ((8192, 8191), (300000, 270001)):
        check(20, offset, ["read", "--size", size],
              f"a read of {size} bytes brought others than the remote memory has")
    # What a buffer holds to which nothing came.
    for test, message in (("bw", "message 0 of 8 bytes"), ("read", "a read of 8 bytes")):
        check(1, 0, [test, "--size", 8], message + " .*", "size=8 value=0")


@pytest.mark.only_native
def test_perf_leaves_out_messages_of_the_measurement_before(tools):
    # The highest byte of a message's number says which measurement it is of. Of each message first
    # the receive completes, so this is the 20th after the 10 of the warm-up.
    with simulated_with("fault = completion_patch offset=15 value=0 nth=59 count=1\n"):
        tools.run("efa_perf", "bw", "--ud", "--depth", 256, "--iters", 100, "--warmup", 10,
                  "--loopback", "--verify").expect(
            0, ["^ +1 of the messages were lost \\(UD is unreliable\\)$", "^verified: 99 messages"])


@pytest.mark.only_native
def test_simulated_device_rejects_a_wrong_configuration(tools):
    with simulated_with("mtu = many\n"):
        tools.run("efa_devinfo").expect(1, errors="EFASIM_CONFIG: .*line 1")


@pytest.mark.only_native
def test_perf_ctrl_c_ends_with_the_results_so_far(tools, tmp_path):
    file = tmp_path / "out.json"
    process = tools.start("efa_perf", "bw", "--loopback", "--duration", 60, "--json", file)
    wait_for(process.stdout, "  bytes ")
    time.sleep(0.5)
    programs.interrupt(process)
    tools.finish(process).expect(0, ["^ +8192 +\\d+", "^interrupted: "])
    value = check_schema(file.read_text(), "efa_perf")
    assert value["interrupted"] is True and value["complete"] is False
    value = measure(tools, "bw", *FEW)
    assert value["interrupted"] is False and value["complete"] is True
    assert value["failure"] is None


def test_perf_without_rdma_read_says_so(tools):
    tools.run("efa_perf", "read", "--loopback").expect(1, errors="no RDMA read: use lat, bw or rate")


def test_perf_usage_errors(tools):
    for arguments, message in (
            ([], "no test given: name lat, bw, rate or read"),
            (["speed"], "unknown test 'speed': use lat, bw, rate or read"),
            (["bw", "--size", "8q"], r"--size 8q: must be a number from 0 to \d+ \(k and m"),
            (["bw", "--rate", "1k,"], "--rate 1k,: must be messages a second from 1 to 1000m"),
            (["bw", "--rate", "0"], "--rate 0: must be messages a second"),
            (["bw", "--rate", "1,2,3,4,5,6,7,8,9"], "more than 8 figures"),
            (["lat", "--rate", "5", "--loopback"], "--rate: lat sends when the answer is there"),
            (["bw", "--rate", "1", "--timeout", "1"], "due every 1 s; --timeout must be at least"),
            (["bw", "--iters", "2", "--threads", "3"], "each of 3 threads needs one"),
            (["bw", "--serve-forever"], "takes the test from its clients: leave 'bw' out"),
            (["--serve-forever", "--loopback"], "needs clients: leave --loopback out"),
            (["--serve-forever", "--json", "a"], "writes no files: give them to the client"),
            (["lat", "--qps", "65"], "--qps 65: must be a number from 1 to 64"),
            (["lat", "--duration", "0"], "--duration 0: must be a number from 1"),
            (["read", "--ud"], "--ud: RDMA read needs SRD"),
            (["read", "--classic-post"], "reads need the extended calls"),
            (["lat", "--bidirectional"], "lat goes both ways already"),
            (["bw", "--depth", "4", "--post-list", "5"], "must not be above --depth, which is 4"),
            (["bw", "--loopback", "host"], "--loopback has no server"),
            (["bw", "--loopback", "--json", "-", "--csv", "-"], "only one of them"),
            (["bw", "--json", "a", "--csv", "b", "--html", "a"], "--json and --html: both .*'a'"),
            (["bw", "--json", "a", "--csv", "a"], "--json and --csv: both .*'a'"),
            (["bw", "--csv", "a", "--html", "a"], "--csv and --html: both .*'a'"),
            (["lat", "--all", "--size", "8"], "--size 8: --all takes every size"),
    ):
        tools.run("efa_perf", *arguments).expect(2, errors=f"^efa_perf: .*{message}")


def test_perf_beyond_the_device_is_rejected_with_its_limit(tools):
    for arguments, message in (
            (["bw", "--size", MTU + 1], f"the most for bw is {MTU} bytes"),
            (["bw", "--depth", 32768], r"--depth 32768: the device takes at most \d+"),
            (["bw", "--inline", 33], r"--inline 33: the device takes at most 32 bytes"),
            (["bw", "--qps", 64, "--threads", 16, "--depth", 1],
             r"--qps 64 with --threads 16: the device has \d+ queue pairs"),
            (["bw", "--depth", 4096, "--qps", 64],
             r"--depth 4096: the device takes at most \d+ with 64 queue pairs")):
        tools.run("efa_perf", *arguments, "--loopback").expect(1, errors=message)


def test_perf_report_that_cannot_be_written_is_told_at_once(tools):
    result = tools.run("efa_perf", "lat", "--loopback", "--duration", 3600, "--html",
                       os.path.join("no", "such", "folder.html"))
    result.expect(1, errors="^efa_perf: no.such.folder.html cannot be written: No such file")
    assert result.output == ""


@pytest.mark.only_native
def test_perf_full_disk_behind_a_report_is_told(tools):
    for kind in ("json", "csv", "html"):
        tools.run("efa_perf", "lat", "--loopback", "--iters", 10, f"--{kind}", "/dev/full").expect(
            1, "^ +8 ", "/dev/full cannot be written: No space left")


def test_perf_failure_leaves_earlier_reports_as_they_were(tools, tmp_path):
    old, new = tmp_path / "old.json", tmp_path / "new.csv"
    old.write_text("kept")
    tools.run("efa_perf", "bw", "--loopback", "--size", MTU + 1, "--json", old, "--csv",
              new).expect(1, errors="the most for bw")
    assert old.read_text() == "kept" and not new.exists()


@pytest.mark.only_native
def test_perf_without_memory_says_what_to_lower(tools):
    import resource  # Windows has none

    with simulated_with("fault = request_error request=REG_MR value=8\n"):
        tools.run("efa_perf", "bw", "--loopback").expect(
            1, errors="registering [0-9]+ bytes of memory failed: Cannot allocate memory .*lower")
    program = (tools.folder / "efa_perf").read_bytes()
    if b"__asan_init" in program or b"__tsan_init" in program:
        return  # the sanitizers' own memory is beyond any limit
    limit = 500 << 20
    with simulated_with("max_sq_depth = 8192\nmtu = 65000\n"):
        result = tools.finish(tools.start(
            "efa_perf", "bw", "--loopback", "--depth", 8192, "--size", 65000, preexec_fn=lambda:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))))
    result.expect(1, errors="no memory for [0-9]+ bytes of buffers: lower --depth")


@pytest.mark.only_native
def test_perf_progress_is_for_terminals(tools):
    import pty  # Windows has none

    ours, theirs = pty.openpty()
    command = ["efa_perf", "bw", "--loopback", "--duration", 3]
    quiet = tools.start(*command)
    process = tools.start(*command, stderr=theirs)
    os.close(theirs)
    shown = b""
    while process.poll() is None:
        try:
            shown += os.read(ours, 1000)
        except OSError:  # so a terminal says that nobody writes to it any more
            break
    output, _ = process.communicate(timeout=RUN_LIMIT)
    os.close(ours)
    assert process.returncode == 0 and b"\r8192 bytes: " in shown, (shown, output)
    assert tools.finish(quiet).expect(0).errors == "" and "\r" not in output


@pytest.mark.only_on_windows
@pytest.mark.each_compiler
def test_perf_pairs_see_the_same_results(tools):
    for arguments in (["lat", "--all", "--iters", 30], ["bw", "--bidirectional", "--iters", 500],
                      ["rate", "--ud", "--iters", 500], ["bw", "--qps", 3, "--iters", 500]):
        server, client = pair(tools, *arguments, "--verify")
        server.expect(0, "^verified: ")
        client.expect(0, "^verified: ")
        assert table_of(server) == table_of(client), f"{server}\n{client}"


@pytest.mark.only_on_windows
@pytest.mark.needs_driver
def test_perf_pair_sees_what_was_altered_between_two_processes(tools):
    efasim_ctl("fault", "fault = message_patch nth=20 count=1 offset=4001 value=0x5d")
    try:
        server, client = pair(tools, "bw", "--verify", "--iters", 100, "--warmup", 0)
    finally:
        efasim_ctl("clear-faults")
    server.expect(1, errors="^efa_perf: message 19 of 8192 bytes is not what was sent, at byte 4000 ")
    client.expect(1, errors="^efa_perf: the other side ")


@pytest.mark.only_on_windows
@pytest.mark.needs_driver
def test_perf_reads_between_two_processes(tools):
    config = system_folder().parents[1] / "efasim" / "reads.conf"
    config.write_text("preset = efa-0xefa1\n")
    with driver_loaded_with("--config", r"C:\efasim\reads.conf"):
        for arguments in ([], ["--bidirectional"]):
            server, client = pair(tools, "read", "--verify", "--iters", 100, *arguments)
            server.expect(0)
            client.expect(0, "^verified: ")


@pytest.mark.only_on_windows
@pytest.mark.needs_driver
def test_perf_options_reach_the_device(tools):
    """What went inline, how many requests a doorbell announced, and on how many queue pairs: by the
    device's trace."""
    trace = system_folder().parents[1] / "efasim" / "perf.trace"

    def traced(*arguments):
        with driver_loaded_with("--trace", r"C:\efasim\perf.trace"):
            efasim_ctl("trace", "all", "--json")
            tools.run("efa_perf", "bw", "--loopback", "--iters", 20, "--warmup", 0, "--size", 8,
                      *arguments).expect(0)
        events = [json.loads(line) for line in trace.read_text().splitlines()]
        trace.unlink()
        return {kind: [event for event in events
                       if event["event"] == kind and event["queue"] == "send"]
                for kind in ("doorbell", "descriptor")}

    for post in ([], ["--classic-post"]):
        for limit, goes_inline in ((8, True), (7, False)):
            # No deeper, so that the device does not take two lists for one.
            sent = traced("--depth", 5, "--post-list", 5, "--inline", limit, *post)
            flags = [int(event["bytes"].replace(" ", "")[4:6], 16) >> 5 & 1
                     for event in sent["descriptor"]]
            assert flags == [goes_inline] * 20, sent
            assert all(event["value"] % 5 == 0 for event in sent["doorbell"]), sent
    sent = traced("--qps", 3)
    assert len({event["qp"] for event in sent["descriptor"]}) == 3, sent


@pytest.mark.only_on_windows
def test_perf_different_parameters_are_told_on_both_sides(tools):
    server, client = pair(tools, "bw", server=["--depth", 32], client=["--depth", 64])
    server.expect(1, errors="the other side runs with --depth 64 and this one with --depth 32")
    client.expect(1, errors="the other side runs with --depth 32 and this one with --depth 64")
    # Not --iters, of which neither side was told.
    server, client = pair(tools, "bw", server=["--duration", 1])
    server.expect(1, errors="the other side runs without --duration and this one with it")
    client.expect(1, errors="the other side runs with --duration and this one without it")
    server, client = pair(tools, "bw", client=["--ud"])
    server.expect(1, errors="the other side runs with --ud and this one without it: give both")
    client.expect(1, errors="the other side runs without --ud and this one with it: give both")
    port = programs.free_port()
    serving = tools.start("efa_perf", "lat", "--port", port)
    tools.run("efa_perf", "bw", "--port", port, "127.0.0.1").expect(
        1, errors="the other side runs lat and this one bw")
    tools.finish(serving).expect(1, errors="the other side runs bw and this one lat")


MAGIC, PROTOCOL = 0x5045524645464131, 3
GREETING_BYTES, ADDRESS_BYTES = 256, 40


def words(*values):
    return struct.pack(f">{len(values)}Q", *values)


def with_peer(tools, play, *arguments, **end):
    """A client of efa_perf whose server is `play`, which gets the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(RUN_LIMIT)
        client = tools.start("efa_perf", "lat", "--port", listener.getsockname()[1], "--timeout",
                             2, *arguments, "127.0.0.1")
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(RUN_LIMIT)
            play(connection, client)
            result = tools.finish(client)
    result.expect(**end)
    lines = [line for line in result.errors.splitlines() if line.startswith("efa_perf:")]
    assert len(lines) == 1, result


@pytest.mark.only_on_windows
def test_perf_strange_peers_are_told_apart(tools):
    def says(data):
        return lambda connection, client: connection.sendall(data)

    def echoes(sizes, data):
        """Has the same parameters, and an address: that of the client."""
        def play(connection, client):
            for size in sizes:
                connection.sendall(take(connection, size))
            connection.sendall(data)
        return play

    def differs_in(word):
        """Has the same parameters but one."""
        def play(connection, client):
            greeting = bytearray(take(connection, GREETING_BYTES))
            greeting[8 * word + 7] ^= 1
            connection.sendall(greeting)
        return play

    def leaves(connection, client):
        take(connection, GREETING_BYTES)
        connection.shutdown(socket.SHUT_RDWR)

    for word, option in enumerate(("ud", "verify", "bidirectional", "all", "size", "iters",
                                   "duration", "depth", "qps", "threads", "warmup", "rate"), 5):
        with_peer(tools, differs_in(word), status=1, errors=f"the other side runs with.* --{option}\\b")
    set_up = (GREETING_BYTES, ADDRESS_BYTES, 8)
    for play, message in (
            (says(words(MAGIC, PROTOCOL + 1, *[0] * 30)),
             rf"another version of efa_perf \(protocol {PROTOCOL + 1}, not {PROTOCOL}\)"),
            (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not efa_perf: choose another --port"),
            (says(b""), r"did not answer in time \(see --timeout\)"),
            (leaves, "the other side ended the connection"),
            (echoes((GREETING_BYTES,), b""), r"did not answer in time \(see --timeout\)"),
            (echoes(set_up, words(77)), "unexpected message from the other side"),
            (echoes(set_up, b"\0" * 7), "nothing happened for 2 s: .* --timeout")):
        with_peer(tools, play, status=1, errors=message)


@pytest.mark.only_on_windows
def test_perf_meeting_another_program_is_told(tools):
    port = programs.free_port()
    server = tools.start("efa_pingpong", "--port", port, "--timeout", 5)
    tools.run("efa_perf", "lat", "--port", port, "--timeout", 5, "127.0.0.1").expect(
        1, errors="not efa_perf")
    tools.finish(server).expect(1, errors="not efa_pingpong")


@pytest.mark.only_on_windows
def test_perf_port_in_use_and_unknown_host_are_told(tools):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        tools.run("efa_perf", "lat", "--port", port, "--timeout", 5).expect(
            1, errors=f"\\Aefa_perf: cannot listen on port {port}: .*choose one with --port")
    tools.run("efa_perf", "lat", "no-such-host.invalid").expect(
        1, errors="host 'no-such-host.invalid' is not known: check its name, or give its address")


@pytest.mark.only_on_windows
def test_perf_ctrl_c_while_waiting_for_the_peer(tools):
    server = tools.start("efa_perf", "lat", "--port", programs.free_port())
    assert "waiting for a client" in server.stderr.readline()
    programs.interrupt(server)
    tools.finish(server).expect(1, errors="^efa_perf: interrupted while waiting for a client$")

    def interrupts(connection, client):
        take(connection, GREETING_BYTES)
        programs.interrupt(client)

    with_peer(tools, interrupts, "--timeout", 60, status=1,
              errors="interrupted while waiting for the other side's answer")


@pytest.mark.only_on_windows
def test_perf_lost_peer_is_noticed_and_a_part_is_marked(tools, tmp_path):
    """The server has some of the sizes, and says in each report that they are not all."""
    files = {kind: tmp_path / f"out.{kind}" for kind in ("json", "csv", "html")}
    port = programs.free_port()
    sweep = ["efa_perf", "bw", "--all", "--port", port, "--duration", 1, "--warmup", 0]
    server = tools.start(*sweep, "--json", files["json"], "--csv", files["csv"], "--html",
                         files["html"])
    client = tools.start(*sweep, "127.0.0.1")
    wait_for(client.stdout, "  bytes ")
    client.stdout.readline()
    client.kill()
    client.communicate(timeout=RUN_LIMIT)
    result = tools.finish(server).expect(1, errors="the other side (is gone|ended|.* broke)")
    value = check_schema(files["json"].read_text(), "efa_perf")
    found = len(value["results"])
    assert 1 <= found < value["results_wanted"] == 15
    assert value["complete"] is False and value["interrupted"] is False
    assert "the other side" in value["failure"]
    comments, rows = read_csv(files["csv"].read_text())
    assert comments["complete"] == "false" and len(rows) == found
    said = f"failed: {found} of 15 measurements; {value['failure']}"
    assert f"Not complete, {said}" in html.unescape(files["html"].read_text())
    assert result.output.endswith(f"{said}\n"), result


@pytest.mark.only_on_windows
def test_perf_server_stays_and_takes_the_clients_parameters(tools):
    port = programs.free_port()
    server = tools.start("efa_perf", "--serve-forever", "--port", port)
    wait_for(server.stderr, "serving clients")
    for arguments in (["lat", "--verify", "--iters", 40],
                      ["bw", "--bidirectional", "--verify", "--depth", 20, "--threads", 2, *FEW],
                      ["rate", "--ud", "--classic-post", "--rate", "1k,2k", "--iters", 100]):
        client = tools.run("efa_perf", *arguments, "--port", port, "127.0.0.1").expect(0)
        wait_for(server.stdout, "  bytes ")
        for line in table_of(client)[1:]:
            if " lost " not in line:
                assert server.stdout.readline() == line + "\n", client
    # What it cannot do it says, and serves on.
    tools.run("efa_perf", "bw", "--depth", 4096, "--qps", 9, "--port", port, "127.0.0.1").expect(
        1, errors="--depth 4096: the device takes at most")
    tools.run("efa_perf", "lat", *FEW, "--port", port, "127.0.0.1").expect(0)
    programs.interrupt(server)
    tools.finish(server).expect(0, errors="^4 clients served$")


@pytest.mark.only_on_windows
def test_perf_busy_server_says_so(tools):
    """And serves the one that waited, as it stays."""
    port = programs.free_port()
    server = tools.start("efa_perf", "--serve-forever", "--port", port)
    wait_for(server.stderr, "serving clients")
    first = tools.start("efa_perf", "bw", "--port", port, "--duration", 60, "127.0.0.1")
    wait_for(first.stdout, "  bytes ")
    tools.run("efa_perf", "bw", "--port", port, "--timeout", 1, "127.0.0.1").expect(
        1, errors=f"the server on 127.0.0.1 port {port} is busy with another client: try again")
    second = tools.start("efa_perf", "bw", "--port", port, *FEW, "127.0.0.1")
    wait_for(second.stderr, f"waiting for the server on 127.0.0.1 port {port}: it is busy")
    programs.interrupt(first)
    tools.finish(first).expect(0)
    tools.finish(second).expect(0)
    programs.interrupt(server)
    tools.finish(server).expect(0)


@pytest.mark.only_on_windows
def test_perf_waiting_for_a_server_is_said(tools):
    port = programs.free_port()
    client = tools.start("efa_perf", "lat", "--port", port, *FEW, "127.0.0.1")
    wait_for(client.stderr, f"waiting for the server on 127.0.0.1 port {port}: Connection refused")
    tools.run("efa_perf", "lat", "--port", port, *FEW).expect(0)
    tools.finish(client).expect(0)


@pytest.mark.only_on_windows
@pytest.mark.each_compiler
def test_perf_ctrl_c_on_either_side_ends_both(tools):
    for which in (0, 1):
        port = programs.free_port()
        both = [tools.start("efa_perf", "bw", "--port", port, "--duration", 60),
                tools.start("efa_perf", "bw", "--port", port, "--duration", 60, "127.0.0.1")]
        wait_for(both[1].stdout, "  bytes ")
        time.sleep(2)  # until both sides have a result
        programs.interrupt(both[which])
        for process in both:
            tools.finish(process).expect(0, ["^ +8192 +\\d+", "^interrupted: "])


@pytest.mark.only_on_windows
def test_perf_no_peer_ends_in_time(tools):
    port = programs.free_port()
    tools.run("efa_perf", "lat", "--port", port, "--timeout", 1, "127.0.0.1").expect(
        1, errors=f"no server on 127.0.0.1 port {port}")
    tools.run("efa_perf", "lat", "--port", port, "--timeout", 1).expect(
        1, errors=r"no client came in time \(see --timeout\)")
