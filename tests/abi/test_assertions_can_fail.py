# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Shows that the generated assertions can fail: with every number of the tables off by one, each of
them must; with a member, structure, enumerator or enumeration that is not there, compiling must."""
import pathlib
import re
import sys

import pytest

from support.build import ROOT
from support.programs import run

HERE = pathlib.Path(__file__).resolve().parent
STRUCTS = "".join((HERE / name).read_text(encoding="utf-8")
                  for name in ("structs-x64.tsv", "structs-later.tsv"))
CONSTANTS = "".join((HERE / name).read_text(encoding="utf-8")
                    for name in ("constants.tsv", "constants-later.tsv"))
FAILED = r"error: static(?: assertion|_assert) failed"

both_languages = pytest.mark.parametrize("suffix", ("c", "cpp"))


@pytest.fixture
def generate(tmp_path):
    """generate(structs, constants, suffix): the generator's source file, and how it ended."""
    def generate(structs=STRUCTS, constants=CONSTANTS, suffix="c"):
        (tmp_path / "structs.tsv").write_text(structs, encoding="utf-8")
        (tmp_path / "constants.tsv").write_text(constants, encoding="utf-8")
        source = tmp_path / f"layout.{suffix}"
        return source, run([sys.executable, HERE / "generate_asserts.py",
                            "--structs", tmp_path / "structs.tsv",
                            "--constants", tmp_path / "constants.tsv", "--output", source])
    return generate


@pytest.fixture
def compile_source(build):
    def compile_source(source):
        compiler, standard = {".c": (build.c_compiler, "-std=c11"),
                              ".cpp": (build.cxx_compiler, "-std=c++17")}[source.suffix]
        is_clang = "clang" in run([compiler, "--version"]).output
        return run([compiler, standard, "-fsyntax-only",
                    "-ferror-limit=0" if is_clang else "-fmax-errors=0", "-I", ROOT / "interface",
                    source])
    return compile_source


def change_rows(table, change):
    lines = []
    for line in table.splitlines():
        if line and not line.startswith("#"):
            line = "\t".join(change(line.split("\t")))
        lines.append(line)
    return "\n".join(lines) + "\n"


def plus_one(row):
    return row[:2] + [str(int(value) + 1) for value in row[2:]]


def other_enum(row):
    if row[0] != "(anonymous)":
        row[0] = "ibv_fork_status" if row[0] != "ibv_fork_status" else "ibv_mtu"
    return row


@both_languages
def test_every_number_is_compared(generate, compile_source, suffix):
    source, _ = generate(suffix=suffix)
    compile_source(source).expect(0)
    # The generator knows members without a name by struct and true offset, so the numbers are changed
    # in its output.
    changed, expected = re.subn(
        r"^(CHECK(?:_ALIGNOF)?\(.*(?:== |, ))(-?\d+)\);$",
        lambda match: f"{match[1]}{int(match[2]) + 1});", source.read_text(encoding="utf-8"),
        flags=re.MULTILINE)
    source.write_text(changed, encoding="utf-8")
    assert expected > 0 and len(re.findall(FAILED, compile_source(source).errors)) == expected


def test_every_enumeration_is_compared(generate, compile_source):
    source, _ = generate(constants=change_rows(CONSTANTS, other_enum), suffix="cpp")
    expected = len(re.findall(r"^CHECK_ENUM\(", source.read_text(encoding="utf-8"), re.MULTILINE))
    assert expected > 0 and len(re.findall(FAILED, compile_source(source).errors)) == expected


@both_languages
@pytest.mark.parametrize("structs, constants", [
    pytest.param("ibv_qp\tno_such_member\t0\t120\t8\n", "", id="member"),
    pytest.param("ibv_no_such_struct\tmember\t0\t8\t8\n", "", id="structure"),
    pytest.param("", "ibv_mtu\tIBV_NO_SUCH_CONSTANT\t1\n", id="enumerator")])
def test_what_does_not_exist_does_not_compile(generate, compile_source, suffix, structs, constants):
    source, generated = generate(STRUCTS + structs, CONSTANTS + constants, suffix)
    generated.expect(0)
    assert compile_source(source).status != 0


@pytest.mark.parametrize("structs, constants, message", [
    pytest.param(change_rows(STRUCTS, plus_one), CONSTANTS, "no known member at",
                 id="unknown unnamed member"),
    pytest.param(STRUCTS + "ibv_pd\thandle\t8\t16\n", CONSTANTS, "columns expected",
                 id="missing column"),
    pytest.param(STRUCTS + "ibv_pd\thandle\t8\t16\t8\n", CONSTANTS, "a row stands twice",
                 id="repeated row"),
    pytest.param(STRUCTS + "ibv_pd\tother\t8\t24\t8\n", CONSTANTS, "differs between rows",
                 id="two sizes of one structure"),
    pytest.param(STRUCTS, "# empty\n", "no rows", id="empty table")])
def test_generator_rejects_a_wrong_table(generate, structs, constants, message):
    _, generated = generate(structs, constants)
    generated.expect(1, errors=message)
