# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Links between instances: traffic with every byte verified, also while links are cut and healed, and the
message for a link that cannot be established."""
import concurrent.futures
import contextlib
import errno
import os
import re
import socket
import struct
import threading
import time

import pytest

from support.linked import LIMIT

ROUGH = ("loss = 1%\nreorder_window = 16\nreorder_probability = 20%\nlatency = 20us\njitter = 20us\n"
         "bandwidth = 2000000000\n")
# A busy machine may leave an instance without a processor for long.
PATIENT = "preset = efa-0xefa1\npeer_timeout = 30s\n"
MAGIC = b"efasim link\0"


def start_three(fabric, ports, config, addresses=None):
    """Each has a link to each."""
    fabric.make_key()
    addresses = addresses or [f"127.0.0.1:{port}" for port in ports]
    for i in range(3):
        peers = [word for address in addresses[:i] for word in ("--peer", address)]
        fabric.start(f"host{i}", "--key", fabric.key, "--listen", f"127.0.0.1:{ports[i]}", *peers,
                     config=config)
    for instance in fabric.instances:
        instance.await_line("^efasim: linked to", 2)


@pytest.mark.parametrize("config", ("", ROUGH), ids=("plain", "rough"))
def test_all_to_all(fabric, ports, seconds, config):
    start_three(fabric, ports, PATIENT + "abort_on_violation = yes\n" + config)
    fabric.traffic(seconds)
    for instance in fabric.instances:
        assert "link lost" not in instance.says()
        assert "violation" not in instance.says()


@pytest.mark.parametrize("how", ("closed", "silent"))
def test_a_link_that_is_cut_and_healed(fabric, ports, wire, seconds, how):
    """Nothing lost on SRD without an error, nothing twice; and it works again by itself."""
    one = wire(ports[0])
    fabric.make_key()
    config = "preset = efa-0xefa1\nabort_on_violation = yes\npeer_timeout = 300ms\n" + ROUGH
    key = ("--key", fabric.key)
    hosts = [fabric.start("host0", *key, "--listen", f"127.0.0.1:{ports[0]}", config=config),
             fabric.start("host1", *key, "--peer", one.address, config=config)]
    hosts[1].await_line("^efasim: linked to")
    stop = threading.Event()
    cuts = []

    def cut():
        while not stop.wait(0.5):
            if how == "closed":
                one.cut()
            else:
                one.swallows = True
            cuts.append(time.monotonic())
            stop.wait(0.05 if len(cuts) % 2 else 0.8)
            # A connection that has lost bytes is of no use any more.
            one.cut()
            one.heal()

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        fabric.traffic(max(seconds, 4), "--cuts")
    finally:
        stop.set()
        thread.join()
    assert len(cuts) > 1
    one.heal()
    hosts[1].await_line("^efasim: linked to", 2)
    hosts[0].await_line("^efasim: link lost: ")
    lost = fabric.await_balance()[2]
    # While it was silent, requests waited for longer than the peer's timeout.
    assert lost > 0 or how == "closed"


def test_an_instance_that_is_started_anew(fabric, ports):
    """A new instance replaces the one that stopped."""
    config = PATIENT + "[device x]\ngid = fe80:0000:0000:0000:{}\n"
    first = fabric.start("host0", "--listen", f"127.0.0.1:{ports[0]}",
                         config=config.format("0200:0000:0000:0001"))
    second = fabric.start("host1", "--peer", f"127.0.0.1:{ports[0]}",
                          config=config.format("0200:0000:0000:0002"))
    second.await_line("^efasim: linked to")
    fabric.traffic(1)
    first.stop()
    second.await_line("^efasim: link lost: .*closed the connection")
    third = fabric.start("host2", "--listen", f"127.0.0.1:{ports[0]}",
                         config=config.format("0200:0000:0000:0001"))
    second.await_line("^efasim: linked to", 2)
    fabric.traffic(1, instances=(third, second))


def test_two_that_dial_each_other_have_one_link(fabric, ports):
    for i in range(2):
        fabric.start(f"host{i}", "--listen", f"127.0.0.1:{ports[i]}", "--peer",
                     f"127.0.0.1:{ports[1 - i]}", config=PATIENT)
    for instance in fabric.instances:
        instance.await_line("^efasim: linked to")
    fabric.traffic(1)


def test_keys_that_cannot_be_used(fabric):
    serve = ("serve", "--listen", "127.0.0.1:1", "--key")
    fabric.call(*serve, "none").expect(1, errors="^efasim: cannot open the key none: No such file")
    fabric.make_key()
    fabric.call("key", fabric.key).expect(1, errors="cannot make the key .*: File exists")
    assert fabric.key.stat().st_mode & 0o777 == 0o600
    fabric.key.chmod(0o640)
    fabric.call(*serve, fabric.key).expect(
        1, errors=r"has mode 640: other users may use it; chmod 600 ")
    fabric.key.chmod(0o600)
    fabric.key.write_text("0123")
    fabric.call(*serve, fabric.key).expect(1, errors="is not 64 hexadecimal digits")
    fabric.call(*serve, fabric.folder).expect(1, errors="is not a file")
    fabric.call("key").expect(2, errors="key: takes the name of a new file")
    fabric.call("serve", "--key", fabric.key).expect(2, errors="--key needs --listen or --peer")
    assert not list(fabric.folder.glob("efasim/*"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_of_another_user(fabric):
    fabric.make_key()
    os.chown(fabric.key, 65534, -1)
    fabric.call("serve", "--listen", "127.0.0.1:1", "--key", fabric.key).expect(
        1, errors="belongs to user 65534, and you are 0")


def test_addresses_that_cannot_be_used(fabric, ports):
    for option in ("--listen", "--peer"):
        for address in ("10.0.0.1", "10.0.0.1:0", "10.0.0.1:65536", ":1", "fe80::1:7", "[::1:7", "a:b"):
            fabric.call("serve", option, address).expect(
                1, errors=f"^efasim: invalid address '{re.escape(address)}'")
        fabric.call("serve", option, "192.0.2.1:7471").expect(
            1, errors="192.0.2.1:7471 is not a loopback address: .* --key FILE")
    fabric.call("serve", "--peer", "no host:1").expect(1, errors="cannot resolve the address 'no host'")
    with socket.create_server(("127.0.0.1", ports[0])):
        fabric.call("serve", "--listen", f"127.0.0.1:{ports[0]}").expect(
            1, errors=f"cannot listen at 127.0.0.1:{ports[0]}: Address already in use; another program")
    many = [word for _ in range(33) for word in ("--peer", "127.0.0.1:1")]
    fabric.call("serve", *many).expect(2, errors=r"too many --peer options \(limit 32\)")
    assert not list((fabric.folder / "efasim").glob("*.socket"))


def test_another_key(fabric, ports):
    fabric.make_key()
    other = fabric.folder / "other"
    fabric.call("key", other).expect(0)
    first = fabric.start("host0", "--listen", f"127.0.0.1:{ports[0]}", "--key", fabric.key)
    second = fabric.start("host1", "--peer", f"127.0.0.1:{ports[0]}", "--key", other)
    third = fabric.start("host2", "--peer", f"127.0.0.1:{ports[0]}")
    for instance in (first, second, third):
        instance.await_line("^efasim: no link: .*another key")


def test_an_instance_that_is_not_there_yet(fabric, ports):
    second = fabric.start("host1", "--peer", f"127.0.0.1:{ports[0]}")
    second.await_line("^efasim: no link: .*Connection refused; trying again")
    fabric.start("host0", "--listen", f"127.0.0.1:{ports[0]}")
    second.await_line("^efasim: linked to")
    assert second.says().count("Connection refused") == 1  # said once, however often it was tried


def test_adapters_of_one_gid(fabric, ports):
    config = "[device x]\ngid = fe80:0000:0000:0000:0200:0000:0000:0001\n"
    first = fabric.start("host0", "--listen", f"127.0.0.1:{ports[0]}", config=config)
    second = fabric.start("host1", "--peer", f"127.0.0.1:{ports[0]}", config=config)
    for instance in (first, second):
        instance.await_line("^efasim: no link: .*an adapter with GID fe80:.*0001; give each its own")


def test_an_instance_that_dials_itself(fabric, ports):
    only = fabric.start("host0", "--listen", f"127.0.0.1:{ports[0]}", "--peer",
                        f"127.0.0.1:{ports[0]}")
    only.await_line("^efasim: no link: .*is this instance$")


@pytest.mark.parametrize("sent, said", (
    (b"GET / HTTP/1.0\r\n" + b" " * 40, "did not send the greeting of an efasim"),
    (MAGIC + struct.pack("<I", 99) + b"k" * 32, "has links of version 99, this efasim of version 1"),
    (MAGIC[:5], "closed the connection in the middle of a frame before its greeting was complete"),
    (b"", "closed the connection before its greeting was complete"),
    (MAGIC + struct.pack("<I", 1) + bytes(32), "sent a greeting with an invalid public key"),
    (MAGIC + struct.pack("<I", 1) + b"k" * 32 + b"h" * 24 + struct.pack("<I", 1 << 31) + b"n" * 999,
     "another key"),
    (MAGIC + struct.pack("<I", 1) + b"k" * 32 + b"h" * 24 + struct.pack("<I", 313),
     "closed the connection .*after the greeting"),
), ids=("nonsense", "version", "half", "nothing", "weak", "noise", "half-frame"))
def test_a_stranger(fabric, ports, sent, said):
    """It is named in the log, and the instance goes on."""
    only = fabric.start("host0", "--listen", f"127.0.0.1:{ports[0]}")
    with socket.create_connection(("127.0.0.1", ports[0])) as stranger:
        stranger.settimeout(LIMIT)
        try:
            stranger.sendall(sent)
            stranger.shutdown(socket.SHUT_WR)
            while stranger.recv(4096):
                pass
        except OSError as error:
            # The instance may have closed the connection before any of these calls.
            assert isinstance(error, ConnectionError) or error.errno == errno.ENOTCONN
    only.await_line(f"^efasim: no link: .*{said}")
    fabric.start("host1", "--peer", f"127.0.0.1:{ports[0]}").await_line("^efasim: linked to")


# A greeting of which nothing is wrong but its end: the magic and version, a public key, the header of
# the stream, the size of the hello, and some of the hello.
GREETING = MAGIC + struct.pack("<I", 1) + b"k" * 32 + b"h" * 24 + struct.pack("<I", 313) + b"n" * 312


def drip(stranger, at_once, pause):
    """Sends a part of the greeting at once and then byte by byte, until the other side has closed the
    connection; without a pause it says no more. It never reaches the end."""
    stranger.sendall(GREETING[:at_once])
    for i in range(at_once, len(GREETING)):
        stranger.settimeout(pause or LIMIT)
        try:
            while stranger.recv(4096):
                pass
            return
        except TimeoutError:
            assert pause, "the connection stays open"
        except ConnectionError:
            return
        with contextlib.suppress(ConnectionError):
            stranger.sendall(GREETING[i:i + 1])
    assert False, "the whole greeting was awaited"


@pytest.mark.parametrize("pause", (0.2, None), ids=("drips", "stops"))
def test_a_greeting_that_does_not_end(fabric, ports, pause):
    """However it is spread, the instance gives it up, and serves others meanwhile."""
    only = fabric.start("host0", "--listen", f"127.0.0.1:{ports[0]}", config=PATIENT)
    ends = (0, 10, 50, 70, 90)  # in each part of it
    with concurrent.futures.ThreadPoolExecutor(len(ends)) as pool, contextlib.ExitStack() as stack:
        strangers = [stack.enter_context(socket.create_connection(("127.0.0.1", ports[0])))
                     for _ in ends]
        ended = [pool.submit(drip, *of_one, pause) for of_one in zip(strangers, ends)]
        fabric.start("host1", "--peer", f"127.0.0.1:{ports[0]}", config=PATIENT).await_line(
            "^efasim: linked to")
        fabric.traffic(1)
        for one in ended:
            one.result(LIMIT)
    only.await_line("^efasim: no link: .* did not complete its greeting within 5 s$", len(ends))


def test_a_listener_whose_greeting_does_not_end(fabric):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        only = fabric.start("host0", "--peer", address)
        stranger, _ = listener.accept()
        with stranger:
            drip(stranger, 50, 0.2)
    only.await_line(f"^efasim: no link: {address} did not complete its greeting within 5 s$")


def test_many_strangers_that_wait(fabric, ports):
    """The instance limits their connections and closes them when it stops."""
    only = fabric.start("host0", "--listen", f"127.0.0.1:{ports[0]}")
    waiting = [socket.create_connection(("127.0.0.1", ports[0])) for _ in range(70)]
    only.await_line("^efasim: no link: .*more than 64 connections")
    only.stop()
    for one in waiting:
        one.close()
    assert not only.socket.exists(), only.says()
