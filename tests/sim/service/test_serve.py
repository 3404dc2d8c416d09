# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""efasim serve, and the commands about an instance that runs."""
import json
import re
import signal
import socket
import struct

import pytest

from support import programs


@pytest.fixture
def serve(efasim):
    """Starts `efasim serve` with options, and returns the process once it serves."""
    started = []

    def start(*options, config=None, folder=None):
        if config:
            path = folder / "adapters.conf"
            path.write_text(config)
            options += ("--config", path)
        process = efasim.start("serve", *options)
        started.append(process)
        programs.wait_until(
            lambda: process.poll() is not None or any(efasim.folder.rglob("*.socket")),
            "the socket of efasim serve")
        assert process.poll() is None, programs.finish(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.preload
def test_what_is_printed_makes_programs_find_it(efasim, serve):
    process = serve()
    efasim.call("status").expect(0, output=rf"^running: process {process.pid}, 1 adapter, 0 clients$")
    efasim.call("stop").expect(0)
    lines = programs.finish(process).expect(0, output=r"^# 1 adapter until Ctrl-C").output
    process = serve()
    programs.run(["sh", "-c", lines + "ibv_devices"], env=efasim.environment).expect(
        0, output=r"^\s+efa_0\s+02000000001d0f01$")
    process.send_signal(signal.SIGINT)
    programs.finish(process).expect(0)
    assert efasim.left() == []


@pytest.mark.preload
def test_a_client_is_counted_and_an_adapter_removed(efasim, serve, build, tmp_path):
    process = serve("--instance", "two", config="[device left]\n[device right]\n",
                    folder=tmp_path)
    at = ("--instance", "two")
    efasim.call("status", *at).expect(0, output="2 adapters")
    efasim.call("remove", "--device", 1, *at).expect(0)
    efasim.call("remove", "--device", 2, *at).expect(1, errors="no such object or adapter")
    efasim.call("restore", "--device", 1, *at).expect(0)
    efasim.call("stop", *at).expect(0)
    programs.finish(process).expect(0)
    assert efasim.left() == []


def test_objects_counters_and_faults(efasim, serve):
    serve()
    assert json.loads(efasim.call("objects", "--json").expect(0).output)["clients"] == 0
    efasim.call("counters").expect(0, output=r"^sends 0$")
    assert json.loads(efasim.call("counters", "--json").expect(0).output)["violations"] == 0
    efasim.call("counters", "--qp", 5).expect(1, errors="there may be no such queue pair: 5")
    efasim.call("reset-counters").expect(0)
    efasim.call("fault", "fault = completion_lose nth=3").expect(0, output=r"^1 added$")
    efasim.call("faults").expect(0, output=r"^1 completion_lose value=0 nth=3: seen 0, struck 0$")
    assert json.loads(efasim.call("faults", "--json").expect(0).output)[0]["nth"] == 3
    efasim.call("fault", "completion_lose", "nth=4", "message_lose qp=2", "fault=completion_double").expect(
        0, output=r"^3 added$")
    efasim.call("faults").expect(0, output=[r"^2 completion_lose value=0 nth=4:", r"^3 message_lose qp=2 ",
                                            r"^4 completion_double "])
    efasim.call("fault", "nonsense").expect(1, errors="efasim: line 1: a fault must begin with one of")
    efasim.call("fault", "request_error", "request=FOO").expect(
        1, errors="'request=FOO': request= is one of QUERY_DEVICE .* MODIFY_QP$")
    efasim.call("fault", "nth=3").expect(1, errors="efasim: line 1: unknown key 'nth'")
    efasim.call("fault", "fault = nonsense").expect(1, errors="efasim: line 1: a fault must begin with")
    efasim.call("fault", "loss = 5%").expect(1, errors="only faults can be added")
    efasim.call("clear-faults").expect(0)
    assert json.loads(efasim.call("faults", "--json").expect(0).output) == []
    for command in ("stall", "resume"):
        efasim.call(command).expect(0)


def test_status(efasim, serve):
    process = serve()
    text = f"running: process {process.pid}, 1 adapter, 0 clients\n"
    assert efasim.call("status").expect(0).output == text
    assert json.loads(efasim.call("status", "--json").expect(0).output) == {
        "process": process.pid, "adapters": 1, "clients": 0, "links": []}


def test_a_full_disk_for_the_output(efasim, serve):
    def write_to_a_full_disk(*arguments):
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = programs.finish(efasim.start(*arguments, stdout=full))
        result.expect(1, errors="^efasim: writing to standard output failed: .* whether the disk is full$")
        assert result.errors.count("\n") == 1, result

    for arguments in (("--help",), ("--version",), ("serve",), ("key", efasim.folder / "key")):
        write_to_a_full_disk(*arguments)
    assert efasim.left() == ["key"]
    serve()
    for arguments in (("status",), ("objects",), ("counters", "--json"), ("faults", "--json"),
                      ("fault", "completion_lose")):
        write_to_a_full_disk(*arguments)


def test_a_trace(efasim, serve, build, tmp_path):
    trace = tmp_path / "trace"
    process = serve("--trace", trace)
    efasim.call("trace", "requests").expect(0)
    connect = programs.run([build.file("service_conformance_test"), "--connect", "requests"],
                           env=efasim.environment)
    assert re.search(r"^[1-9]\d* passed", connect.output, re.MULTILINE), connect
    efasim.call("trace", "off").expect(0)
    efasim.call("stop").expect(0)
    programs.finish(process).expect(0)
    assert "ALLOC_PD" in trace.read_text()


def test_a_trace_on_a_full_disk(efasim, serve, build):
    """It is said once and early; the instance goes on, and its exit status tells of it."""
    process = serve("--trace", "/dev/full")
    efasim.call("trace", "all").expect(0)
    connect = programs.run([build.file("service_conformance_test"), "--connect", "delivery"],
                           env=efasim.environment)
    assert re.search(r"^[1-9]\d* passed", connect.output, re.MULTILINE), connect
    efasim.call("status").expect(0)
    efasim.call("stop").expect(0)
    result = programs.finish(process).expect(
        1, errors="cannot write the trace /dev/full: No space left on device")
    assert result.errors.count("cannot write the trace") == 1, result


def test_without_a_trace_file(efasim, serve):
    serve()
    efasim.call("trace", "all").expect(1, errors="no trace file: start it with --trace FILE")


def test_nobody_serves(efasim):
    for command in ("status", "stop", "objects", "stall"):
        efasim.call(command).expect(1, errors=r"no service at .*default\.socket.*efasim serve")


REPLY, WELCOME_SIZE, REVISION_MISMATCH = 4, 264, 1306
STRANGE = "the service closed the connection, or is of another version: use efasim and its client library"


def reply(output, error=0, size=None):
    return struct.pack("<IIII", REPLY, error, len(output), len(output) if size is None else size) + output


def welcome(protocol, message=b""):
    return struct.pack("<II256s", protocol, 1, message)


@pytest.mark.parametrize("replies, said", (
    ((), STRANGE),
    ((b"x",), STRANGE),
    ((b"nonsense" * 40,), STRANGE),
    ((reply(welcome(2))[:100],), STRANGE),
    ((reply(b"short"),), STRANGE),
    ((reply(welcome(99, b"the service has protocol 99, the client 2"), REVISION_MISMATCH),),
     "the service has protocol 99, the client 2$"),
    ((reply(welcome(2)),), "the instance ended meanwhile$"),
    ((reply(welcome(2)), b"nonsense" * 40), "the instance ended meanwhile$"),
    ((reply(welcome(2)), reply(b"a status", size=4)), "the instance ended meanwhile$"),
    ((reply(welcome(2)), reply(b"four")), "the instance replied 4 bytes instead of 8: use efasim from one build"),
    ((reply(welcome(2)), reply(b"", error=1)), r"the instance rejects the request \(error 1\)"),
), ids=("nothing", "byte", "nonsense", "half", "short", "version", "gone", "nonsense-later", "half-later",
        "short-later", "error-later"))
def test_a_service_that_is_strange(efasim, replies, said):
    """Each has its line, and nothing of it is printed as a status."""
    folder = efasim.folder / "efasim"
    folder.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(folder / "default.socket"))
        listener.listen()
        asking = efasim.start("status")
        client, _ = listener.accept()
        with client:
            for one in replies:
                client.recv(8192)
                client.send(one)
            client.recv(8192)  # what has no reply any more
        result = programs.finish(asking).expect(1, errors=f"^efasim: {said}")
    assert result.output == "" and result.errors.count("\n") == 1, result


OBJECTS_SIZE, LINKS_SIZE = 28, 8 + 16 * 184


@pytest.mark.parametrize("arguments", (("status",), ("status", "--json")), ids=("text", "json"))
@pytest.mark.parametrize("links, said", (
    (None, "the instance ended meanwhile"),
    ((17, 17), "the instance sent an invalid list of links: use efasim from one build"),
), ids=("gone", "long"))
def test_a_service_that_fails_for_the_links(efasim, arguments, links, said):
    """Half a report is not printed: scripts could not parse it."""
    asked = [struct.pack("<II", 1, 1), bytes(OBJECTS_SIZE)]
    if links:
        asked.append(struct.pack("<II", *links).ljust(LINKS_SIZE, b"\0"))
    folder = efasim.folder / "efasim"
    folder.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(folder / "default.socket"))
        listener.listen()
        listener.settimeout(programs.WAIT_LIMIT)
        asking = efasim.start(*arguments)
        for output in (*asked, None)[:3]:  # each request has a connection of its own
            client, _ = listener.accept()
            with client:
                client.recv(8192)
                client.send(reply(welcome(2)))
                client.recv(8192)
                if output is not None:
                    client.send(reply(output))
                    client.recv(8192)
        result = programs.finish(asking).expect(1, errors=f"^efasim: {said}$")
    assert result.output == "" and result.errors.count("\n") == 1, result


def test_wrong_usage(efasim):
    efasim.call("serve", "fast").expect(2, errors="serve: unknown argument: 'fast'")
    efasim.call("serve", "--config").expect(2, errors="needs a value: '--config'")
    efasim.call("status", "now").expect(2, errors="unknown argument: 'now'")
    efasim.call("status", "--json", "now").expect(2, errors="unknown argument: 'now'")
    efasim.call("status", "--instance").expect(2, errors="needs a value: '--instance'")
    efasim.call("objects", "--fast").expect(2, errors="unknown argument: --fast")
    efasim.call("counters", "--qp", "x").expect(2, errors="--qp needs a queue pair's number")
    efasim.call("remove", "--device", "-1").expect(2, errors="--device needs an adapter's number")
    efasim.call("fault").expect(2, errors="fault needs a kind")
    efasim.call("fault", "x" * 5000).expect(2, errors="too long")
    efasim.call("trace").expect(2, errors="trace needs events, or off")
    efasim.call("trace", "nothing").expect(2, errors="unknown event: nothing")
    efasim.call("status", "--instance", "a/b").expect(1, errors="invalid instance name 'a/b'")


def test_an_option_is_not_taken_as_the_value_of_the_one_before(efasim, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command, option, value in (("serve", "--trace", "--config"), ("serve", "--listen", "--key"),
                                   ("serve", "--key", "--peer"), ("serve", "--peer", "--key"),
                                   ("objects", "--instance", "--json"), ("diff", "--preset", "--help")):
        efasim.call(command, option, value).expect(
            2, errors=f"^efasim: {option} needs a value, not '{value}'")
    for command in ("key", "diff"):
        efasim.call(command, "--help").expect(2, errors=f"{command}.* file, not: '--help'")
    assert not list(tmp_path.iterdir())


def test_a_second_instance_of_one_name(efasim, serve):
    process = serve()
    efasim.call("serve").expect(1, errors=rf"an instance already runs at .*process {process.pid}")
    efasim.call("status").expect(0)


def test_a_service_that_was_killed_leaves_its_name_free(efasim, serve):
    process = serve()
    process.kill()
    process.communicate()
    efasim.call("status").expect(1, errors="Connection refused")
    (efasim.folder / "efasim/default.socket").unlink()  # what `serve` waits for is a new one
    (efasim.folder / "efasim/default.bound").touch()  # it was killed before that had its name
    process = serve()
    efasim.call("status").expect(0)
    efasim.call("stop").expect(0)
    programs.finish(process).expect(0)
    assert efasim.left() == []


@pytest.mark.preload
def test_a_command_may_see_one_adapter_only(efasim, tmp_path):
    config = tmp_path / "two.conf"
    config.write_text("[device left]\n[device right]\nmtu = 4096\n")
    options = ("--config", config)
    result = efasim.run("ibv_devinfo", "-v", options=options + ("--device", "efa_1")).expect(
        0, output=(r"^hca_id:\s+efa_1$", r"max_msg_sz:\s+0x1000"))
    assert "efa_0" not in result.output, result
    efasim.run("true", options=options + ("--device", "efa_2")).expect(
        1, errors="no adapter 'efa_2': the configuration has efa_0 to efa_1")
    assert efasim.left() == []
