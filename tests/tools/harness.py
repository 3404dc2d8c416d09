# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Running a program as a user would, and saying what is expected of it. No test is in here."""
import contextlib
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "schemas"
RUN_LIMIT = 100  # seconds: a hang is a failure, a slow machine is not
MTU = 8928


class Result:
    def __init__(self, command, status, output, errors):
        self.command, self.status, self.output, self.errors = command, status, output, errors

    def expect(self, status, output=(), errors=()):
        for pattern in [output] if isinstance(output, str) else output:
            if not re.search(pattern, self.output, re.MULTILINE):
                raise AssertionError(f"standard output lacks {pattern!r}\n{self}")
        for pattern in [errors] if isinstance(errors, str) else errors:
            if not re.search(pattern, self.errors, re.MULTILINE):
                raise AssertionError(f"standard error lacks {pattern!r}\n{self}")
        if self.status != status:
            raise AssertionError(f"exit status is not {status}\n{self}")
        return self

    def __str__(self):
        return (f"$ {' '.join(self.command)}\n{self.output}{self.errors}"
                f"-> exit status {self.status}")


class Tools:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        self.windows = (self.folder / "efa_devinfo.exe").exists()

    def command(self, name, *arguments):
        if self.windows:
            return ["wine", str(self.folder / (name + ".exe")), *map(str, arguments)]
        return [str(self.folder / name), *map(str, arguments)]

    def start(self, name, *arguments, stdout=subprocess.PIPE, **others):
        return subprocess.Popen(self.command(name, *arguments), stdin=subprocess.DEVNULL,
                                stdout=stdout, stderr=subprocess.PIPE, text=True, **others)

    @staticmethod
    def finish(process):
        try:
            output, errors = process.communicate(timeout=RUN_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            raise AssertionError(f"{process.args} did not end\n{output}{errors}") from None
        return Result(process.args, process.returncode, (output or "").replace("\r", ""),
                      errors.replace("\r", ""))

    def run(self, name, *arguments, **others):
        result = self.finish(self.start(name, *arguments, **others))
        if self.windows and result.status == 1 and not result.output and not result.errors:
            # No failure of ours is silent. Wine, one time in some thousand on a busy machine, ends
            # like this before a program's first instruction, whichever program it is.
            print(f"Wine did not start {name}; once more", flush=True)
            result = self.finish(self.start(name, *arguments, **others))
        return result


def free_port():
    """Below the ports that the system hands out by itself, so that nobody takes it meanwhile."""
    return random.randrange(20000, 30000)


def check_schema(document, name):
    """A JSON text, or a result's output, must be what docs/schemas/NAME.json says; returns it
    parsed."""
    try:
        value = json.loads(document if isinstance(document, str) else document.output)
    except json.JSONDecodeError as error:
        raise AssertionError(f"no JSON: {error}\n{document}") from None
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(value, schema, jsonschema.Draft7Validator)
    return value


@contextlib.contextmanager
def simulated_with(text):
    """The native programs' EFA in this configuration."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as config:
        config.write(text)
        config.flush()
        os.environ["EFASIM_CONFIG"] = config.name
        try:
            yield
        finally:
            del os.environ["EFASIM_CONFIG"]


def only_on_windows(case):
    case.windows = True
    return case


def only_native(case):
    case.windows = False
    return case
