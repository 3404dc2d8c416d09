#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Times the data path's workloads and counts their instructions; prints a table and writes TSV.

Natively the counting is callgrind's, exact and repeatable. With --windows the DLL that ships is
timed under Wine, and single-stepped to be counted, which takes a minute or two.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def run(command, **more):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **more).stdout


def machine():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def workloads(bench):
    """Name and label of each, and the names of those whose instructions are counted."""
    lines = [line.split("\t") for line in run([bench, "--list"]).splitlines()]
    return [line[:2] for line in lines], [line[0] for line in lines if line[2] == "1"]


def time_all(command, env=None):
    times = {}
    for line in run(command, env=env).splitlines():
        name, median, least, spread = line.split("\t")
        times[name] = (float(median), float(least), float(spread))
    return times


def count_native(bench, name, options):
    """Instructions an operation: what callgrind collects inside measured_chunk()."""
    with tempfile.NamedTemporaryFile() as out:
        text = run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}",
                    "--collect-atstart=no", "--toggle-collect=measured_chunk*",
                    bench, "--count", *options, name], stderr=subprocess.DEVNULL)
        operations = int(text.split("\t")[1])
        collected = re.search(r"^(?:summary|totals): (\d+)", pathlib.Path(out.name).read_text(),
                              re.MULTILINE)
    if not collected or int(collected.group(1)) == 0:
        sys.exit(f"callgrind counted nothing for {name}: does it know this compiler's debug format?")
    return int(collected.group(1)) / operations


def count_windows(command, env, stepper):
    """Instructions an operation, from the counts that the stepper prints between the names."""
    process = subprocess.run([stepper, *command, "--count"], text=True, env=env, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    counts, counted = {}, 0
    for line in process.stdout.splitlines():
        if line.startswith("counted "):
            counted += int(line.split()[1])
        elif "\t" in line:
            name, operations = line.split("\t")
            counts[name] = counted / int(operations)
            counted = 0
    return counts


def show(title, labels, times, counts, tsv, tag):
    print(f"\n{title}")
    print(f"{'':42}{'ns':>8}{'least':>8}{'spread':>8}{'instructions':>14}")
    for name, label in labels:
        if name not in times:
            continue
        median, least, spread = times[name]
        count = f"{counts[name]:.1f}" if name in counts else "-"
        print(f"{label:42}{median:8.1f}{least:8.1f}{spread:8.1f}{count:>14}")
        tsv.write(f"{tag}\t{name}\t{median:.1f}\t{least:.1f}\t{spread:.1f}\t{count}\n")


def show_control(text, tsv):
    """What --control printed: nanoseconds of creation and destruction, and bytes."""
    print("\nControl calls, without the time of a driver")
    print(f"{'':46}{'create ns':>12}{'destroy ns':>12}{'bytes':>10}")
    for line in text.splitlines():
        name, label, create, destroy, size = line.split("\t")
        print(f"{label:46}{create:>12}{destroy:>12}{size:>10}")
        tsv.write(f"control\t{name}\t{create}\t{destroy}\t\t{size}\n")


def windows_environment(prefix):
    return dict(os.environ, WINEPREFIX=prefix, WINEDEBUG="-all", WINEDLLOVERRIDES="winedbg.exe=d")


def measure_windows(build, stepper, labels, tsv):
    """Times and counts of one Windows build; its folder holds efawin.dll beside efa_bench.exe."""
    prefix = tempfile.mkdtemp(prefix="efawin-bench-")
    env = windows_environment(prefix)
    try:
        subprocess.run(["wineboot", "-i"], env=env, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        command = ["wine", str(build / "efa_bench.exe")]
        times = time_all(command, env)
        counts = count_windows(command, env, stepper)
    finally:
        subprocess.run(["wineserver", "-k"], env=env, check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["wineserver", "-w"], env=env, check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(prefix, ignore_errors=True)
    show(f"{build.name}: efawin.dll under Wine, locks on", labels, times, counts, tsv, build.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bench", type=pathlib.Path, help="the native efa_bench")
    parser.add_argument("--tsv", type=pathlib.Path, required=True, help="where the figures go")
    parser.add_argument("--windows", type=pathlib.Path, nargs="*", default=[], metavar="BUILD",
                        help="Windows build folders to measure too")
    arguments = parser.parse_args()
    labels, counted = workloads(arguments.bench)

    print(f"Machine: {machine()}. Nanoseconds: median and least of 301 rounds, and the spread")
    print("between the quartiles; instructions: of an operation, the loop around it included.")
    with open(arguments.tsv, "w", encoding="utf-8") as tsv:
        tsv.write("mode\tworkload\tns median\tns least\tns spread\tinstructions\n")
        for title, tag, options in (("native, locks on", "locks", []),
                                    ("native, thread domain", "thread-domain",
                                     ["--thread-domain"])):
            times = time_all([arguments.bench, *options])
            counts = {name: count_native(arguments.bench, name, options) for name in counted}
            show(title, labels, times, counts, tsv, tag)
        show_control(run([arguments.bench, "--control"]), tsv)
        for build in arguments.windows:
            measure_windows(build, arguments.bench.parent / "step_count", labels, tsv)
    print(f"\nThe same as TSV: {arguments.tsv}")


if __name__ == "__main__":
    main()
