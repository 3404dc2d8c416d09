# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""perftest: bandwidth and latency of sends on SRD and UD, and of reads on SRD."""
import pytest

from adapters import ADAPTERS, LOSSLESS, MATRIX, WITH_VERSIONS
import figures
from figures import ITERATIONS, READ_SIZES, SRD_SIZES, expect_sizes

pytestmark = pytest.mark.program("perftest")

# It posts more datagrams than a small adapter has receives for, and waits for those that are lost.
DEEP = [name for name in LOSSLESS if not ADAPTERS[name].is_small]
READING = [name for name in MATRIX if ADAPTERS[name].reads]
UD_SIZES = [2 << n for n in range(12)]


@pytest.fixture
def perftest(host, need, port):
    """Runs one of its programs at both ends, and returns the figures that the client prints: a row of
    words for each size."""
    def run(program, transport, *options):
        need(program, "perftest")
        depths = ["-t", "16"] if host.adapter.is_small else []
        if host.adapter.is_small and "read" not in program:
            depths += ["-r", "32"]
        command = " ".join((program, "-d efa_0 -x 0", f"--connection={transport}", f"-p {port}",
                            *depths, *options))
        return figures.perftest_rows(lambda: host.pair(command, f"{command} localhost", port)[0])
    return run


@pytest.mark.adapters(*WITH_VERSIONS)
@pytest.mark.selection("later-rough", program="ib_send_bw")
@pytest.mark.parametrize("program", ("ib_send_bw", "ib_send_lat"))
def test_all_sizes_on_srd(host, perftest, program):
    expect_sizes(perftest(program, "SRD", "-a", f"-n {ITERATIONS}"), SRD_SIZES)
    ways = 2 if program == "ib_send_lat" else 1
    host.expect_traffic(ways * ITERATIONS * len(SRD_SIZES), moved=ways * ITERATIONS * sum(SRD_SIZES))


# -Q 1: the library has no sends without a completion, and says so.
@pytest.mark.adapters(*DEEP)
@pytest.mark.selection("first", program="ib_send_bw")
@pytest.mark.parametrize("program", ("ib_send_bw", "ib_send_lat"))
def test_all_sizes_on_ud(host, perftest, program):
    every = ["-Q 1"] if program == "ib_send_bw" else []
    expect_sizes(perftest(program, "UD", "-a", f"-n {ITERATIONS}", *every), UD_SIZES)
    host.expect_traffic(ITERATIONS * len(UD_SIZES), moved=ITERATIONS * sum(UD_SIZES[:-1]))


@pytest.mark.adapters("first")
def test_sends_without_completion_are_rejected(host, need, port):
    need("ib_send_bw", "perftest")
    command = f"ib_send_bw -d efa_0 -x 0 --connection=UD -p {port} -s 1024 -n 500"
    _, client = host.start_pair(command, f"{command} localhost", port)
    host.instance.finish(client, 300).expect(
        17, output="CQ Moderation   : 100$", errors=("wr_flags must be IBV_SEND_SIGNALED", "Couldn't post send"))
    host.instance.kill_programs()  # its server waits
    host.expect_no_traffic()


@pytest.mark.adapters(*READING)
@pytest.mark.selection("later", program="ib_read_bw")
@pytest.mark.parametrize("program", ("ib_read_bw", "ib_read_lat"))
def test_all_sizes_read(host, perftest, program):
    expect_sizes(perftest(program, "SRD", "-a", "-n 50"), READ_SIZES, 50)
    host.expect_traffic(rdma_reads=50 * len(READ_SIZES), moved=50 * sum(READ_SIZES))


def test_queue_pairs(host, perftest):
    expect_sizes(perftest("ib_send_bw", "SRD", "-q 3 -s 4096", f"-n {ITERATIONS}"), [4096],
                 3 * ITERATIONS)
    host.expect_traffic(3 * ITERATIONS, moved=3 * ITERATIONS * 4096)


@pytest.mark.selection("later", posts=16)
@pytest.mark.parametrize("posts", (2, 16))
def test_post_lists(host, perftest, posts):
    expect_sizes(perftest("ib_send_bw", "SRD", f"-l {posts} -s 4096 -n 1024"), [4096], 1024)
    host.expect_traffic(1024, moved=1024 * 4096)


@pytest.mark.selection("first-small", size=32)
@pytest.mark.parametrize("size", (1, 32))
def test_inline(host, perftest, size):
    expect_sizes(perftest("ib_send_lat", "SRD", f"-I 32 -s {size} -n 1000"), [size], 1000)
    host.expect_traffic(2000, moved=2000 * size)


def test_bidirectional_on_srd(host, perftest):
    expect_sizes(perftest("ib_send_bw", "SRD", f"-b -s 4096 -n {ITERATIONS}"), [4096])
    host.expect_traffic(2 * ITERATIONS, moved=2 * ITERATIONS * 4096)


@pytest.mark.adapters(*DEEP)
def test_bidirectional_on_ud(host, perftest):
    expect_sizes(perftest("ib_send_bw", "UD", f"-b -Q 1 -s 4096 -n {ITERATIONS}"), [4096])
    host.expect_traffic(2 * ITERATIONS, moved=2 * ITERATIONS * 4096)


@pytest.mark.adapters(*READING)
def test_bidirectional_reads(host, perftest):
    expect_sizes(perftest("ib_read_bw", "SRD", f"-b -s 100000 -n {ITERATIONS}"), [100000])
    host.expect_traffic(rdma_reads=2 * ITERATIONS, moved=2 * ITERATIONS * 100000)


@pytest.mark.selection("first-rough", transport="UD")
@pytest.mark.parametrize("transport", ("SRD", "UD"))
def test_duration(host, perftest, transport):
    rows = perftest("ib_send_bw", transport, "-D 2 -Q 1 -s 2048")
    assert len(rows) == 1 and int(rows[0][1]) >= 1
    # perftest counts those of the middle of its time only.
    host.expect_traffic(1, moved=int(rows[0][1]) * 2048)
