# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Hosts in network namespaces, joined by a switch, and an instance in each. No test is in here."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest

from support import programs

PORT = 7471
# A host has a name of its own, too: Open MPI recognises hosts by it.
NAMED = 'hostname "$0" && exec "$@"'


def kill_all_in(namespace):
    def pids():
        return programs.run(["ip", "netns", "pids", namespace]).output.split()

    def has_none():
        for pid in pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        return not pids()

    programs.wait_until(has_none, lambda: f"the end of {pids()}")


class Network:
    """A namespace with a bridge, and one for each host."""

    def __init__(self, hosts):
        self.hub = f"efahub-{os.getpid()}"
        self.names = [f"efahost{i}-{os.getpid()}" for i in range(hosts)]
        self.addresses = [f"10.77.0.{i + 1}" for i in range(hosts)]

    def ip(self, *arguments):
        return programs.run(["ip", *arguments]).expect(0).output

    def make(self):
        for name in (self.hub, *self.names):
            self.ip("netns", "add", name)
            self.ip("-n", name, "link", "set", "lo", "up")
        self.ip("-n", self.hub, "link", "add", "bridge", "type", "bridge")
        self.ip("-n", self.hub, "link", "set", "bridge", "up")
        for i, (name, address) in enumerate(zip(self.names, self.addresses)):
            self.ip("-n", self.hub, "link", "add", f"port{i}", "type", "veth", "peer", "name", "net",
                    "netns", name)
            self.ip("-n", self.hub, "link", "set", f"port{i}", "master", "bridge", "up")
            self.ip("-n", name, "address", "add", f"{address}/24", "dev", "net")
            self.ip("-n", name, "link", "set", "net", "up")

    def on(self, host):
        """What precedes a command that runs on that host."""
        name = self.names[host]
        return ("ip", "netns", "exec", name, "unshare", "--uts", "sh", "-c", NAMED, name)

    def plug(self, host, state):
        self.ip("-n", self.hub, "link", "set", f"port{host}", state)

    def give_up_connections_early(self):
        """After seconds, where Linux goes on for 15 minutes, TCP ends one whose peer does not answer."""
        for host in range(len(self.names)):
            programs.run([*self.on(host), "sh", "-c", "echo 5 > /proc/sys/net/ipv4/tcp_retries2"]).expect(0)

    def carried(self, host):
        """Bytes that went through the cable of the host: (sent, received)."""
        shown = json.loads(self.ip("-n", self.names[host], "-json", "-statistics", "link", "show", "dev", "net"))
        return tuple(shown[0]["stats64"][way]["bytes"] for way in ("tx", "rx"))

    def kill_all(self, host):
        """Every process of the host, as when its power fails."""
        kill_all_in(self.names[host])

    def remove(self):
        for name in (*self.names, self.hub):
            subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)


def remove_those_of_the_dead():
    """What test runs that were killed have left: the name of a namespace ends with the run's process id."""
    for line in programs.run(["ip", "netns", "list"]).expect(0).output.splitlines():
        found = re.fullmatch(r"efa(?:hub|host\d)-(\d+)", line.partition(" ")[0])
        if found and not pathlib.Path("/proc", found[1]).exists():
            kill_all_in(found[0])
            subprocess.run(["ip", "netns", "delete", found[0]], check=False, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def network_of(hosts):
    """Skips the case where there are no network namespaces."""
    probe = programs.run(["unshare", "--net", "--uts", "true"])
    if probe.status != 0:
        pytest.skip(f"no network namespaces, which need root: {probe.errors.strip()}")
    remove_those_of_the_dead()
    network = Network(hosts)
    try:
        network.make()
        yield network
    finally:
        network.remove()


def start_instances(fabric, network, config):
    """One on each host, linked to all others."""
    fabric.make_key()
    for i, address in enumerate(network.addresses):
        peers = [word for other in network.addresses[:i] for word in ("--peer", f"{other}:{PORT}")]
        fabric.start(f"host{i}", "--key", fabric.key, "--listen", f"{address}:{PORT}", *peers,
                     config=config, prefix=network.on(i))
    for instance in fabric.instances:
        instance.await_line("^efasim: linked to", len(network.names) - 1)
