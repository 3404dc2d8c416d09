# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Runs scripts/with-efa as a user would: what it says, how it ends, and that nothing is left."""
import glob
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import time

import pytest

from support import programs
from support.build import ROOT


class Runner:
    """with-efa with a folder for temporary files of its own, which must be empty afterwards."""

    def __init__(self, builds, program, folder):
        self.builds, self.program, self.folder = builds, program, folder
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir(parents=True)

    def start(self, *arguments, **options):
        options.setdefault("cwd", self.folder)
        return programs.start([ROOT / "scripts" / "with-efa", "--build", self.builds, *arguments],
                              env=dict(os.environ, TMPDIR=str(self.temporary)), **options)

    def run(self, *arguments, **options):
        return programs.finish(self.start(*arguments, **options))

    def shell(self, script, *options):
        return self.run(*options, "--", "bash", "-c", script)

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


@pytest.fixture
def runner(build, tmp_path):
    folder = tmp_path / "with efa test"  # a blank, as in many names of users
    runner = Runner(build.folder.parent, build.file("raw_driver_test"), folder)
    yield runner
    try:
        runner.expect_nothing_left()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_help_fits_a_screen(runner):
    result = runner.run("--help").expect(0, "^Usage: with-efa")
    lines = result.output.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 100, len(lines)


def test_wrong_usage_is_2_and_says_what(runner):
    for arguments, words in ((("--nonsense", "x"), "unknown option --nonsense"),
                             ((), "no command given"),
                             (("--timeout",), "--timeout needs a value"),
                             (("--trace", "--config", "x"), "--trace needs a value, not '--config'"),
                             (("--timeout", "0", "x"), "whole number of seconds"),
                             (("--interface-version", "4", "x"), "must be 1, 2 or 3, not '4'"),
                             (("--config", "not there", "x"), "cannot read the configuration"),
                             (("--dll", "not there", "x"), "cannot read the DLL"),
                             (("--build", "not there", "x"), "no efasim.sys .*make dll")):
        runner.run(*arguments).expect(2, errors=words)


def test_exit_code_is_the_commands(runner):
    runner.run("--", "sh", "-c", "exit 7").expect(7)
    runner.run("--", runner.program, "no such case").expect(1, "no case of that name")


def test_shell_command_finds_wine_and_efasim_ctl(runner):
    script = f'wine "{runner.program}" versions && efasim_ctl status && efasim_ctl counters --json'
    runner.shell(script).expect(0, "^running$(.|\n)*requests.QUERY_DEVICE")


def test_program_is_found_from_any_folder(runner):
    folder = runner.folder / "a folder with spaces"
    folder.mkdir()
    shutil.copy(runner.program, folder / "program.exe")
    runner.run("program.exe", "versions", cwd=folder).expect(0, "^speaks 1\nspeaks 2\nspeaks 3\n")


def test_interface_version_alone(runner):
    for version in (1, 2, 3):
        result = runner.run("--interface-version", version, "--", runner.program, "versions")
        result.expect(0)
        assert result.output == f"speaks {version}\n", result.output


def test_given_dll_wins_over_the_programs_own(runner):
    own, other = runner.folder / "own", runner.folder / "other"
    for folder in (own, other):
        folder.mkdir()
        shutil.copy(runner.builds / "mingw" / "efawin.dll", folder)
    shutil.copy(runner.program, own / "program.exe")
    runner.run("--", own / "program.exe", "dll").expect(0, r"^dll Z:.*\\own\\efawin.dll$")
    runner.run("--dll", other / "efawin.dll", "--", own / "program.exe", "dll").expect(
        0, r"^dll C:\\efasim\\programs.*\\efawin.dll$")


def test_dll_is_found_in_the_system_folder_otherwise(runner):
    folder = runner.folder / "alone"
    folder.mkdir()
    shutil.copy(runner.program, folder / "program.exe")
    runner.run("--", folder / "program.exe", "dll").expect(
        0, r"(?i)^dll C:\\windows\\system32\\efawin.dll$")


def test_the_system_folder_has_the_programs_own_dll(runner):
    """efa_doctor would warn of another one, which nobody but this script put there."""
    folder = runner.folder / "doctor"
    folder.mkdir()
    doctor = folder / "efa_doctor.exe"
    shutil.copy(runner.builds / "mingw" / "efa_doctor.exe", doctor)
    own = (runner.builds / "mingw" / "efawin.dll").read_bytes() + b"another build"
    (folder / "efawin.dll").write_bytes(own)
    runner.run("--", doctor).expect(0, r"^ok +Other copies +none that differs$")
    runner.shell(f'wine "{doctor}"').expect(0, r"^ok +Other copies +none that differs$")
    # Not one that the command put there itself.
    system = '"$WINEPREFIX/drive_c/windows/system32/efawin.dll"'
    runner.shell(f'rm {system}; echo x > {system}; wine "{doctor}"').expect(3, "dll-shadowed")


def test_bad_configuration_is_named_by_file_and_line(runner):
    config = runner.folder / "bad & wrong.conf"
    config.write_text("# fine\nseed = 1\nno_such_key = 5\n")
    runner.run("--config", config, "--", "true").expect(2, errors=f"^{re.escape(str(config))}:3: ")


def test_configuration_reaches_the_device(runner):
    config = runner.folder / "small.conf"
    config.write_text("[device efa]\nversions = 2\n")
    result = runner.run("--config", config, "--", runner.program, "versions").expect(0)
    assert result.output == "speaks 2\n", result.output


def test_violation_is_121_where_the_command_succeeded(runner):
    runner.run("--", runner.program, "violate").expect(
        121, errors="^efasim: error: .*doorbell(.|\n)*1 violation")
    runner.shell(f'wine "{runner.program}" violate; exit 5').expect(5, errors="doorbell")


def test_abort_on_violation_ends_the_run(runner):
    config = runner.folder / "abort.conf"
    config.write_text("abort_on_violation = yes\n")
    runner.shell(f'wine "{runner.program}" violate; sleep 100', "--config", config).expect(
        121, errors="was ended")


def test_timeout_is_124_and_ends_the_whole_tree(runner):
    script = f'sleep 300 & wine "{runner.program}" idle & trap "" TERM; sleep 300; sleep 300'
    started = time.monotonic()
    runner.shell(script, "--timeout", 3).expect(124, errors="longer than 3 s")
    assert time.monotonic() - started < 100
    runner.expect_nothing_left()


def test_signals_end_the_run(runner):
    script = f'wine "{runner.program}" idle & sleep 1; echo up; wait'
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        process = runner.start("--", "bash", "-c", script)
        process.stdout.readline()
        process.send_signal(number)
        programs.finish(process).expect(128 + number)
        runner.expect_nothing_left()


def test_two_runs_do_not_disturb_each_other(runner):
    script = f'wine "{runner.program}" idle & sleep 3; efasim_ctl objects; kill %1; exit 0'
    runs = [runner.start("--", "bash", "-c", script) for _ in range(2)]
    for process in runs:
        programs.finish(process).expect(0, "^clients 1\n(.|\n)*^qps 1\n")


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


def test_the_first_run_keeps_its_lock_to_itself(runner):
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
    programs.finish(process).expect(0)
    assert seen, "nobody held the lock"
    foreign = [line for line in seen if b"with-efa" not in line]
    assert not foreign, f"the lock is also held by {foreign}"
    assert list((runner.builds / "cache").glob("wine-prefix-*/complete"))


def test_killed_client_leaves_the_driver_clean(runner):
    script = (f'wine "{runner.program}" idle & pid=$!\n'
              'until efasim_ctl objects | grep -q "^qps 1"; do sleep 0.1; done\n'
              'kill -9 $pid\n'
              'until ! efasim_ctl objects | grep -qv " 0.\\?$"; do sleep 0.1; done\n'
              'efasim_ctl objects')
    result = runner.shell(script, "--timeout", 60).expect(0)
    assert result.output == ("clients 0\npds 0\nmrs 0\ncqs 0\nqps 0\nahs 0\n"
                             "messages 0\n"), result.output


def test_driver_unloads_and_loads_again(runner):
    script = ("efasim_ctl unload && ! efasim_ctl status && "
              "efasim_ctl load 'C:\\efasim\\efasim.sys' && efasim_ctl status")
    runner.shell(script).expect(0, "^not installed\nrunning$")


def test_driver_unloads_under_an_open_client(runner):
    script = (f'wine "{runner.program}" idle &\n'
              'until efasim_ctl objects | grep -q "^qps 1"; do sleep 0.1; done\n'
              "efasim_ctl unload && efasim_ctl load 'C:\\efasim\\efasim.sys'"
              " && efasim_ctl objects\n"
              f'kill -9 %1; wine "{runner.program}" closing_the_handle_destroys_all')
    runner.shell(script).expect(0, "^clients 0\n(.|\n)*^1 passed, 0 failed$")


def test_the_configuration_of_the_documentation_works(runner):
    text = (ROOT / "docs" / "simulated-efa.md").read_text().split("\n## Configuration\n")[1]
    config = runner.folder / "example.conf"
    config.write_text(text.split("```\n")[1])
    assert "preset" in config.read_text()
    runner.run("--config", config, "--", runner.program, "versions").expect(0, "^speaks 3$")


def test_trace_is_written_where_asked(runner):
    trace = runner.folder / "trace.txt"
    script = f'efasim_ctl trace requests && wine "{runner.program}" versions'
    runner.run("--trace", trace, "--", "bash", "-c", script).expect(0)
    assert "QUERY_DEVICE" in trace.read_text(), trace.read_text()


def test_efasim_ctl_changes_the_running_driver(runner):
    versions = f'wine "{runner.program}" versions | tr "\\n\\r" "  "; echo'
    script = "\n".join((
        'efasim_ctl fault "fault = request_error request=QUERY_DEVICE value=31 count=2"', versions,
        versions, 'efasim_ctl fault "fault = request_error request=QUERY_DEVICE value=31"'
        ' message_patch qp=2 offset=8 size=4 value=7', versions,
        "efasim_ctl faults", "efasim_ctl faults --json",
        "efasim_ctl clear-faults", versions,
        "efasim_ctl remove", versions, "efasim_ctl restore", versions,
        "efasim_ctl counters | grep -c '^faults 0'; efasim_ctl reset-counters",
        "efasim_ctl counters | grep '^faults'; efasim_ctl stall && efasim_ctl resume"))
    result = runner.shell(script).expect(0)
    lines = [" ".join(line.split()) for line in result.output.splitlines()]
    both, three = "speaks 1 speaks 2 speaks 3", "speaks 2 speaks 3"
    # Version 0 is asked for first, so of two faults one strikes a request that fails anyhow.
    shown = ["1 request_error request=QUERY_DEVICE value=31 count=2: seen 15, struck 2",
             "2 request_error request=QUERY_DEVICE value=31: seen 5, struck 5",
             "3 message_patch qp=2 value=7 offset=8 size=4: seen 0, struck 0"]
    told = [json.loads(line) for line in lines if line.startswith("[")]
    assert len(told) == 1 and [(f["id"], f["kind"], f["struck"]) for f in told[0]] == \
        [(1, "request_error", 2), (2, "request_error", 5), (3, "message_patch", 0)], told
    lines = [line for line in lines if not line.startswith("[")]
    assert lines == ["1 added", three, both, "2 added", "", *shown, both, "", both, "0",
                     "faults 0"], lines


def test_efasim_ctl_says_what_is_wrong(runner):
    expected = ((("nonsense",), 2, "unknown command: nonsense"),
                ((), 2, "no command given"),
                (("--help",), 0, r"\A(?![\s\S]*.{81})[\s\S]*clear-faults"),
                (("load",), 2, "load needs the path"),
                (("load", "--config", "x"), 2, "load needs the path of efasim.sys, not: --config"),
                (("load", "efasim.sys", "--log"), 2, "the option needs a value: --log"),
                (("load", "efasim.sys", "--trace", "--log"), 2, "a value is missing before: --log"),
                (("load", "efasim.sys", "--fast"), 2, "unknown option: --fast"),
                (("--\u65e5\u672c",), 2, "unknown command: --\u65e5\u672c"),
                (("trace", "nothing"), 2, "unknown event: nothing"),
                (("counters", "--xml"), 2, "unknown argument: --xml"),
                (("trace", "all"), 1, "has no trace file: unload it, and load it with --trace FILE"),
                (("fault", "fault = nonsense"), 1, "efasim_ctl: line 1: a fault must begin with"),
                (("fault", "loss = 5%"), 1, "efasim_ctl: only faults can be added"),
                (("fault", "# nothing"), 1, "efasim_ctl: the text has no fault; expected 'fault = KIND"),
                (("counters", "--qp", "1"), 1, "no such queue pair"))
    # One driver for all: a line with the status stands behind what each says.
    script = "\n".join(f"{shlex.join(['efasim_ctl', *arguments])} 2>&1; echo \"ended $?\""
                       for arguments, _, _ in expected)
    script += '\nefasim_ctl counters > /dev/full; [ $? -eq 1 ]'
    result = runner.shell(script, "--timeout", 60).expect(0, errors="writing to standard output failed")
    told = re.findall(r"(.*?)^ended (\d+)$", result.output, re.DOTALL | re.MULTILINE)
    assert len(told) == len(expected), result.output
    for (arguments, status, words), (text, ended) in zip(expected, told):
        assert int(ended) == status, (arguments, ended)
        assert re.search(words, text), (arguments, text)


def test_efasim_ctl_shows_a_queue_pair(runner):
    script = (f'wine "{runner.program}" hold >held & pid=$!\n'
              "until qp=$(sed -n 's/^holds \\([0-9]*\\).*/\\1/p' held) && [ -n \"$qp\" ]; do\n"
              "    sleep 0.1\ndone\n"
              "efasim_ctl counters --qp $qp; efasim_ctl counters --qp $qp --json\n"
              'kill -9 $pid\n'
              'until efasim_ctl objects | grep -q "^qps 0"; do sleep 0.1; done\n'
              'efasim_ctl counters --qp $qp; echo "then $?"')
    result = runner.shell(script, "--timeout", 60).expect(
        0, errors="may be no such queue pair: [0-9]+$")
    expected = {"sends": 1, "send_bytes": 100, "receives": 1, "receive_bytes": 100,
                "send_errors": 0, "receive_errors": 0, "rnr_retries": 0, "violations": 0}
    *lines, told, then = result.output.splitlines()
    assert lines == [f"{name} {value}" for name, value in expected.items()], lines
    assert json.loads(told) == expected, told
    assert then == "then 1", then


def test_addresses_are_not_random(runner):
    """Else one start of Wine in some thousand fails: the heap may lie where Wine needs a page."""
    if programs.run(["setarch", "-R", "true"]).status != 0:
        pytest.skip("this container does not let a process do without random addresses")
    runner.run("--", "cat", "/proc/self/personality").expect(0, output="^00040000$")


def test_dead_driver_is_120(runner):
    runner.run("--", "efasim_ctl", "unload").expect(120, errors="no longer answers")


def test_kept_prefix_is_named(runner):
    result = runner.run("--keep", "--", "true").expect(0, errors="^with-efa: kept: (.*) \\(log: ")
    kept = re.search("kept: (.*) \\(log", result.errors).group(1)
    assert pathlib.Path(kept, "prefix", "system.reg").exists(), kept
    shutil.rmtree(kept)
