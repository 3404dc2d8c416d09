# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Open MPI with its OFI transport, which is libfabric's EFA provider: jobs of two to four ranks."""
import os
import pathlib

import pytest

HERE = pathlib.Path(__file__).parent
# What each rank sends at least in each part, and the numbers of ranks.
PARTS = {"point_to_point": (82 << 20, (2, 4)), "many": (2 * 200 * 3000, (2, 4)),
         "all_to_all": (8 << 20, (3, 4)), "reductions": (4 << 20, (3, 4)),
         "derived_types": (300 * 300 * 4 + 5000 * 21, (2,)), "one_sided": (6 << 20, (2, 3))}
# All ranks are on this host; each other transport of Open MPI is ruled out.
MPIRUN = ("mpirun", "--oversubscribe", "--mca", "pml", "cm", "--mca", "mtl", "ofi",
          "--mca", "mtl_ofi_provider_include", "efa")


def arguments(*window_options):
    windows = window_options or ("--mca", "btl", "self", "--mca", "osc", "pt2pt")
    return (*MPIRUN, *windows, *(["--allow-run-as-root"] if os.geteuid() == 0 else []))


@pytest.fixture
def mpirun(host, need):
    need("mpirun", "openmpi-bin")

    def run(ranks, *command, options=()):
        return host.run(*arguments(*options), "-n", ranks, *command)
    return run


@pytest.mark.program("Open MPI")
@pytest.mark.selection("later-rough", ranks=2)
@pytest.mark.selection("later-small", part="all_to_all", ranks=3)
@pytest.mark.selection("first-small", part="reductions", ranks=3)
@pytest.mark.parametrize("part, ranks", [(part, ranks) for part in PARTS for ranks in PARTS[part][1]])
def test_c(host, mpirun, mpi_user, part, ranks):
    mpirun(ranks, mpi_user, part).expect(0, output=rf"^{part}: ok, {ranks} ranks$")
    host.expect_traffic(10 * ranks, moved=ranks * PARTS[part][0])


@pytest.mark.program("Open MPI")
@pytest.mark.adapters("first-v1", "first-v2")
def test_interface_versions(host, mpirun, mpi_user):
    mpirun(2, mpi_user, "point_to_point").expect(0, output="^point_to_point: ok, 2 ranks$")
    host.expect_traffic(20, moved=2 * PARTS["point_to_point"][0])


@pytest.mark.program("Open MPI")
@pytest.mark.parametrize("ranks", (2, 3))
def test_windows_by_libfabrics_own_operations(host, mpirun, mpi_user, ranks):
    """Writes, reads and atomics of libfabric in place of messages."""
    mpirun(ranks, mpi_user, "one_sided", options=("--mca", "btl", "self,ofi", "--mca", "osc", "rdma")).expect(
        0, output=rf"^one_sided: ok, {ranks} ranks$")
    host.expect_traffic(10 * ranks, moved=ranks * PARTS["one_sided"][0])


@pytest.mark.program("mpi4py")
@pytest.mark.selection("later", ranks=2)
@pytest.mark.parametrize("ranks, largest", ((2, 64 << 20), (4, 2 << 20)))
def test_mpi4py(host, mpirun, need, ranks, largest):
    need("/usr/lib/python3/dist-packages/mpi4py/__init__.py", "python3-mpi4py")
    mpirun(ranks, "/usr/bin/python3", HERE / "mpi_user.py", largest).expect(
        0, output=rf"^mpi4py: ok, {ranks} ranks$")
    host.expect_traffic(10 * ranks, moved=ranks * largest)
