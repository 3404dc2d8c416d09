# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Why no adapter can be used: every program names the cause, each in its own line."""
import contextlib
import os
import re
import signal
import time

import pytest

from harness import (RUN_LIMIT, driver_loaded_with, efasim_ctl, no_driver, simulated_with,
                     system_folder, wait_for)
from support import programs
from support.efasim import efasim_with_folder
from test_doctor import by_check, code

pytestmark = pytest.mark.needs_driver

PROGRAMS = (("efa_devinfo", []), ("efa_pingpong", ["--loopback"]), ("efa_perf", ["lat", "--loopback"]))

# The configuration of the simulated EFA, the line of a program, and the finding of efa_doctor.
QUERY = "request=QUERY_DEVICE"
CAUSES = (
    (f"request_error {QUERY} value=5",
     r"access to the EFA adapter is denied \(ERROR_ACCESS_DENIED, Win32 error 5\): "
     r"end the other process", "device-denied"),
    (f"request_error {QUERY} value=6",
     r"the EFA driver fails \(ERROR_INVALID_HANDLE, Win32 error 6\): .*open the adapter again",
     "device-error"),
    (f"request_error {QUERY} value=22",
     r"the EFA adapter was removed, or its driver unloaded \(ERROR_BAD_COMMAND, Win32 error 22\): ",
     "device-removed"),
    (f"request_error {QUERY} value=31",
     r"the EFA driver fails \(ERROR_GEN_FAILURE, Win32 error 31\): .*event log", "device-error"),
    (f"request_error {QUERY} value=1306",
     r"the EFA driver supports none of the interface versions 3, 2 and 1 "
     r"\(Win32 errors 1306, 1306, 1306\): install efa\.sys", "driver-versions-unknown"),
    (f"request_short_reply {QUERY} value=8",
     r"the EFA driver's reply is invalid \(8 bytes, not 96\): .*efa\.sys",
     "driver-reply-wrong"),
    (f"request_patch {QUERY} offset=28 size=4 value=0",
     r"the EFA driver's reply is invalid \(max_qp = 0; valid are 1 to 65536\): .*efa\.sys",
     "driver-reply-wrong"),
)


@contextlib.contextmanager
def fault(tools, text):
    """The simulated EFA with a fault, natively or under Wine."""
    if not tools.windows:
        with simulated_with(f"fault = {text}\n"):
            yield
        return
    config = system_folder().parents[1] / "efasim" / "causes.conf"
    config.write_text(f"fault = {text}\n")
    with driver_loaded_with("--config", r"C:\efasim\causes.conf"):
        yield


def expect_cause(tools, line, finding):
    """The programs run at once: each asks the driver for itself."""
    started = [tools.start(name, *arguments) for name, arguments in PROGRAMS]
    for (name, _), process in zip(PROGRAMS, started):
        result = tools.finish(process).expect(1, errors=f"^{name}: {line}")
        own = [said for said in result.errors.splitlines() if said.startswith(f"{name}: ")]
        assert len(own) == 1 and result.output == "", f"not one line\n{result}"
    checks = by_check(tools, 1)
    found = [code(check) for check in checks.values() if check["status"] == "failed"]
    assert finding in found, f"{finding} is not among {found}\n{checks}"
    assert code(checks["loopback-srd"]) == "skipped"


@pytest.mark.parametrize("text, line, finding", CAUSES)
def test_every_program_names_the_cause(tools, text, line, finding):
    with fault(tools, text):
        expect_cause(tools, line, finding)


def test_version_names_the_cause(tools):
    with fault(tools, CAUSES[0][0]):
        tools.run("efa_devinfo", "--version").expect(
            0, r"^driver: .*access to the EFA adapter is denied \(ERROR_ACCESS_DENIED, Win32 error 5\)$")


def test_devinfo_prints_no_part_of_a_list(tools):
    with fault(tools, CAUSES[0][0]):
        for argument in ("--json", "--list"):
            result = tools.run("efa_devinfo", argument).expect(1, errors="^efa_devinfo: access to")
            assert result.output == "", result


def test_what_came_with_more_data_is_destroyed(tools):
    """ERROR_MORE_DATA is a failure with a reply, also through DeviceIoControl."""
    with fault(tools, "request_lost_reply request=CREATE_CQ value=234"):
        tools.run("efa_pingpong", "--loopback", env=dict(os.environ, EFAWIN_LOG_LEVEL="debug")).expect(
            1, errors=["CREATE_CQ: the driver replied ERROR_MORE_DATA", "DESTROY_CQ: done$"])


@pytest.mark.only_native
def test_a_cause_that_has_passed_is_the_librarys(tools):
    """The library's three questions fail, and the program's own is answered."""
    with fault(tools, f"request_error {QUERY} value=31 count=3"):
        tools.run("efa_devinfo").expect(
            1, errors=r"^efa_devinfo: the library finds no EFA adapter that it can use "
            r"\(Input/output error\): see its own line")
    with fault(tools, f"request_error {QUERY} value=5 nth=2 count=1"):
        tools.run("efa_devinfo").expect(
            1, errors=r"^efa_devinfo: the library cannot open device EFA \(Permission denied\): ")


@contextlib.contextmanager
def removable_adapter(tools):
    """The environment of programs on an adapter, and a function that takes it away."""
    if tools.windows:
        try:
            yield dict(os.environ), lambda: efasim_ctl("remove")
        finally:
            efasim_ctl("restore")
        return
    with efasim_with_folder(tools.folder / "efasim") as efasim:
        service = efasim.start("serve")
        try:
            assert service.stdout.readline().startswith("# 1 adapter")
            yield (dict(efasim.environment, EFASIM_INSTANCE="default"),
                   lambda: efasim.call("remove").expect(0))
        finally:
            service.send_signal(signal.SIGINT)
            result = programs.finish(service, RUN_LIMIT)
        result.expect(0)


@pytest.mark.parametrize("program, arguments, running", (
    ("efa_perf", ["bw", "--duration", 60, "--threads", 2], "  bytes "),
    ("efa_perf", ["lat", "--duration", 60, "--classic-poll"], "  bytes "),
    ("efa_pingpong", ["--iters", 10000000, "--ud"], "UD, "),
    ("efa_pingpong", ["--iters", 10000000], "SRD, ")))
def test_an_adapter_that_is_removed_in_mid_run_is_the_first_thing_said(tools, program, arguments,
                                                                        running):
    with removable_adapter(tools) as (environment, remove):
        process = tools.start(program, "--loopback", *arguments, env=environment)
        wait_for(process.stdout, running)
        time.sleep(0.5)
        remove()
        result = tools.finish(process).expect(1)
        lines = result.errors.splitlines()
        assert re.match(rf"{program}: the EFA adapter was removed, or its driver unloaded while the "
                        r"program used it \(ERROR_\w+, Win32 error \d+\): check that", lines[0]), result
        own = [line for line in lines if line.startswith(program)]
        assert len(own) == 1 and len(lines) <= 3, result


@pytest.mark.only_native
def test_the_error_that_a_removal_is_known_by_is_the_one_in_the_line(tools):
    """The library asks six times. To the program the driver rejects the newest version, and says at
    the next one that the adapter is gone."""
    text = "message_status value=13 nth=20" + "".join(
        f"\nfault = request_error {QUERY} value={error} nth={number} count=1"
        for error, number in ((1306, 7), (22, 8)))
    with fault(tools, text):
        tools.run("efa_pingpong", "--loopback").expect(
            1, errors=r"the EFA adapter was removed, .* \(ERROR_BAD_COMMAND, Win32 error 22\): ")


@pytest.mark.only_on_windows
def test_without_driver_every_program_says_what_to_check(tools):
    with no_driver():
        expect_cause(tools, r"no EFA adapter, or no driver for it \(ERROR_FILE_NOT_FOUND, "
                     r"Win32 error 2\): check .*efa_doctor", "device-absent")
        # The library says so too, once.
        result = tools.run("efa_devinfo").expect(1, errors="^efawin: warn: no EFA adapter: ")
        assert result.errors.count("efawin: ") == 1, result
