# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""A host disappears while programs use it: its cable is pulled, or all its processes are killed. The programs
on the others get errors and end."""
import re

import pytest

from support import programs

from machines import LIMIT

ADAPTERS = pytest.mark.adapters("first", "later")
HOW = pytest.mark.parametrize("how", ("cable", "power"))


@pytest.mark.program("fi_pingpong on two hosts")
@ADAPTERS
def test_fi_pingpong(hosts, port, need):
    """Its sides take turns. The one that is sending gets the error; the other one waits for a message, for
    ever: libfabric has no timeout."""
    need("fi_pingpong", "libfabric-bin")
    command = "fi_pingpong -p efa -e rdm -I 1000000 -S 1048576"
    sides = hosts.start_pair(f"{command} -B {port}", f"{command} -P {port}", port)
    hosts.await_traffic((0, 1), 1000)
    hosts.lose(1, "cable")
    programs.wait_until(lambda: any(side.poll() is not None for side in sides), "the end of one side", LIMIT)
    for host, side in enumerate(sides):
        if side.poll() is not None or hosts.has_lost_its_peer(host):
            hosts[host].instance.finish(side, LIMIT).expect(5, errors="Unresponsive receiver")
            assert hosts.has_lost_its_peer(host)
    hosts.kill_programs()


@pytest.mark.program("perftest on two hosts")
@HOW
@pytest.mark.adapters("later")
@pytest.mark.parametrize("program, status", (("ib_send_bw", 17), ("ib_read_bw", 1)))
def test_perftest(hosts, port, need, how, program, status):
    """The client, which posts, gets the error. A server does not notice: it waits for messages, or for
    nothing but the client's TCP connection."""
    need(program, "perftest")
    command = f"{program} -d efa_0 -x 0 --connection=SRD -p {port} -s 4096 -n 5000000"
    _, client = hosts.start_pair(command, command, port)
    hosts.await_traffic((1,), 1000)
    hosts.lose(0, how)
    hosts[1].instance.finish(client, LIMIT).expect(status, errors="Completion with error at client")
    assert hosts.has_lost_its_peer(1)
    hosts.kill_programs()


@pytest.mark.program("a program for libfabric on two hosts")
@HOW
@ADAPTERS
def test_fabric_user(hosts, fabric_user, how):
    """It sends small messages beside long ones, so it always gets an error. Then it goes on."""
    victim = hosts[1].start(fabric_user, "victim")
    address = victim.stdout.readline().strip()
    assert re.fullmatch("[0-9a-f]{40,}", address), address
    hosts[0].note(f"{fabric_user} survivor ADDRESS")
    survivor = hosts[0].start(fabric_user, "survivor", address)
    assert survivor.stdout.readline() == "sending\n"
    hosts.lose(1, how)
    hosts[0].instance.finish(survivor, LIMIT).expect(
        0, output=("^.* ended with: Input/output error$", "^survivor: ok$"))
    assert hosts.has_lost_its_peer(0)
    hosts.kill_programs()


@pytest.mark.program("Open MPI on three hosts")
@HOW
@ADAPTERS
def test_mpi(hosts, mpi_user, how):
    """A rank whose message fails aborts the job, and so does mpirun when it loses its daemon on that host."""
    hosts.network.give_up_connections_early()
    job = hosts[0].start(*hosts.mpirun("--mca", "oob_tcp_keepalive_time", "2", "--mca", "oob_tcp_keepalive_intvl",
                                       "1", "--mca", "oob_tcp_keepalive_probes", "3"),
                         mpi_user, "reductions", "1000000")
    hosts.await_traffic((0, 1, 2), 300)
    hosts.lose(2, how)
    result = hosts[0].instance.finish(job, LIMIT)
    assert result.status != 0, result
    assert re.search("ORTE (has lost|was unable)|MPI_ERRORS_ARE_FATAL", str(result)), result
    programs.wait_until(lambda: not hosts[1].instance.programs(), "the end of the job on host 1", LIMIT)
    hosts.expect_traffic(messages=300, crossed=1 << 20)
    hosts.kill_programs()
