#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Runs loader_test.exe with DLLs put where a case wants them: under Wine in a prefix of its own, or
directly on Windows. Each case has a folder of its own, and all are removed at the end.

usage: run_loader_tests.py LOADER_TEST.EXE FAKE_EFAWIN.DLL KIT_HOST.DLL OLDER_EFAWIN.DLL [CASE...]
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ON_WINDOWS = os.name == "nt"
RUN_LIMIT = 120  # seconds: a hang is a failure, a slow machine is not


class Failure(Exception):
    pass


class Machine:
    """Where Windows programs run."""

    def __init__(self, scratch):
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith(("EFAWIN_", "FAKE_EFAWIN_", "WINE"))}
        if ON_WINDOWS:
            self.wine = []
            return
        wine = shutil.which("wine64") or shutil.which("wine")
        if wine is None:
            sys.exit("run_loader_tests.py: wine is missing: scripts/install-deps installs it")
        self.wine = [wine]
        self.prefix = scratch / "prefix"
        # TMPDIR: Wine's server leaves a folder there.
        self.environment.update(WINEPREFIX=str(self.prefix), TMPDIR=str(scratch),
                                WINEDEBUG="-all", LC_ALL="C.UTF-8",
                                WINEDLLOVERRIDES="winedbg.exe=d;mscoree,mshtml=")
        subprocess.run(self.wine + ["wineboot", "-i"], env=self.environment, check=True,
                       timeout=RUN_LIMIT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self):
        if not ON_WINDOWS:
            server = shutil.which("wineserver") or "/usr/lib/wine/wineserver"
            subprocess.run([server, "-k"], env=self.environment, check=False, timeout=RUN_LIMIT)

    def system32(self):
        return self.prefix / "drive_c" / "windows" / "system32"

    def windows_path(self, path):
        """As Windows sees the path."""
        return str(path) if ON_WINDOWS else "Z:" + str(path).replace("/", "\\")

    def run(self, program, *arguments, cwd, **variables):
        return subprocess.run(self.wine + [str(program), *arguments], cwd=cwd, text=True,
                              env={**self.environment, **variables}, timeout=RUN_LIMIT,
                              capture_output=True, encoding="utf-8", errors="replace")


class Case:
    """A folder with the program in it, and what a case does with it."""

    def __init__(self, machine, files, folder):
        self.machine = machine
        self.program_file, self.dll_file, self.host_file, self.older_file = files
        self.application = folder / "application ü"
        self.elsewhere = folder / "elsewhere"
        self.application.mkdir(parents=True)
        self.elsewhere.mkdir()
        self.program = self.application / "loader_test.exe"
        shutil.copy(self.program_file, self.program)

    def put_dll(self, folder, *edits):
        """The fake DLL, with some of its bytes exchanged for others of the same length."""
        data = self.dll_file.read_bytes()
        for old, new in edits:
            if old not in data or len(old) != len(new):
                raise Failure(f"{old!r} is not in the fake DLL, or {new!r} is no match for it")
            data = data.replace(old, new)
        path = folder / "efawin.dll"
        path.write_bytes(data)
        return path

    def put_older_dll(self, folder):
        shutil.copy(self.older_file, folder / "efawin.dll")

    def put_host(self, folder):
        path = folder / "kit_host.dll"
        shutil.copy(self.host_file, path)
        return path

    def passes(self, *arguments, stderr="", no_stderr=None, cwd=None, **variables):
        done = self.machine.run(self.program, *arguments, cwd=cwd or self.elsewhere, **variables)
        shown = f"status {done.returncode}\n{done.stdout}{done.stderr}"
        if done.returncode != 0 or f"done {arguments[0]}" not in done.stdout:
            raise Failure(shown)
        if not re.search(stderr, done.stderr):
            raise Failure(f"no {stderr!r} on stderr: {shown}")
        if no_stderr is not None and re.search(no_stderr, done.stderr):
            raise Failure(f"{no_stderr!r} on stderr: {shown}")
        return done

    def loaded_from(self, expected, *arguments, **options):
        done = self.passes(*arguments, **options)
        loaded = re.search(r"^loaded (.*?)\r?$", done.stdout, re.MULTILINE)
        loaded = loaded[1].removeprefix("\\\\?\\").lower() if loaded else "nothing"
        if loaded != self.machine.windows_path(expected).lower():
            raise Failure(f"loaded {loaded}, not {expected}")


# ---- Nothing to be found ----

def nowhere(case):
    case.passes("fails", "ENOENT", stderr="efawin: warn: efawin.dll is neither .* put it there")


def quiet_when_asked(case):
    case.passes("fails", "ENOENT", no_stderr="efawin", EFAWIN_LOG_LEVEL="error")


def paths_when_asked(case):
    done = case.passes("fails", "ENOENT", EFAWIN_LOG_LEVEL="info",
                       stderr="efawin: info: .*application ü.efawin.dll: not there")
    if not re.search(r"(?i)info: c:.windows.system32.efawin.dll: not there", done.stderr):
        raise Failure(done.stderr)


def not_in_current_folder(case):
    case.put_dll(case.elsewhere)
    case.passes("fails", "ENOENT", cwd=case.elsewhere)


def not_on_path(case):
    case.put_dll(case.elsewhere)
    folder = case.machine.windows_path(case.elsewhere)
    # Wine appends WINEPATH to the PATH of Windows programs.
    case.passes("fails", "ENOENT", cwd=case.application,
                **({"PATH": folder + ";" + os.environ["PATH"]} if ON_WINDOWS else
                   {"WINEPATH": folder}))


# ---- Found, in order ----

def beside_program(case):
    dll = case.put_dll(case.application)
    case.put_dll(case.elsewhere)
    case.loaded_from(dll, "loads", EFAWIN_LOG_LEVEL="info",
                     stderr="efawin: info: .*application ü.efawin.dll: loaded")


def quiet_on_success(case):
    case.put_dll(case.application)
    case.passes("loads", no_stderr="efawin")


def in_system32(case):
    dll = case.put_dll(case.machine.system32())
    try:
        done = case.passes("loads")
        if not re.search(r"(?i)^loaded c:.windows.system32.efawin.dll\r?$", done.stdout, re.M):
            raise Failure(done.stdout)
    finally:
        dll.unlink()


def beside_module_first(case):
    host = case.put_host(case.elsewhere)
    dll = case.put_dll(case.elsewhere)
    case.put_dll(case.application)
    case.loaded_from(dll, "host_loads", case.machine.windows_path(host), cwd=case.application)


def then_beside_program(case):
    host = case.put_host(case.elsewhere)
    dll = case.put_dll(case.application)
    case.loaded_from(dll, "host_loads", case.machine.windows_path(host))


def long_path(case):
    folder = case.elsewhere
    for letter in "abc":
        folder = folder / (letter * 110)
        folder.mkdir()
    host = case.put_host(folder)
    dll = case.put_dll(folder)
    case.loaded_from(dll, "host_loads", "\\\\?\\" + case.machine.windows_path(host))


def paths_of_all_lengths(case):
    program = case.program_file.with_name("loader_path_test.exe")
    done = case.machine.run(program, cwd=case.elsewhere)
    if done.returncode != 0 or "done" not in done.stdout:
        raise Failure(f"status {done.returncode}\n{done.stdout}{done.stderr}")


# ---- Found, but no good: the search ends there ----

def text_file(case):
    (case.application / "efawin.dll").write_text("this is not a DLL\n")
    case.passes("fails", "ENOEXEC", stderr="efawin: error: .*efawin.dll: not a DLL")


def empty_file(case):
    (case.application / "efawin.dll").write_bytes(b"")
    case.passes("fails", "ENOEXEC", stderr="efawin: error: .*efawin.dll: not a DLL")


def folder_of_that_name(case):
    (case.application / "efawin.dll").mkdir()
    case.passes("fails", "EACCES", stderr="efawin: error: .*efawin.dll: .* is not allowed")


def other_processor(case):
    dll = case.put_dll(case.application)
    data = bytearray(dll.read_bytes())
    header = int.from_bytes(data[0x3c:0x40], "little")
    if data[header:header + 6] != b"PE\0\0\x64\x86":
        raise Failure("the fake DLL is not for x64")
    data[header + 4:header + 6] = b"\xc0\x01"  # Arm, 32 bits
    dll.write_bytes(data)
    case.passes("fails", "ENOEXEC", stderr="not a DLL for this kind of processor")


def needs_what_is_missing(case):
    name = b"KERNEL32.dll\0" if case.dll_file.read_bytes().count(b"KERNEL32.dll\0") else \
        b"kernel32.dll\0"
    case.put_dll(case.application, (name, b"absent99.dll\0"))
    case.passes("fails", "ENOLINK", stderr="a DLL that it needs is missing")


def refuses_to_start(case):
    case.put_dll(case.application)
    case.passes("fails", "EIO", FAKE_EFAWIN_REFUSE_ATTACH="1",
                stderr="loading it failed .Windows error 1114")


def lacks_a_call(case):
    case.put_dll(case.application, (b"\0ibv_query_gid\0", b"\0ibv_query_gie\0"))
    case.passes("fails", "ENOSYS", stderr="has no ibv_query_gid, so it is not an efawin.dll")


def lacks_check_version(case):
    case.put_dll(case.application, (b"\0check_version\0", b"\0check_versiox\0"))
    case.passes("fails", "ENOSYS", stderr="has no check_version")


def refuses_version(case):
    case.put_dll(case.application)
    case.passes("fails", "EPROTONOSUPPORT", FAKE_EFAWIN_REFUSE_VERSION="1",
                stderr="does not speak interface version 1")


def first_file_decides(case):
    case.put_dll(case.application)
    dll = case.put_dll(case.machine.system32())
    try:
        case.passes("fails", "EPROTONOSUPPORT", FAKE_EFAWIN_REFUSE_VERSION="1")
        (case.application / "efawin.dll").write_text("this is not a DLL\n")
        case.passes("fails", "ENOEXEC")
    finally:
        dll.unlink()


# ---- Loaded ----

def load_and_free(case):
    case.put_dll(case.application)
    case.passes("load_and_free")


def calls(case):
    case.put_dll(case.application)
    case.passes("calls")


def calls_of_later_dll(case):
    case.put_dll(case.application)
    case.passes("later_calls")


def older_dll(case):
    case.put_older_dll(case.application)
    case.passes("calls", no_stderr="efawin")
    case.passes("older_dll")


def errno_told(case):
    case.put_dll(case.application)
    case.passes("errno", "tells")


def errno_of_older_dll(case):
    case.put_dll(case.application, (b"\0efawin_get_errno\0", b"\0efawin_get_errnp\0"))
    case.passes("errno", "silent")


def threads(case):
    case.put_dll(case.application)
    case.passes("threads")


def two_modules(case):
    host = case.put_host(case.application)
    case.put_dll(case.application)
    case.passes("two_modules", case.machine.windows_path(host))


def freed_at_exit(case):
    host = case.put_host(case.application)
    case.put_dll(case.application)
    case.passes("host_exits", case.machine.windows_path(host), stderr="host: freed at exit")


def exit_while_loading(case):
    host = case.put_host(case.application)
    case.put_dll(case.application)
    case.passes("host_exits_while_loading", case.machine.windows_path(host),
                stderr="host: not loaded at exit", FAKE_EFAWIN_STALL_VERSION="1")


CASES = [nowhere, quiet_when_asked, paths_when_asked, not_in_current_folder, not_on_path,
         beside_program, quiet_on_success, in_system32, beside_module_first, then_beside_program,
         long_path, paths_of_all_lengths, text_file, empty_file, folder_of_that_name, other_processor,
         needs_what_is_missing, refuses_to_start, lacks_a_call, lacks_check_version,
         refuses_version, first_file_decides, load_and_free, calls,
         calls_of_later_dll, older_dll, errno_told, errno_of_older_dll,
         threads, two_modules, freed_at_exit,
         exit_while_loading]
NEED_SYSTEM32 = {in_system32, first_file_decides}  # not written to on a real Windows


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    files = [pathlib.Path(name).resolve() for name in sys.argv[1:5]]
    for file in files:
        if not file.is_file():
            sys.exit(f"run_loader_tests.py: {file} is missing: build it first")
    chosen = [case for case in CASES if not sys.argv[5:] or case.__name__ in sys.argv[5:]]
    if ON_WINDOWS:
        chosen = [case for case in chosen if case not in NEED_SYSTEM32]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="kit-") as name:
        scratch = pathlib.Path(name).resolve()
        machine = Machine(scratch)
        try:
            for run in chosen:
                try:
                    run(Case(machine, files, scratch / run.__name__))
                    print(f"ok      {run.__name__}", flush=True)
                except (Failure, subprocess.TimeoutExpired) as error:
                    failed += 1
                    print(f"FAILED  {run.__name__}: {error}", flush=True)
        finally:
            machine.stop()
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
