# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The layers of src/ and sim/: a file includes, and calls, what is in its own layer or below it, and
there is no circle. What is looked at:

- includes between files of both trees: no circle, none upward;
- in sim/, a source and the header of its name are one module: no circle of these either;
- calls between the object files of the device model: no circle, none upward.
"""
import collections
import pathlib
import re
import subprocess

import pytest

from support.build import ROOT

# From the lowest to the highest. A folder belongs to the longest name that begins its path.
SRC_LAYERS = [["src/os"], ["src/device"], ["src/driver", "src/queue"], ["src/verbs"], ["src"]]
SIM_LAYERS = [
    ["sim/platform.h"],
    ["sim/base"],
    ["sim/config"],
    ["sim/device"],
    ["sim/fabric"],
    ["sim/model", "sim/efasim.h", "sim/efasim_links.h"],
    ["sim/conformance"],
    ["sim/client"],
    ["sim/fronts"],
    ["sim/link"],
    ["sim/ctl"],
    ["sim/program", "sim/preload", "sim/simulated"],
]
# What the simulated EFA shares with the library: layouts and numbers, no logic.
SHARED = ["src/device/", "src/os/compiler.h", "src/driver/protocol.h", "src/driver/win32_error.h"]
# The fronts and what is above them also stand in for the driver, or use the library.
MODEL = ["sim/base/", "sim/config/", "sim/device/", "sim/fabric/", "sim/model/", "sim/platform.h",
         "sim/efasim.h", "sim/efasim_links.h"]
SEARCHED = ["src", "sim", "interface"]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)


def layer_of(path, layers):
    """The layer of a file, and which of its folders; None where it belongs to none."""
    found = [(len(name), rank, name) for rank, names in enumerate(layers) for name in names
             if path == name or path.startswith(name + "/")]
    return max(found)[1:] if found else None


def includes_of(root, tree):
    """{file: the files that it includes}, as paths below `root`."""
    graph = {}
    for file in sorted((root / tree).rglob("*.[ch]")):
        graph[file.relative_to(root).as_posix()] = targets = set()
        for name in INCLUDE.findall(file.read_text(encoding="utf-8")):
            for folder in [file.parent, *(root / searched for searched in SEARCHED)]:
                target = (folder / name).resolve()
                if target.is_file() and target.is_relative_to(root.resolve()):
                    targets.add(target.relative_to(root.resolve()).as_posix())
                    break
    return graph


def modules_of(graph):
    """The same of modules: a source and the header of its name are one."""
    modules = collections.defaultdict(set)
    for file, targets in graph.items():
        module = file.rsplit(".", 1)[0]
        modules[module] |= {target.rsplit(".", 1)[0] for target in targets} - {module}
    return modules


def circle_in(graph):
    """The names along one circle, or None."""
    state = {}

    def walk(node, path):
        state[node] = "open"
        for target in sorted(graph.get(node, ())):
            if state.get(target) == "open":
                return path[path.index(target):] + [target]
            if target not in state:
                found = walk(target, [*path, target])
                if found:
                    return found
        state[node] = "done"
        return None

    for node in sorted(graph):
        if node not in state:
            found = walk(node, [node])
            if found:
                return found
    return None


def upward_in(graph, layers):
    """Edges from a layer to a higher one, or between two folders of one layer."""
    for file, targets in sorted(graph.items()):
        own = layer_of(file, layers)
        for target in sorted(targets):
            other = layer_of(target, layers)
            if own and other and (other[0] > own[0] or (other[0] == own[0] and other[1] != own[1]
                                                        and not is_interface(target, layers))):
                yield f"{file} -> {target}"


def is_interface(path, layers):
    """A header that is a layer's name itself may be included beside it."""
    return any(path in names for names in layers)


def without_layer(graph, tree, layers):
    return [file for file in graph if file.startswith(tree + "/") and not layer_of(file, layers)]


def calls_of(objects):
    """{source: the sources whose functions it calls}, by the symbols of object files."""
    defined, wanted = {}, collections.defaultdict(set)
    for source, path in objects.items():
        listing = subprocess.run(["nm", "--format=posix", path], capture_output=True, text=True,
                                 check=True).stdout
        for line in listing.splitlines():
            name, kind = line.split()[:2]
            if kind in "TDBR":
                defined[name] = source
            elif kind == "U":
                wanted[source].add(name)
    return {source: {defined[name] for name in names if name in defined} - {source}
            for source, names in wanted.items()}


def objects_of(build):
    folder = build.folder / "sim" / "CMakeFiles" / "efasim_model.dir"
    return {f"sim/{path.relative_to(folder).as_posix()[:-2]}": path
            for path in folder.rglob("*.c.o")
            if (ROOT / "sim" / path.relative_to(folder)).with_suffix("").is_file()}


@pytest.mark.parametrize("tree, layers", [("src", SRC_LAYERS), ("sim", SIM_LAYERS)])
def test_includes_go_down(tree, layers):
    graph = includes_of(ROOT, tree)
    assert not without_layer(graph, tree, layers)
    assert not list(upward_in(graph, layers))
    assert circle_in(graph) is None


def test_modules_of_the_simulated_efa_form_no_circle():
    assert circle_in(modules_of(includes_of(ROOT, "sim"))) is None


def test_the_model_shares_layouts_only():
    foreign = [f"{file} -> {target}" for file, targets in includes_of(ROOT, "sim").items()
               if file.startswith(tuple(MODEL)) for target in targets
               if not target.startswith(("sim/", *SHARED))]
    assert not foreign


def test_calls_of_the_model_go_down(build):
    objects = objects_of(build)
    assert len(objects) > 30
    graph = calls_of(objects)
    assert circle_in(graph) is None
    assert not list(upward_in(graph, SIM_LAYERS))


# That the checks can fail.

def tree_with(tmp_path, files):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return includes_of(tmp_path, "sim")


def test_a_circle_is_found(tmp_path):
    graph = tree_with(tmp_path, {"sim/device/a.h": '#include "b.h"\n',
                                 "sim/device/b.h": '# include "../device/c.h"\n',
                                 "sim/device/c.h": '#include "device/a.h"\n'})
    assert circle_in(graph) == ["sim/device/a.h", "sim/device/b.h", "sim/device/c.h",
                                "sim/device/a.h"]


def test_a_circle_of_modules_is_found(tmp_path):
    graph = tree_with(tmp_path, {"sim/device/a.c": '#include "a.h"\n#include "b.h"\n',
                                 "sim/device/a.h": "",
                                 "sim/device/b.c": '#include "b.h"\n#include "a.h"\n',
                                 "sim/device/b.h": ""})
    assert circle_in(graph) is None
    assert circle_in(modules_of(graph)) == ["sim/device/a", "sim/device/b", "sim/device/a"]


def test_an_upward_include_is_found(tmp_path):
    graph = tree_with(tmp_path, {"sim/base/a.c": '#include "../config/b.h"\n', "sim/config/b.h": "",
                                 "sim/model/c.c": '#include "../config/b.h"\n#include "efasim.h"\n',
                                 "sim/efasim.h": '#include "config/b.h"\n',
                                 "sim/ctl/d.c": '#include "../program/e.h"\n',
                                 "sim/program/e.h": "", "sim/new/f.c": ""})
    assert list(upward_in(graph, SIM_LAYERS)) == ["sim/base/a.c -> sim/config/b.h",
                                                  "sim/ctl/d.c -> sim/program/e.h"]
    assert without_layer(graph, "sim", SIM_LAYERS) == ["sim/new/f.c"]


def test_a_circle_of_calls_is_found(tmp_path):
    sources = {"sim/base/a.c": "void b(void); void a(void); void a(void) { b(); }",
               "sim/model/b.c": "void a(void); void b(void); void b(void) { a(); }"}
    objects = {}
    for name, text in sources.items():
        source, path = tmp_path / pathlib.Path(name).name, tmp_path / f"{pathlib.Path(name).stem}.o"
        source.write_text(text)
        subprocess.run(["cc", "-c", source, "-o", path], check=True)
        objects[name] = path
    graph = calls_of(objects)
    assert circle_in(graph) == ["sim/base/a.c", "sim/model/b.c", "sim/base/a.c"]
    assert list(upward_in(graph, SIM_LAYERS)) == ["sim/base/a.c -> sim/model/b.c"]
