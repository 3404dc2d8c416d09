#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Configuring for another processor than x64 stops with that reason; with a tool missing, it names the
package to install. On a Windows host the library and the programs are built, without Python and bash.

usage: test_configure.py ROOT
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from cases import find_cases, run_cases

LIMIT = 100


def configure(root, folder, toolchain, path=None, *options, fails=True):
    """What CMake says, on one line."""
    environment = {key: value for key, value in os.environ.items()
                   if not key.endswith("_COMPILER_LAUNCHER")}
    if path is not None:
        environment["PATH"] = str(path)
    cmake = next(place / "cmake" for place in map(pathlib.Path, os.environ["PATH"].split(":"))
                 if (place / "cmake").exists())
    done = subprocess.run([cmake, "-G", "Ninja", "-S", root, "-B", folder / "build",
                           f"-DCMAKE_TOOLCHAIN_FILE={toolchain}", *options], capture_output=True,
                          text=True, timeout=LIMIT, env=environment, stdin=subprocess.DEVNULL)
    output = " ".join((done.stdout + done.stderr).split())
    assert (done.returncode != 0) == fails, output
    return output


def other_processor(root, folder, name):
    toolchain = folder / "toolchain.cmake"
    toolchain.write_text(f"include({root}/cmake/toolchain-windows.cmake)\n"
                         f"set(CMAKE_C_COMPILER_TARGET {name}-pc-windows-msvc)\n"
                         f"set(CMAKE_CXX_COMPILER_TARGET {name}-pc-windows-msvc)\n")
    output = configure(root, folder, toolchain)
    assert "for 64-bit x86 only: choose an x64 compiler" in output, output


def case_x86_is_refused(root, folder):
    other_processor(root, folder, "i686")


def case_arm64_is_refused(root, folder):
    other_processor(root, folder, "aarch64")


def without_tools(root, folder, toolchain, package):
    empty = folder / "bin"
    empty.mkdir()
    # find_program looks beyond PATH: keep it to the empty folder.
    wrapper = folder / "toolchain.cmake"
    wrapper.write_text("set(CMAKE_FIND_USE_CMAKE_SYSTEM_PATH FALSE)\n"
                       f"include({root}/cmake/{toolchain})\n")
    output = configure(root, folder, wrapper, empty)
    assert "is missing" in output and package in output, output


def case_missing_clang_is_named(root, folder):
    without_tools(root, folder, "toolchain-windows.cmake", "clang-tools-19")


def case_missing_mingw_is_named(root, folder):
    without_tools(root, folder, "toolchain-mingw.cmake", "gcc-mingw-w64-x86-64-win32")


def ninja(folder, *arguments):
    return subprocess.run(["ninja", "-C", folder / "build", "-t", *arguments], capture_output=True,
                          text=True, timeout=LIMIT, check=True).stdout


def case_windows_host_needs_no_python_and_no_bash(root, folder):
    """This machine with only what a Windows machine has, and said to be one."""
    tools = folder / "bin"
    tools.mkdir()
    compilers = ("clang-cl", "lld-link", "llvm-lib", "llvm-rc", "llvm-mt")
    for tool in ("cmake", "ninja", *compilers, *(f"{name}-19" for name in compilers)):
        if shutil.which(tool):
            (tools / tool).symlink_to(shutil.which(tool))
    toolchain = folder / "toolchain.cmake"
    toolchain.write_text("set(CMAKE_HOST_WIN32 1)\nunset(CMAKE_HOST_UNIX)\n"
                         f"include({root}/cmake/toolchain-windows.cmake)\n")
    configure(root, folder, toolchain, tools, "-DCMAKE_DISABLE_FIND_PACKAGE_Python3=ON", fails=False)
    built = re.findall(r"^(\w+)\.(?:dll|exe): \w+_Release$", ninja(folder, "targets", "all"),
                       re.MULTILINE)
    programs = {path.name for path in (root / "tools").iterdir() if path.name.startswith("efa_")}
    assert set(built) == {"efawin"} | programs, built
    commands = ninja(folder, "commands", "all")
    assert not re.search("python|bash|tests/", commands), commands


def main(root):
    def run(case):
        with tempfile.TemporaryDirectory(prefix="efawin-configure-") as folder:
            case(pathlib.Path(root).resolve(), pathlib.Path(folder))
    return run_cases(find_cases(globals()), run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
