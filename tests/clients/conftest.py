# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What the cases with third-party programs share: an instance of the simulated EFA with the adapter that the
case names, and the rule that each case looks at the adapter's counters."""
import importlib.util
import pathlib
import shutil

import pytest

from support import programs
from support.build import ROOT
from support.efasim import efasim_with_folder

from adapters import ADAPTERS, MATRIX

# Seconds for a program that hangs. A slow machine must not reach it.
LIMIT = 300


def pytest_addoption(parser):
    parser.addoption("--selection", action="store_true",
                     help="only the cases that mark.selection names: under three minutes")


def pytest_configure(config):
    for line in ("program(name): the program that the file or case is about",
                 "adapters(*names): the adapters that the case runs on; all of the matrix without it",
                 "selection(*adapters, **parameters): on these adapters, with these parameters, the case "
                 "is in the selection"):
        config.addinivalue_line("markers", line)


def pytest_generate_tests(metafunc):
    if "host" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("adapters")
        metafunc.parametrize("adapter", marker.args if marker else MATRIX)


def is_selected(item):
    for marker in item.iter_markers("selection"):
        values = item.callspec.params if hasattr(item, "callspec") else {}
        if ((not marker.args or values.get("adapter") in marker.args) and
                all(values[name] == value for name, value in marker.kwargs.items())):
            return True
    return False


def pytest_collection_modifyitems(config, items):
    if config.getoption("--selection"):
        items[:] = [item for item in items if is_selected(item)]


def pytest_runtest_setup(item):
    item.user_properties.append(("program", item.get_closest_marker("program").args[0]))
    if item.config.getoption("--selection"):
        item.user_properties.append(("selection", "yes"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.passed = outcome.get_result().passed


@pytest.fixture
def need():
    """need(program or /file or module, package): skips the case where it is missing."""
    def need(what, package):
        if what.startswith("/"):
            found = pathlib.Path(what).exists()
        else:
            found = shutil.which(what) or importlib.util.find_spec(what)
        if not found:
            pytest.skip(f"the Debian package {package} is missing: scripts/install-deps --tests")
    return need


@pytest.fixture
def port():
    return programs.free_port()


def listens(port):
    """Without connecting: the server of a pair takes one client."""
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, _, state = line.split()[:4]
            if state == "0A" and int(local.rpartition(":")[2], 16) == port:
                return True
    return False


def readable(word):
    """A path as seen from the top of the tree, or just its name."""
    path = pathlib.Path(str(word))
    if not path.is_absolute() or str(path).startswith("/usr/bin/"):
        return path.name if path.is_absolute() else str(word)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


class Host:
    """A machine with the adapter of the case. Programs that run on it see it as efa_0."""

    def __init__(self, instance, adapter, properties):
        self.instance, self.adapter, self.properties = instance, adapter, properties
        self.checked = False
        self.variables = adapter.variables

    def note(self, *words):
        """For the table in docs/clients.md: the command as a person would write it."""
        command = " ".join(map(readable, words)).replace(" --allow-run-as-root", "")
        self.properties.append(("command", f"efasim run -- {command}"))

    def start(self, *command, **variables):
        return self.instance.start(*command, **{**self.variables, **variables})

    def run(self, *command, limit=LIMIT, **variables):
        self.note(*command)
        return self.instance.finish(self.start(*command, **variables), limit)

    def start_pair(self, server, client, port, **variables):
        """A server, and a client that is started once the server listens at the port."""
        first = self.start(*server.split(), **variables)
        programs.wait_until(lambda: listens(port) or first.poll() is not None,
                            f"{server} listens at port {port}", LIMIT)
        return first, self.start(*client.split(), **variables)

    def pair(self, server, client, port, limit=LIMIT, **variables):
        """The results of a client and its server, both of which must succeed."""
        self.note(f"sh -c '{server} & sleep 1; {client}; wait'")
        first, second = self.start_pair(server, client, port, **variables)
        try:
            results = [self.instance.finish(process, limit) for process in (second, first)]
        except AssertionError as error:
            others = "\n".join("".join(process.communicate()) for process in (first, second)
                               if not process.stdout.closed)
            raise AssertionError(f"{error}\n{others}") from None
        both = "\n".join(str(result) for result in results)
        assert [result.status for result in results] == [0, 0], both
        return results

    def counters(self):
        return self.instance.ask("counters")

    def expect_traffic(self, messages=0, moved=0, rdma_reads=0):
        """At least so many messages and bytes went through the adapter, and nothing broke its rules."""
        self.checked = True
        counters = self.counters()
        shown = str(counters)  # pytest would shorten it
        # A read is a send that is not received.
        assert counters["sends"] - counters["rdma_reads"] >= messages, shown
        assert counters["receives"] >= messages and messages + rdma_reads > 0, shown
        assert counters["send_bytes"] >= moved, f"{counters['send_bytes']} bytes, not {moved}: {shown}"
        assert counters["rdma_reads"] >= rdma_reads, shown
        assert counters["violations"] == counters["unknown_requests"] == 0, shown
        if self.adapter.is_rough and counters["sends"] >= 2000:
            assert counters["reordered"] and (counters["retransmissions"] or counters.get("drops.lost")), shown
        return counters

    def expect_no_traffic(self, queries=1):
        """The program asked the adapter, and sent nothing."""
        self.checked = True
        counters = self.counters()
        assert counters.get("requests.QUERY_DEVICE", 0) >= queries, counters
        assert counters["sends"] == counters["rdma_reads"] == counters["violations"] == 0, counters


@pytest.fixture
def efasim(build):
    with efasim_with_folder(build.file("efasim")) as found:
        yield found


@pytest.fixture
def host(efasim, adapter, request, tmp_path):
    config = tmp_path / "adapter.conf"
    config.write_text(ADAPTERS[adapter].config)
    with efasim.instance("--config", config) as instance:
        found = Host(instance, ADAPTERS[adapter], request.node.user_properties)
        yield found
        if getattr(request.node, "passed", False):
            assert found.checked, "the case did not look at the adapter's counters"
            assert not instance.programs(), "the case left processes behind"
