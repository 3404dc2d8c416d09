# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Configuring for another processor than x64 stops with that reason; with a tool missing, it names the
package to install. On a Windows host the library and the programs are built, without Python and bash."""
import json
import os
import pathlib
import re
import shutil
import subprocess

from support.build import ROOT

LIMIT = 100


def configure(folder, toolchain, path=None, *options, fails=True):
    """What CMake says, on one line."""
    environment = {key: value for key, value in os.environ.items()
                   if not key.endswith("_COMPILER_LAUNCHER")}
    if path is not None:
        environment["PATH"] = str(path)
    cmake = next(place / "cmake" for place in map(pathlib.Path, os.environ["PATH"].split(":"))
                 if (place / "cmake").exists())
    done = subprocess.run([cmake, "-G", "Ninja", "-S", ROOT, "-B", folder / "build",
                           f"-DCMAKE_TOOLCHAIN_FILE={toolchain}", *options], capture_output=True,
                          text=True, timeout=LIMIT, env=environment, stdin=subprocess.DEVNULL)
    output = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode != 0) == fails, output
    return output


def other_processor(folder, name):
    toolchain = folder / "toolchain.cmake"
    toolchain.write_text(f"include({ROOT}/cmake/toolchain-windows.cmake)\n"
                         f"set(CMAKE_C_COMPILER_TARGET {name}-pc-windows-msvc)\n"
                         f"set(CMAKE_CXX_COMPILER_TARGET {name}-pc-windows-msvc)\n")
    output = configure(folder, toolchain)
    assert "for 64-bit x86 only: choose an x64 compiler" in output, output


def test_x86_is_rejected(tmp_path):
    other_processor(tmp_path, "i686")


def test_arm64_is_rejected(tmp_path):
    other_processor(tmp_path, "aarch64")


def without_tools(folder, toolchain, package):
    empty = folder / "bin"
    empty.mkdir()
    # find_program looks beyond PATH: keep it to the empty folder.
    wrapper = folder / "toolchain.cmake"
    wrapper.write_text("set(CMAKE_FIND_USE_CMAKE_SYSTEM_PATH FALSE)\n"
                       f"include({ROOT}/cmake/{toolchain})\n")
    output = configure(folder, wrapper, empty)
    assert "is missing" in output and package in output, output


def test_missing_clang_is_named(tmp_path):
    without_tools(tmp_path, "toolchain-windows.cmake", "clang-tools-19")


def test_missing_mingw_is_named(tmp_path):
    without_tools(tmp_path, "toolchain-mingw.cmake", "gcc-mingw-w64-x86-64-win32")


def ninja(folder, *arguments):
    return subprocess.run(["ninja", "-C", folder / "build", "-t", *arguments], capture_output=True,
                          text=True, timeout=LIMIT, check=True).stdout


# What a Windows host tests over the simulated EFA, and what else it runs.
HOST_TESTS = {"simulated.abuse", "simulated.conformance", "simulated.programs", "simulated.tools",
              "kit_loader", "dll", "dll_simulated"}


def windows_host(folder):
    """A toolchain that says that this machine is one."""
    toolchain = folder / "toolchain.cmake"
    toolchain.write_text("set(CMAKE_HOST_WIN32 1)\nunset(CMAKE_HOST_UNIX)\n"
                         f"include({ROOT}/cmake/toolchain-windows.cmake)\n")
    return toolchain


def test_windows_host_runs_its_tests_without_bash_and_wine(tmp_path):
    configure(tmp_path, windows_host(tmp_path), None, "-DEFAWIN_TESTS=ON", fails=False)
    shown = subprocess.run(["ctest", "--test-dir", tmp_path / "build", "--show-only=json-v1"],
                           capture_output=True, text=True, timeout=LIMIT, check=True).stdout
    words = {test["name"]: test.get("command", []) for test in json.loads(shown)["tests"]}
    assert HOST_TESTS <= words.keys()
    for name in HOST_TESTS:  # a program that is not built yet has no command here
        program = pathlib.Path(words[name][0]).name if words[name] else "program.exe"
        assert program.startswith("python") or program.endswith(".exe"), words[name]
        assert not {"with-efa", "wine"} & {pathlib.Path(word).name for word in words[name]}


def test_windows_host_needs_no_python_and_no_bash(tmp_path):
    """This machine with only what a Windows machine has, and said to be one."""
    tools = tmp_path / "bin"
    tools.mkdir()
    compilers = ("clang-cl", "lld-link", "llvm-lib", "llvm-rc", "llvm-mt")
    for tool in ("cmake", "ninja", *compilers, *(f"{name}-19" for name in compilers)):
        if shutil.which(tool):
            (tools / tool).symlink_to(shutil.which(tool))
    configure(tmp_path, windows_host(tmp_path), tools, "-DCMAKE_DISABLE_FIND_PACKAGE_Python3=ON", fails=False)
    built = re.findall(r"^(\w+)\.(?:dll|exe): \w+_Release$", ninja(tmp_path, "targets", "all"),
                       re.MULTILINE)
    programs = {path.name for path in (ROOT / "tools").iterdir() if path.name.startswith("efa_")}
    assert set(built) == {"efawin"} | programs, built
    commands = ninja(tmp_path, "commands", "all").replace(str(tmp_path), "")
    assert not re.search("python|bash|tests/", commands), commands
