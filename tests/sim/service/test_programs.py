# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Programs that others wrote, as Debian has them, on the simulated EFA of a service: their verbs calls
go to the preload object, and what they send to one another through the service."""
import gzip
import pathlib
import re
import shutil

import pytest

pytestmark = pytest.mark.preload

RDMA_CORE_TESTS = pathlib.Path("/usr/share/doc/rdma-core/tests")


@pytest.fixture
def with_rdma_read(tmp_path):
    path = tmp_path / "adapter.conf"
    path.write_text("preset = efa-0xefa1\n")
    return "--config", path


def test_ibv_devices(efasim):
    efasim.run("ibv_devices").expect(0, output=r"^\s+efa_0\s+02000000001d0f01$")


def test_several_adapters(efasim, tmp_path):
    config = tmp_path / "two.conf"
    config.write_text("[device left]\n[device right]\nmtu = 4096\n")
    efasim.run("ibv_devinfo", "-v", options=("--config", config)).expect(
        0, output=(r"^hca_id:\s+efa_0$", r"^hca_id:\s+efa_1$", r"max_msg_sz:\s+0x22e0",
                   r"max_msg_sz:\s+0x1000"))


def test_ibv_devinfo(efasim):
    efasim.run("ibv_devinfo", "-v").expect(
        0, output=(r"hca_id:\s+efa_0", r"vendor_id:\s+0x1d0f", r"state:\s+PORT_ACTIVE",
                   r"GID\[\s*0\]:\s+fe80:0000:0000:0000:0200:0000:001d:0f01"))


def test_fi_info(efasim):
    efasim.run("fi_info", "-p", "efa").expect(
        0, output=(r"domain: efa_0-rdm$", r"domain: efa_0-dgrm$", r"type: FI_EP_RDM$"))


def test_ibv_ud_pingpong(pair, port):
    command = f"ibv_ud_pingpong -d efa_0 -g 0 -p {port} -s 1024 -n 500"
    pair(command, command + " -c localhost").expect(0, output=r"^500 iters in")


@pytest.mark.parametrize("size", (64, 8192))
def test_ib_send_bw(pair, port, size):
    command = f"ib_send_bw -d efa_0 -x 0 --connection=SRD -p {port} -s {size} -n 5000"
    pair(command, command + " localhost").expect(0, output=rf"^ {size}\s+5000\s")


@pytest.mark.parametrize("kind", ("rdm", "dgram"))
def test_fi_pingpong(pair, port, kind):
    command = f"fi_pingpong -p efa -e {kind} -c -I 200"
    pair(f"{command} -B {port}", f"{command} -P {port} localhost").expect(0, output=r"^4k\s+200\s")


def test_rdma_core(efasim, with_rdma_read, tmp_path):
    """Its own suite, which is in Python and lies in the package of its documents."""
    if not RDMA_CORE_TESTS.exists():
        pytest.skip("dpkg is set up to leave documents out")
    tests = tmp_path / "tests"
    shutil.copytree(RDMA_CORE_TESTS, tests)
    for packed in tests.glob("*.py.gz"):
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()
    result = efasim.run("/usr/bin/python3", tests / "run_tests.py", "--dev", "efa_0",
                        options=with_rdma_read).expect(0, errors=r"^OK \(skipped=\d+\)")
    ran, skipped = (int(re.search(pattern, result.errors)[1])
                    for pattern in (r"Ran (\d+) tests", r"skipped=(\d+)"))
    assert ran - skipped >= 55, result
