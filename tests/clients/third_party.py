# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The third-party programs that run on the simulated EFA: which Debian package each is of."""

PACKAGES = {
    "ibverbs-utils": "ibverbs-utils",
    "perftest": "perftest",
    "rdma-core's tests": "python3-pyverbs",
    "fi_info": "libfabric-bin",
    "fi_pingpong": "libfabric-bin",
    "a program for libfabric": "libfabric1",
    "Open MPI": "openmpi-bin",
    "mpi4py": "python3-mpi4py",
    "fi_pingpong on two hosts": "libfabric-bin",
    "perftest on two hosts": "perftest",
    "a program for libfabric on two hosts": "libfabric1",
    "Open MPI on three hosts": "openmpi-bin",
}
