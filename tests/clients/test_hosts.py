# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Programs on several hosts: three network namespaces with an instance each, which are linked. What they
do when a host is lost: test_lost_host.py."""
import pytest

import figures

PINGPONG = pytest.mark.program("fi_pingpong on two hosts")
PERFTEST = pytest.mark.program("perftest on two hosts")
MPI = pytest.mark.program("Open MPI on three hosts")
# What each rank sends at least in each part.
PARTS = {"point_to_point": 82 << 20, "many": 2 * 200 * 3000, "all_to_all": 8 << 20, "reductions": 4 << 20}


@pytest.fixture
def pingpong(hosts, port, need):
    need("fi_pingpong", "libfabric-bin")

    def run(kind, sizes):
        command = f"fi_pingpong -p efa -e {kind} -c -I 200"
        figures.expect_pingpong(hosts.pair(f"{command} -B {port}", f"{command} -P {port}", port), sizes, 200)
    return run


@PINGPONG
@pytest.mark.adapters("first", "later", "later-rough")
def test_fi_pingpong_rdm(hosts, pingpong):
    pingpong("rdm", figures.RDM_SIZES)
    hosts.expect_traffic((0, 1), 2000, moved=400 << 20, crossed=200 << 20)


@PINGPONG
@pytest.mark.adapters("first", "later")
@pytest.mark.selection("first")
def test_fi_pingpong_dgram(hosts, pingpong):
    pingpong("dgram", figures.DGRAM_SIZES)
    hosts.expect_traffic((0, 1), 1600, moved=400 << 12, crossed=200 << 12)


@pytest.fixture
def perftest(hosts, port, need):
    def run(program, *options):
        need(program, "perftest")
        command = " ".join((program, f"-d efa_0 -x 0 --connection=SRD -p {port}", *options))
        return figures.perftest_rows(lambda: hosts.pair(command, command, port)[0])
    return run


@PERFTEST
@pytest.mark.adapters("first", "later-rough")
@pytest.mark.parametrize("program", ("ib_send_bw", "ib_send_lat"))
def test_perftest_sends(hosts, perftest, program):
    figures.expect_sizes(perftest(program, "-a", f"-n {figures.ITERATIONS}"), figures.SRD_SIZES)
    moved = figures.ITERATIONS * sum(figures.SRD_SIZES)
    hosts.expect_traffic((0, 1), figures.ITERATIONS * len(figures.SRD_SIZES), moved=moved, crossed=moved)


@PERFTEST
@pytest.mark.adapters("later", "later-rough")
def test_perftest_reads(hosts, perftest):
    figures.expect_sizes(perftest("ib_read_bw", "-a", "-n 20"), figures.READ_SIZES, 20)
    moved = 20 * sum(figures.READ_SIZES)
    hosts.expect_traffic((0, 1), rdma_reads=20 * len(figures.READ_SIZES), moved=moved, crossed=moved)


@MPI
@pytest.mark.adapters("first", "later-rough")
@pytest.mark.selection("later-rough", part="reductions")
@pytest.mark.parametrize("part", PARTS)
def test_mpi(hosts, mpi_user, part):
    hosts[0].run(*hosts.mpirun(), mpi_user, part).expect(0, output=rf"^{part}: ok, 3 ranks$")
    for host in hosts.all:
        host.expect_traffic(10)
    hosts.expect_traffic(messages=30, moved=3 * PARTS[part], crossed=PARTS[part])
