# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""efa_doctor: a machine where all is well, and each way in which it is not that a test can make."""
import contextlib
import os
import re
import shutil
import time

import pytest

from harness import (DRIVER, MTU, RUN_LIMIT, Tools, check_schema, driver_loaded_with, no_driver,
                     service_control, simulated_with, system_folder)
from support import programs

pytestmark = pytest.mark.needs_driver


def by_check(tools, status, *arguments, **options):
    """The checks of --json by their name; exit status and verdict must agree."""
    value = check_schema(tools.run("efa_doctor", "--json", *arguments, **options).expect(status),
                         "efa_doctor")
    assert value["verdict"] == {0: "ok", 1: "failed", 3: "warning"}[status]
    return {check["check"]: check for check in value["checks"]}


def code(check):
    return check["problem"]["code"] if "problem" in check else check["status"]


@pytest.fixture
def copy_of(tools, tmp_path):
    """copy_of(*names): the programs of a folder with nothing but these files of the build."""
    def copy_of(*names):
        for name in names:
            shutil.copy(tools.folder / name, tmp_path)
        return Tools(tmp_path)
    return copy_of


@contextlib.contextmanager
def without_system_dll():
    """As on a machine where nobody copied efawin.dll into System32."""
    dll = system_folder() / "efawin.dll"
    aside = dll.with_name("efawin.aside")
    dll.rename(aside)
    try:
        yield
    finally:
        aside.rename(dll)


@pytest.mark.each_compiler
def test_doctor_finds_nothing_wrong(tools):
    # The same DLL in System32 does not count as another copy.
    if tools.windows:
        shutil.copy(tools.folder / "efawin.dll", system_folder() / "efawin.dll")
    result = tools.run("efa_doctor").expect(0, [
        r"^ok +Device +\\\\\.\\EFADevice opens", "^ok +Driver's interface +supports version 3, 2, 1",
        r"^ok +Limits +\d+ queue pairs, .*, batches of \d+ sends at most, MTU",
        rf"^ok +Loopback on SRD +50 messages of {MTU} bytes each way, every byte verified",
        r"^\d+ ok, 0 warnings, 0 failed, \d+ skipped: EFA works here\.$"])
    assert result.errors == "", result
    checks = by_check(tools, 0)
    assert {name for name, check in checks.items() if check["status"] == "ok"} >= {
        "system", "device", "driver-interface", "library", "limits", "objects-srd",
        "objects-ud", "loopback-srd", "loopback-ud"}


@pytest.mark.only_on_windows
def test_doctor_without_driver(tools):
    with no_driver():
        checks = by_check(tools, 1)
        assert code(checks["service"]) == "service-absent"
        assert code(checks["device"]) == "device-absent"
        assert code(checks["loopback-ud"]) == "skipped"
        tools.run("efa_doctor").expect(1, r"To do: .*\[device-absent\]")


@pytest.mark.only_on_windows
def test_doctor_names_the_drivers_versions(tools):
    with driver_loaded_with("--interface-version", "2"):
        tools.run("efa_doctor").expect(0, r"^ok +Driver's interface +supports version 2$")


@pytest.mark.only_on_windows
def test_doctor_with_a_driver_of_unknown_version(tools):
    config = system_folder().parents[1] / "efasim" / "doctor.conf"
    # Every request QUERY_DEVICE is rejected as a driver of another version would.
    config.write_text("fault = request_error request=QUERY_DEVICE value=1306\n")
    with driver_loaded_with("--config", r"C:\efasim\doctor.conf"):
        checks = by_check(tools, 1)
        assert code(checks["driver-interface"]) == "driver-versions-unknown"
        assert "1306" in checks["driver-interface"]["detail"]


def checks_with(tools, status, config):
    with simulated_with(config + "\n"):
        return by_check(tools, status)


@pytest.mark.only_native
def test_doctor_with_a_driver_whose_replies_are_short(tools):
    checks = checks_with(tools, 1, "fault = request_short_reply request=QUERY_DEVICE value=8")
    assert code(checks["driver-interface"]) == "driver-reply-wrong"
    assert "8 bytes, not 96" in checks["driver-interface"]["detail"]
    assert code(checks["limits"]) == code(checks["loopback-ud"]) == "skipped"


@pytest.mark.only_native
def test_doctor_when_the_library_cannot_open_the_adapter(tools):
    # It asks for the three versions itself; what follows is the library.
    checks = checks_with(tools, 1, "fault = request_error request=QUERY_DEVICE value=31 nth=4")
    assert code(checks["driver-interface"]) == "ok"
    assert code(checks["limits"]) == "open-failed"
    assert code(checks["objects-srd"]) == code(checks["loopback-ud"]) == "skipped"


@pytest.mark.only_native
def test_doctor_ends_with_ctrl_c_while_it_waits(tools):
    for arguments in ([], ["--json"]):
        with simulated_with("fault = completion_lose nth=20\n"):
            process = tools.start("efa_doctor", *arguments)
            tools.wait_until_ctrl_c_is_watched(process)
            time.sleep(1)  # for its loopback, which then waits; an earlier Ctrl-C ends it as well
            programs.interrupt(process)
            tools.finish(process).expect(
                1, errors=r"\Aefa_doctor: interrupted: not all checks were made$")


@pytest.mark.only_native
def test_doctor_when_messages_do_not_arrive(tools):
    checks = checks_with(tools, 1, "fault = message_status value=13")
    assert code(checks["objects-srd"]) == "ok"
    assert code(checks["loopback-srd"]) == "loopback-failed"
    assert "status 13 of the device" in checks["loopback-srd"]["detail"]


@pytest.mark.only_native
def test_doctor_when_messages_arrive_altered(tools):
    checks = checks_with(tools, 1, "fault = message_patch offset=8000 value=0x5d nth=20 count=1")
    assert code(checks["loopback-srd"]) == "loopback-altered"
    assert "byte 8000 of 8928 is 0x5d, not" in checks["loopback-srd"]["detail"]
    assert code(checks["loopback-ud"]) == "ok"


@pytest.mark.only_native
def test_doctor_when_objects_cannot_be_made(tools):
    checks = checks_with(tools, 1, "fault = request_error request=CREATE_QP value=1450")
    assert code(checks["limits"]) == "ok" and "batch limit unknown" in checks["limits"]["detail"]
    assert code(checks["objects-srd"]) == code(checks["objects-ud"]) == "objects-failed"
    assert code(checks["loopback-srd"]) == "skipped"


@pytest.mark.only_native
def test_doctor_with_odd_limits(tools):
    with simulated_with("mtu = 512\n"):
        assert code(by_check(tools, 3)["limits"]) == "limits-odd"
        # That it works is said because messages were tried all the same.
        tools.run("efa_doctor").expect(3, [r"^ok +Loopback on UD +50 messages of 512 bytes",
                                           r"1 warning, 0 failed, \d+ skipped: EFA works here; look"])
    checks = checks_with(tools, 1, "mtu = 512\nfault = message_status value=13")
    assert code(checks["limits"]) == "limits-odd"
    assert code(checks["loopback-srd"]) == "loopback-failed"


@contextlib.contextmanager
def pci_device(build, identity, problem, service="-", version="-"):
    """A PCI device in Windows' list."""
    def fake_pci(*arguments):
        programs.run(["wine", build.file("fake_pci"), *arguments], RUN_LIMIT).expect(0)

    fake_pci(identity + "&SUBSYS_EFA01D0F&REV_00", "3&13c0b0c5&0&E8", problem, service, version)
    try:
        yield
    finally:
        fake_pci("remove")


EFA = r"PCI\VEN_1D0F&DEV_EFA1"


@pytest.mark.only_on_windows
def test_doctor_tells_what_is_wrong_with_the_interface(tools, build):
    """Each state of the hardware has a finding of its own. Wine's list of devices is the registry."""
    with no_driver():
        for code_of_it, detail, *device in (
                ("adapter-absent", "no PCI device", r"PCI\VEN_1D0F&DEV_EC20", 0, "ena", "2.6.0.0"),
                ("adapter-without-driver", "EFA1 has no driver", EFA, 28),
                ("adapter-without-driver", "EFA1 has no driver", EFA.lower(), 0),
                ("adapter-not-started", "it is disabled (code 22)", EFA, 22, "efa", "1.2.0.10"),
                ("adapter-other-driver", "driver 'efa', version 0.9.9.9", EFA, 0, "efa", "0.9.9.9"),
                ("ok", "EFA1, driver version 1.2.0.10", EFA, 0, "efa", "1.2.0.10")):
            with pci_device(build, *device):
                check = by_check(tools, 1)["hardware"]
            assert code(check) == code_of_it and detail.lower() in check["detail"].lower(), check


@pytest.mark.only_on_windows
def test_doctor_believes_a_driver_that_answers(tools):
    with service_of_efa(DRIVER):
        service_control("start", "efa")
        try:
            assert code(by_check(tools, 3)["hardware"]) == "skipped"
        finally:
            service_control("stop", "efa")


@contextlib.contextmanager
def service_of_efa(image):
    """A service as the driver's installation makes it, for a driver in that file."""
    with no_driver():
        service_control("create", "efa", "binPath=", image, "type=", "kernel")
        try:
            yield
        finally:
            service_control("delete", "efa")


@pytest.mark.only_on_windows
@pytest.mark.each_compiler
def test_doctor_sees_the_service_stop_and_run(tools):
    with service_of_efa(DRIVER):
        checks = by_check(tools, 1)
        assert code(checks["service"]) == "service-stopped"
        assert code(checks["device"]) == "device-absent"
        service_control("start", "efa")
        try:
            checks = by_check(tools, 3)
        finally:
            service_control("stop", "efa")
        assert code(checks["service"]) == code(checks["loopback-srd"]) == "ok"
        assert code(checks["driver-file"]) == "driver-file-unreadable"
        assert checks["driver-file"]["detail"] == DRIVER


@pytest.mark.only_on_windows
def test_doctor_finds_the_drivers_file(tools):
    """In each form of a path that services have."""
    shutil.copy((system_folder() / "version.dll").resolve(),
                system_folder() / "drivers" / "efa.sys")
    for image in (r"\SystemRoot\system32\drivers\efa.sys", r"system32\drivers\efa.sys",
                  r"\??\C:\windows\system32\drivers\efa.sys",
                  r"C:\windows\system32\drivers\efa.sys"):
        with service_of_efa(image):
            check = by_check(tools, 1)["driver-file"]
        assert check["status"] == "ok", check
        path, version = check["detail"].split(", version ")
        assert path.lower() == r"c:\windows\system32\drivers\efa.sys" and version[0].isdigit()
    with service_of_efa(image):
        tools.run("efa_devinfo", "--version").expect(
            0, r"^driver: C:.*\\efa\.sys \d+[.0-9]+, no EFA adapter, or no driver for it "
            r"\(ERROR_FILE_NOT_FOUND, Win32 error 2\)$")


@pytest.mark.only_on_windows
def test_doctor_without_dll(copy_of):
    with without_system_dll():
        assert code(by_check(copy_of("efa_doctor.exe"), 1)["library"]) == "dll-absent"


NO_DLLS = ((b"not a DLL\n", "is not a DLL"), (b"", "is empty"))


@pytest.mark.only_on_windows
@pytest.mark.parametrize("content, words", NO_DLLS)
def test_a_dll_that_is_none_is_told_in_one_line_with_its_path(copy_of, content, words):
    other = copy_of("efa_doctor.exe", "efa_devinfo.exe")
    (other.folder / "efawin.dll").write_bytes(content)
    line = rf"\\efawin\.dll {words}: put the efawin\.dll of a release in its place$"
    result = other.run("efa_devinfo").expect(1, errors=rf"\Aefa_devinfo: [CZ]:\\.*{line}")
    assert len(result.errors.splitlines()) == 1 and result.output == "", result
    result = other.run("efa_doctor").expect(1, rf"^failed +efawin\.dll +[CZ]:\\.*{line}")
    assert result.errors == "", result
    check = by_check(other, 1)["library"]
    assert code(check) == "dll-unusable" and re.search(line, check["detail"]), check
    assert "processor" not in check["detail"] and code(check) == "dll-unusable"


@pytest.mark.only_on_windows
def test_without_dll_there_is_one_line(copy_of):
    with without_system_dll():
        result = copy_of("efa_devinfo.exe").run("efa_devinfo").expect(
            1, errors=r"\Aefa_devinfo: efawin\.dll was not found: put it into the folder of")
    assert len(result.errors.splitlines()) == 1, result


def copy_to_long_folder(tools, folder, length, *names):
    """The programs of a folder whose path has about that many characters."""
    while len(str(folder)) < length:
        folder = folder / ("x" * min(200, length - len(str(folder))))
    folder.mkdir(parents=True)
    for name in names:
        shutil.copy(tools.folder / name, folder)
    return Tools(folder)


@pytest.mark.only_on_windows
def test_a_long_path_is_told_to_its_end(tools, tmp_path):
    other = copy_to_long_folder(tools, tmp_path, 700, "efa_devinfo.exe", "efawin.dll")
    version = r"xx\\efawin\.dll\), interface version \d+$"
    other.run("efa_devinfo", "--version").expect(0, rf"^library: efawin\.dll .* \([CZ]:\\.*{version}")
    (other.folder / "efawin.dll").write_bytes(b"text")
    other.run("efa_devinfo", "--version").expect(
        0, r"^library: none, [CZ]:\\.*xx\\efawin\.dll is not a DLL: put the efawin\.dll of a release in")


@pytest.mark.only_on_windows
def test_a_dll_in_a_folder_that_is_too_long_to_examine_is_loaded(tools, tmp_path):
    with without_system_dll():
        copy_to_long_folder(tools, tmp_path, 1100, "efa_devinfo.exe", "efawin.dll").run(
            "efa_devinfo").expect(0, "^hca_id: EFA$")


@pytest.mark.only_on_windows
def test_doctor_with_another_dll_of_that_name(copy_of):
    other = copy_of("efa_doctor.exe")
    shutil.copy((system_folder() / "version.dll").resolve(), other.folder / "efawin.dll")
    assert code(by_check(other, 1)["library"]) == "dll-exports"


@pytest.mark.only_on_windows
def test_doctor_warns_of_a_different_copy(tools):
    system = system_folder() / "efawin.dll"
    kept = system.read_bytes()
    try:
        system.write_bytes(kept + b"changed")
        checks = by_check(tools, 3)
        assert code(checks["other-copies"]) == "dll-shadowed"
        assert "system32" in checks["other-copies"]["detail"].lower()
    finally:
        system.write_bytes(kept)


KIT_2 = b"efawin kit search: module's folder, application's folder, System32"


@pytest.fixture
def libfabric(build, copy_of):
    """Tools in a folder with a DLL that contains the kit, as libfabric does, and a function that puts
    it there by a name, on request as one with an older kit: without the text of the kit's search rule."""
    other = copy_of("efa_doctor.exe", "efawin.dll")
    content = build.file("kit_host").read_bytes()
    assert content.count(KIT_2) == 1

    def put(name, older_kit=False):
        (other.folder / name).write_bytes(
            content.replace(KIT_2, KIT_2.upper()) if older_kit else content)
    return other, put


@pytest.mark.only_on_windows
def test_doctor_says_which_dll_each_libfabric_loads_and_why(libfabric):
    other, put = libfabric
    put("libfabric.dll")
    put("libfabric_new.dll", older_kit=True)
    with without_system_dll():
        checks = by_check(other, 0)
    dll = r"loads [CZ]:\\.*\\efawin\.dll, version \d+\.\d+\.\d+\.0; it contains "
    assert re.search(r"\\libfabric\.dll " + dll + r"kit 2\.0\.0, .* libfabric's folder, the program's",
                     checks["libfabric"]["detail"]), checks["libfabric"]
    assert re.search(r"\\libfabric_new\.dll " + dll + r"an older kit, .* the current folder, PATH",
                     checks["libfabric-new"]["detail"]), checks["libfabric-new"]


@pytest.mark.only_on_windows
def test_doctor_looks_into_libfabric_and_its_dll(libfabric, tmp_path_factory):
    """The doctor's own DLL is in System32 here, so that it works while libfabric's is broken."""
    other, put = libfabric
    system = system_folder() / "efawin.dll"
    shutil.copy(other.folder / "efawin.dll", system)
    put("libfabric.dll")
    elsewhere = tmp_path_factory.mktemp("doctor")
    shutil.copy(other.folder / "efa_doctor.exe", elsewhere)
    doctor = Tools(elsewhere)
    path = {"WINEPATH": f"Z:{other.folder}".replace("/", "\\")}

    def check(name="libfabric"):
        return by_check(doctor, 3, env=dict(os.environ, **path))[name]

    for content, words in NO_DLLS:
        (other.folder / "efawin.dll").write_bytes(content)
        found = check()
        assert code(found) == "libfabric-dll-unusable" and f"efawin.dll, which {words};" in found["detail"]
    shutil.copy((system_folder() / "version.dll").resolve(), other.folder / "efawin.dll")
    found = check()
    assert code(found) == "libfabric-dll-unusable" and "lacks the calls" in found["detail"], found
    (other.folder / "libfabric.dll").write_bytes(b"text")
    found = check()
    assert code(found) == "libfabric-unusable" and "libfabric.dll is not a DLL" in found["detail"]
    shutil.copy((system_folder() / "version.dll").resolve(), other.folder / "libfabric.dll")
    assert code(check()) == "libfabric-without-efa"


@pytest.mark.only_on_windows
def test_doctor_follows_the_rule_of_the_kit_that_libfabric_contains(libfabric, tmp_path_factory):
    """Only the older one finds a DLL along PATH."""
    other, put = libfabric
    folder = tmp_path_factory.mktemp("sdk")
    for name in ("libfabric.dll", "libfabric_new.dll"):
        put(name, older_kit=name == "libfabric_new.dll")
        (other.folder / name).rename(folder / name)
    path = f"Z:{folder};Z:{other.folder}".replace("/", "\\")
    with without_system_dll():
        checks = by_check(other, 3, env=dict(os.environ, WINEPATH=path))
    assert code(checks["libfabric"]) == "libfabric-without-dll"
    assert code(checks["libfabric-new"]) == "ok"
