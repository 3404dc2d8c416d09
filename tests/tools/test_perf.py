# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""efa_perf: every test in a loopback and between two processes, its reports, its ways to fail."""
import csv
import io
import json
import os
import pty
import resource
import signal
import socket
import struct
import time

import pytest

from harness import (MTU, RUN_LIMIT, check_schema, driver_loaded_with, efasim_ctl, free_port,
                     simulated_with, system_folder, take)
from page import Page

FEW = ["--iters", 300]


def measure(tools, *arguments):
    """Runs a loopback and returns its JSON."""
    return check_schema(tools.run("efa_perf", *arguments, "--loopback", "--json", "-").expect(
        0), "efa_perf")


def pair(tools, *arguments, server=(), client=()):
    port = free_port()
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


def test_perf_empty_messages(tools):
    assert measure(tools, "lat", "--size", 0, *FEW)["results"][0]["megabytes_per_second"] == 0


def test_perf_duration_ends_a_run(tools):
    [row] = measure(tools, "bw", "--duration", 1)["results"]
    assert row["elapsed_ns"] >= 10 ** 9 and row["messages"] > 0


def test_perf_percentiles_rise_and_figures_agree(tools):
    [row] = measure(tools, "bw", "--size", 1000, *FEW)["results"]
    latency = row["latency_us"]
    values = [point["us"] for point in latency["percentiles"]]
    assert values == sorted(values) and values[0] == latency["min"]
    assert values[-1] == latency["max"] and latency["min"] <= latency["mean"] <= latency["max"]
    assert abs(row["megabytes_per_second"] - 300 * 1000 * 1e3 / row["elapsed_ns"]) < 0.011


def test_perf_page_and_csv_have_the_figures_of_the_json(tools, tmp_path):
    files = {kind: tmp_path / f"out.{kind}" for kind in ("json", "csv", "html")}
    # So many that 99% and 99.9% are not the same message.
    shown = tools.run("efa_perf", "lat", "--all", "--iters", 1100, "--loopback", "--json",
                      files["json"], "--csv", files["csv"], "--html", files["html"]).expect(0)
    texts = {kind: file.read_text() for kind, file in files.items()}
    rows = check_schema(texts["json"], "efa_perf")["results"]
    page = Page(texts["html"])
    assert page.outside == [] and "<script" not in texts["html"]

    table = [row for row in page.rows if row]
    lines = list(csv.DictReader(io.StringIO(texts["csv"])))
    columns = [line.split() for line in shown.output.splitlines()[2:]]
    assert len(table) == len(lines) == len(columns) == len(rows)
    for cells, line, column, row in zip(table, lines, columns, rows):
        latency = row["latency_us"]
        wanted = {"size_bytes": row["size_bytes"], "messages": row["messages"],
                  "lost": row["lost"], "megabytes_per_second": row["megabytes_per_second"],
                  "million_messages_per_second": row["million_messages_per_second"],
                  "min": latency["min"], "mean": latency["mean"], "max": latency["max"]}
        by_percentile = {point["percentile"]: point["us"] for point in latency["percentiles"]}
        for percentile, us in by_percentile.items():
            assert float(line[f"p{percentile:g}_us"]) == us
        for name, value in wanted.items():
            assert float(cells[name]) == value, f"{name}: {cells} is not {row}"
            assert float(line[name + "_us" if name in ("min", "mean", "max") else name]) == value
        for name, percentile in (("p50", 50), ("p99", 99), ("p99.9", 99.9)):
            assert float(cells[name]) == by_percentile[percentile]
        in_text = list(wanted.values())
        in_text[2:3] = []  # what is lost stands in a line of its own
        in_text[5:6] = [by_percentile[50], latency["mean"], by_percentile[99], by_percentile[99.9]]
        assert list(map(float, column)) == in_text, f"{column} is not {row}"

    check_points(page, "distribution", {
        (f"{row['size_bytes']} byte" + "s" * (row["size_bytes"] != 1),
         float(point["percentile"])): point["us"]
        for row in rows for point in row["latency_us"]["percentiles"]}, 6 * 11)
    check_points(page, "sweep", {
        (name, float(row["size_bytes"])): point["us"]
        for row in rows for point in row["latency_us"]["percentiles"]
        for name, percentile in (("median", 50), ("99%", 99))
        if point["percentile"] == percentile}, 2 * len(rows))


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
    assert measure(tools, "lat", *FEW, "--inline", 8)["parameters"]["inline_bytes"] == 8


@pytest.mark.only_native
def test_perf_counts_what_ud_loses(tools):
    with simulated_with("fault = message_lose nth=10 count=5\n"):
        [row] = measure(tools, "bw", "--ud", "--depth", 256, "--iters", 100, "--warmup",
                        0)["results"]
        tools.run("efa_perf", "bw", "--ud", "--depth", 256, "--iters", 100, "--warmup", 0,
                  "--loopback", "--verify").expect(
            0, ["^ +5 of the messages were lost, as UD may$", "^verified: 95 messages"])
    assert row["messages"] == 100 and row["lost"] == 5, row
    assert abs(row["megabytes_per_second"] - 95 * 8192 * 1e3 / row["elapsed_ns"]) < 0.011


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
            0, ["^ +1 of the messages were lost, as UD may$", "^verified: 99 messages"])


@pytest.mark.only_native
def test_simulated_device_refuses_a_wrong_configuration(tools):
    with simulated_with("mtu = many\n"):
        tools.run("efa_devinfo").expect(1, errors="EFASIM_CONFIG: .*line 1")


@pytest.mark.only_native
def test_perf_ctrl_c_ends_with_the_results_so_far(tools, tmp_path):
    file = tmp_path / "out.json"
    process = tools.start("efa_perf", "bw", "--loopback", "--duration", 60, "--json", file)
    assert "bw on SRD" in process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    tools.finish(process).expect(0, ["^ +8192 +\\d+", "^interrupted: "])
    assert check_schema(file.read_text(), "efa_perf")["interrupted"] is True
    assert measure(tools, "bw", *FEW)["interrupted"] is False


def test_perf_without_rdma_read_says_so(tools):
    tools.run("efa_perf", "read", "--loopback").expect(1, errors="no RDMA read: use lat, bw or rate")


def test_perf_usage_errors(tools):
    for arguments, message in (
            ([], "say what to measure"),
            (["speed"], "'speed' is no test: lat, bw, rate and read are"),
            (["lat", "--qps", "65"], "--qps 65: must be a number from 1 to 64"),
            (["lat", "--duration", "0"], "--duration 0: must be a number from 1"),
            (["read", "--ud"], "--ud: RDMA read is on SRD alone"),
            (["read", "--classic-post"], "extended calls alone"),
            (["lat", "--bidirectional"], "lat goes both ways already"),
            (["bw", "--depth", "4", "--post-list", "5"], "must not be above --depth, which is 4"),
            (["bw", "--loopback", "host"], "--loopback has no server"),
            (["bw", "--loopback", "--json", "-", "--csv", "-"], "one of them alone"),
            (["bw", "--json", "a", "--csv", "b", "--html", "a"], "--json and --html: both .*'a'"),
            (["bw", "--json", "a", "--csv", "a"], "--json and --csv: both .*'a'"),
            (["bw", "--csv", "a", "--html", "a"], "--csv and --html: both .*'a'"),
            (["lat", "--all", "--size", "8"], "--size 8: --all takes every size"),
    ):
        tools.run("efa_perf", *arguments).expect(2, errors=f"^efa_perf: .*{message}")


def test_perf_beyond_the_device_is_refused_with_its_limit(tools):
    for arguments, message in (
            (["bw", "--size", MTU + 1], f"the most for bw is {MTU} bytes"),
            (["bw", "--depth", 32768], r"--depth 32768: the device takes at most \d+"),
            (["bw", "--inline", 33], r"--inline 33: the device takes at most 32 bytes"),
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
        assert server.output == client.output, f"{server}\n{client}"


@pytest.mark.only_on_windows
def test_perf_pair_sees_what_was_altered_between_two_processes(tools):
    efasim_ctl("fault", "fault = message_patch nth=20 count=1 offset=4001 value=0x5d")
    try:
        server, client = pair(tools, "bw", "--verify", "--iters", 100, "--warmup", 0)
    finally:
        efasim_ctl("clear-faults")
    server.expect(1, errors="^efa_perf: message 19 of 8192 bytes is not what was sent, at byte 4000 ")
    client.expect(1, errors="^efa_perf: the other side ")


@pytest.mark.only_on_windows
def test_perf_reads_between_two_processes(tools):
    config = system_folder().parents[1] / "efasim" / "reads.conf"
    config.write_text("preset = efa-0xefa1\n")
    with driver_loaded_with("--config", r"C:\efasim\reads.conf"):
        for arguments in ([], ["--bidirectional"]):
            server, client = pair(tools, "read", "--verify", "--iters", 100, *arguments)
            server.expect(0)
            client.expect(0, "^verified: ")


@pytest.mark.only_on_windows
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
    server.expect(1, errors=r"another --depth \(32 here, 64 there\)")
    client.expect(1, errors=r"another --depth \(64 here, 32 there\)")
    # Not --iters, of which neither side was told.
    server, client = pair(tools, "bw", server=["--duration", 1])
    server.expect(1, errors=r"another --duration \(1 here, 0 there\)")
    client.expect(1, errors=r"another --duration \(0 here, 1 there\)")
    port = free_port()
    serving = tools.start("efa_perf", "lat", "--port", port)
    tools.run("efa_perf", "bw", "--port", port, "127.0.0.1").expect(
        1, errors="the other side runs lat and this one bw")
    tools.finish(serving).expect(1, errors="the other side runs bw and this one lat")


MAGIC, PROTOCOL = 0x5045524645464131, 2
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
                                   "duration", "depth", "qps", "warmup"), 4):
        with_peer(tools, differs_in(word), status=1, errors=f"runs with another --{option} \\(")
    set_up = (GREETING_BYTES, ADDRESS_BYTES, 8)
    for play, message in (
            (says(words(MAGIC, PROTOCOL + 1, *[0] * 30)),
             rf"another version of efa_perf \(protocol {PROTOCOL + 1}, not {PROTOCOL}\)"),
            (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "not efa_perf: choose another --port"),
            (says(b""), r"did not answer in time \(see --timeout\)"),
            (leaves, "the other side ended the connection"),
            (echoes((GREETING_BYTES,), b""), r"did not answer in time \(see --timeout\)"),
            (echoes(set_up, words(77)), "says what was not to be said"),
            (echoes(set_up, b"\0" * 7), "nothing happened for 2 s: .* --timeout")):
        with_peer(tools, play, status=1, errors=message)


@pytest.mark.only_on_windows
def test_perf_meeting_another_program_is_told(tools):
    port = free_port()
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
    server = tools.start("efa_perf", "lat", "--port", free_port())
    assert "waiting for a client" in server.stderr.readline()
    server.send_signal(signal.SIGINT)
    tools.finish(server).expect(1, errors="^efa_perf: interrupted while waiting for a client$")

    def interrupts(connection, client):
        take(connection, GREETING_BYTES)
        client.send_signal(signal.SIGINT)

    with_peer(tools, interrupts, "--timeout", 60, status=1,
              errors="interrupted while waiting for the other side's answer")


@pytest.mark.only_on_windows
def test_perf_lost_peer_is_noticed(tools):
    port = free_port()
    server = tools.start("efa_perf", "bw", "--port", port, "--duration", 60)
    client = tools.start("efa_perf", "bw", "--port", port, "--duration", 60, "127.0.0.1")
    assert "bw on SRD" in client.stdout.readline()
    time.sleep(0.5)
    client.kill()
    client.communicate(timeout=RUN_LIMIT)
    tools.finish(server).expect(1, errors="the other side")


@pytest.mark.only_on_windows
@pytest.mark.each_compiler
def test_perf_ctrl_c_on_either_side_ends_both(tools):
    for which in (0, 1):
        port = free_port()
        both = [tools.start("efa_perf", "bw", "--port", port, "--duration", 60),
                tools.start("efa_perf", "bw", "--port", port, "--duration", 60, "127.0.0.1")]
        assert "bw on SRD" in both[1].stdout.readline()
        time.sleep(0.5)
        both[which].send_signal(signal.SIGINT)
        for process in both:
            tools.finish(process).expect(0, ["^ +8192 +\\d+", "^interrupted: "])


@pytest.mark.only_on_windows
def test_perf_no_peer_ends_in_time(tools):
    port = free_port()
    tools.run("efa_perf", "lat", "--port", port, "--timeout", 1, "127.0.0.1").expect(
        1, errors=f"no server on 127.0.0.1 port {port}")
    tools.run("efa_perf", "lat", "--port", port, "--timeout", 1).expect(
        1, errors=r"no client came in time \(see --timeout\)")
