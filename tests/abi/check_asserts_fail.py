#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Shows that the generated assertions can fail: with every number of the tables off by one, each of
them must; with a member, structure, enumerator or enumeration that is not there, compiling must.

usage: check_asserts_fail.py --include KIT CC CXX
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
STRUCTS = "".join((HERE / name).read_text(encoding="utf-8")
                  for name in ("structs-x64.tsv", "structs-efadv.tsv"))
CONSTANTS = (HERE / "constants.tsv").read_text(encoding="utf-8")

FAILED = r"error: static(?: assertion|_assert) failed"


def map_rows(table, change):
    lines = []
    for line in table.splitlines():
        if line and not line.startswith("#"):
            line = "\t".join(change(line.split("\t")))
        lines.append(line)
    return "\n".join(lines) + "\n"


def generate(folder, structs, constants, suffix):
    (folder / "structs.tsv").write_text(structs, encoding="utf-8")
    (folder / "constants.tsv").write_text(constants, encoding="utf-8")
    source = folder / f"layout.{suffix}"
    done = subprocess.run(
        [sys.executable, HERE / "generate_asserts.py", folder / "structs.tsv",
         folder / "constants.tsv", source], capture_output=True, text=True, timeout=60)
    return source, done


def compile_source(compiler, include, source, *flags):
    standard = "-std=c11" if source.suffix == ".c" else "-std=c++17"
    version = subprocess.run([compiler, "--version"], capture_output=True, text=True, timeout=60)
    limit = "-ferror-limit=0" if "clang" in version.stdout else "-fmax-errors=0"
    return subprocess.run([compiler, standard, "-fsyntax-only", limit, "-I", include, *flags, source],
                          capture_output=True, text=True, timeout=300)


def check(condition, what):
    if not condition:
        sys.exit(f"check_asserts_fail.py: {what}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--include", required=True)
    parser.add_argument("cc")
    parser.add_argument("cxx")
    options = parser.parse_args()
    compilers = {"c": options.cc, "cpp": options.cxx}

    def plus_one(row):
        return row[:2] + [str(int(value) + 1) for value in row[2:]]

    def other_enum(row):
        if row[0] != "(anonymous)":
            row[0] = "ibv_fork_status" if row[0] != "ibv_fork_status" else "ibv_mtu"
        return row

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for suffix, compiler in compilers.items():
            source, _ = generate(folder, STRUCTS, CONSTANTS, suffix)
            done = compile_source(compiler, options.include, source)
            check(done.returncode == 0, f"the true tables do not compile:\n{done.stderr}")

            # The generator knows members without a name by struct and true offset, so the numbers
            # are changed in its output.
            text = source.read_text(encoding="utf-8")
            changed, expected = re.subn(
                r"^(CHECK(?:_ALIGNOF)?\(.*(?:== |, ))(-?\d+)\);$",
                lambda match: f"{match[1]}{int(match[2]) + 1});", text, flags=re.MULTILINE)
            source.write_text(changed, encoding="utf-8")
            done = compile_source(compiler, options.include, source)
            failed = len(re.findall(FAILED, done.stderr))
            check(failed == expected, f"{suffix}: {failed} of {expected} assertions failed")
            print(f"{suffix}: all {expected} numbers are held")

            for table, row in (("structs", "ibv_qp\tno_such_member\t0\t120\t8"),
                               ("structs", "ibv_no_such_struct\tmember\t0\t8\t8"),
                               ("constants", "ibv_mtu\tIBV_NO_SUCH_CONSTANT\t1")):
                source, done = generate(
                    folder, STRUCTS + (row + "\n" if table == "structs" else ""),
                    CONSTANTS + (row + "\n" if table == "constants" else ""), suffix)
                check(done.returncode == 0, done.stderr)
                done = compile_source(compiler, options.include, source)
                check(done.returncode != 0, f"{suffix}: {row!r} compiles")

        source, _ = generate(folder, STRUCTS, map_rows(CONSTANTS, other_enum), "cpp")
        done = compile_source(options.cxx, options.include, source)
        expected = len(re.findall(r"^CHECK_ENUM\(", source.read_text(encoding="utf-8"),
                                  flags=re.MULTILINE))
        failed = len(re.findall(FAILED, done.stderr))
        check(failed == expected, f"{failed} of {expected} enumerations were held")
        print(f"cpp: all {expected} enumerations are held")

        for structs, constants, what in (
                (map_rows(STRUCTS, plus_one), CONSTANTS, "an unknown unnamed member"),
                (STRUCTS + "ibv_pd\thandle\t8\t16\n", CONSTANTS, "a row with a column missing"),
                (STRUCTS + "ibv_pd\thandle\t8\t16\t8\n", CONSTANTS, "a row that stands twice"),
                (STRUCTS + "ibv_pd\tother\t8\t24\t8\n", CONSTANTS, "two sizes of one structure"),
                (STRUCTS, "# empty\n", "an empty table")):
            _, done = generate(folder, structs, constants, "c")
            check(done.returncode != 0, f"the generator takes {what}")


if __name__ == "__main__":
    main()
