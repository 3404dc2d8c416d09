# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""A program for mpi4py: objects, buffers, collectives and windows between all ranks, contents verified.
The first that is wrong ends the job. Rank 0 prints "mpi4py: ok".

usage: mpi_user.py LARGEST     the size of the largest buffer"""
import sys
import traceback

import mpi4py

mpi4py.rc.thread_level = "funneled"  # Open MPI 4.1 has no windows on pt2pt with more
from mpi4py import MPI  # noqa: E402

WORLD = MPI.COMM_WORLD
RANK, RANKS = WORLD.Get_rank(), WORLD.Get_size()
LARGEST = int(sys.argv[1])
NEXT, PREVIOUS = (RANK + 1) % RANKS, (RANK - 1) % RANKS


def text(rank, size):
    """So many bytes that only this rank has."""
    return (f"{rank} is here. ".encode() * (size // 10 + 1))[:size]


def objects():
    thing = {"rank": RANK, "list": list(range(1000)), "text": "x" * 50000, "none": None}
    found = WORLD.sendrecv(thing, dest=NEXT, source=PREVIOUS)
    assert found == {**thing, "rank": PREVIOUS}, found["rank"]
    assert WORLD.bcast(thing if RANK == 0 else None, root=0)["rank"] == 0
    assert WORLD.gather(RANK, root=0) == (list(range(RANKS)) if RANK == 0 else None)
    assert WORLD.alltoall([(RANK, to) for to in range(RANKS)]) == [(of, RANK) for of in range(RANKS)]


def buffers():
    for size in (0, 1, 1000, 8928, 8929, 1 << 20, LARGEST):
        received = bytearray(size)
        status = MPI.Status()
        WORLD.Sendrecv(bytearray(text(RANK, size)), dest=NEXT, recvbuf=received, source=PREVIOUS,
                       status=status)
        assert status.Get_count(MPI.BYTE) == size
        assert received == text(PREVIOUS, size), f"{size} bytes are wrong"


def reductions():
    assert WORLD.allreduce(RANK + 1) == RANKS * (RANKS + 1) // 2
    assert WORLD.allreduce([RANK], op=MPI.SUM) == list(range(RANKS))
    assert WORLD.scan(1) == RANK + 1
    assert WORLD.reduce(RANK, op=MPI.MAX, root=0) == (RANKS - 1 if RANK == 0 else None)


def windows():
    size = 100000
    memory = bytearray(size)
    window = MPI.Win.Create(memory, comm=WORLD)
    window.Fence()
    sent = bytearray(text(RANK, size))
    window.Put([sent, MPI.BYTE], NEXT)
    window.Fence()
    assert memory == text(PREVIOUS, size)
    found = bytearray(size)
    window.Get([found, MPI.BYTE], NEXT)
    window.Fence()
    assert found == text(RANK, size)
    window.Free()


def splits():
    """Halves of the world talk among themselves."""
    half = WORLD.Split(color=RANK % 2, key=-RANK)
    assert half.allgather(RANK) == sorted(range(RANK % 2, RANKS, 2), reverse=True)
    half.Free()


try:
    for part in (objects, buffers, reductions, windows, splits):
        part()
        WORLD.Barrier()
except BaseException:
    traceback.print_exc()
    sys.stderr.flush()
    WORLD.Abort(1)
if RANK == 0:
    print(f"mpi4py: ok, {RANKS} ranks")
