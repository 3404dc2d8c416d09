# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""libfabric with its EFA provider: its own programs, and one of ours (fabric/) for what they do not do."""
import re

import pytest

from adapters import LOSSLESS, WITH_VERSIONS
from figures import DGRAM_SIZES, RDM_SIZES, expect_pingpong

PARTS = {  # messages and bytes that each sends at least
    "tagged": (42, 2 * (64 + 32) << 20), "directed": (600, 600 * 2000),
    "multi_receive": (1000, sum(i * 37 % 4001 for i in range(1000))), "inject": (500, 500 * 1900),
    "endpoints": (36, 36 * 20000), "cancel": (1, 100),
    "truncation": (2, 2000), "write_and_read": (0, 2 * (64 + 16) << 20), "atomics": (606, 606 * 8),
    "counters": (400, 200 * 1000)}
MTU = 8928


def attributes(text):
    """{name: [value in each of the blocks]} of what `fi_info -v` prints."""
    found = {}
    for name, value in re.findall(r"^\s*(\w+): (.+)$", text, re.MULTILINE):
        found.setdefault(name, []).append(value.strip())
    return found


@pytest.mark.program("fi_info")
@pytest.mark.adapters(*WITH_VERSIONS)
@pytest.mark.selection("later")
def test_fi_info(host, need):
    """The attributes of both endpoint types follow from the adapter's."""
    need("fi_info", "libfabric-bin")
    found = attributes(host.run("fi_info", "-p", "efa", "-v").expect(0).output)
    limits = host.adapter.limits
    for name, values in {
            "prov_name": ["efa", "efa"], "type": ["FI_EP_RDM", "FI_EP_DGRAM"],
            "protocol": ["FI_PROTO_EFA", "FI_PROTO_EFA"], "addr_format": ["FI_ADDR_EFA"] * 2,
            "src_addr": ["fi_addr_efa://[fe80::200:0:1d:f01]:0:0"] * 2, "device_id": [host.adapter.part, 29] * 2,
            "vendor_id": ["0x1d0f"] * 2, "driver": ["efa"] * 2, "firmware": ["1.0.0.0"] * 2,
            "mr_cnt": [limits["max_mr"]] * 2, "ep_cnt": [limits["max_qp"]] * 2,
            "cq_cnt": [limits["max_cq"]] * 2, "state": ["FI_LINK_UP"] * 2,
            "speed": ["100000000000"] * 2}.items():
        assert found[name] == [str(value) for value in values], name
    # Of a reliable endpoint what libfabric adds to a packet is not the application's.
    assert found["mtu"] == [str(MTU - 168)] * 2, found["mtu"]
    assert found["max_msg_size"][1] == str(MTU)
    assert {"efa_0-rdm", "efa_0-dgrm"} <= set(found["name"])
    host.expect_no_traffic()


@pytest.fixture
def pingpong(host, port, need):
    """All its sizes; -c verifies each message."""
    need("fi_pingpong", "libfabric-bin")

    def run(kind, sizes):
        command = f"fi_pingpong -p efa -e {kind} -c -I 200"
        expect_pingpong(host.pair(f"{command} -B {port}", f"{command} -P {port} localhost", port), sizes, 200)
    return run


@pytest.mark.program("fi_pingpong")
@pytest.mark.adapters(*WITH_VERSIONS)
@pytest.mark.selection("first-small", "later-rough")
def test_fi_pingpong_rdm(host, pingpong):
    pingpong("rdm", RDM_SIZES)
    host.expect_traffic(2000, moved=400 << 20)


@pytest.mark.program("fi_pingpong")
@pytest.mark.adapters(*LOSSLESS)
@pytest.mark.selection("first")
def test_fi_pingpong_dgram(host, pingpong):
    pingpong("dgram", DGRAM_SIZES)
    host.expect_traffic(1600, moved=400 << 12)


@pytest.mark.program("a program for libfabric")
@pytest.mark.selection("later", part="write_and_read")
@pytest.mark.selection("first-small", part="multi_receive")
@pytest.mark.selection("first", part="atomics")
@pytest.mark.parametrize("part", PARTS)
def test_fabric_user(host, fabric_user, part):
    host.run(fabric_user, part).expect(0, output=f"^{part}: ok$")
    messages, moved = PARTS[part]
    counters = host.expect_traffic(messages or 10, moved=moved)
    if part in ("tagged", "write_and_read"):
        assert (counters["rdma_reads"] > 0) == host.adapter.reads, counters


@pytest.mark.program("a program for libfabric")
@pytest.mark.adapters("six")
@pytest.mark.selection("six")
def test_more_peers_than_address_handles(host, fabric_user):
    host.run(fabric_user, "eviction").expect(0, output=("at most [34] of 5 peers", "^eviction: ok$"))
    counters = host.expect_traffic(8)
    assert counters["requests_failed"] >= 1 and counters["requests.DEALLOC_AH"] >= 2, counters


@pytest.mark.program("a program for libfabric")
@pytest.mark.selection("first")
def test_peer_is_killed(host, fabric_user):
    """In the middle of a transfer: the sender gets an error, in time, and goes on."""
    victim = host.start(fabric_user, "victim")
    address = victim.stdout.readline().strip()
    assert re.fullmatch("[0-9a-f]{40,}", address), address
    survivor = host.start(fabric_user, "survivor", address)
    assert survivor.stdout.readline() == "sending\n"
    victim.kill()
    host.instance.finish(survivor, 300).expect(
        0, output=("^.* ended with: .", "^survivor: ok$"))
    host.instance.finish(victim).expect(-9)
    # An adapter that reads needs few messages for 64 MiB.
    host.expect_traffic(2 if host.adapter.reads else 10)
