# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What the cases with third-party programs share: one instance of the simulated EFA, or three that are linked,
with the adapter that the case names, and the rule that each case looks at the adapter's counters."""
import importlib.util
import pathlib
import shutil

import pytest

from support import programs
from support.efasim import efasim_with_folder
from support.hosts import network_of, start_instances
from support.linked import Fabric

from adapters import ADAPTERS, MATRIX
from machines import Host, Hosts

# Longer than a busy machine lets a linked instance wait for a processor.
PEER_TIMEOUT = "peer_timeout = 5s\n"


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
    if {"host", "hosts"} & set(metafunc.fixturenames):
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


@pytest.fixture(scope="session")
def mpi_program(tmp_path_factory):
    program = tmp_path_factory.mktemp("mpi") / "mpi_user"
    programs.run(["mpicc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror",
                  pathlib.Path(__file__).parent / "mpi_user.c", "-o", program]).expect(0)
    return program


@pytest.fixture
def mpi_user(need, request):
    need("mpicc", "libopenmpi-dev")
    need("mpirun", "openmpi-bin")
    return request.getfixturevalue("mpi_program")


@pytest.fixture
def fabric_user(build, need):
    need("/usr/include/rdma/fabric.h", "libfabric-dev")
    return build.file("fabric_user")


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


@pytest.fixture
def hosts(build, efasim, adapter, request):
    """Three of them, which are linked."""
    fabric = Fabric(build, efasim)
    found = None
    with network_of(3) as network:
        try:
            start_instances(fabric, network, ADAPTERS[adapter].config + PEER_TIMEOUT)
            found = Hosts(fabric, network, ADAPTERS[adapter], request.node.user_properties)
            yield found
            if getattr(request.node, "passed", False):
                found.expect_all_over()
        finally:
            if found:
                found.kill_programs()
            fabric.stop()
