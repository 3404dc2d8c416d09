# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The utilities of libibverbs: what they print of the adapter, and datagrams between two of them."""
import re

import pytest

from adapters import LOSSLESS, WITH_VERSIONS

pytestmark = pytest.mark.program("ibverbs-utils")


@pytest.mark.selection("first")
def test_ibv_devices(host, need):
    need("ibv_devices", "ibverbs-utils")
    host.run("ibv_devices").expect(0, output=r"^\s+efa_0\s+02000000001d0f01$")
    host.expect_no_traffic()


# What ibv_devinfo prints of every EFA adapter: what it lacks, and what the simulation has no setting for.
CONSTANT = """
transport: unspecified (4)
sys_image_guid: 0000:0000:0000:0000
vendor_id: 0x1d0f
phys_port_cnt: 1
device_cap_flags: 0x00000000
max_sge_rd: 1
max_qp_rd_atom: 0
max_ee_rd_atom: 0
max_res_rd_atom: 0
max_qp_init_rd_atom: 0
max_ee_init_rd_atom: 0
atomic_cap: ATOMIC_NONE (0)
max_ee: 0
max_rdd: 0
max_mw: 0
max_raw_ipv6_qp: 0
max_raw_ethy_qp: 0
max_mcast_grp: 0
max_mcast_qp_attach: 0
max_total_mcast_qp_attach: 0
max_fmr: 0
max_srq: 0
max_pkeys: 1
local_ca_ack_delay: 0
general_odp_caps:
rc_odp_caps:
NO SUPPORT
uc_odp_caps:
NO SUPPORT
ud_odp_caps:
NO SUPPORT
xrc_odp_caps:
NO SUPPORT
completion_timestamp_mask not supported
core clock not supported
device_cap_flags_ex: 0x0
tso_caps:
max_tso: 0
rss_caps:
max_rwq_indirection_tables: 0
max_rwq_indirection_table_size: 0
rx_hash_function: 0x0
rx_hash_fields_mask: 0x0
max_wq_type_rq: 0
packet_pacing_caps:
qp_rate_limit_min: 0kbps
qp_rate_limit_max: 0kbps
tag matching not supported
num_comp_vectors: 1
port: 1
state: PORT_ACTIVE (4)
max_mtu: 4096 (5)
active_mtu: 4096 (5)
sm_lid: 0
port_lid: 0
port_lmc: 0x01
link_layer: Unspecified
port_cap_flags: 0x00000000
port_cap_flags2: 0x0000
max_vl_num: 1 (1)
bad_pkey_cntr: 0x0
qkey_viol_cntr: 0x0
sm_sl: 0
pkey_tbl_len: 1
gid_tbl_len: 1
subnet_timeout: 0
init_type_reply: 0
active_width: 4X (2)
active_speed: 25.0 Gbps (32)
"""


def devinfo_of(adapter):
    limits, part = adapter.limits, int(adapter.part, 16)
    return CONSTANT.strip().splitlines() + [
        "hca_id: efa_0",
        "fw_ver: 1.0.0.0",
        "node_guid: 0200:0000:001d:0f01",
        f"vendor_part_id: {part}",
        f"hw_ver: 0x{part:X}",
        f"max_mr_size: 0x{0x10000000 * 4096:x}",
        "page_size_cap: 0xfffff000",
        f"max_qp: {limits['max_qp']}",
        f"max_qp_wr: {limits['max_sq_depth']}",
        "max_sge: 2",
        f"max_cq: {limits['max_cq']}",
        f"max_cqe: {limits['max_cq_depth']}",
        f"max_mr: {limits['max_mr']}",
        f"max_pd: {limits['max_pd']}",
        f"max_ah: {limits['max_ah']}",
        "max_msg_sz: 0x22e0",
        "GID[ 0]: fe80:0000:0000:0000:0200:0000:001d:0f01"]


@pytest.mark.adapters(*WITH_VERSIONS)
@pytest.mark.selection("first-small")
def test_ibv_devinfo(host, need):
    """Each line that it prints is what the configuration says, and none is missing."""
    need("ibv_devinfo", "ibverbs-utils")
    printed = host.run("ibv_devinfo", "-v").expect(0).output
    found = sorted(re.sub(r"\s+", " ", line).strip() for line in printed.splitlines() if line.strip())
    assert found == sorted(devinfo_of(host.adapter))
    host.expect_no_traffic()


@pytest.mark.adapters("six")
def test_several_adapters(host, need):
    need("ibv_devinfo", "ibverbs-utils")
    host.run("ibv_devinfo").expect(0, output=[rf"^hca_id:\s+efa_{number}$" for number in range(6)])
    host.expect_no_traffic(queries=6)


@pytest.mark.adapters(*LOSSLESS)
@pytest.mark.selection("first", size=1024)
@pytest.mark.parametrize("size", (1, 1024, 4096))
def test_ibv_ud_pingpong(host, port, size, need):
    need("ibv_ud_pingpong", "ibverbs-utils")
    command = f"ibv_ud_pingpong -d efa_0 -g 0 -p {port} -s {size} -n 500"
    if host.adapter.is_small:
        command += " -r 32"
    for result in host.pair(command, f"{command} -c localhost", port):
        result.expect(0, output=r"^500 iters in")
    host.expect_traffic(1000, moved=1000 * size)
