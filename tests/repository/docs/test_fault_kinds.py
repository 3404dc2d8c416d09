# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""docs/simulated-efa.md describes each kind of fault that sim/config/fault_table.h has, and no other."""
import re

from support.build import ROOT


def test_each_kind_of_fault_is_described():
    table = (ROOT / "sim" / "config" / "fault_table.h").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "simulated-efa.md").read_text(encoding="utf-8")
    kinds = re.findall(r'\bKIND\(\w+, "(\w+)"', table)
    section = page.split("| kind | what happens | takes |", 1)[1].split("\n\n", 1)[0]
    described = [name for row in section.splitlines() for name in
                 re.findall(r"`(\w+)`", row.split("|")[1] if row.count("|") > 1 else "")]
    assert len(kinds) >= 12
    assert sorted(described) == sorted(kinds)
