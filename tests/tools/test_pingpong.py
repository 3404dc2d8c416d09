# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""efa_pingpong, alone and in pairs."""
import socket
import time

import pytest

from harness import MTU, RUN_LIMIT, simulated_with, take
from support import programs


# ---- Ping-pong within one program ----

def test_loopback_verifies_every_size_and_both_transports(tools):
    for transport in ([], ["--ud"]):
        for size in (0, 1, 31, 32, 33, 4096, MTU):
            tools.run("efa_pingpong", "--loopback", "--verify", "--iters", 50, "--size", size,
                      *transport).expect(0, [
                          f"^{2 * 50 * size} bytes in ", "^50 iterations in ",
                          "^one-way latency: min ", "^verified: 50 messages each way"])


def test_loopback_reuses_a_single_receive(tools):
    tools.run("efa_pingpong", "--loopback", "--verify", "--rx-depth", 1, "--iters", 300).expect(
        0, "^verified: 300 messages each way")


def test_more_than_the_device_can_do_is_rejected_with_its_limit(tools):
    tools.run("efa_pingpong", "--loopback", "--size", MTU + 1).expect(
        1, errors=f"--size {MTU + 1}: the device carries at most {MTU} bytes")
    tools.run("efa_pingpong", "--loopback", "--rx-depth", 65535).expect(
        1, errors=r"--rx-depth 65535: the device takes at most \d+ receives")


@pytest.mark.only_native
def test_request_that_fails_is_told_with_what_to_do(tools):
    with simulated_with("fault = message_status value=13 nth=20\n"):
        tools.run("efa_pingpong", "--loopback").expect(
            1, errors=r"^efa_pingpong: send \d+ failed: .*status 13 of the device.*other side.*efa_doctor")


@pytest.mark.only_native
def test_verify_sees_what_was_altered(tools):
    """By content alone: the completions are as ever, so who does not verify sees nothing."""
    for ud in ([], ["--ud"]):
        for size, offset in ((4096, 0), (4096, 4095), (16, 7), (1, 0)):
            for nth in (19, 20):  # each side's tenth
                command = ["efa_pingpong", "--loopback", "--size", size, "--iters", 50, *ud]
                with simulated_with(f"fault = message_patch nth={nth} count=1 offset={offset} "
                                    "value=0x5d\n"):
                    tools.run(*command, "--verify").expect(
                        1, errors=r"\Aefa_pingpong: message 9 is not what was sent: "
                        f"byte {offset} of {size} is 0x5d, not 0x[0-9a-f]{{2}}$")
                    tools.run(*command).expect(0)


@pytest.mark.only_native
def test_ctrl_c_ends_with_a_line(tools):
    process = tools.start("efa_pingpong", "--loopback", "--iters", 10000000)
    for line in process.stdout:
        if "each way" in line:
            break
    programs.interrupt(process)
    tools.finish(process).expect(
        1, errors=r"\Aefa_pingpong: interrupted after \d+ of 10000000 messages$")
    # Where no message comes, too.
    with simulated_with("fault = completion_lose nth=20 count=1\n"):
        process = tools.start("efa_pingpong", "--loopback")
        tools.wait_until_ctrl_c_is_watched(process)
        time.sleep(1)
        programs.interrupt(process)
        tools.finish(process).expect(1, errors=r"\Aefa_pingpong: interrupted after \d+ of 1000 messages$")


@pytest.mark.only_native
def test_native_build_asks_for_loopback(tools):
    tools.run("efa_pingpong", "host").expect(2, errors="give --loopback")


# ---- Ping-pong between two processes ----

@pytest.mark.only_on_windows
@pytest.mark.each_compiler
def test_pair_verifies_on_both_transports(tools):
    for transport in ([], ["--ud"]):
        arguments = ["--port", programs.free_port(), "--verify", "--iters", 200, *transport]
        server = tools.start("efa_pingpong", *arguments)
        tools.run("efa_pingpong", *arguments, "127.0.0.1").expect(
            0, ["^remote address: GID fe80", "^verified: 200 messages each way"])
        tools.finish(server).expect(0, "^verified: 200 messages each way")


@pytest.mark.only_on_windows
def test_client_may_start_first(tools):
    port = programs.free_port()
    client = tools.start("efa_pingpong", "--port", port, "127.0.0.1")
    time.sleep(0.5)
    tools.run("efa_pingpong", "--port", port).expect(0)
    tools.finish(client).expect(0)


@pytest.mark.only_on_windows
def test_different_plans_are_told_on_both_sides(tools):
    port = programs.free_port()
    server = tools.start("efa_pingpong", "--port", port, "--size", 64)
    tools.run("efa_pingpong", "--port", port, "--size", 65, "127.0.0.1").expect(
        1, errors="the other side runs with --size 64 and this one with --size 65")
    tools.finish(server).expect(
        1, errors="the other side runs with --size 65 and this one with --size 64")


@pytest.mark.only_on_windows
def test_each_word_of_the_greeting_is_compared(tools):
    for word, message in enumerate(("not efa_pingpong", "another version of efa_pingpong", "--ud",
                                    "--verify", "--size", "--iters")):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(RUN_LIMIT)
            client = tools.start("efa_pingpong", "--port", listener.getsockname()[1], "127.0.0.1")
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(RUN_LIMIT)
                greeting = bytearray(take(connection, 48))
                greeting[4 * word + 3] ^= 1
                connection.sendall(greeting)
                tools.finish(client).expect(1, errors=f"^efa_pingpong: .*{message}")


@pytest.mark.only_on_windows
def test_lost_peer_is_noticed(tools):
    port = programs.free_port()
    server = tools.start("efa_pingpong", "--port", port, "--iters", 10000000)
    client = tools.start("efa_pingpong", "--port", port, "--iters", 10000000, "127.0.0.1")
    assert any("each way" in line for line in client.stdout), "the game did not begin"
    client.kill()
    client.communicate(timeout=RUN_LIMIT)
    tools.finish(server).expect(1, errors="the other side")


@pytest.mark.only_on_windows
def test_no_server_no_client_no_host_end_in_time(tools):
    port = programs.free_port()
    tools.run("efa_pingpong", "--port", port, "--timeout", 1, "127.0.0.1").expect(
        1, errors=f"no server on 127.0.0.1 port {port}: .*start it there first")
    tools.run("efa_pingpong", "--port", port, "--timeout", 1).expect(
        1, "^waiting for a client", r"no client came in time \(see --timeout\)")
    tools.run("efa_pingpong", "--timeout", 1, "no-such-host.invalid").expect(
        1, errors="host 'no-such-host.invalid' is not known")


@pytest.mark.only_on_windows
def test_waiting_and_busy_are_said(tools):
    port = programs.free_port()
    first = tools.start("efa_pingpong", "--port", port, "--iters", 10000000, "127.0.0.1")
    line = first.stderr.readline()
    assert line.startswith(f"waiting for the server on 127.0.0.1 port {port}: "), line
    server = tools.start("efa_pingpong", "--port", port, "--iters", 10000000)
    assert any("each way" in line for line in server.stdout)
    tools.run("efa_pingpong", "--port", port, "--timeout", 1, "127.0.0.1").expect(
        1, errors=f"the server on 127.0.0.1 port {port} is busy with another client")
    programs.interrupt(first)
    tools.finish(first).expect(1, errors="interrupted after")
    # Whichever it sees first: the connection's end, or a message that nobody takes any more.
    tools.finish(server).expect(1, errors="the other side")


@pytest.mark.only_on_windows
def test_port_in_use_is_told(tools):
    port = programs.free_port()
    server = tools.start("efa_pingpong", "--port", port)
    assert "waiting" in server.stdout.readline()
    tools.run("efa_pingpong", "--port", port, "--timeout", 5).expect(
        1, errors=f"cannot listen on port {port}: .*choose one with --port")
    tools.run("efa_pingpong", "--port", port, "127.0.0.1").expect(0)
    tools.finish(server).expect(0)
