#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Runs the programs as a user would and checks what they say and how they end.

usage: test_tools.py FOLDER [CASE...]

FOLDER has the programs. Native ones run as they are. Windows ones (NAME.exe) run with the `wine` in
PATH, so the whole script belongs inside scripts/with-efa.
"""
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time
import traceback

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

    def start(self, name, *arguments):
        return subprocess.Popen(self.command(name, *arguments), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    @staticmethod
    def finish(process):
        try:
            output, errors = process.communicate(timeout=RUN_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            raise AssertionError(f"{process.args} did not end\n{output}{errors}") from None
        return Result(process.args, process.returncode, output.replace("\r", ""),
                      errors.replace("\r", ""))

    def run(self, name, *arguments):
        return self.finish(self.start(name, *arguments))


def free_port():
    """Below the ports that the system hands out by itself, so that nobody takes it meanwhile."""
    return random.randrange(20000, 30000)


# ---- Command lines, the same for every program ----

def case_help_shows_usage_and_examples(tools):
    for name in ("efa_devinfo", "efa_pingpong"):
        result = tools.run(name, "--help").expect(0, [f"^Usage: {name}", "^Examples:", "--help"])
        assert len(result.output.splitlines()) <= 24, f"more than a screen\n{result}"


def case_version_is_printed(tools):
    tools.run("efa_devinfo", "--version").expect(0, r"^efa_devinfo \d+\.\d+\.\d+$")


def case_usage_errors_name_the_option_and_the_range(tools):
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
            (["one", "two"], "'two' is one argument too many"),
            (["--loopback", "host"], "--loopback has no server"),
    ):
        tools.run("efa_pingpong", *arguments).expect(2, errors=f"^efa_pingpong: .*{message}")
    tools.run("efa_devinfo", "extra").expect(2, errors="'extra' is one argument too many")


# ---- Device information ----

def case_devinfo_shows_device_and_port(tools):
    tools.run("efa_devinfo").expect(0, [
        "^hca_id: EFA$", r"^    vendor_id: +0x1d0f$", "^    phys_port_cnt: +1$",
        r"state: +PORT_ACTIVE \(4\)$", r"active_mtu: +4096 \(5\)$",
        f"max_msg_sz: +{MTU} bytes$"])


def case_devinfo_lists_names(tools):
    tools.run("efa_devinfo", "-l").expect(0, r"\A1 device found:\n    EFA\n\Z")


def case_devinfo_verbose_shows_limits(tools):
    tools.run("efa_devinfo", "-v", "-d", "EFA").expect(
        0, [r"max_qp +\d+$", r"inline_buf_size +32 bytes$", r"rdma_read +(yes|no)$",
            r"GID\[0\]: +fe80:"])


def case_devinfo_names_the_devices_there_are(tools):
    tools.run("efa_devinfo", "-d", "mlx5_0").expect(1, errors="no device named 'mlx5_0'.*'EFA'")


# ---- Ping-pong within one program ----

def case_loopback_verifies_every_size_and_both_transports(tools):
    for transport in ([], ["--ud"]):
        for size in (0, 1, 31, 32, 33, 4096, MTU):
            tools.run("efa_pingpong", "--loopback", "--verify", "--iters", 50, "--size", size,
                      *transport).expect(0, [
                          f"^{2 * 50 * size} bytes in ", "^50 iterations in ",
                          "^one-way latency: min ", "^verified: 50 messages each way"])


def case_loopback_reuses_a_single_receive(tools):
    tools.run("efa_pingpong", "--loopback", "--verify", "--rx-depth", 1, "--iters", 300).expect(
        0, "^verified: 300 messages each way")


def case_more_than_the_device_can_do_is_refused_with_its_limit(tools):
    tools.run("efa_pingpong", "--loopback", "--size", MTU + 1).expect(
        1, errors=f"--size {MTU + 1}: the device carries at most {MTU} bytes")
    tools.run("efa_pingpong", "--loopback", "--rx-depth", 65535).expect(
        1, errors=r"--rx-depth 65535: the device takes at most \d+ receives")


def case_native_build_asks_for_loopback(tools):
    tools.run("efa_pingpong", "host").expect(2, errors="give --loopback")


# ---- Ping-pong between two processes ----

def case_pair_verifies_on_both_transports(tools):
    for transport in ([], ["--ud"]):
        arguments = ["--port", free_port(), "--verify", "--iters", 200, *transport]
        server = tools.start("efa_pingpong", *arguments)
        tools.run("efa_pingpong", *arguments, "127.0.0.1").expect(
            0, ["^remote address: GID fe80", "^verified: 200 messages each way"])
        tools.finish(server).expect(0, "^verified: 200 messages each way")


def case_client_may_start_first(tools):
    port = free_port()
    client = tools.start("efa_pingpong", "--port", port, "127.0.0.1")
    time.sleep(0.5)
    tools.run("efa_pingpong", "--port", port).expect(0)
    tools.finish(client).expect(0)


def case_different_plans_are_told_on_both_sides(tools):
    port = free_port()
    server = tools.start("efa_pingpong", "--port", port, "--size", 64)
    tools.run("efa_pingpong", "--port", port, "--size", 65, "127.0.0.1").expect(
        1, errors=r"another --size \(65 here, 64 there\)")
    tools.finish(server).expect(1, errors=r"another --size \(64 here, 65 there\)")


def case_lost_peer_is_noticed(tools):
    port = free_port()
    server = tools.start("efa_pingpong", "--port", port, "--iters", 10000000)
    client = tools.start("efa_pingpong", "--port", port, "--iters", 10000000, "127.0.0.1")
    lines = [client.stdout.readline() for _ in range(3)]
    assert "each way" in lines[2], f"the game did not begin: {lines}"
    client.kill()
    client.communicate(timeout=RUN_LIMIT)
    tools.finish(server).expect(1, errors="the other side|failed: ")


def case_no_server_no_client_no_host_end_in_time(tools):
    port = free_port()
    tools.run("efa_pingpong", "--port", port, "--timeout", 1, "127.0.0.1").expect(
        1, errors=f"no server on 127.0.0.1 port {port}: .*start it there first")
    tools.run("efa_pingpong", "--port", port, "--timeout", 1).expect(
        1, errors=f"no client came to port {port} in time")
    tools.run("efa_pingpong", "--timeout", 1, "no-such-host.invalid").expect(
        1, errors="host 'no-such-host.invalid' is not known")


def case_port_in_use_is_told(tools):
    port = free_port()
    server = tools.start("efa_pingpong", "--port", port)
    assert "waiting" in server.stdout.readline()
    tools.run("efa_pingpong", "--port", port, "--timeout", 5).expect(
        1, errors=f"cannot listen on port {port}: .*--port")
    tools.run("efa_pingpong", "--port", port, "127.0.0.1").expect(0)
    tools.finish(server).expect(0)


# ---- Without a driver ----

def case_no_driver_tells_what_to_check(tools):
    subprocess.run(["efasim_ctl", "unload"], check=True, timeout=RUN_LIMIT)
    try:
        for name, arguments in (("efa_devinfo", []), ("efa_devinfo", ["-l"]),
                                ("efa_pingpong", ["--loopback"])):
            tools.run(name, *arguments).expect(1, errors='no EFA driver: check .*sc query efa')
    finally:
        subprocess.run(["efasim_ctl", "load", r"C:\efasim\efasim.sys"], check=True,
                       timeout=RUN_LIMIT)


ONLY_ON_WINDOWS = {case_pair_verifies_on_both_transports, case_client_may_start_first,
                   case_different_plans_are_told_on_both_sides, case_lost_peer_is_noticed,
                   case_no_server_no_client_no_host_end_in_time, case_port_in_use_is_told,
                   case_no_driver_tells_what_to_check}
ONLY_NATIVE = {case_native_build_asks_for_loopback}


def main(folder, wanted):
    tools = Tools(folder)
    if tools.windows and shutil.which("efasim_ctl") is None:
        sys.exit("test_tools.py: run it inside scripts/with-efa")
    passed = failed = 0
    for name, case in list(globals().items()):
        if not name.startswith("case_") or (wanted and name not in wanted):
            continue
        if case in (ONLY_NATIVE if tools.windows else ONLY_ON_WINDOWS):
            continue
        try:
            case(tools)
            passed += 1
            print("ok    ", name, flush=True)
        except Exception:  # every case is to run
            failed += 1
            print("FAILED", name, flush=True)
            traceback.print_exc(file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
