# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Command lines, the same for every program; efa_devinfo; the library's log."""
import os
import re

import pytest

from harness import MTU, Tools, check_schema, simulated_with
from support.wine import Machine

PROGRAMS = ("efa_devinfo", "efa_doctor", "efa_perf", "efa_pingpong", "efa_probe")


# ---- Command lines, the same for every program ----

def test_arguments_files_and_output_are_utf_8(tools, tmp_path):
    name = "\u00dcn\u00ef-\u65e5\u672c.json"
    environment = dict(os.environ, LC_ALL="C.UTF-8")
    tools.run("efa_perf", "lat", "--loopback", "--iters", 10, "--json", name, cwd=tmp_path,
              env=environment).expect(0)
    value = check_schema((tmp_path / name).read_text(encoding="utf-8"), "efa_perf")
    assert value["run"]["command_line"].endswith(f" --json {name}"), value["run"]
    tools.run("efa_perf", "--\u65e5\u672c", env=environment).expect(
        2, errors="^efa_perf: unknown option '--\u65e5\u672c'")


@pytest.mark.only_on_windows
@pytest.mark.each_compiler
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_carry_their_version_and_a_manifest(tools, name):
    content = (tools.folder / f"{name}.exe").read_bytes()
    for text in (f"{name} for the Elastic Fabric Adapter", f"{name}.exe", "ProductVersion"):
        assert text.encode("utf-16-le") in content, text
    assert re.search(rb"<activeCodePage [^>]*>UTF-8</activeCodePage>", content)


@pytest.mark.only_on_windows
@pytest.mark.parametrize("name", PROGRAMS)
def test_arguments_are_utf_8_where_windows_does_not_know_the_manifest(tools, tmp_path, name):
    """Server 2016 and 2019 ignore the manifest's code page: here the copy has none."""
    content = (tools.folder / f"{name}.exe").read_bytes()
    (tmp_path / f"{name}.exe").write_bytes(
        re.sub(rb"<activeCodePage [^>]*>UTF-8</activeCodePage>", lambda found: b" " * len(found[0]), content))
    Tools(tmp_path).run(name, "--\u65e5\u672c", env={**os.environ, "LC_ALL": "C.UTF-8"}).expect(
        2, errors=f"^{name}: unknown option '--\u65e5\u672c'")


def test_help_shows_usage_and_examples(tools):
    for name in PROGRAMS:
        result = tools.run(name, "--help").expect(0, [
            f"^Usage: {name}", "^Examples:", "--help", "^Exit status: 0 success, 1 failure, 2 wrong"])
        check_fits_a_screen(result)


def check_fits_a_screen(result):
    lines = result.output.splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= 80, f"more than a screen\n{result}"


def test_help_is_asked_for_as_on_windows_too(tools):
    tools.run("efa_devinfo", "/?").expect(0, "^Usage: efa_devinfo")


def test_flags_may_be_bundled(tools):
    assert tools.run("efa_devinfo", "-vd", "EFA").expect(0).output == \
        tools.run("efa_devinfo", "-v", "-d", "EFA").expect(0).output
    tools.run("efa_devinfo", "-lv").expect(0, "^    EFA$")


def test_help_more_has_the_other_options(tools):
    first = tools.run("efa_perf", "lat", "--help").expect(0, "--loopback")
    more = tools.run("efa_perf", "--help", "more").expect(0, [
        "--depth", "Defaults of --size: 8, 8k, 8, 64k; "])
    check_fits_a_screen(more)
    assert "--depth" not in first.output and "--loopback" not in more.output
    tools.run("efa_doctor", "--help", "more").expect(0, "^Examples:")


@pytest.mark.needs_driver
@pytest.mark.each_compiler
def test_version_is_printed(tools):
    for name in PROGRAMS:
        tools.run(name, "--version").expect(0, [
            rf"^{name} \d+\.\d+\.\d+$", r"^library: .*\d+\.\d+", r"^driver: simulated, interface version 3, 2, 1$"])


def test_usage_errors_name_the_option_and_the_range(tools):
    for arguments, message in (
            (["--nonsense"], "unknown option '--nonsense'"),
            (["-x"], "unknown option '-x'"),
            (["--size", "many"], r"--size many: must be a number from 0 to \d+"),
            (["--size", "-1"], r"--size -1: must be a number from 0"),
            (["--size="], r"--size : must be a number"),
            (["--iters", "0"], r"--iters 0: must be a number from 1"),
            (["--iters", "18446744073709551617"], r"must be a number from 1"),
            (["--port", "65536"], r"--port 65536: must be a number from 1 to 65535"),
            (["--port"], "--port needs a value"),
            (["--ud=yes"], "--ud takes no value"),
            (["-ulX"], "unknown option '-X' in '-ulX'"),
            (["-ulp"], "--port needs a value"),
            (["one", "two"], "'two' is one argument too many"),
            ([""], "an argument is empty"),
            (["--loopback", "host"], "--loopback has no server"),
    ):
        tools.run("efa_pingpong", *arguments).expect(2, errors=f"^efa_pingpong: .*{message}")
    tools.run("efa_devinfo", "extra").expect(2, errors="'extra' is one argument too many")


def test_an_option_is_not_taken_as_the_value_of_the_one_before(tools, tmp_path):
    """--json is a flag of the other programs, and a file of efa_perf."""
    for arguments, message in (
            (["--json", "--loopback"], r"--json '--loopback': its value is missing; .*: --json=--loopback"),
            (["--html", "-l"], r"--html '-l': its value is missing; .*: --html=-l"),
            (["-d", "-l"], r"--device '-l': its value is missing; ")):
        tools.run("efa_perf", "lat", *arguments, cwd=tmp_path).expect(2, errors=f"^efa_perf: {message}")
    assert not list(tmp_path.iterdir())
    tools.run("efa_perf", "lat", "--loopback", "--iters", 10, "--csv=-c.csv", "--json", "-",
              cwd=tmp_path).expect(0, '"tool": "efa_perf"')
    assert (tmp_path / "-c.csv").exists()


@pytest.mark.only_native
def test_full_disk_behind_standard_output_is_told(tools):
    for arguments in (["efa_devinfo"], ["efa_devinfo", "--json"], ["efa_doctor"],
                      ["efa_doctor", "--json"], ["efa_doctor", "--version"], ["efa_perf", "--help"],
                      ["efa_perf", "lat", "--loopback", "--iters", 10],
                      ["efa_pingpong", "--loopback", "--iters", 10]):
        with open("/dev/full", "w") as full:
            result = tools.finish(tools.start(*arguments, stdout=full))
        result.expect(1, errors="^efa_.*: writing to standard output failed")


# ---- Device information ----

def test_devinfo_shows_device_and_port(tools):
    tools.run("efa_devinfo").expect(0, [
        "^hca_id: EFA$", r"^    vendor_id: +0x1d0f$", "^    phys_port_cnt: +1$",
        r"state: +PORT_ACTIVE \(4\)$", r"active_mtu: +4096 \(5\)$",
        f"max_msg_sz: +{MTU} bytes$"])


def test_devinfo_lists_names(tools):
    tools.run("efa_devinfo", "-l").expect(0, r"\A1 device found:\n    EFA\n\Z")


def test_devinfo_verbose_shows_limits(tools):
    tools.run("efa_devinfo", "-v", "-d", "EFA").expect(
        0, [r"max_qp +\d+$", r"inline_buf_size +32 bytes$", r"rdma_read +(yes|no)$",
            r"GID\[0\]: +fe80:"])


@pytest.mark.only_native
def test_long_configuration_is_read_to_its_end(tools):
    with simulated_with("# a comment\n" * 2000 + "preset = efa-0xefa1\n"):
        tools.run("efa_devinfo").expect(0, "^    vendor_part_id: +0xefa1$")


def test_devinfo_names_the_devices_there_are(tools):
    tools.run("efa_devinfo", "-d", "mlx5_0").expect(1, errors="no device named 'mlx5_0'.*'EFA'")


@pytest.mark.each_compiler
def test_devinfo_json_has_what_the_text_has(tools):
    value = check_schema(tools.run("efa_devinfo", "--json").expect(0), "efa_devinfo")
    [device] = value["devices"]
    [port] = device["ports"]
    assert device["name"] == "EFA" and port["max_msg_sz_bytes"] == MTU
    known = {**device, **device["limits"], **port}
    text = tools.run("efa_devinfo", "-v").expect(0).output
    lines = re.findall(r"^ +(\w+(?:\[0\])?):? +(\S.*)$", text, re.MULTILINE)
    assert len(lines) > 45, text
    for name, shown in lines:
        name = {"GID[0]": "gid"}.get(name, name)
        name = name if name in known else name + "_bytes"
        words = known[name]
        if isinstance(words, bool):
            words = "yes" if words else "no"
        code = known.get(name.removesuffix("_bytes") + "_code")
        unit = {"max_batch": " sends"}.get(name, " bytes" if "_bytes" in name and code is None else "")
        assert shown == f"{words}{unit}" + (f" ({code})" if code is not None else ""), name


def test_devinfo_decodes_the_link(tools):
    tools.run("efa_devinfo", "-v").expect(0, [
        r"active_width: +4X \(2\)$", r"active_speed: +25 Gbit/s \(32\)$",
        r"phys_state: +LINK_UP \(5\)$", r"link_layer: +Unspecified \(0\)$"])


def test_devinfo_shows_a_port(tools):
    assert tools.run("efa_devinfo", "-i", "1").expect(0).output == \
        tools.run("efa_devinfo").expect(0).output
    tools.run("efa_devinfo", "--json", "-i", "2").expect(
        1, errors=r"\Aefa_devinfo: --ib-port 2: device EFA has 1 port$")
    tools.run("efa_devinfo", "-i", "0").expect(2, errors="--ib-port 0: must be a number from 1")


@pytest.mark.only_native
def test_devinfo_shows_the_batch_limit_in_force(tools, monkeypatch):
    def shown():
        text = tools.run("efa_devinfo", "-v").expect(0).output
        limits = check_schema(tools.run("efa_devinfo", "--json").expect(0), "efa_devinfo")
        return (re.search(r"^ +max_batch +(.*)$", text, re.MULTILINE)[1],
                limits["devices"][0]["limits"]["max_batch"])
    with simulated_with("device_version = 0xefa0\n"):
        assert shown() == ("4095 sends", 4095)
    with simulated_with("device_version = 0xefa1\n"):
        assert shown() == ("16 sends", 16)
        monkeypatch.setenv("EFAWIN_MAX_BATCH", "7")
        assert shown() == ("7 sends", 7)
        monkeypatch.delenv("EFAWIN_MAX_BATCH")
    with simulated_with("fault = request_error request=CREATE_QP value=1450\n"):
        assert shown() == ("unknown", 0)


def test_devinfo_json_and_list_exclude_one_another(tools):
    tools.run("efa_devinfo", "--json", "--list").expect(2, errors="leave --list out")


# ---- The library's log ----

def said(tools, **variables):
    """What standard error has of the library, and of the loader where it speaks of other things."""
    result = tools.run("efa_devinfo", env=dict(os.environ, **variables)).expect(0)
    return [line for line in result.errors.splitlines()
            if line.startswith("efawin: ") and not line.endswith(": loaded")]


@pytest.mark.needs_driver
def test_log_goes_to_the_file(tools, tmp_path):
    file = tmp_path / "log.txt"
    name = Machine.windows_path(file) if tools.windows else str(file)
    lines = said(tools, EFAWIN_LOG_LEVEL="info", EFAWIN_LOG_FILE=name)
    assert not lines and file.read_text().startswith("efawin: info: opened "), lines


@pytest.mark.needs_driver
def test_log_file_that_cannot_be_written_is_told_once(tools):
    # Of Windows: path not found, and a name or extension that is too long.
    for name, error in ((os.path.join("no-such-folder", "log"), 3 if tools.windows else 2),
                        ("x" * 1024, 206 if tools.windows else 36)):
        lines = said(tools, EFAWIN_LOG_LEVEL="info", EFAWIN_LOG_FILE=name)
        assert f"EFAWIN_LOG_FILE names cannot be written (error {error}): use a" in lines[1], lines
        opened = lines[:1] + lines[2:]
        assert [line.split()[2] for line in opened] == ["opened", "opened", "batch"], lines


@pytest.mark.needs_driver
def test_log_level_that_is_none_is_told_once(tools):
    lines = said(tools, EFAWIN_LOG_LEVEL="loud")
    assert len(lines) == 1 and 'EFAWIN_LOG_LEVEL is "loud"; use one of error, warn' in lines[0], lines
