# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Writes what a run of the suite found into docs/clients.md.

usage: report.py RESULTS.xml docs/clients.md

RESULTS.xml is pytest's JUnit file. The table goes between <!-- begin results --> and
<!-- end results -->. Fails, and writes nothing, where the run was not of all programs, of which the
selection leaves out some.
"""
import collections
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from third_party import PACKAGES


def version_of(package):
    """Debian's version, without that of the packaging."""
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], text=True,
                           capture_output=True, check=False)
    return re.sub(r"^\d+:|[-+].*$", "", asked.stdout) if asked.returncode == 0 else "not installed"


class Row:
    def __init__(self):
        self.counts = collections.Counter()
        self.reasons = collections.Counter()
        self.command = ""

    def add(self, case):
        properties = [(one.get("name"), one.get("value")) for one in case.iter("property")]
        values = dict(reversed(properties))  # the first of each name
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            self.counts["failed"] += 1
        elif skip is not None:
            self.counts["skipped"] += 1
            self.reasons[skip.get("message")] += 1
        else:
            self.counts["passed"] += 1
            self.command = self.command or values.get("command", "")
        for name in ("inner passed", "inner skipped"):
            self.counts[name] += int(values.get(name, 0))


def read(path, is_selection):
    rows = {name: Row() for name in PACKAGES}
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        names = [one.get("value") for one in case.iter("property") if one.get("name") == "program"]
        if names == ["harness"]:
            continue
        if not names:
            sys.exit(f"report: {case.get('classname')}.{case.get('name')} is of no program")
        rows[names[0]].add(case)
    missing = [name for name, row in rows.items() if not row.counts]
    if is_selection:
        return {name: row for name, row in rows.items() if name not in missing}
    if missing:
        sys.exit(f"report: no case of {', '.join(missing)}: the run was not of all programs")
    return rows


def in_table(text):
    return text.replace("|", "\\|")


def lines(rows, is_selection):
    yield f"Cases: {'the selection of `make check`' if is_selection else 'all'}."
    yield ""
    yield "| program | version | cases | passed | failed | skipped | command of its first case |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    total = collections.Counter()
    for name, row in rows.items():
        counts = row.counts
        total += counts
        cases = sum(counts[what] for what in ("passed", "failed", "skipped"))
        yield (f"| {name} | {version_of(PACKAGES[name])} | {cases} | {counts['passed']} | "
               f"{counts['failed']} | {counts['skipped']} | `{in_table(row.command)}` |")
    yield ""
    yield f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped."
    for name, row in rows.items():
        for reason, count in sorted(row.reasons.items()):
            yield f"- {name}: {count} skipped: {reason}"
        if row.counts["inner passed"]:
            yield (f"- {name}: in its cases {row.counts['inner passed']} tests of its own passed, "
                   f"{row.counts['inner skipped']} were skipped for a reason in the list below.")


def main(results, document):
    is_selection = 'name="selection"' in pathlib.Path(results).read_text(encoding="utf-8")
    rows = read(results, is_selection)
    begin, end = "<!-- begin results -->\n", "<!-- end results -->"
    path = pathlib.Path(document)
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    path.write_text(before + begin + "\n".join(lines(rows, is_selection)) + "\n" + end + after, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
