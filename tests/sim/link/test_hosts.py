# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Three hosts, each in a network namespace with an instance, joined by a switch: all-to-all traffic while
one host's cable is pulled and put back every few seconds."""
import os
import re
import subprocess
import threading

import pytest

from support import programs

PORT = 7471
CONFIG = ("preset = efa-0xefa1\nabort_on_violation = yes\npeer_timeout = 500ms\nlatency = 20us\n"
          "loss = 1%\nreorder_window = 16\nreorder_probability = 20%\n")


class Network:
    """A namespace with a bridge, and one for each host."""

    def __init__(self, hosts):
        self.hub = f"efahub-{os.getpid()}"
        self.names = [f"efahost{i}-{os.getpid()}" for i in range(hosts)]

    def ip(self, *arguments):
        programs.run(["ip", *arguments]).expect(0)

    def make(self):
        for name in (self.hub, *self.names):
            self.ip("netns", "add", name)
            self.ip("-n", name, "link", "set", "lo", "up")
        self.ip("-n", self.hub, "link", "add", "bridge", "type", "bridge")
        self.ip("-n", self.hub, "link", "set", "bridge", "up")
        for i, name in enumerate(self.names):
            self.ip("-n", self.hub, "link", "add", f"port{i}", "type", "veth", "peer", "name", "net",
                    "netns", name)
            self.ip("-n", self.hub, "link", "set", f"port{i}", "master", "bridge", "up")
            self.ip("-n", name, "address", "add", f"10.77.0.{i + 1}/24", "dev", "net")
            self.ip("-n", name, "link", "set", "net", "up")

    def plug(self, host, state):
        self.ip("-n", self.hub, "link", "set", f"port{host}", state)

    def remove(self):
        for name in (*self.names, self.hub):
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)


@pytest.fixture
def network():
    probe = programs.run(["unshare", "--net", "true"])
    if probe.status != 0:
        pytest.skip(f"no network namespaces here: {probe}")
    made = Network(3)
    try:
        made.make()
        yield made
    finally:
        made.remove()


def start_hosts(fabric, network):
    fabric.make_key()
    for i, name in enumerate(network.names):
        peers = [word for j in range(i) for word in ("--peer", f"10.77.0.{j + 1}:{PORT}")]
        fabric.start(f"host{i}", "--key", fabric.key, "--listen", f"10.77.0.{i + 1}:{PORT}", *peers,
                     config=CONFIG, prefix=("ip", "netns", "exec", name))
    for instance in fabric.instances:
        instance.await_line("^efasim: linked to", 2)


def test_three_hosts_and_a_cable(fabric, network, seconds):
    start_hosts(fabric, network)
    stop = threading.Event()
    cuts = []

    def pull():
        while not stop.wait(0.6):
            host = (len(cuts) + len(cuts) // 3) % 3
            network.plug(host, "down")
            cuts.append(host)
            # Short enough to be made up for; longer than the timeout of the peer; longer than a silent
            # connection is kept.
            stop.wait((4.5, 0.1, 1.2)[len(cuts) % 3])
            network.plug(host, "up")

    thread = threading.Thread(target=pull)
    thread.start()
    try:
        result = fabric.traffic(max(seconds, 8), "--cuts")
    finally:
        stop.set()
        thread.join()
    assert len(cuts) > 2
    assert int(re.search(r"(\d+) requests failed", result.output)[1]) > 0, result
    # And all is well again.
    fabric.traffic(1, "--cuts")
    print("packets sent, received, lost:", *fabric.await_balance())
    programs.wait_until(lambda: [link["is_up"] for link in fabric.links()] == [True] * 6,
                        lambda: f"six links that are up: {fabric.links()}")
    reconnects = sum(link["reconnects"] for link in fabric.links())
    print("reconnects:", reconnects)
    assert reconnects > 0
