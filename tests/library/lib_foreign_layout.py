#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Turns the tables of the binary contract into plain numbers, for a client without the kit's headers.

usage: lib_foreign_layout.py STRUCTS.tsv CONSTANTS.tsv OUTPUT
"""
import sys


def rows(path):
    with open(path, encoding="utf-8") as table:
        for line in table:
            if line.strip() and not line.startswith("#"):
                yield line.rstrip("\n").split("\t")


def main():
    structs, constants, output = sys.argv[1:]
    lines = ["/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */",
             "/* Generated from the tables of the binary contract. */"]
    sizes = {}
    for struct, field, offset, size, _ in rows(structs):
        if field == "(anonymous)":
            field = "unnamed" + offset
        lines.append(f"#define OFFSET_{struct}_{field} {offset}u")
        sizes[struct] = size
    lines += [f"#define SIZE_{struct} {size}u" for struct, size in sizes.items()]
    seen = set()
    for _, name, value in rows(constants):
        if name not in seen:
            lines.append(f"#define VALUE_{name} ({value})")
            seen.add(name)
    with open(output, "w", encoding="utf-8") as header:
        header.write("\n".join(lines) + "\n")


main()
