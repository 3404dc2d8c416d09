# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""efa_probe on simulated adapters: what it measures is what they were told to be, it names what does not
hold, and it always ends without leaving anything."""
import concurrent.futures
import json
import os
import pathlib
import random
import re

import pytest

from harness import RUN_LIMIT, check_schema, driver_loaded_with, no_driver, simulated_with
from support import programs
from support.build import ROOT
from support.efasim import efasim_with_folder

PARTS = range(0xefa0, 0xefa5)
DRAWN = 20
AT_ONCE = 2
MOST_RUNS = 3
RDMA_READ, RNR_RETRY = 1, 2

# A moment between tries that a busy machine does not blur.
SLOW_RNR = "rnr_timer = 20ms\n"


def write_profile(path, keys):
    path.write_text(json.dumps({"tool": "efa_probe", "format": 1, "profile": keys}))


def draw(number):
    """A profile that the simulated adapter can have, the same for the same number."""
    dice = random.Random(number)
    versions = [version for version in (1, 2, 3) if dice.random() < 0.7] or [3]
    features = dice.randrange(4)
    depth = dice.choice([2, 100, 4096])
    keys = {
        "versions": " ".join(map(str, versions)),
        "version_error": dice.choice([1306, 87, 50, 1]),
        "features": features,
        "firmware_version": dice.getrandbits(32),
        "device_version": dice.choice([*PARTS, 0xefa9]),
        "page_size_cap": dice.choice([0xfffff000, 0x1fffff000]),
        "max_mr_pages": dice.randrange(64, 1 << 28),
        "max_qp": dice.randrange(16, 257), "max_cq": dice.randrange(4, 513),
        "max_mr": dice.randrange(2, 3000), "max_pd": dice.randrange(2, 257),
        "max_ah": dice.randrange(2, 3000),
        "max_sq_depth": depth, "max_rq_depth": dice.choice([8, 1000, 32768]),
        "max_cq_depth": dice.choice([4096, 32768]),
        "inline_buf_size": dice.randrange(33), "max_llq_size": dice.choice([1 << 18, 1 << 19]),
        "mtu": dice.randrange(64, 60000), "num_sub_cqs": dice.randrange(1, 5),
        "max_sq_sge": dice.randrange(1, 3), "max_rq_sge": dice.randrange(1, 16),
        "max_batch": dice.choice([0, 32767, dice.randrange(1, 60)]) if depth >= 100 else 0,
        "duplicate_ah": dice.choice(["count", "reject", "alias"]),
        "flush_on_destroy": dice.random() < 0.5,
        "reuse_numbers_at_once": dice.random() < 0.5,
    }
    if features & RDMA_READ:
        keys["max_rdma_size"] = dice.randrange(1, 1 << 32)
    if features & RNR_RETRY and max(versions) > 1:
        keys["default_rnr_retry"] = dice.randrange(8)
    return keys


def built_in(part):
    """The keys of a built-in profile: those of the part that differ, and the behaviours."""
    later = part != 0xefa0
    keys = {"device_version": part, "features": 3 if later else 0, "num_sub_cqs": 1 if later else 2,
            "max_batch": 16 if later else 32767, "duplicate_ah": "count", "flush_on_destroy": True,
            "reuse_numbers_at_once": False}
    return keys | ({"max_rdma_size": 1 << 30, "default_rnr_retry": 7} if later else {})


def environment_of(config):
    return {**os.environ, "EFASIM_CONFIG": str(config)}


def settle(probe, keys):
    """What probes settle together. On a busy machine a point that is measured by time may stay open, as
    the program says; then the next run settles it. No run may contradict another."""
    profile = {}
    for _ in range(MOST_RUNS):
        for key, value in probe().items():
            assert profile.setdefault(key, value) == value, key
        if keys.keys() <= profile.keys():
            break
    return profile


def probe_profile(tools, folder, keys):
    """What a probe of an adapter with this profile settles."""
    folder.mkdir()
    write_profile(folder / "profile.json", keys)
    (folder / "efa.conf").write_text("profile = profile.json\n" + SLOW_RNR)

    def probe():
        programs.run(tools.command("efa_probe", "--exclusive", "--no-cases", "--json",
                                   folder / "found.json"),
                     RUN_LIMIT, env=environment_of(folder / "efa.conf")).expect(0)
        found = check_schema((folder / "found.json").read_text(), "efa_probe")
        assert found["complete"]
        return found["profile"]

    return settle(probe, keys)


def profiles():
    yield from ((f"part-{part:x}", built_in(part)) for part in PARTS)
    yield from ((f"drawn-{number}", draw(number)) for number in range(DRAWN))


@pytest.mark.only_native
def test_each_profile_comes_back(tools, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        found = {name: (keys, pool.submit(probe_profile, tools, tmp_path / name, keys))
                 for name, keys in profiles()}
    for name, (keys, future) in found.items():
        profile = future.result()
        check_profile(profile, keys)
        if name.startswith("drawn"):
            assert profile.keys() == keys.keys(), name


def run_in_service(tools, folder, config, *options):
    """A probe of an instance of its own; returns the result, what is left after it, and the JSON or
    None."""
    folder.mkdir(exist_ok=True)
    (folder / "efa.conf").write_text(config)
    with efasim_with_folder(tools.folder / "efasim", ["--no-preload"]) as efasim:
        script = '"$1" --json "$2" $4; status=$?; "$3" objects --json > "$5"; exit $status'
        found, left = folder / "found.json", folder / "objects.json"
        result = efasim.run("sh", "-c", script, "sh", tools.folder / "efa_probe", found, efasim.program,
                            " ".join(options), left, options=["--config", folder / "efa.conf"],
                            limit=RUN_LIMIT)
        objects = json.loads(left.read_text())
    found = check_schema(found.read_text(), "efa_probe") if found.exists() else None
    return result, objects, found


def check_profile(found, keys):
    assert {key: found.get(key) for key in keys} == keys


@pytest.mark.only_native
def test_profiles_come_back_over_the_service(tools, tmp_path):
    for number, keys in enumerate([built_in(0xefa0), built_in(0xefa1), draw(1), draw(2)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_profile(folder / "profile.json", keys)

        def probe(folder=folder):
            result, objects, found = run_in_service(
                tools, folder, f"profile = profile.json\n{SLOW_RNR}", "--exclusive", "--no-cases")
            result.expect(0)
            assert nothing_is_left(objects)
            assert LEFT not in result.errors, result
            return found["profile"]

        check_profile(settle(probe, keys), keys)


@pytest.mark.only_on_windows
@pytest.mark.needs_driver
def test_profiles_come_back_over_the_driver(tools, tmp_path):
    folder = pathlib.Path(os.environ["WINEPREFIX"]) / "drive_c" / "efasim" / "probe"
    folder.mkdir(exist_ok=True)
    (folder / "efa.conf").write_text(f"profile = any name\n{SLOW_RNR}")
    # Few objects: a request takes a millisecond under Wine.
    few = {"max_pd": 40, "max_cq": 50, "max_qp": 60, "max_mr": 300, "max_ah": 200, "max_sq_depth": 512}
    for keys in (built_in(0xefa0) | few, built_in(0xefa1) | few, draw(1) | few):
        write_profile(folder / "profile", keys)

        def probe():
            with driver_loaded_with("--config", r"C:\efasim\probe\efa.conf"):
                tools.run("efa_probe", "--exclusive", "--no-cases", "--json",
                          tmp_path / "found.json").expect(0)
            return check_schema((tmp_path / "found.json").read_text(), "efa_probe")["profile"]

        check_profile(settle(probe, keys), keys)


# What efasim prints of a client that ended before its objects were destroyed; then it destroys them.
LEFT = "left without destroying"


def nothing_is_left(objects):
    if isinstance(objects, dict):
        return all(nothing_is_left(value) for name, value in objects.items() if name != "device")
    if isinstance(objects, list):
        return all(nothing_is_left(value) for value in objects)
    return not isinstance(objects, int) or objects == 0


FAULTS = {
    "request_error": ["request=CREATE_QP value=31 nth=9 count=2", "request=ALLOC_PD value=8 nth=7"
                      " count=1", "request=QUERY_DEVICE value=170 nth=6 count=2"],
    "request_lost_reply": ["request=CREATE_QP value=1450 nth=5 count=3",
                           "request=REG_MR value=234 nth=4 count=2"],
    "request_short_reply": ["request=CREATE_CQ value=4 nth=5 count=2",
                            "request=CREATE_QP value=0 nth=12 count=2"],
    "request_late": ["request=MODIFY_QP value=20ms nth=3 count=9"],
    "request_patch": ["request=CREATE_QP offset=24 size=8 value=0 nth=6 count=1",
                      "request=CREATE_CQ offset=10 size=2 value=0 nth=9 count=2",
                      "request=QUERY_DEVICE offset=72 size=2 value=0 nth=9 count=2"],
    "message_status": ["value=8 probability=20%"],
    "message_delay": ["value=3ms probability=30%"],
    "message_lose": ["probability=30%"],
    "message_patch": ["offset=0 size=4 value=7 probability=50%"],
    "completion_patch": ["offset=0 size=2 value=0xffff probability=20%"],
    "completion_double": ["probability=20%"],
    "completion_lose": ["probability=3%"],
}


# The program does not get the handle of such an object.
FAULTS_THAT_HIDE_OBJECTS = {"request_lost_reply", "request_short_reply", "request_patch"}


def fault_kinds():
    rows = (ROOT / "sim" / "config" / "fault_table.h").read_text()
    return set(re.findall(r'KIND\(\w+, "(\w+)"', rows))


@pytest.mark.only_native
def test_with_each_kind_of_fault_it_ends_and_leaves_nothing(tools, tmp_path):
    assert set(FAULTS) == fault_kinds()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {kind: pool.submit(
            run_in_service, tools, tmp_path / kind,
            "preset = efa-0xefa1\n" + "".join(f"fault = {kind} {rule}\n" for rule in rules),
            "--exclusive", "--no-cases", "--time-limit", "10") for kind, rules in FAULTS.items()}
    for kind, run in runs.items():
        result, objects, _ = run.result()
        assert result.status in (0, 1), f"{kind}: {result}"
        assert nothing_is_left(objects), f"{kind}: {objects}"
        assert (LEFT in result.errors) == (kind in FAULTS_THAT_HIDE_OBJECTS), f"{kind}: {result}"
        if result.status == 1:
            assert "efa_probe: " in result.errors, f"{kind}: {result}"


@pytest.mark.only_native
def test_efasim_diff(tools, tmp_path):
    file = tmp_path / "found.json"

    def diff(*arguments):
        return programs.run([tools.folder / "efasim", "diff", *arguments], RUN_LIMIT)

    write_profile(file, built_in(0xefa1))
    diff(file).expect(0, "^no difference from efa-0xefa1$")
    write_profile(file, built_in(0xefa1) | {"max_batch": 24})
    diff(file).expect(3, "^max_batch: 24, built in: 16$")
    diff("--preset", "efa-0xefa0", file).expect(3, "^num_sub_cqs: 1, built in: 2$")
    diff("--preset", "efa-0xefa9", file).expect(2, errors="unknown preset; .*: 'efa-0xefa9'")
    write_profile(file, {"device_version": 0xefa9})
    diff(file).expect(1, errors="no built-in profile has device version 0xefa9: name one")
    file.write_text(file.read_text()[:-4])
    diff(file).expect(1, errors="found.json: line 1: the file ends where .* it is cut short$")
    diff(tmp_path / "none").expect(1, errors="the profile .*none cannot be read: No such file")
    diff().expect(2, errors="diff takes one file")
    diff(file, file).expect(2, errors="diff takes one file")
    diff("--preset", "efa-0xefa1").expect(2, errors="diff takes one file; see")
    diff("--preset").expect(2, errors="the option needs a value: '--preset'")


# A case of the conformance suite, and an adapter that does not do what it states.
BROKEN = {
    "case.requests.version_4_is_rejected": "version_error = 87",
    "case.requests.limits_are_an_adapters": "max_rq_sge = 4",
    "case.requests.failed_request_leaves_the_output": "version_error = 50",
    "case.objects.freed_pd_is_gone": "fault = request_error request=DEALLOC_PD value=31",
    "case.objects.ah_for_a_known_gid_is_the_same_and_counted": "duplicate_ah = alias",
    "case.objects.pd_with_a_region_is_busy": "fault = request_error request=DEALLOC_PD value=87",
    "case.delivery.two_buffers_are_gathered": "fault = message_patch offset=1 size=1 value=99",
    "case.states.err_flushes_receives_in_order": "fault = completion_patch offset=2 size=1 value=2",
    "case.batches.batches_of_the_limit_are_executed": "max_batch = 8",
    "case.batches.descriptor_beyond_the_limit_is_lost": "max_batch = 0",
}


@pytest.mark.only_native
@pytest.mark.parametrize("case", BROKEN)
def test_a_case_that_does_not_hold_is_named(tools, tmp_path, case):
    (tmp_path / "efa.conf").write_text(f"preset = efa-0xefa1\n{BROKEN[case]}\n")
    result = programs.run(
        tools.command("efa_probe", "--all", "--only", case, "--json", tmp_path / "found.json",
                      "--time-limit", "15"),
        RUN_LIMIT, env=environment_of(tmp_path / "efa.conf"))
    found = check_schema((tmp_path / "found.json").read_text(), "efa_probe")
    assert case in [point["point"] for point in found["points"] if point["state"] == "differs"]
    assert f"  {case}: does not hold" in result.output


@pytest.mark.only_native
def test_on_the_expected_adapter_all_cases_hold(tools, tmp_path):
    (tmp_path / "efa.conf").write_text("preset = efa-0xefa1\n")
    result = programs.run(tools.command("efa_probe", "--all", "--only", "case"), RUN_LIMIT,
                          env=environment_of(tmp_path / "efa.conf"))
    result.expect(0, r"differs from what is assumed in 0 of 3\d\d points; .* 0 not run$")


@pytest.mark.only_native
def test_an_adapter_that_stops_answering(tools, tmp_path):
    result, objects, found = run_in_service(
        tools, tmp_path, "preset = efa-0xefa1\nfault = completion_lose nth=20\n", "--exclusive", "--no-cases",
        "--time-limit", "5")
    result.expect(1, errors=r"efa_probe: the adapter stopped working at [a-z_.]+ \(.*Device Manager")
    assert nothing_is_left(objects)
    assert LEFT not in result.errors
    assert found["complete"] is False


@pytest.mark.only_native
def test_a_request_that_never_returns(tools, tmp_path):
    (tmp_path / "efa.conf").write_text("fault = request_late request=CREATE_QP value=1000s nth=4\n")
    result = programs.run(
        tools.command("efa_probe", "--exclusive", "--no-cases", "--time-limit", "1", "--json",
                      tmp_path / "found.json"),
        RUN_LIMIT, env=environment_of(tmp_path / "efa.conf"))
    result.expect(1, errors=r"efa_probe: [a-z_.]+: the driver does not reply to a request")
    found = check_schema((tmp_path / "found.json").read_text(), "efa_probe")
    assert found["points"][-1]["found"] == "a request never returned"


@pytest.mark.needs_driver
def test_batches_whose_limit_was_not_measured_are_not_run(tools, tmp_path):
    tools.run("efa_probe", "--exclusive", "--only", "speed.batches", "--json", tmp_path / "found.json").expect(
        0, ["^  speed.batches: needs limit.max_batch", "in 0 of 0 points; .* 1 not run$"])
    found = check_schema((tmp_path / "found.json").read_text(), "efa_probe")
    assert [(point["point"], point["state"]) for point in found["points"]] == [("speed.batches", "not run")]


PEER_POINTS = ["peer.message", "peer.messages_that_arrived", "peer.handle_of_a_known_sender",
               "peer.destroyed_queue_pair", "peer.not_ready", "peer.latency"]


@pytest.mark.only_native
@pytest.mark.parametrize(("preset", "not_run"), [("efa-0xefa1", []), ("efa-0xefa0", ["peer.not_ready"])])
def test_two_instances(tools, tmp_path, preset, not_run):
    (tmp_path / "efa.conf").write_text(f"preset = {preset}\n")
    port = programs.free_port()
    script = f"""
        "$1" --listen --port {port} > "$2/server" & server=$!
        "$1" --only peer --peer localhost --port {port} --json "$2/found.json"; status=$?
        kill -INT $server; wait $server || status=9
        exit $status
    """
    with efasim_with_folder(tools.folder / "efasim", ["--no-preload"]) as efasim:
        result = efasim.run("sh", "-c", script, "sh", tools.folder / "efa_probe", tmp_path,
                            options=["--config", tmp_path / "efa.conf"], limit=RUN_LIMIT)
    result.expect(0, ["peer.latency", f"differs from what is assumed in 0 of {5 - len(not_run)} points"])
    assert not result.errors, result
    points = check_schema((tmp_path / "found.json").read_text(), "efa_probe")["points"]
    assert [point["point"] for point in points] == PEER_POINTS
    assert [point["point"] for point in points if point["state"] == "not run"] == not_run


@pytest.mark.only_native
def test_the_other_instance_is_needed_for_its_points_only(tools):
    """It waits a limited time for orders, so the other points must not count."""
    port = programs.free_port()
    server = ("--peer", "127.0.0.1", "--port", port)
    tools.run("efa_probe", "--only", "versions", *server).expect(0, "; 0 measured, 0 without a result, 0 not run$")
    tools.run("efa_probe", "--only", "peer", *server, "--time-limit", 1).expect(
        1, "^  peer: no connection to the other instance$", f"no server on 127.0.0.1 port {port}: ")


@pytest.mark.only_native
def test_an_unknown_other_instance_is_reported_first(tools):
    tools.run("efa_probe", "--only", "versions", "--peer", "no host").expect(
        1, errors="^efa_probe: host 'no host' is not known: ")


@pytest.mark.only_native
def test_without_an_adapter(tools, tmp_path):
    environment = {**os.environ, "EFASIM_INSTANCE": str(tmp_path / "none")}
    programs.run(tools.command("efa_probe"), RUN_LIMIT, env=environment).expect(
        1, errors="efa_probe: .*none")


@pytest.mark.only_on_windows
@pytest.mark.needs_driver
def test_without_a_driver(tools):
    with no_driver():
        tools.run("efa_probe").expect(1, errors="efa_probe: no EFA adapter, or no driver for it .*: check that")


@pytest.mark.only_on_windows
@pytest.mark.needs_driver
def test_over_the_driver(tools, tmp_path):
    """The kernel driver's front answers as the model does."""
    found = tmp_path / "found.json"
    tools.run("efa_probe", "--quick", "--json", found).expect(
        0, "^Device version 0xefa0: differs from what is assumed in 0 of ")
    check_schema(found.read_text(), "efa_probe")


@pytest.mark.needs_driver
def test_the_address_can_be_masked(tools, tmp_path):
    found = tmp_path / "found.json"
    tools.run("efa_probe", "--only", "versions", "--json", found).expect(0)
    assert check_schema(found.read_text(), "efa_probe")["gid"].startswith("fe80")
    tools.run("efa_probe", "--only", "versions", "--mask-gid", "--json", found).expect(0)
    assert check_schema(found.read_text(), "efa_probe")["gid"] is None


def test_the_list_is_in_order_of_danger(tools):
    lines = tools.run("efa_probe", "--all", "--list").expect(0).output.splitlines()
    order = ["asks", "uses", "wrong requests", "wrong work", "exhausts", "overruns", "breaks rules"]
    dangers = [order.index(line[:14].strip()) for line in lines]
    assert dangers == sorted(dangers) and set(dangers) == set(range(len(order)))


def test_the_default_disturbs_no_other_user(tools):
    def dangers(*options):
        lines = tools.run("efa_probe", "--list", *options).expect(0).output.splitlines()
        return {line[:14].strip() for line in lines}
    assert dangers() == {"asks", "uses", "wrong requests", "wrong work"}
    assert dangers("--quick") <= dangers()
    assert dangers("--exclusive") == dangers() | {"exhausts", "overruns"}
    assert dangers("--all") == dangers("--exclusive") | {"breaks rules"}


def test_wrong_usage(tools):
    for arguments, message in (
            (["--quick", "--all"], "--quick, --exclusive and --all exclude each other: keep one"),
            (["--exclusive", "--all"], "exclude each other: keep one"),
            (["--listen", "--peer", "other"], "--listen and --peer exclude each other"),
            (["--listen", "--json", "x"], "--listen measures nothing: give --json, .* with --peer"),
            (["--port", "7"], "--port is for --listen and --peer: add one of them"),
            (["--mask-gid"], "--mask-gid is for --json: add it"),
            (["--list", "--json", "x"], "--list measures nothing: leave --json and --peer out"),
            (["--only", "nonsense"], "no point begins with 'nonsense': efa_probe --all --list"),
            (["--only", "cost"], "need --exclusive: they are of the kind \"overruns\""),
            (["--only", "case.violations"], "need --all: they are of the kind \"breaks rules\""),
            (["--only", "case", "--no-cases"], "--no-cases leaves out all points that begin with"),
            (["--time-limit", "0"], "--time-limit 0: must be a number from 1 to 3600")):
        tools.run("efa_probe", *arguments).expect(2, errors=f"^efa_probe: .*{message}")


@pytest.mark.needs_driver
def test_a_file_that_cannot_be_written_is_reported_first(tools, tmp_path):
    path = tmp_path / "none" / "x"
    result = tools.run("efa_probe", "--only", "versions", "--json", path)
    result.expect(1, errors="^efa_probe: .* cannot be written: No such file or directory$")
    assert not result.output
    old = tmp_path / "old"
    old.write_text("a result")
    with simulated_with("fault = request_error request=QUERY_DEVICE value=31\n"):
        if not tools.windows:
            tools.run("efa_probe", "--json", old).expect(1, errors="the EFA driver fails")
    assert old.read_text() == "a result"
