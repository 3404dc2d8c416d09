# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The PowerShell module EfaWin, where no PowerShell can be run: its grammar, its help, the commands that it
calls, and what it takes from the programs."""
import json
import re
import subprocess

import pytest

from support.build import ROOT
from support.node import run_script

MODULE = ROOT / "powershell" / "EfaWin" / "EfaWin.psm1"
MANIFEST = ROOT / "powershell" / "EfaWin" / "EfaWin.psd1"
PARSER = ROOT / "tests" / "powershell" / "parse.mjs"
LIMIT = 100

# Of Windows PowerShell 5.1: the commands that the module may call, with those of their parameters that it
# uses. ErrorAction is every command's.
COMMANDS = {
    "ConvertFrom-Json": {"InputObject"},
    "Copy-Item": {"LiteralPath", "Destination", "Force"},
    "Export-ModuleMember": {"Function"},
    "Get-ChildItem": {"LiteralPath", "Filter"},
    "Get-FileHash": {"LiteralPath", "Algorithm"},
    "Get-Item": {"LiteralPath"},
    "Get-NetFirewallRule": {"Name"},
    "Join-Path": {"Path", "ChildPath"},
    "New-NetFirewallRule": {"Name", "DisplayName", "Direction", "Action", "Protocol", "LocalPort",
                            "RemoteAddress"},
    "New-Object": {"TypeName", "ArgumentList"},
    "Resolve-Path": {"LiteralPath"},
    "Select-Object": {"First"},
    "Set-StrictMode": {"Version"},
    "Split-Path": {"Path", "Leaf", "Parent"},
    "Test-Path": {"LiteralPath", "PathType"},
    "Where-Object": {"FilterScript"},
    "Write-Verbose": {"Message"},
    "Write-Warning": {"Message"},
}
# What changes the machine. Nothing else of the list above does.
CHANGING = {"Copy-Item", "New-NetFirewallRule"}


def parse(*files):
    # The optimising compiler would spend half a minute on the grammar, for a parse of milliseconds.
    return run_script(PARSER, *files, options=["--liftoff-only"])


@pytest.fixture(scope="module")
def module():
    found, = parse(MODULE)
    return found


@pytest.fixture(scope="module")
def exported(module):
    names = re.findall(r"'([\w-]+)'", re.search(r"FunctionsToExport\s*=\s*@\(([^)]*)\)",
                                                MANIFEST.read_text()).group(1))
    functions = {one["name"]: one for one in module["functions"]}
    assert set(names) <= set(functions), "the manifest exports what is not there"
    return [functions[name] for name in names]


def test_module_and_manifest_are_powershell(module):
    manifest, = parse(MANIFEST)
    assert module["faults"] == manifest["faults"] == []


@pytest.mark.parametrize("old, new", (
    ("finally {", "finally"), ("if ($Quiet) {", "if ($Quiet {"),
    ("'efa_perf.exe'", "'efa_perf.exe"), ("foreach ($result in", "foreach ($result on")))
def test_faults_of_grammar_are_found(tmp_path, old, new):
    text = MODULE.read_text()
    assert old in text
    spoiled = tmp_path / "spoiled.psm1"
    spoiled.write_text(text.replace(old, new, 1))
    assert parse(spoiled)[0]["faults"]


def test_module_exports_what_its_manifest_says(exported):
    last = MODULE.read_text().rstrip().splitlines()[-1]
    assert last.startswith("Export-ModuleMember")
    assert set(re.findall(r"'([\w-]+)'", last)) == {one["name"] for one in exported}
    assert {one["name"] for one in exported} == {"Test-Efa", "Install-EfaWin", "Get-EfaAdapter",
                                                 "Measure-Efa"}


def test_every_exported_command_has_help(exported):
    for one in exported:
        sections = re.findall(r"^ *\.([A-Z]+)(?: (\w+))?$", one["comment"], re.MULTILINE)
        kinds = [kind for kind, _ in sections]
        assert kinds[:2] == ["SYNOPSIS", "DESCRIPTION"] and {"EXAMPLE", "OUTPUTS"} <= set(kinds), one
        described = [name for kind, name in sections if kind == "PARAMETER"]
        assert described == one["parameters"], f"{one['name']}: help has {described}"


def test_it_calls_what_windows_powershell_has(module):
    own = {one["name"]: set(one["parameters"]) for one in module["functions"]}
    known = {name: parameters | {"ErrorAction"} for name, parameters in COMMANDS.items()}
    wrong = [f"line {call['line']}: {call['name']} {call['parameters']}"
             for one in module["functions"] for call in one["commands"]
             if not {name.lstrip("-") for name in call["parameters"]}
             <= {**known, **own}.get(call["name"], set()) or call["name"] not in {**known, **own}]
    assert not wrong, "\n".join(wrong)


def test_each_change_is_asked_for(module):
    changes = [(one, call) for one in module["functions"] for call in one["commands"]
               if call["name"] in CHANGING]
    assert {one["name"] for one, _ in changes} == {"Install-EfaWin"} and len(changes) == 3
    for one, call in changes:
        assert call["guarded"], f"line {call['line']}: {call['name']} without ShouldProcess"
        assert any("SupportsShouldProcess" in text for text in one["attributes"])


def test_a_change_that_is_not_asked_for_is_found(tmp_path):
    spoiled = tmp_path / "spoiled.psm1"
    spoiled.write_text(MODULE.read_text().replace("elseif ($PSCmdlet.ShouldProcess($target", "elseif (($target"))
    install, = (one for one in parse(spoiled)[0]["functions"] if one["name"] == "Install-EfaWin")
    assert not all(call["guarded"] for call in install["commands"] if call["name"] in CHANGING)


# ---- What it takes from the programs: natively they print the same ----

def output_of(build, program, *arguments):
    done = subprocess.run([build.file(program), *arguments], capture_output=True, text=True, timeout=LIMIT,
                          check=False)
    assert done.returncode in (0, 3), done.stderr
    return json.loads(done.stdout)


def test_it_reads_what_the_programs_write(build):
    doctor = output_of(build, "efa_doctor", "--json")
    assert {"verdict", "checks"} <= set(doctor)
    assert "libfabric" in {check["check"] for check in doctor["checks"]}
    assert {"check", "title", "status", "detail"} <= set(doctor["checks"][0])
    schema = json.loads((ROOT / "docs" / "schemas" / "efa_doctor.json").read_text())
    problem = schema["properties"]["checks"]["items"]["properties"]["problem"]["properties"]
    assert set(problem) == {"code", "meaning", "advice"}
    assert "max_msg_sz_bytes" in output_of(build, "efa_devinfo", "--json")["devices"][0]["ports"][0]


def test_it_starts_efa_perf_with_options_that_it_has(build):
    text = MODULE.read_text()
    options = re.findall(r"\$arguments \+= (?:@\()?'(--[a-z]+)'", text)
    assert set(options) == {"--size", "--all", "--iters", "--ud", "--loopback", "--port"}
    common = ["--json", "-", "--iters", "20", "--ud", "--loopback"]
    for more in (["--size", "64"], ["--all"]):
        measured = output_of(build, "efa_perf", "lat", *common, *more)
        assert not measured["interrupted"] and {"size_bytes", "latency_us"} <= set(measured["results"][0])
    used = subprocess.run([build.file("efa_perf"), "lat", "--port", "1", "--loopback", "--nonsense"],
                          capture_output=True, text=True, timeout=LIMIT, check=False)
    assert used.returncode == 2 and "--nonsense" in used.stderr, used.stderr
