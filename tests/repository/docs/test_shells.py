# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Advice for Windows works in PowerShell and in cmd. Windows PowerShell has other commands of the names
`sc`, `set`, `where` and `fc`, neither shell takes NAME=VALUE, and each writes variables its own way."""
import re
import subprocess

import pytest

from support.build import ROOT

# What a user of Windows reads: the documents, and the strings of what he runs.
DOCUMENTS = ("README.md", "CHANGELOG.md", "SECURITY.md", ".github", "docs", "packaging")
SOURCES = ("src", "interface", "tools")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
VERBS = r"(?:query|queryex|start|stop|create|delete|qc|config|description)"

RULES = (
    (re.compile(rf"(?<![\w.-])sc {VERBS}\b"),
     "in Windows PowerShell `sc` is Set-Content: write sc.exe"),
    (re.compile(r"(?:^|`)(?:where|fc) [\w\\.]"),
     "in PowerShell `where` and `fc` are other commands: write where.exe, fc.exe"),
    (re.compile(r"(?<![\w$:])(?:EFAWIN_LOG|FI)_[A-Z_]+=(?!=)[\w'\"]"),
     "no shell of Windows takes NAME=VALUE: say `NAME` set to `VALUE`, or give the command of each shell"),
)
CMD_SET = re.compile(r"(?:^|`)set [A-Z_]+=")
CMD_VARIABLE = re.compile(r"%[A-Z][A-Z_]+%")
IN_CMD = re.compile(r"\bcmd\b", re.IGNORECASE)
POWERSHELL = re.compile(r"\$env:[A-Z_]+")


def faults(name, text):
    """FILE:LINE: what is wrong, of each line of a text that a user of Windows reads."""
    for number, line in enumerate(text.splitlines(), 1):
        # The command of cmd stands beside that of PowerShell.
        both = POWERSHELL.search(line) and IN_CMD.search(line)
        rest = CMD_SET.sub("set ", line) if both else line
        rest = re.sub(r"(set )[A-Z_]+=", r"\1", rest) if both else rest
        for pattern, why in RULES:
            if pattern.search(rest):
                yield f"{name}:{number}: {why}: {line.strip()}"
        if (CMD_SET.search(line) or CMD_VARIABLE.search(line)) and not both:
            yield f"{name}:{number}: of cmd only: give PowerShell's form in the same line: {line.strip()}"


def strings_of(text):
    """A C source with nothing but its string literals, adjacent ones joined, each line in its place."""
    joined = re.sub(r'"\s*\\?\n\s*"', "", text)
    return "\n".join(" ".join(STRING.findall(line)) for line in joined.splitlines())


def tracked(*folders):
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders],
                           cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    found = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    if not found:  # an archive without history
        for folder in folders:
            path = ROOT / folder
            found += [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sorted(found)


def test_advice_works_in_both_shells_of_windows():
    found = []
    for path in tracked(*DOCUMENTS):
        if path.suffix in (".md", ".json", "", ".in", ".txt", ".psm1", ".psd1"):
            found += faults(path.relative_to(ROOT), path.read_text(encoding="utf-8"))
    for path in tracked(*SOURCES):
        if path.suffix in (".c", ".h"):
            found += faults(path.relative_to(ROOT), strings_of(path.read_text(encoding="utf-8")))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("text", (
    "as administrator: sc start efa", "`sc query efa`", "`where efawin.dll`", "set EFAWIN_LOG_LEVEL=debug",
    "`EFAWIN_LOG_LEVEL=debug` shows more", "`FI_PROVIDER=efa`", "look into %TEMP%"))
def test_each_form_that_one_shell_lacks_is_found(text):
    assert list(faults("text", text))


@pytest.mark.parametrize("text", (
    "`sc.exe query efa`", "`where.exe efawin.dll`", "set the variable EFAWIN_LOG_LEVEL to debug",
    "PowerShell: `$env:EFAWIN_LOG_LEVEL='debug'`; cmd: `set EFAWIN_LOG_LEVEL=debug`",
    "`$env:FI_PROVIDER='efa'`", "-DEFAWIN_TESTS=ON", "`EFAWIN_WRAP_LONG=1 build/native-release/x_test`"))
def test_what_both_take_is_left_alone(text):
    assert not list(faults("text", text))


def test_only_strings_of_a_source_count():
    assert list(faults("a.c", strings_of('x("run sc "\n  "start efa");')))
    assert not list(faults("a.c", strings_of("/* sc start efa */ sc = 1;")))
