#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Reads the machine code of efawin.dll's data path, and prints what of it costs more than it seems.

A row a function: instructions, of them locked ones, fences, calls, pushed registers, and other
accesses to the stack. With --check it fails where a function has more of these than the table below
allows: then a lock, a barrier or a spill has come into the straight line of the data path.
"""
import argparse
import collections
import pathlib
import re
import shutil
import subprocess
import sys

Allowed = collections.namedtuple("Allowed", "locked fences pushes")

# By source file and function. A lock is taken by one locked instruction and released by a plain
# store. A fence stands between descriptors in device memory and their doorbell. Without a lock
# another fence replaces it, and two fences end a batch in the middle of a call. The x64 calling
# convention leaves seven registers that need no saving.
HOT = {
    ("post_send", "efa_post_send"): Allowed(1, 2, 3),
    ("post_send", "efa_post_send_in_batches"): Allowed(1, 4, 4),
    ("post_recv", "efa_post_recv"): Allowed(1, 0, 2),
    ("poll_cq", "efa_poll_cq"): Allowed(1, 0, 6),
    ("poll_session", "start_poll_locked"): Allowed(1, 0, 1),
    ("poll_session", "start_poll_exclusive"): Allowed(0, 0, 1),
    ("poll_session", "next_poll"): Allowed(0, 0, 1),
    ("poll_session", "end_poll"): Allowed(0, 0, 0),
    ("wr_session", "wr_start"): Allowed(1, 1, 0),
    ("wr_session", "wr_send"): Allowed(0, 0, 0),
    ("wr_session", "wr_send_staged"): Allowed(0, 0, 0),
    ("wr_session", "wr_set_sge"): Allowed(0, 0, 0),
    ("wr_session", "wr_set_inline_data"): Allowed(0, 0, 0),
    ("wr_session", "wr_set_ud_addr"): Allowed(0, 0, 0),
    ("wr_session", "wr_complete"): Allowed(0, 1, 0),
    ("wr_session", "wr_complete_staged"): Allowed(0, 1, 0),
}

READERS = ("read_opcode", "read_vendor_err", "read_wc_flags", "read_byte_len", "read_imm_data",
           "read_qp_num", "read_src_qp", "read_slid")
HOT.update({("poll_session", name): Allowed(0, 0, 0) for name in READERS})

Counts = collections.namedtuple("Counts", "instructions locked fences calls pushes stack")


def llvm(tool, *arguments):
    """The output of one of LLVM's tools, whatever version of it there is."""
    names = [tool, *(f"{tool}-{version}" for version in range(30, 13, -1))]
    path = next((found for found in map(shutil.which, names) if found), None)
    if path is None:
        sys.exit(f"hot_code: {tool} is missing (Debian: llvm)")
    return subprocess.run([path, *arguments], check=True, text=True, capture_output=True).stdout


def functions(pdb):
    """{(source file, function): (section, offset, size)}"""
    found = {}
    source = None
    name = None
    for line in llvm("llvm-pdbutil", "dump", "-symbols", str(pdb)).splitlines():
        module = re.search(r"Mod \d+ \| `(?:.*[\\/])?([^\\/]+?)(?:\.c)?\.obj`", line)
        symbol = re.search(r"S_[GL]PROC32 .*?`(.*?)`", line)
        place = re.search(r"addr = (\d+):(\d+), code size = (\d+)", line)
        if module:
            source = module.group(1)
        elif symbol:
            name = symbol.group(1)
        elif place and name:
            found[source, name] = tuple(int(number) for number in place.groups())
            name = None
    return found


def instructions(dll):
    """{address: text}, and the address at which each section begins."""
    headers = llvm("llvm-objdump", "-h", str(dll))
    sections = [int(m.group(1), 16) for m in
                re.finditer(r"^\s*\d+ \.\w+\s+[0-9a-f]+\s+([0-9a-f]+)", headers, re.MULTILINE)]
    listing = llvm("llvm-objdump", "-d", "--no-show-raw-insn", str(dll))
    code = {int(m.group(1), 16): m.group(2) for m in
            re.finditer(r"^\s*([0-9a-f]+):\s+(.*)$", listing, re.MULTILINE)}
    return code, sections


def count(code, begin, size):
    body = [code[at] for at in range(begin, begin + size) if at in code]
    pushes = sum(text.startswith("push") for text in body)
    return Counts(
        instructions=sum(text != "lock" and not text.startswith(("nop", "int3")) for text in body),
        # An exchange with memory is locked by nature.
        locked=sum(text.startswith("lock") or re.match(r"xchg\w*\s.*\(", text) is not None
                   for text in body),
        fences=sum("fence" in text.split()[0] for text in body),
        calls=sum(text.startswith("call") for text in body),
        pushes=pushes,
        stack=sum("(%rsp" in text for text in body))


def judge(counts, allowed):
    wrong = []
    if counts.locked != allowed.locked:
        wrong.append(f"{counts.locked} locked instructions instead of {allowed.locked}")
    if counts.fences != allowed.fences:
        wrong.append(f"{counts.fences} fences instead of {allowed.fences}")
    if counts.calls:
        wrong.append(f"{counts.calls} calls")
    if counts.stack:
        wrong.append(f"{counts.stack} values kept on the stack")
    if counts.pushes > allowed.pushes:
        wrong.append(f"{counts.pushes} registers saved, {allowed.pushes} are known")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dll", type=pathlib.Path, help="efawin.dll, its PDB beside it")
    parser.add_argument("--check", action="store_true", help="fail where there is more than allowed")
    arguments = parser.parse_args()
    places = functions(arguments.dll.with_suffix(".pdb"))
    code, sections = instructions(arguments.dll)
    failures = []
    print(f"{'':24}" + "".join(f"{title:>14}" for title in Counts._fields))
    for (source, name), allowed in HOT.items():
        if (source, name) not in places:
            failures.append(f"{name} of {source}.c is not in the PDB: is the table up to date?")
            continue
        section, offset, size = places[source, name]
        counts = count(code, sections[section - 1] + offset, size)
        print(f"{name:24}" + "".join(f"{value:14}" for value in counts))
        failures += [f"{name}: {what}" for what in judge(counts, allowed)]
    if arguments.check:
        for failure in failures:
            print(failure, file=sys.stderr)
        sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
