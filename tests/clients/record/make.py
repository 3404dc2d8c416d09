#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Records what third-party programs call: tests/clients/record/make.py BUILD [NAME...] runs them on the simulated
EFA in that folder of a build, and writes tests/windows/replay/recordings. Each run's lines differ a little, because
programs poll."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

import compact  # noqa: E402
from support import programs  # noqa: E402
from support.efasim import efasim_with_folder  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
RECORDINGS = HERE.parents[1] / "windows" / "replay" / "recordings"
SERVER_WAIT = 1.0  # seconds until a server listens
FIRST, LATER = "efa-0xefa0", "efa-0xefa1"
MPI = ("mpirun --oversubscribe --allow-run-as-root --mca pml cm --mca mtl ofi --mca mtl_ofi_provider_include efa "
       "--mca btl {btl} --mca osc {osc} -n 2 {mpi_user} little")


def pair(program, client="localhost", port="-p {port}"):
    """The commands of the server and the client."""
    return f"{program} {port}", f"{program} {port.replace('-B', '-P')} {client}"


# The adapter and the commands.
RUNS = {
    "ibv_devinfo": (LATER, ["ibv_devinfo -v"]),
    "fi_info": (LATER, ["fi_info -p efa"]),
    "fi_pingpong-rdm": (LATER, pair("fi_pingpong -p efa -e rdm -c -I 3 -S 64", port="-B {port}")),
    "fi_pingpong-rdm-read": (LATER, pair("fi_pingpong -p efa -e rdm -c -I 2 -S 1048576", port="-B {port}")),
    "fi_pingpong-rdm-packets": (FIRST, pair("fi_pingpong -p efa -e rdm -c -I 2 -S 100000", port="-B {port}")),
    "fi_pingpong-dgram": (LATER, pair("fi_pingpong -p efa -e dgram -c -I 5 -S 1024", port="-B {port}")),
    "ib_send_bw": (LATER, pair("ib_send_bw -d efa_0 -x 0 --connection=SRD -s 4096 -n 50 -t 16 -r 40")),
    "ib_send_bw-lists": (LATER, pair("ib_send_bw -d efa_0 -x 0 --connection=SRD -s 4096 -n 64 -l 16 -q 2")),
    "ib_send_lat-inline": (LATER, pair("ib_send_lat -d efa_0 -x 0 --connection=SRD -s 32 -I 32 -n 5")),
    "ib_read_bw": (LATER, pair("ib_read_bw -d efa_0 -x 0 --connection=SRD -s 65536 -n 50 -t 16")),
    "ibv_ud_pingpong": (LATER, pair("ibv_ud_pingpong -d efa_0 -g 0 -s 1024 -n 5 -r 20", "-c localhost")),
    "openmpi-messages": (LATER, [MPI.format(btl="self", osc="pt2pt", mpi_user="{mpi_user}")]),
    "openmpi-operations": (LATER, [MPI.format(btl="self,ofi", osc="rdma", mpi_user="{mpi_user}")]),
}


def version_of(program):
    """Of the Debian package that it is in."""
    path = subprocess.run(["which", program], capture_output=True, text=True, check=True).stdout.strip()
    owner = subprocess.run(["dpkg", "-S", os.path.realpath(path)], capture_output=True, text=True, check=True).stdout
    package = owner.partition(":")[0]
    version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True,
                             check=True).stdout
    return f"{package} {version}"


def record(efasim, recorder, preset, commands):
    """The lines of a run, whose programs must succeed."""
    with tempfile.TemporaryDirectory() as folder:
        config, lines = pathlib.Path(folder, "config"), pathlib.Path(folder, "lines")
        config.write_text(f"preset = {preset}\n")
        lines.mkdir()
        with efasim.instance("--config", config) as instance:
            variables = {"LD_PRELOAD": f"{recorder}:{instance.environment['LD_PRELOAD']}",
                         "EFASIM_RECORD": str(lines), "FI_EFA_USE_DEVICE_RDMA": "1" if preset == LATER else "0"}
            started = []
            for command in commands:
                if started:
                    programs.time.sleep(SERVER_WAIT)
                started.append(instance.start(*command.split(), **variables))
            for process in started:
                instance.finish(process).expect(0)
        return compact.recording(lines)


def header(preset, commands, lines):
    yield "# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB"
    for command in commands:
        yield f"# {command} ({version_of(command.split()[0])})"
    yield f"# Adapter: preset = {preset}"
    yield from lines


def main(build, names):
    build = pathlib.Path(build).resolve()
    recorder = build / "tests" / "clients" / "libefasim-record.so"
    with tempfile.TemporaryDirectory() as folder, efasim_with_folder(build / "efasim") as efasim:
        mpi_user = pathlib.Path(folder, "mpi_user")
        for name in names or RUNS:
            preset, commands = RUNS[name]
            if "{mpi_user}" in commands[0] and not mpi_user.exists():
                programs.run(["mpicc", "-std=c11", "-O2", HERE.parent / "mpi_user.c", "-o", mpi_user]).expect(0)
            port = programs.free_port()
            lines = record(efasim, recorder, preset,
                           [command.format(port=port, mpi_user=mpi_user) for command in commands])
            shown = [command.format(port="PORT", mpi_user="mpi_user") for command in commands]
            (RECORDINGS / f"{name}.rec").write_text("\n".join(header(preset, shown, lines)) + "\n")
            print(f"{name}: {len(lines)} lines, the longest of {max(map(len, lines))} characters", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
