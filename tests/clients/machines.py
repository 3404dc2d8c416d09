# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The machines that the cases run programs on: one with an instance, or several whose instances are linked."""
import collections
import os
import pathlib
import re

from support import programs
from support.build import ROOT
from support.efasim import Instance

# Seconds for a program that hangs. A slow machine must not reach it.
LIMIT = 300
# How mpirun starts ranks on other hosts.
AGENT = pathlib.Path(__file__).parent / "rsh_agent"


def listens(pid, port):
    """On the host of that process. Without connecting: the server of a pair takes one client."""
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{pid}/net", table).read_text().splitlines()[1:]:
            _, local, _, state = line.split()[:4]
            if state == "0A" and int(local.rpartition(":")[2], 16) == port:
                return True
    return False


def readable(word):
    """A path as seen from the top of the tree, or just its name."""
    path = pathlib.Path(str(word))
    if not path.is_absolute() or str(path).startswith("/usr/bin/"):
        return path.name if path.is_absolute() else str(word)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def expect_counters(counters, adapter, messages, moved, rdma_reads):
    """Of one adapter, or the sums of several."""
    shown = str(dict(counters))  # pytest would shorten it
    # A read is a send that is not received.
    assert counters["sends"] - counters["rdma_reads"] >= messages, shown
    assert counters["receives"] >= messages and messages + rdma_reads > 0, shown
    assert counters["send_bytes"] >= moved, f"{counters['send_bytes']} bytes, not {moved}: {shown}"
    assert counters["rdma_reads"] >= rdma_reads, shown
    assert counters["violations"] == counters["unknown_requests"] == 0, shown
    if adapter.is_rough and counters["sends"] >= 2000:
        assert counters["reordered"] and (counters["retransmissions"] or counters.get("drops.lost")), shown
    return counters


class Host:
    """A machine with the adapter of the case. Programs that run on it see it as efa_0."""

    how_to_run = "efasim run -- {}"

    def __init__(self, instance, adapter, properties):
        self.instance, self.adapter, self.properties = instance, adapter, properties
        self.checked = False
        self.variables = adapter.variables

    def note(self, *words):
        """For the table in docs/clients.md: the command as a person would write it."""
        command = " ".join(map(readable, words)).replace(" --allow-run-as-root", "")
        self.properties.append(("command", self.how_to_run.format(command)))

    def start(self, *command, **variables):
        return self.instance.start(*command, **{**self.variables, **variables})

    def run(self, *command, limit=LIMIT, **variables):
        self.note(*command)
        return self.instance.finish(self.start(*command, **variables), limit)

    def note_pair(self, server, client):
        self.note(f"sh -c '{server} & sleep 1; {client}; wait'")

    def start_server(self, command, port, **variables):
        """Returns once it listens at the port."""
        server = self.start(*command.split(), **variables)
        programs.wait_until(lambda: listens(self.instance.process.pid, port) or server.poll() is not None,
                            f"{command} listens at port {port}", LIMIT)
        return server

    def start_pair(self, server, client, port, client_on=None, **variables):
        """A server, and a client that is started once the server listens at the port."""
        first = self.start_server(server, port, **variables)
        return first, (client_on or self).start(*client.split(), **variables)

    def pair(self, server, client, port, limit=LIMIT, client_on=None, **variables):
        """The results of a client and its server, both of which must succeed."""
        self.note_pair(server, client)
        first, second = self.start_pair(server, client, port, client_on, **variables)
        try:
            results = [(client_on or self).instance.finish(second, limit), self.instance.finish(first, limit)]
        except AssertionError as error:
            for host in (self, client_on or self):
                host.instance.kill_programs()
            others = "\n".join("".join(process.communicate()) for process in (first, second)
                               if not process.stdout.closed)
            raise AssertionError(f"{error}\n{others}") from None
        both = "\n".join(str(result) for result in results)
        assert [result.status for result in results] == [0, 0], both
        return results

    def counters(self):
        return self.instance.ask("counters")

    def expect_traffic(self, messages=0, moved=0, rdma_reads=0):
        """At least so many messages and bytes went through the adapter, and nothing broke its rules."""
        self.checked = True
        return expect_counters(self.counters(), self.adapter, messages, moved, rdma_reads)

    def expect_no_traffic(self, queries=1):
        """The program asked the adapter, and sent nothing."""
        self.checked = True
        counters = self.counters()
        assert counters.get("requests.QUERY_DEVICE", 0) >= queries, counters
        assert counters["sends"] == counters["rdma_reads"] == counters["violations"] == 0, counters


class LinkedHost(Host):
    how_to_run = "{}"

    def __init__(self, linked, adapter, properties, folder):
        super().__init__(linked.for_programs(), adapter, properties)
        self.variables = {**adapter.variables, "HOSTS_FOLDER": str(folder)}

    def note(self, *words):
        super().note(*(re.sub(r"efahost(\d)-\d+", r"host\1", str(word)) for word in words))

    def note_pair(self, server, client):
        self.note(f"{server} (host0), {client} (host1)")


class Hosts:
    """Three machines with an adapter each, in network namespaces: what they exchange goes through cables."""

    def __init__(self, fabric, network, adapter, properties):
        self.fabric, self.network, self.adapter, self.properties = fabric, network, adapter, properties
        self.addresses = network.addresses
        self.linked = list(fabric.instances)
        self.all = [LinkedHost(linked, adapter, properties, fabric.folder) for linked in self.linked]
        self.lost = []
        self.checked = False
        # Links have carried no more than their set-up.
        self.before = [network.carried(i) for i in range(len(self.all))]
        for name, linked in zip(network.names, self.linked):
            (fabric.folder / f"{name}.environment").write_text(linked.exports(), encoding="utf-8")

    def __getitem__(self, host):
        return self.all[host]

    def left(self):
        return [host for host in self.all if host not in self.lost]

    def pair(self, server, client, port, **variables):
        """A server on the first host, and a client on the second."""
        return self[0].pair(server, f"{client} {self.addresses[0]}", port, client_on=self[1], **variables)

    def start_pair(self, server, client, port, **variables):
        return self[0].start_pair(server, f"{client} {self.addresses[0]}", port, self[1], **variables)

    def mpirun(self, *options):
        """The command, for the first host, of a job of three ranks, each on a host of its own."""
        words = ["mpirun", "-H", ",".join(self.network.names), "-n", "3", "--mca", "plm_rsh_agent", AGENT,
                 "--mca", "pml", "cm", "--mca", "mtl", "ofi", "--mca", "mtl_ofi_provider_include", "efa",
                 "--mca", "btl", "self", "--mca", "osc", "pt2pt", *options]
        for name in self.adapter.variables:
            words += ["-x", name]
        return [*words, *(["--allow-run-as-root"] if os.geteuid() == 0 else [])]

    def sums(self):
        sums = collections.Counter()
        for host in self.left():
            sums.update(host.counters())
        return sums

    def await_traffic(self, hosts, sends):
        """Until each of the hosts has sent so many messages."""
        def fewest():
            return min(self[host].counters()["sends"] for host in hosts)

        programs.wait_until(lambda: fewest() >= sends, lambda: f"{fewest()} messages, not {sends}", LIMIT)

    def expect_traffic(self, hosts=(0, 1, 2), messages=0, moved=0, rdma_reads=0, crossed=0):
        """As Host.expect_traffic(), of the sums of all. And the messages crossed links, and each of these
        hosts sent or received so many bytes (`crossed`) through its cable."""
        self.checked = True
        for host in self.left():
            counters = host.counters()
            assert counters["violations"] == counters["unknown_requests"] == 0, counters
        for host in hosts:
            carried = [now - before for now, before in zip(self.network.carried(host), self.before[host])]
            assert max(carried) >= crossed > 0, f"the cable of host {host} carried {carried} bytes"
        packets = sum(link["sent"] for link in self.fabric.links())
        assert packets >= messages + rdma_reads, f"{packets} packets on the links"
        return expect_counters(self.sums(), self.adapter, messages, moved, rdma_reads)

    def has_lost_its_peer(self, host):
        """Has its adapter completed requests with this error?"""
        self.checked = True
        counters = self[host].counters()
        assert counters["violations"] == 0, counters
        return counters.get("status.peer stopped answering", 0) > 0

    def lose(self, host, how):
        """Its cable is pulled, or all its processes are killed, the instance among them."""
        if how == "cable":
            self.network.plug(host, "down")
            return
        self.lost.append(self[host])
        self.network.kill_all(host)
        self.fabric.forget(self.linked[host])

    def expect_all_over(self):
        assert self.checked, "the case did not look at the adapters' counters"
        for host in self.left():
            assert not host.instance.programs(), "the case left processes behind"
        for linked in self.linked:
            assert "violations" not in linked.says(), linked.says()

    def kill_programs(self):
        for host in self.left():
            host.instance.kill_programs()
