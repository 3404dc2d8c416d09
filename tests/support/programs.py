# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Runs a program as a user would; compares what it prints and how it ends with what is expected."""
import os
import random
import re
import shlex
import signal
import socket
import subprocess
import time

RUN_LIMIT = 150  # seconds: a hang is a failure, a slow machine is not
WAIT_LIMIT = 60  # seconds until something must have happened, on however busy a machine
ON_WINDOWS = os.name == "nt"
# Python has these names on Windows only.
NEW_PROCESS_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200)
CTRL_BREAK = getattr(signal, "CTRL_BREAK_EVENT", 1)
# Below the ports that the system hands out by itself: nobody takes one between draw and use.
PORTS = range(20000, 30000)


class Result:
    def __init__(self, command, status, output, errors):
        self.command, self.status, self.output, self.errors = command, status, output, errors

    def expect(self, status, output=(), errors=()):
        """Each pattern must be found in standard output or standard error; `^` and `$` are the ends
        of a line."""
        for name, text, patterns in (("output", self.output, output),
                                     ("error", self.errors, errors)):
            for pattern in [patterns] if isinstance(patterns, str) else patterns:
                assert re.search(pattern, text, re.MULTILINE), \
                    f"standard {name} lacks {pattern!r}\n{self}"
        assert self.status == status, f"exit status is not {status}\n{self}"
        return self

    def __str__(self):
        return (f"$ {shlex.join(map(str, self.command))}\n{self.output}{self.errors}"
                f"-> exit status {self.status}")


def wait_until(is_so, what, limit=WAIT_LIMIT):
    """`what` is awaited: a text, or a function that returns it when the time is over."""
    end = time.monotonic() + limit
    while not is_so():
        assert time.monotonic() < end, f"not within {limit} s: {what() if callable(what) else what}"
        time.sleep(0.02)


def options_of(options, on_windows):
    """Those of subprocess.Popen(): the output in pipes and no input, where `options` do not differ."""
    own = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
           "text": True, "encoding": "utf-8", "errors": "replace"}
    if on_windows:
        own["creationflags"] = NEW_PROCESS_GROUP
    return {**own, **options}


def start(command, **options):
    """Starts a program; it can be interrupted by interrupt()."""
    try:
        return subprocess.Popen([str(word) for word in command],
                                **options_of(options, ON_WINDOWS))
    except FileNotFoundError as error:
        raise AssertionError(f"{error.filename} is missing: build it, or install it with "
                             "scripts/install-deps") from None


def interrupt(process, on_windows=ON_WINDOWS):
    """Presses Ctrl-C; on Windows Ctrl-Break, since only that reaches a single process group. The
    programs do the same for both."""
    process.send_signal(CTRL_BREAK if on_windows else signal.SIGINT)


def finish(process, limit=RUN_LIMIT):
    """Waits for the process; what runs longer than `limit` seconds is killed and has failed."""
    try:
        output, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
        raise AssertionError(f"{process.args} still ran after {limit} s\n{output}{errors}") \
            from None
    return Result(process.args, process.returncode, (output or "").replace("\r", ""),
                  (errors or "").replace("\r", ""))


def run(command, limit=RUN_LIMIT, **options):
    return finish(start(command, **options), limit)


def free_ports(count):
    """So many different ports, drawn at random, that nobody listens at."""
    found = []
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise AssertionError(f"only {len(found)} of the ports {PORTS.start} to {PORTS.stop - 1} are free, "
                         f"and a test needs {count}")


def free_port():
    return free_ports(1)[0]
