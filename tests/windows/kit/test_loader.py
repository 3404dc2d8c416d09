# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Runs loader_test.exe with DLLs put where a case wants them. Each case has a folder of its own."""
import os
import re
import shutil

import pytest

from support.wine import ON_WINDOWS


class Case:
    """A folder with the program in it, and what a case does with it."""

    def __init__(self, machine, build, folder):
        self.machine = machine
        self.program_file, self.dll_file, self.host_file, self.older_file = (
            build.file(target) for target in
            ("loader_test", "fake_efawin", "kit_host", "fake_efawin_27"))
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
            assert old in data and len(old) == len(new), \
                f"{old!r} is not in the fake DLL, or {new!r} does not match it"
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
        result = self.machine.run(self.program, *arguments, cwd=cwd or self.elsewhere, **variables)
        result.expect(0, f"done {arguments[0]}", stderr)
        assert no_stderr is None or not re.search(no_stderr, result.errors), result
        return result

    def loaded_from(self, expected, *arguments, **options):
        result = self.passes(*arguments, **options)
        loaded = re.search("^loaded (.*)$", result.output, re.MULTILINE)
        loaded = loaded[1].removeprefix("\\\\?\\").lower() if loaded else "nothing"
        assert loaded == self.machine.windows_path(expected).lower(), result


@pytest.fixture
def case(machine, build, request):
    return Case(machine, build, machine.folder / request.node.name)


needs_system32 = pytest.mark.skipif(ON_WINDOWS, reason="a real Windows is not written to")


# ---- Nothing to be found ----

@pytest.mark.each_compiler
def test_nowhere(case):
    case.passes("fails", "ENOENT", stderr="efawin: warn: efawin.dll was not found .* put it into")


def test_quiet_when_asked(case):
    case.passes("fails", "ENOENT", no_stderr="efawin", EFAWIN_LOG_LEVEL="error")


def test_paths_when_asked(case):
    result = case.passes("fails", "ENOENT", EFAWIN_LOG_LEVEL="info",
                         stderr="efawin: info: .*application ü.efawin.dll: not there")
    result.expect(0, errors="(?i)info: c:.windows.system32.efawin.dll: not there")


def test_not_in_current_folder(case):
    case.put_dll(case.elsewhere)
    case.passes("fails", "ENOENT", cwd=case.elsewhere)


def test_not_on_path(case):
    case.put_dll(case.elsewhere)
    folder = case.machine.windows_path(case.elsewhere)
    # Wine appends WINEPATH to the PATH of Windows programs.
    case.passes("fails", "ENOENT", cwd=case.application,
                **({"PATH": folder + ";" + os.environ["PATH"]} if ON_WINDOWS else
                   {"WINEPATH": folder}))


# ---- Found, in order ----

@pytest.mark.each_compiler
def test_beside_program(case):
    dll = case.put_dll(case.application)
    case.put_dll(case.elsewhere)
    case.loaded_from(dll, "loads", EFAWIN_LOG_LEVEL="info",
                     stderr="efawin: info: .*application ü.efawin.dll: loaded")


def test_quiet_on_success(case):
    case.put_dll(case.application)
    case.passes("loads", no_stderr="efawin")


@needs_system32
def test_in_system32(case):
    dll = case.put_dll(case.machine.system32())
    try:
        case.passes("loads").expect(0, "(?i)^loaded c:.windows.system32.efawin.dll$")
    finally:
        dll.unlink()


def test_beside_module_first(case):
    host = case.put_host(case.elsewhere)
    dll = case.put_dll(case.elsewhere)
    case.put_dll(case.application)
    case.loaded_from(dll, "host_loads", case.machine.windows_path(host), cwd=case.application)


@pytest.mark.each_compiler
def test_then_beside_program(case):
    host = case.put_host(case.elsewhere)
    dll = case.put_dll(case.application)
    case.loaded_from(dll, "host_loads", case.machine.windows_path(host))


def test_long_path(case):
    folder = case.elsewhere
    for letter in "abc":
        folder = folder / (letter * 110)
        folder.mkdir()
    host = case.put_host(folder)
    dll = case.put_dll(folder)
    case.loaded_from(dll, "host_loads", "\\\\?\\" + case.machine.windows_path(host))


@pytest.mark.each_compiler
def test_paths_of_all_lengths(case):
    program = case.program_file.with_name("loader_path_test.exe")
    case.machine.run(program, cwd=case.elsewhere).expect(0, "done")


# ---- Found, but no good: the search ends there ----

@pytest.mark.each_compiler
def test_text_file(case):
    (case.application / "efawin.dll").write_text("this is not a DLL\n")
    case.passes("fails", "ENOEXEC", stderr="efawin: error: .*efawin.dll: not a DLL")


def test_empty_file(case):
    (case.application / "efawin.dll").write_bytes(b"")
    case.passes("fails", "ENOEXEC",
                stderr="efawin: error: .*efawin.dll: not a DLL, but empty or another kind of file")


def test_part_of_a_dll(case):
    """As a download that was cut off leaves it."""
    dll = case.put_dll(case.application)
    data = dll.read_bytes()
    header = int.from_bytes(data[0x3c:0x40], "little")
    for size, words in ((100, "not a DLL, or damaged"), (header + 100, "a damaged DLL")):
        dll.write_bytes(data[:size])
        case.passes("fails", "ENOEXEC", stderr=f"efawin: error: .*efawin.dll: {words}")


def test_folder_of_that_name(case):
    (case.application / "efawin.dll").mkdir()
    case.passes("fails", "EACCES", stderr="efawin: error: .*efawin.dll: .* is not allowed")


def test_other_processor(case):
    dll = case.put_dll(case.application)
    data = bytearray(dll.read_bytes())
    header = int.from_bytes(data[0x3c:0x40], "little")
    assert data[header:header + 6] == b"PE\0\0\x64\x86", "the fake DLL is not for x64"
    data[header + 4:header + 6] = b"\xc0\x01"  # Arm, 32 bits
    dll.write_bytes(data)
    case.passes("fails", "ENOEXEC", stderr="not a DLL for this processor type")


def test_needs_what_is_missing(case):
    name = b"KERNEL32.dll\0" if case.dll_file.read_bytes().count(b"KERNEL32.dll\0") else \
        b"kernel32.dll\0"
    case.put_dll(case.application, (name, b"absent99.dll\0"))
    case.passes("fails", "ENOLINK", stderr="a DLL that it needs is missing")


def test_rejects_to_start(case):
    case.put_dll(case.application)
    case.passes("fails", "EIO", FAKE_EFAWIN_REJECT_ATTACH="1",
                stderr="loading it failed .Windows error 1114")


@pytest.mark.each_compiler
def test_lacks_a_call(case):
    case.put_dll(case.application, (b"\0ibv_query_gid\0", b"\0ibv_query_gie\0"))
    case.passes("fails", "ENOSYS", stderr="has no ibv_query_gid, so it is not an efawin.dll")


def test_lacks_check_version(case):
    case.put_dll(case.application, (b"\0check_version\0", b"\0check_versiox\0"))
    case.passes("fails", "ENOSYS", stderr="has no check_version")


@pytest.mark.each_compiler
def test_rejects_version(case):
    case.put_dll(case.application)
    case.passes("fails", "EPROTONOSUPPORT", FAKE_EFAWIN_REJECT_VERSION="1",
                stderr="does not support interface version 1")


@needs_system32
def test_first_file_decides(case):
    case.put_dll(case.application)
    dll = case.put_dll(case.machine.system32())
    try:
        case.passes("fails", "EPROTONOSUPPORT", FAKE_EFAWIN_REJECT_VERSION="1")
        (case.application / "efawin.dll").write_text("this is not a DLL\n")
        case.passes("fails", "ENOEXEC")
    finally:
        dll.unlink()


# ---- Loaded ----

@pytest.mark.each_compiler
def test_load_and_free(case):
    case.put_dll(case.application)
    case.passes("load_and_free")


@pytest.mark.each_compiler
def test_calls(case):
    case.put_dll(case.application)
    case.passes("calls")


@pytest.mark.each_compiler
def test_calls_of_later_dll(case):
    case.put_dll(case.application)
    case.passes("later_calls")
    case.passes("failed_calls")


@pytest.mark.each_compiler
def test_older_dll(case):
    case.put_older_dll(case.application)
    case.passes("calls", no_stderr="efawin")
    case.passes("older_dll")


@pytest.mark.each_compiler
def test_errno_told(case):
    case.put_dll(case.application)
    case.passes("errno", "tells")


def test_errno_of_older_dll(case):
    case.put_dll(case.application, (b"\0efawin_get_errno\0", b"\0efawin_get_errnp\0"))
    case.passes("errno", "silent")


@pytest.mark.each_compiler
def test_threads(case):
    case.put_dll(case.application)
    case.passes("threads")


@pytest.mark.each_compiler
def test_two_modules(case):
    host = case.put_host(case.application)
    case.put_dll(case.application)
    case.passes("two_modules", case.machine.windows_path(host))


@pytest.mark.each_compiler
def test_freed_at_exit(case):
    host = case.put_host(case.application)
    case.put_dll(case.application)
    case.passes("host_exits", case.machine.windows_path(host),
                stderr=r"host: loads nothing at exit\s+host: freed at exit")


def test_exit_while_loading(case):
    host = case.put_host(case.application)
    case.put_dll(case.application)
    case.passes("host_exits_while_loading", case.machine.windows_path(host),
                stderr=r"host: loads nothing at exit\s+host: not loaded at exit",
                FAKE_EFAWIN_STALL_VERSION="1")
