# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""rdma-core's own tests, which are in Python and lie in the package of its documents. Each that skips itself
must be in rdma_core_skips.tsv with the reason, and each in there must skip."""
import fnmatch
import gzip
import json
import pathlib
import shutil

import pytest

pytestmark = pytest.mark.program("rdma-core's tests")

HERE = pathlib.Path(__file__).parent
TESTS = pathlib.Path("/usr/share/doc/rdma-core/tests")
SEEDS = 4


def allowed_skips(reads):
    """{test: [patterns of what it may say]}"""
    found = {}
    for line in (HERE / "rdma_core_skips.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            test, adapters, message, why = line.split("\t")
            assert why and adapters in ("any", "read", "no read"), line
            if adapters == "any" or (adapters == "read") == reads:
                found.setdefault(test, []).append(message)
    return found


def against_list(fates, allowed):
    """Skips that are not in the list, and entries of the list that do not skip."""
    wrong = []
    for test, (fate, said) in fates.items():
        if fate == "skipped" and not any(fnmatch.fnmatchcase(said, message)
                                         for message in allowed.get(test, ())):
            wrong.append(f"{test} was skipped for a reason that is not in the list: {said}")
        elif fate != "skipped" and test in allowed:
            wrong.append(f"{test} is in the list, and {fate}")
    return wrong + [f"{test} is in the list, and there is no such test"
                    for test in sorted(allowed.keys() - fates.keys())]


@pytest.mark.program("harness")
@pytest.mark.selection()
def test_the_list_is_compared_both_ways():
    allowed = {"a": ["no *"], "b": ["no b"], "c": ["never"]}
    fates = {"a": ("skipped", "no reads"), "b": ("passed", ""), "d": ("skipped", "no d")}
    assert against_list(fates, allowed) == [
        "b is in the list, and passed", "d was skipped for a reason that is not in the list: no d",
        "c is in the list, and there is no such test"]


@pytest.fixture(scope="session")
def tests_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rdma-core") / "tests"
    shutil.copytree(TESTS, folder)
    for packed in folder.glob("*.py.gz"):
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()
    return folder


# A rough adapter loses datagrams, a small one is below the depths they need.
@pytest.mark.adapters("first", "first-v1", "first-v2", "later")
@pytest.mark.selection("later")
def test_rdma_core(host, need, request):
    need("/usr/lib/python3/dist-packages/pyverbs/__init__.py", "python3-pyverbs")
    if not TESTS.exists():
        pytest.skip("dpkg is set up to leave documents out, and the tests lie among them")
    result = host.run("/usr/bin/python3", HERE / "rdma_core_runner.py",
                      request.getfixturevalue("tests_folder"), SEEDS, "--dev", "efa_0").expect(0)
    fates = json.loads(result.output.splitlines()[-1])
    wrong = against_list(fates, allowed_skips(host.adapter.reads))
    assert not wrong, "\n".join(wrong)
    counts = {what: sum(fate == what for fate, _ in fates.values()) for what in ("passed", "skipped")}
    assert counts["passed"] >= 50, counts
    for what, count in counts.items():
        host.properties.append((f"inner {what}", count))
    host.expect_traffic(300)
