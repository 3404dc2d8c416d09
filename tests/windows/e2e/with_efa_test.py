#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Runs scripts/with-efa as a user would: what it says, how it ends, and that nothing is left.

usage: with_efa_test.py [--half 1|2] WITH_EFA BUILDS PROGRAM [CASE...]

BUILDS is the folder of the builds, PROGRAM is raw_driver_test.exe; a half is every other case.
"""
import glob
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from cases import find_cases, run_cases

RUN_LIMIT = 150  # seconds: a hang is a failure, a slow machine is not


class Runner:
    """with-efa with a folder for temporary files of its own, which must be empty afterwards."""

    def __init__(self, script, builds, program):
        self.script, self.builds, self.program = script, builds, program
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="with efa test "))
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()

    def start(self, *arguments, **options):
        environment = dict(os.environ, TMPDIR=str(self.temporary))
        options.setdefault("cwd", self.folder)
        return subprocess.Popen([str(self.script), "--build", str(self.builds), *map(str, arguments)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=environment, **options)

    @staticmethod
    def finish(process):
        output, errors = process.communicate(timeout=RUN_LIMIT)
        process.output, process.errors = output.replace("\r", ""), errors.replace("\r", "")
        return process

    def run(self, *arguments, **options):
        return self.finish(self.start(*arguments, **options))

    def processes(self):
        found = []
        for environ in glob.glob("/proc/[0-9]*/environ"):
            try:
                if str(self.temporary).encode() in pathlib.Path(environ).read_bytes():
                    found.append(environ)
            except OSError:
                pass  # ended meanwhile, or somebody else's
        return found

    def expect_nothing_left(self):
        end = time.monotonic() + 20
        while self.processes() and time.monotonic() < end:
            time.sleep(0.1)
        assert not self.processes(), f"processes left: {self.processes()}"
        assert not list(self.temporary.iterdir()), f"left: {list(self.temporary.iterdir())}"

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def expect(process, status, output="", errors=""):
    shown = f"\n{process.output}{process.errors}-> exit status {process.returncode}"
    assert process.returncode == status, f"exit status is not {status}{shown}"
    assert re.search(output, process.output, re.MULTILINE), f"output lacks {output!r}{shown}"
    assert re.search(errors, process.errors, re.MULTILINE), f"errors lack {errors!r}{shown}"
    return process


def case_help_fits_a_screen(runner):
    process = expect(runner.run("--help"), 0, "^Usage: with-efa")
    lines = process.output.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 100, len(lines)


def case_wrong_usage_is_2_and_says_what(runner):
    for arguments, words in ((("--nonsense", "x"), "unknown option --nonsense"),
                             ((), "no command given"),
                             (("--timeout",), "--timeout needs a value"),
                             (("--timeout", "0", "x"), "whole number of seconds"),
                             (("--interface-version", "4", "x"), "is 1, 2 or 3, not '4'"),
                             (("--config", "not there", "x"), "cannot read the configuration"),
                             (("--dll", "not there", "x"), "cannot read the DLL"),
                             (("--build", "not there", "x"), "no efasim.sys .*make dll")):
        expect(runner.run(*arguments), 2, errors=words)


def case_exit_code_is_the_commands(runner):
    expect(runner.run("--", "sh", "-c", "exit 7"), 7)
    expect(runner.run("--", runner.program, "no such case"), 1, "no case of that name")


def case_shell_command_finds_wine_and_efasim_ctl(runner):
    script = f'wine "{runner.program}" versions && efasim_ctl status && efasim_ctl counters --json'
    expect(runner.run("--", "bash", "-c", script), 0, "^running$(.|\n)*requests.QUERY_DEVICE")


def case_program_is_found_from_any_folder(runner):
    folder = runner.folder / "a folder with spaces"
    folder.mkdir()
    shutil.copy(runner.program, folder / "program.exe")
    expect(runner.run("program.exe", "versions", cwd=folder), 0, "^speaks 1\nspeaks 2\nspeaks 3\n")


def case_interface_version_alone(runner):
    for version in (1, 2, 3):
        process = expect(runner.run("--interface-version", version, "--", runner.program, "versions"), 0)
        assert process.output == f"speaks {version}\n", process.output


def case_given_dll_wins_over_the_programs_own(runner):
    own, other = runner.folder / "own", runner.folder / "other"
    for folder in (own, other):
        folder.mkdir()
        shutil.copy(runner.builds / "mingw" / "efawin.dll", folder)
    shutil.copy(runner.program, own / "program.exe")
    expect(runner.run("--", own / "program.exe", "dll"), 0, r"^dll Z:.*\\own\\efawin.dll$")
    expect(runner.run("--dll", other / "efawin.dll", "--", own / "program.exe", "dll"), 0,
           r"^dll C:\\efasim\\programs.*\\efawin.dll$")


def case_dll_is_found_in_the_system_folder_otherwise(runner):
    folder = runner.folder / "alone"
    folder.mkdir()
    shutil.copy(runner.program, folder / "program.exe")
    expect(runner.run("--", folder / "program.exe", "dll"), 0, r"(?i)^dll C:\\windows\\system32\\efawin.dll$")


def case_bad_configuration_is_named_by_file_and_line(runner):
    config = runner.folder / "bad & wrong.conf"
    config.write_text("# fine\nseed = 1\nno_such_key = 5\n")
    expect(runner.run("--config", config, "--", "true"), 2, errors=f"^{re.escape(str(config))}:3: ")


def case_configuration_reaches_the_device(runner):
    config = runner.folder / "small.conf"
    config.write_text("[device efa]\nversions = 2\n")
    process = expect(runner.run("--config", config, "--", runner.program, "versions"), 0)
    assert process.output == "speaks 2\n", process.output


def case_violation_is_121_where_the_command_succeeded(runner):
    expect(runner.run("--", runner.program, "violate"), 121, errors="^efasim: error: .*doorbell(.|\n)*1 violation")
    expect(runner.run("--", "bash", "-c", f'wine "{runner.program}" violate; exit 5'), 5, errors="doorbell")


def case_abort_on_violation_ends_the_run(runner):
    config = runner.folder / "abort.conf"
    config.write_text("abort_on_violation = yes\n")
    expect(runner.run("--config", config, "--", "bash", "-c", f'wine "{runner.program}" violate; sleep 100'), 121,
           errors="was ended")


def case_timeout_is_124_and_ends_the_whole_tree(runner):
    script = f'sleep 300 & wine "{runner.program}" idle & trap "" TERM; sleep 300; sleep 300'
    started = time.monotonic()
    expect(runner.run("--timeout", 3, "--", "bash", "-c", script), 124, errors="longer than 3 s")
    assert time.monotonic() - started < 100
    runner.expect_nothing_left()


def case_signals_end_the_run(runner):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        process = runner.start("--", "bash", "-c", f'wine "{runner.program}" idle & sleep 1; echo up; wait')
        process.stdout.readline()
        process.send_signal(number)
        runner.finish(process)
        assert process.returncode == 128 + number, process.returncode
        runner.expect_nothing_left()


def case_two_runs_do_not_disturb_each_other(runner):
    script = f'wine "{runner.program}" idle & sleep 3; efasim_ctl objects; kill %1; exit 0'
    runs = [runner.start("--", "bash", "-c", script) for _ in range(2)]
    for process in runs:
        expect(runner.finish(process), 0, "^clients 1\n(.|\n)*^qps 1\n")


def holders(file):
    """Command lines of the processes that have it open."""
    found = set()
    for link in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(link) == str(file):
                found.add(pathlib.Path(link).parents[1].joinpath("cmdline").read_bytes())
        except OSError:
            pass  # ended or closed meanwhile
    return found


def case_the_first_run_keeps_its_lock_to_itself(runner):
    """What Wine leaves behind while it makes the first prefix must not make other runs wait."""
    builds = runner.builds
    runner.builds = runner.folder / "builds"
    (runner.builds / "mingw").mkdir(parents=True)
    for name in ("efasim.sys", "efasim_ctl.exe"):
        shutil.copy(builds / "mingw" / name, runner.builds / "mingw")
    process = runner.start("--", "true")
    seen = set()
    while process.poll() is None:
        seen |= holders(runner.builds / "cache" / "lock")
        time.sleep(0.1)
    expect(runner.finish(process), 0)
    assert seen, "nobody held the lock"
    foreign = [line for line in seen if b"with-efa" not in line]
    assert not foreign, f"the lock is also held by {foreign}"
    assert list((runner.builds / "cache").glob("wine-prefix-*/complete"))


def case_killed_client_leaves_the_driver_clean(runner):
    script = (f'wine "{runner.program}" idle & pid=$!\n'
              'until efasim_ctl objects | grep -q "^qps 1"; do sleep 0.1; done\n'
              'kill -9 $pid\n'
              'until ! efasim_ctl objects | grep -qv " 0.\\?$"; do sleep 0.1; done\n'
              'efasim_ctl objects')
    process = expect(runner.run("--timeout", 60, "--", "bash", "-c", script), 0)
    assert process.output == "clients 0\npds 0\nmrs 0\ncqs 0\nqps 0\nahs 0\nmessages 0\n", process.output


def case_driver_unloads_and_loads_again(runner):
    script = ("efasim_ctl unload && ! efasim_ctl status && "
              "efasim_ctl load 'C:\\efasim\\efasim.sys' && efasim_ctl status")
    expect(runner.run("--", "bash", "-c", script), 0, "^not installed\nrunning$")


def case_driver_unloads_under_an_open_client(runner):
    script = (f'wine "{runner.program}" idle &\n'
              'until efasim_ctl objects | grep -q "^qps 1"; do sleep 0.1; done\n'
              "efasim_ctl unload && efasim_ctl load 'C:\\efasim\\efasim.sys' && efasim_ctl objects\n"
              f'kill -9 %1; wine "{runner.program}" closing_the_handle_destroys_all')
    expect(runner.run("--", "bash", "-c", script), 0, "^clients 0\n(.|\n)*^1 passed, 0 failed$")


def case_trace_is_written_where_asked(runner):
    trace = runner.folder / "trace.txt"
    script = f'efasim_ctl trace requests && wine "{runner.program}" versions'
    expect(runner.run("--trace", trace, "--", "bash", "-c", script), 0)
    assert "QUERY_DEVICE" in trace.read_text(), trace.read_text()


def case_efasim_ctl_changes_the_running_driver(runner):
    versions = f'wine "{runner.program}" versions | tr "\\n\\r" "  "; echo'
    script = "\n".join((
        'efasim_ctl fault "fault = request_error request=QUERY_DEVICE value=31 count=2"', versions, versions,
        'efasim_ctl fault "fault = request_error request=QUERY_DEVICE value=31"'
        ' "fault = message_patch qp=2 offset=8 size=4 value=7"', versions,
        "efasim_ctl faults", "efasim_ctl faults --json",
        "efasim_ctl clear-faults", versions,
        "efasim_ctl remove", versions, "efasim_ctl restore", versions,
        "efasim_ctl counters | grep -c '^faults 0'; efasim_ctl reset-counters",
        "efasim_ctl counters | grep '^faults'; efasim_ctl stall && efasim_ctl resume"))
    process = expect(runner.run("--", "bash", "-c", script), 0)
    lines = [" ".join(line.split()) for line in process.output.splitlines()]
    both, three = "speaks 1 speaks 2 speaks 3", "speaks 2 speaks 3"
    # Version 0 is asked for first, so of two faults one strikes a request that fails anyhow.
    shown = ["1 request_error request=QUERY_DEVICE value=31 count=2: seen 15, struck 2",
             "2 request_error request=QUERY_DEVICE value=31: seen 5, struck 5",
             "3 message_patch qp=2 value=7 offset=8 size=4: seen 0, struck 0"]
    told = [json.loads(line) for line in lines if line.startswith("[")]
    assert len(told) == 1 and [(f["id"], f["kind"], f["struck"]) for f in told[0]] == \
        [(1, "request_error", 2), (2, "request_error", 5), (3, "message_patch", 0)], told
    lines = [line for line in lines if not line.startswith("[")]
    assert lines == ["1 added", three, both, "2 added", "", *shown, both, "", both, "0", "faults 0"], lines


def case_efasim_ctl_says_what_is_wrong(runner):
    expected = ((("nonsense",), 2, "unknown command: nonsense"),
                ((), 2, "what shall be done"),
                (("load",), 2, "load needs the path"),
                (("trace", "nothing"), 2, "unknown event: nothing"),
                (("counters", "--xml"), 2, "unknown argument: --xml"),
                (("fault", "fault = nonsense"), 1, "efasim_ctl: line 1: a fault begins with"),
                (("fault", "loss = 5%"), 1, "efasim_ctl: .* only faults can be added"),
                (("fault", "# nothing"), 1, "efasim_ctl: .* no fault in it"),
                (("counters", "--qp", "1"), 1, "no such queue pair"))
    # One driver for all: a line with the status stands behind what each says.
    script = "\n".join(f"{shlex.join(['efasim_ctl', *arguments])} 2>&1; echo \"ended $?\""
                       for arguments, _, _ in expected)
    process = expect(runner.run("--timeout", 60, "--", "bash", "-c", script), 0)
    told = re.findall(r"(.*?)^ended (\d+)$", process.output, re.DOTALL | re.MULTILINE)
    assert len(told) == len(expected), process.output
    for (arguments, status, words), (text, ended) in zip(expected, told):
        assert int(ended) == status, (arguments, ended)
        assert re.search(words, text), (arguments, text)


def case_efasim_ctl_shows_a_queue_pair(runner):
    script = (f'wine "{runner.program}" hold >held & pid=$!\n'
              "until qp=$(sed -n 's/^holds \\([0-9]*\\).*/\\1/p' held) && [ -n \"$qp\" ]; do sleep 0.1; done\n"
              "efasim_ctl counters --qp $qp; efasim_ctl counters --qp $qp --json\n"
              'kill -9 $pid\n'
              'until efasim_ctl objects | grep -q "^qps 0"; do sleep 0.1; done\n'
              'efasim_ctl counters --qp $qp; echo "then $?"')
    process = expect(runner.run("--timeout", 60, "--", "bash", "-c", script), 0,
                     errors="no such queue pair now: [0-9]+$")
    expected = {"sends": 1, "send_bytes": 100, "receives": 1, "receive_bytes": 100, "send_errors": 0,
                "receive_errors": 0, "rnr_retries": 0, "violations": 0}
    *lines, told, then = process.output.splitlines()
    assert lines == [f"{name} {value}" for name, value in expected.items()], lines
    assert json.loads(told) == expected, told
    assert then == "then 1", then


def case_dead_driver_is_120(runner):
    expect(runner.run("--", "efasim_ctl", "unload"), 120, errors="no longer answers")


def case_kept_prefix_is_named(runner):
    process = expect(runner.run("--keep", "--", "true"), 0, errors="^with-efa: kept: (.*) \\(log: ")
    kept = re.search("kept: (.*) \\(log", process.errors).group(1)
    assert pathlib.Path(kept, "prefix", "system.reg").exists(), kept
    shutil.rmtree(kept)


CASES = {name.removeprefix("case_"): case for name, case in find_cases(globals()).items()}


def main(*arguments):
    names = list(CASES)
    if arguments[:1] == ("--half",):
        names = names[int(arguments[1]) - 1::2]
        arguments = arguments[2:]
    script, builds, program, *chosen = arguments
    places = [pathlib.Path(place).resolve() for place in (script, builds, program)]

    def run(case):
        runner = Runner(*places)
        try:
            case(runner)
            runner.expect_nothing_left()
        finally:
            runner.close()
    return run_cases({name: CASES[name] for name in chosen or names}, run)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
