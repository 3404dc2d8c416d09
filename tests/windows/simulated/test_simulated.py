# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The simulated DLL with and without its service: traffic between processes, processes that are killed,
what the programs say."""
import json

import pytest

from support import programs


def clients(simulated):
    return json.loads(simulated.call("efasim", "objects", "--json").expect(0).output)


def wait_until_only(simulated, count):
    """Until so many clients are left, with all that the others had destroyed."""
    programs.wait_until(lambda: clients(simulated)["clients"] <= count,
                        lambda: f"{count} clients, of {clients(simulated)}")


def wait_for_queue_pairs(simulated, count, processes):
    """Until there are so many, or one of the processes has ended: its own result says more."""
    programs.wait_until(lambda: clients(simulated)["qps"] >= count or
                        any(one.poll() is not None for one in processes),
                        lambda: f"{count} queue pairs, of {clients(simulated)}")


@pytest.mark.parametrize("options", [(), ("--ud",)], ids=["srd", "ud"])
def test_two_processes_exchange_verified_messages(simulated, options):
    process = simulated.serve()
    for side in simulated.pair("efa_pingpong", "--verify", "--iters", "300", *options):
        programs.finish(side).expect(0, output="^verified: 300 messages each way")
    simulated.call("efasim", "counters").expect(0, output=("^sends 600$", "^violations 0$"))
    assert clients(simulated)["clients"] == 0
    simulated.call("efasim", "stop").expect(0)
    programs.finish(process).expect(0)


def test_two_processes_read_memory_of_each_other(simulated, tmp_path):
    config = tmp_path / "reading.conf"
    config.write_text("preset = efa-0xefa1\n")
    simulated.serve("--config", config)
    for side in simulated.pair("efa_perf", "read", "--verify", "--bidirectional", "--iters", "200"):
        programs.finish(side).expect(0)
    simulated.call("efasim", "counters").expect(0, output=("^violations 0$", r"^rdma_reads [1-9]"))


def test_every_size_between_two_processes(simulated, build):
    """The cases of the library's own end-to-end test that do not ask the driver for its objects."""
    simulated.serve()
    simulated.call(simulated.beside_the_dll(build.file("exchange_test")),
                   "srd_every_size_within_one_process", "srd_every_size_between_two_processes",
                   "ud_every_size_between_two_processes").expect(0, output="^3 passed, 0 failed$")
    simulated.call("efasim", "counters").expect(0, output=(r"^sends [1-9]\d\d", "^violations 0$"))


def test_calls_of_libfabric(simulated, build):
    """The whole life of a libfabric endpoint, in the order of its calls."""
    replay = simulated.beside_the_dll(build.file("libfabric_replay"))
    for endpoints in ("rdm", "dgram"):
        simulated.call("efasim", "run", "--", replay, endpoints).expect(0)


def test_without_a_service_the_list_is_empty(simulated):
    for program in ("efa_devinfo", "efa_pingpong"):
        simulated.call(program).expect(
            1, errors=(r"^efawin simulated: warn: no instance 'test-\d+' runs .*efasim serve$",
                       f"^{program}: the simulated EFA cannot be used .*efasim serve"))
    for command in ("status", "stop", "objects"):
        simulated.call("efasim", command).expect(
            1, errors="^efasim: no instance 'test-.*start one: efasim serve")


def test_serve_says_how_programs_find_it_from_each_shell(simulated):
    simulated.serve()
    name = simulated.instance
    assert simulated.said() == (
        "# 1 adapter until Ctrl-C or 'efasim stop'. For programs that use it:\n"
        f"PowerShell: $env:EFASIM_INSTANCE='{name}'\n"
        f"cmd: set EFASIM_INSTANCE={name}\n")


def test_the_programs_say_that_it_is_simulated(simulated):
    simulated.serve()
    simulated.call("efa_devinfo").expect(0, output=r"^    adapter: +simulated$")
    listed = json.loads(simulated.call("efa_devinfo", "--json").expect(0).output)
    assert listed["devices"][0]["adapter"] == "simulated"
    simulated.call("efa_devinfo", "--version").expect(
        0, output=(r"^library: efawin.dll [\d.]+, simulated \(",
                   "^driver: none, the library uses the simulated EFA"))
    simulated.call("efa_perf", "bw", "--loopback", "--iters", "50").expect(
        0, output="^adapter: EFA, .*, simulated$")
    # What the copy in System32 does to it is not this test's matter.
    result = simulated.call("efa_doctor")
    assert result.status in (0, 3), result
    result.expect(result.status, output=("simulated one: it uses efasim", "[\\d.]+, simulated",
                                         "messages of 8928 bytes each way"))


def test_a_killed_client_is_cleaned_up_and_others_go_on(simulated):
    simulated.serve()
    forever = simulated.pair("efa_pingpong", "--iters", "10000000", "--timeout", "20")
    wait_for_queue_pairs(simulated, 2, forever)
    others = simulated.pair("efa_pingpong", "--iters", "600", "--verify")
    wait_for_queue_pairs(simulated, 4, others)
    forever[0].kill()
    for side in others:
        programs.finish(side).expect(0, output="^verified: 600 messages each way")
    programs.finish(forever[1]).expect(1)
    wait_until_only(simulated, 0)
    left = clients(simulated)
    assert not any(left[kind] for kind in ("pds", "mrs", "cqs", "qps", "ahs")), left
    assert "left without destroying 1 queue pair" in simulated.said(), simulated.said()
    assert "(efa_pingpong.exe)" in simulated.said(), simulated.said()


def test_a_killed_service_is_a_removed_adapter(simulated):
    process = simulated.serve()
    sides = simulated.pair("efa_pingpong", "--iters", "10000000", "--timeout", "600")
    wait_for_queue_pairs(simulated, 2, sides)
    process.kill()
    process.communicate()
    for side in sides:
        programs.finish(side, limit=programs.WAIT_LIMIT).expect(1, errors="flushed|WR_FLUSH_ERR|was removed|peer")
    simulated.call("efasim", "status").expect(1, errors="no instance")
    simulated.serve()
    simulated.call("efasim", "status").expect(0, output=r"^running: process \d+, 1 adapter, 0 clients")


def test_a_failure_of_the_simulated_adapter_is_no_removal(simulated, tmp_path):
    """No driver is loaded, which says nothing about an adapter that needs none."""
    config = tmp_path / "failing.conf"
    config.write_text("fault = message_status value=13 nth=20\n")
    simulated.serve("--config", config)
    result = simulated.call("efa_pingpong", "--loopback").expect(
        1, errors=r"^efa_pingpong: send \d+ failed: .*\(status 13 of the device\)")
    assert "removed" not in result.errors, result


def test_run_returns_the_commands_status(simulated):
    simulated.call("efasim", "run", "--", "cmd", "/c", "exit 7").expect(7)
    simulated.call("efasim", "run", "--", "no-such-program").expect(127, errors="no such program")
    simulated.call("efasim", "run", "--").expect(2, errors="run: no command given")
    simulated.call("efasim", "run", "--device", "EFA_3", "--", "cmd").expect(
        1, errors="no adapter 'EFA_3': the configuration has EFA$")
    simulated.call("efasim", "run", "--preload", "--", "cmd").expect(2, errors="unknown option")
    simulated.call("efasim", "status").expect(1, errors="no instance")  # nothing of it is left


def test_a_command_may_see_one_adapter_only(simulated, tmp_path):
    config = tmp_path / "two.conf"
    config.write_text("[device left]\n[device right]\nmtu = 4096\n")
    program = simulated.folder / "efa_devinfo.exe"
    result = simulated.call("efasim", "run", "--config", config, "--", program)
    result.expect(0, output=("^hca_id: EFA$", "^hca_id: EFA_1$"))
    result = simulated.call("efasim", "run", "--config", config, "--device", "EFA_1", "--", program)
    result.expect(0, output=("^hca_id: EFA_1$", "max_msg_sz: +4096"))
    assert "hca_id: EFA\n" not in result.output, result


def test_what_cannot_be_served(simulated, tmp_path):
    simulated.serve()
    simulated.call("efasim", "serve").expect(1, errors="an instance 'test-.*' runs already")
    for name in ("a/b", ".", "x" * 32):
        simulated.call("efasim", "serve", "--instance", name).expect(1, errors="invalid instance name .* expected 1 to 31")
    wrong = tmp_path / "wrong.conf"
    wrong.write_text("mtu = large\n")
    simulated.call("efasim", "serve", "--instance", "other", "--config", wrong).expect(
        1, errors=r"wrong\.conf: line 1: invalid value 'large' for mtu; expected a number of bytes")
    simulated.call("efasim", "serve", "--instance", "other", "--trace",
                   tmp_path / "no folder/trace").expect(1, errors="cannot write the trace")
    simulated.call("efasim", "serve", "--instance", "other", "fast").expect(
        2, errors="unknown argument: 'fast'")
    status = json.loads(simulated.call("efasim", "status", "--json").expect(0).output)
    assert status["adapters"] == 1 and status["links"] == []


def test_faults_removal_and_trace_of_a_running_instance(simulated, tmp_path):
    trace = tmp_path / "trace"
    process = simulated.serve("--trace", trace)
    simulated.call("efasim", "trace", "all").expect(0)
    simulated.call("efasim", "fault", "fault = request_error request=CREATE_QP value=1450 count=1").expect(0)
    simulated.call("efa_pingpong", "--loopback").expect(1, errors="CREATE_QP")
    simulated.call("efa_pingpong", "--loopback", "--iters", "10").expect(0)
    simulated.call("efasim", "remove").expect(0)
    simulated.call("efa_devinfo").expect(1)
    simulated.call("efasim", "restore").expect(0)
    simulated.call("efa_devinfo").expect(0)
    simulated.call("efasim", "stop").expect(0)
    programs.finish(process).expect(0)
    assert "CREATE_QP" in trace.read_text() and "\r" not in trace.read_text()
