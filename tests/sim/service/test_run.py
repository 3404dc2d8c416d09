# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""efasim run: the command's fate, the instance's, and what is said about mistakes."""
import os
import re
import shlex
import signal
import time

import pytest

from support import programs
from support.programs import wait_until


def test_the_exit_status_is_the_commands(efasim):
    for status in (0, 1, 7, 255):
        efasim.run("sh", "-c", f"exit {status}").expect(status)
    efasim.run("sh", "-c", "kill -TERM $$").expect(128 + signal.SIGTERM)
    assert efasim.left() == []


def test_a_command_that_cannot_be_run(efasim, tmp_path):
    efasim.run("/no/such/program").expect(127, errors="cannot run /no/such/program: No such file")
    efasim.run(tmp_path).expect(126, errors="Permission denied")
    assert efasim.left() == []


def test_wrong_usage(efasim):
    efasim.call().expect(2, errors="no command given")
    efasim.call("fly").expect(2, errors="unknown command: 'fly'")
    efasim.call("run").expect(2, errors="run: no command given")
    efasim.call("run", "--").expect(2, errors="run: no command given")
    efasim.call("run", "--config").expect(2, errors="needs a value: '--config'")
    efasim.call("run", "--fast", "--", "true").expect(2, errors="unknown option: '--fast'")
    for option, value in (("--trace", "--config"), ("--config", "--"), ("--device", "--trace"),
                          ("--instance", "--verbose")):
        efasim.call("run", option, value, "true").expect(2, errors=f"{option} needs a value, not '{value}'")
    text = efasim.call("--help").expect(0, output="efasim run").output
    assert max(map(len, text.splitlines())) <= 80, text
    efasim.call("--version").expect(0, output=r"^efasim \d+\.\d+\.\d+")


@pytest.mark.parametrize("program", (["efa_pingpong"], ["efa_perf", "bw"]))
def test_both_sides_of_a_program_of_this_build(efasim, build, program):
    name, *arguments = program
    side = shlex.join([str(build.file(name)), *arguments, "--verify", "--iters", "100", "--port",
                       str(programs.free_port())])
    result = efasim.run("sh", "-c", f"{side} & {side} 127.0.0.1 && wait $!")
    result.expect(0, output=r"verified: \d+ messages")
    assert result.output.count("verified: ") == 2, result


def test_a_configuration_that_cannot_be(efasim, tmp_path):
    config = tmp_path / "wrong.conf"
    config.write_text("latency = 5us\nlatnecy = 5us\n")
    efasim.run("true", options=("--config", config)).expect(1, errors=r"wrong\.conf: line 2: .*latnecy")
    efasim.run("true", options=("--config", tmp_path / "none")).expect(
        1, errors="the configuration .*none cannot be read: No such file")
    efasim.run("true", options=("--config", tmp_path)).expect(1, errors="Is a directory")
    with config.open("wb") as file:
        file.truncate((16 << 20) + 1)
    efasim.run("true", options=("--config", config)).expect(
        1, errors=r"wrong\.conf is too long: a file has at most 16777216 bytes")
    assert efasim.left() == []


def test_names_and_folders(efasim, tmp_path):
    for name in ("", "a/b", ".hidden", "x" * 32):
        if name:
            efasim.run("true", options=("--instance", name)).expect(1, errors="invalid instance name")
    efasim.environment["XDG_RUNTIME_DIR"] = str(tmp_path / ("long" * 30))
    efasim.run("true").expect(1, errors="too long for a socket's path")
    efasim.environment["XDG_RUNTIME_DIR"] = str(efasim.folder / "absent")
    efasim.run("true").expect(1, errors="cannot make the folder .*absent/efasim.*No such file")
    efasim.environment["XDG_RUNTIME_DIR"] = str(efasim.folder)
    open_folder = efasim.folder / "efasim"
    open_folder.mkdir()
    open_folder.chmod(0o755)
    efasim.run("true").expect(1, errors="must be a folder that belongs to this user")


def test_a_trace_that_cannot_be_written(efasim, build):
    efasim.run("true", options=("--trace", "/no/such/trace")).expect(1, errors="cannot write the trace")
    efasim.run("true", options=("--trace", "/dev/full")).expect(0)  # nothing was traced
    efasim.environment["ASAN_OPTIONS"] = "detect_leaks=0"
    script = f"{efasim.program} trace all && {build.file('service_conformance_test')} --connect delivery; exit 0"
    result = efasim.run("sh", "-c", script, options=("--trace", "/dev/full")).expect(
        1, errors="^efasim: cannot write the trace /dev/full: No space left on device")
    assert result.errors.count("cannot write the trace") == 1, result
    assert efasim.left() == []


def running(efasim, name, tmp_path):
    """An instance with a command that waits; both are in a process group of their own."""
    ready = tmp_path / name
    process = efasim.start_run("sh", "-c", f"touch {ready}; exec sleep 60",
                               options=("--instance", name), start_new_session=True)
    wait_until(ready.exists, "the command")
    return process


def test_a_second_instance_of_one_name(efasim, tmp_path):
    first = running(efasim, "left", tmp_path)
    efasim.run("true", options=("--instance", "left")).expect(
        1, errors=rf"already runs at .*left\.socket.*process {first.pid}")
    efasim.run("true", options=("--instance", "right")).expect(0)
    first.send_signal(signal.SIGTERM)
    programs.finish(first).expect(128 + signal.SIGTERM)
    assert efasim.left() == []


def test_a_stale_socket_is_taken_over(efasim, tmp_path):
    first = running(efasim, "stale", tmp_path)
    first.kill()
    first.wait(timeout=60)
    os.killpg(first.pid, signal.SIGKILL)  # the command lives on by itself
    first.communicate()
    assert "efasim/stale.socket" in efasim.left()
    efasim.run("true", options=("--instance", "stale")).expect(0)
    assert efasim.left() == []


def test_signals_reach_the_command(efasim, tmp_path):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        ready = tmp_path / f"ready-{number}"
        process = efasim.start_run(
            "sh", "-c", f"trap 'exit 9' TERM HUP INT; touch {ready}; while :; do sleep 0.05; done")
        wait_until(ready.exists, "the command")
        process.send_signal(number)
        programs.finish(process).expect(9)
    assert efasim.left() == []


def test_a_client_stops_the_instance(efasim):
    """The command is ended, and it is said why."""
    name = ("--instance", "stopped")
    efasim.run(efasim.program, "stop", *name, options=name).expect(
        128 + signal.SIGTERM, errors="^efasim: a client stops the instance: the command is ended$")
    assert efasim.left() == []


def test_violations_and_objects_left_are_reported(efasim, build, tmp_path):
    """These cases break the rules on purpose, and leave it to the session's end to tidy."""
    config = tmp_path / "adapter.conf"
    config.write_text("preset = efa-0xefa1\npoison_send_ring = yes\n")
    result = efasim.run(build.file("service_conformance_test"), "--connect", "violations",
                        options=("--config", config))
    result.expect(result.status, output=r"^[1-9]\d* passed, ",
                  errors=(r"\d+ violations of the adapter's rules: .*phase \d+",
                          r"process \d+ \(service_conform\) left without destroying .*1 queue pair"))


def test_a_service_that_dies_is_noticed(efasim, build, tmp_path):
    """Its client loses the adapter in the middle of a request or between two, and goes on."""
    # A case that fails leaves its memory behind: it jumps out of its function.
    efasim.environment["ASAN_OPTIONS"] = "detect_leaks=0"
    process = efasim.start_run(build.file("service_conformance_test"), "--connect", "violations",
                               options=("--instance", "doomed"), start_new_session=True)
    wait_until((efasim.folder / "efasim/doomed.socket").exists, "the socket")
    time.sleep(0.3)
    process.kill()
    # The pipes are the client's as well: it has ended by itself when they are closed.
    output, _ = process.communicate(timeout=120)
    assert re.search(r"^\d+ passed, [1-9]\d* failed", output, re.MULTILINE), output
