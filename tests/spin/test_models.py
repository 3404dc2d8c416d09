# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Spin finds no error in any interleaving of a model, and an error in each of its variants, which remove
one barrier, check or exchange. A model's comment lists them: "variant NAME: what it breaks".

--define NAME=VALUE makes a model larger, for example --define MESSAGES=8; -rP prints the numbers of states.
"""
import functools
import pathlib
import re
import resource

import pytest

from support.programs import run

MODELS = sorted(path for path in pathlib.Path(__file__).parent.glob("*.pml")
                if path.name != "weak_memory.pml")  # which they include
MEMORY = 4 << 30
SECONDS = 600
STEPS_SHOWN = 80


def variants_of(model):
    return re.findall(r"variant ([A-Z_]+): ", model.read_text(encoding="utf-8"))


class Search:
    """The exhaustive search of one model, in a folder of its own."""

    def __init__(self, model, folder, definitions):
        self.model, self.folder = model, folder
        self.definitions = [f"-D{definition}" for definition in definitions]

    def run(self, *command):
        limit = functools.partial(resource.setrlimit, resource.RLIMIT_AS, (MEMORY, MEMORY))
        return run(command, SECONDS, cwd=self.folder, preexec_fn=limit).expect(0).output

    def error(self, optimise):
        """The error that was found, or None."""
        output = self.run("spin", "-a", *self.definitions, self.model)
        assert not re.search("error", output, re.IGNORECASE), output
        self.run("gcc", optimise, "-w", "-DSAFETY", "-o", "pan", "pan.c")
        output = self.run("./pan", "-m1000000")
        assert not re.search("search depth too small|out of memory", output), f"cut short:\n{output}"
        errors, states = (re.search(pattern, output) for pattern in
                          (r"errors: (\d+)", r"(\d+) states, stored"))
        print(f"{self.model.stem}: {states[1]} states")
        if not int(errors[1]):
            return None
        found = re.search(r"pan:1: (.*?) \(at depth", output)
        return found[1] if found else "an error"

    def steps(self):
        """The last steps to the error that was found."""
        output = self.run("spin", "-k", f"{self.model.name}.trail", "-t", "-p", *self.definitions,
                          self.model)
        return "\n".join(output.splitlines()[-STEPS_SHOWN:])


@pytest.fixture
def search(pytestconfig, tmp_path):
    """search(model, *definitions)"""
    def search(model, *definitions):
        return Search(model, tmp_path, [*pytestconfig.getoption("--define"), *definitions])
    return search


@pytest.mark.parametrize("model", [pytest.param(model, id=model.stem) for model in MODELS])
def test_model_holds(search, model):
    assert variants_of(model), "it has no variant that must fail, so it proves nothing"
    searched = search(model)
    error = searched.error("-O2")
    assert error is None, f"{error}\n{searched.steps()}"


@pytest.mark.parametrize("model, variant", [
    pytest.param(model, variant, id=f"{model.stem}-{variant}")
    for model in MODELS for variant in variants_of(model)])
def test_error_of_a_variant_is_found(search, model, variant):
    error = search(model, variant).error("-O0")
    assert error is not None
    print(error)
