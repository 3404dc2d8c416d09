#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Checks a Spin model: it holds as it is, and with each of its variants Spin finds an error.

usage: check_model.py MODEL.pml [-DNAME=VALUE...]

Prints a line for the model and for each variant ("variant NAME: what it breaks" in the model's
comment), then the sums. A -D makes the model larger, for instance -DMESSAGES=8. Of a model that does
not hold the last steps to the error are shown.
"""
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

MEMORY = 4 << 30
SECONDS = 600
STEPS_SHOWN = 80


class Broken(Exception):
    """The tools themselves failed, or the search was not complete."""


def run(folder, *command):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    result = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=SECONDS, check=False,
                            preexec_fn=limit)
    if result.returncode != 0:
        raise Broken(f"{' '.join(command)} failed:\n{result.stdout}")
    return result.stdout


def search(model, folder, definitions, optimise):
    """What the exhaustive search found: (error or None, number of states)."""
    said = run(folder, "spin", "-a", *definitions, str(model))
    if re.search(r"error", said, re.IGNORECASE):
        raise Broken(said)
    run(folder, "gcc", optimise, "-w", "-DSAFETY", "-o", "pan", "pan.c")
    said = run(folder, "./pan", "-m1000000")
    if "search depth too small" in said or "out of memory" in said:
        raise Broken(f"the search was cut short:\n{said}")
    errors = re.search(r"errors: (\d+)", said)
    states = re.search(r"(\d+) states, stored", said)
    if not errors or not states:
        raise Broken(said)
    error = None
    if int(errors[1]):
        found = re.search(r"pan:1: (.*?) \(at depth", said)
        error = found[1] if found else "an error"
    return error, int(states[1])


def trail(model, folder, definitions):
    """The steps to the error that was found."""
    return run(folder, "spin", "-k", f"{model.name}.trail", "-t", "-p", *definitions, str(model))


def check(model, definitions):
    variants = re.findall(r"variant ([A-Z_]+): ", model.read_text(encoding="utf-8"))
    if not variants:
        raise Broken(f"{model.name} names no variant that must fail: it proves nothing")
    passed = failed = 0
    for variant in [None, *variants]:
        arguments = definitions if variant is None else [*definitions, f"-D{variant}"]
        with tempfile.TemporaryDirectory(prefix="efawin-model-") as folder:
            error, states = search(model, folder, arguments, "-O2" if variant is None else "-O0")
            if variant is None and error:
                print("\n".join(trail(model, folder, arguments).splitlines()[-STEPS_SHOWN:]))
        if variant is None:
            verdict = f"ERROR: {error}" if error else f"holds in {states} states"
        else:
            verdict = f"found: {error}" if error else f"NOT FOUND in {states} states"
        if (error is None) == (variant is None):
            passed += 1
        else:
            failed += 1
        print(f"{model.stem} {variant or 'itself'}: {verdict}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed == 0


def main(arguments):
    if not arguments or arguments[0].startswith("-") or \
            not all(argument.startswith("-D") for argument in arguments[1:]):
        sys.exit(__doc__)
    for tool in ("spin", "gcc"):
        if not shutil.which(tool):
            sys.exit(f"check_model: {tool} is missing: install it with scripts/install-deps")
    try:
        good = check(pathlib.Path(arguments[0]).resolve(strict=True), arguments[1:])
    except (Broken, OSError, subprocess.TimeoutExpired) as error:
        sys.exit(f"check_model: {error}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
