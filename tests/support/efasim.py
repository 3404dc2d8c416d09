# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The program efasim as a user starts it, with a runtime folder of its own, and the instances that it
runs. No test is in here."""
import contextlib
import json
import os
import pathlib
import signal
import sys
import tempfile
import time

from support import programs

# Holds `efasim run` open: prints the environment it runs in, and ends when its input does.
HOLD = "import json, os, sys; print(json.dumps(dict(os.environ)), flush=True); sys.stdin.read()"


class Efasim:
    """`run_options` precede those of each run."""

    def __init__(self, program, folder, run_options=()):
        self.program = program
        self.run_options = run_options
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in ("EFASIM_INSTANCE", "LD_PRELOAD", "SYSFS_PATH")}
        self.environment["XDG_RUNTIME_DIR"] = str(folder)

    def start(self, *arguments, prefix=(), **options):
        """`prefix` is a command that runs it."""
        return programs.start([*prefix, self.program, *arguments], **{"env": self.environment, **options})

    def call(self, *arguments, **options):
        return programs.finish(self.start(*arguments), **options)

    def run(self, *command, options=(), **limits):
        return self.call("run", *self.run_options, *options, "--", *command, **limits)

    def start_run(self, *command, options=(), **how):
        return self.start("run", *self.run_options, *options, "--", *command, **how)

    def left(self):
        """What instances have left in the runtime folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))

    @contextlib.contextmanager
    def instance(self, *options):
        """An instance for as long as the context lasts. A broken rule of the adapter fails at its end."""
        log = self.folder / "log"  # a pipe could fill up
        with open(log, "w", encoding="utf-8") as errors:
            process = self.start_run(sys.executable, "-c", HOLD, options=options, stderr=errors,
                                     stdin=programs.subprocess.PIPE)
        first = process.stdout.readline()
        instance = Instance(self, process, json.loads(first)) if first else None
        try:
            if instance:
                yield instance
        finally:
            if instance:
                instance.kill_programs()
            result = programs.finish(process)
            text = log.read_text(encoding="utf-8")
        assert result.status == 0 and first and "violations" not in text, f"{result}\n{text}"


@contextlib.contextmanager
def efasim_with_folder(program, run_options=()):
    """The path of a socket has 107 characters, which is too few for pytest's own folders."""
    with tempfile.TemporaryDirectory(prefix="efasim-") as folder:
        yield Efasim(program, pathlib.Path(folder), run_options)


class Instance:
    """One that runs: programs see its adapters in `environment`. `prefix` is a command that runs them."""

    def __init__(self, efasim, process, environment, prefix=()):
        self.efasim, self.process, self.prefix = efasim, process, prefix
        self.environment = {**environment, "TMPDIR": str(efasim.folder)}

    def start(self, *command, **variables):
        return programs.start([*self.prefix, *command], env={**self.environment, **variables})

    def run(self, *command, limit=programs.RUN_LIMIT, **variables):
        return self.finish(self.start(*command, **variables), limit)

    def finish(self, process, limit=programs.RUN_LIMIT):
        """As programs.finish(); at the limit every program of this instance is killed, so that no child
        keeps the output open."""
        try:
            output, errors = process.communicate(timeout=limit)
        except programs.subprocess.TimeoutExpired:
            self.kill_programs()
            output, errors = process.communicate()
            raise AssertionError(f"{process.args} still ran after {limit} s\n{output}{errors}") from None
        return programs.Result(process.args, process.returncode, output, errors)

    def ask(self, what):
        """The JSON of `efasim counters`, `objects` or `faults`."""
        environment = {name: value for name, value in self.environment.items() if name != "LD_PRELOAD"}
        asked = self.efasim.start(what, "--json", env=environment)
        return json.loads(programs.finish(asked).expect(0).output)

    def programs(self):
        """The processes that run on this instance, but for the one that holds it."""
        mark = f"EFASIM_INSTANCE={self.environment['EFASIM_INSTANCE']}\0".encode()
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if mark in (folder / "environ").read_bytes() and parent != self.process.pid:
                    found.append(int(folder.name))
        return found

    def kill_programs(self):
        for _ in range(100):
            left = self.programs()
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not left:
                return
            time.sleep(0.05)
        raise AssertionError(f"processes {left} do not end")
