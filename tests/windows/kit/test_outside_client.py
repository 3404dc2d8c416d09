# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Builds a program outside the tree from a copy of the kit, as its users do: as C and as C++, plain,
with POSIX headers of its own, and without the kit's Linux names; every warning is an error. Each
program must fail cleanly under plain Wine without efawin.dll; the plain ones must also work with the
build's DLL on the simulated adapter."""
import pathlib
import shlex
import shutil

import pytest

from support import programs
from support.build import ROOT
from support.wine import simulated_adapter

HERE = pathlib.Path(__file__).resolve().parent
KIT = ROOT / "interface"
SESSION_LIMIT = 550  # seconds

SOURCES = ("client", "names", "efawin")
VARIANTS = {
    "plain": [],
    "own-posix": ["-DCLIENT_BRINGS_POSIX", "-Iposix"],
    "no-compat": ["-DEFAWIN_NO_COMPAT"],
}

GNU_WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wsign-conversion",
                "-Wcast-qual", "-Wcast-align", "-Wundef", "-Wwrite-strings", "-Werror"]
GNU_C = ["-std=c11", "-Wc++-compat", "-Wstrict-prototypes", "-Wmissing-prototypes"]
# Language: suffix, flags of GCC, flags of clang-cl. Wine's headers need two definitions in C++:
# wchar_t for WCHAR, and no definition of a compiler's builtin.
WINE_CXX = ["/DWINE_UNICODE_NATIVE", "/D_InterlockedCompareExchange128=wine_compare_exchange_128"]
LANGUAGES = {
    "c11": ("c", GNU_C, ["/std:c11"]),
    "c++17": ("cpp", ["-std=c++17"], ["/std:c++17", *WINE_CXX]),
    "c++20": ("cpp", ["-std=c++20"], ["/std:c++20", *WINE_CXX]),
}


def compile_cleanly(command, folder):
    done = programs.run(command, cwd=folder).expect(0)
    assert "warning" not in (done.output + done.errors).lower(), str(done)


def build_gnu(build, folder, language, variant, name):
    suffix, flags, _ = LANGUAGES[language]
    compiler = build.c_compiler if suffix == "c" else build.cxx_compiler
    compile_cleanly([compiler, "-O2", *GNU_WARNINGS, *flags, *VARIANTS[variant], "-Iinterface",
                     "-static-libgcc", *(f"{source}.{suffix}" for source in SOURCES), "-o", name],
                    folder)


def build_microsoft(build, folder, language, variant, name):
    suffix, _, standard = LANGUAGES[language]
    flags = shlex.split(build.flags)
    compiler = build.c_compiler if suffix == "c" else build.cxx_compiler
    shutil.copy(ROOT / "cmake/msabi/startup.c", folder / "startup.c")
    compile_cleanly([build.c_compiler, *flags, "/c", "startup.c"], folder)
    compile_cleanly([compiler, *flags, *standard, "/W4", "/WX", "/O2", *VARIANTS[variant],
                     "-Iinterface", "/c", *(f"{source}.{suffix}" for source in SOURCES)], folder)
    compile_cleanly([build.linker, "/nologo", "/nodefaultlib", "/subsystem:console",
                     "/entry:mainCRTStartup", f"/out:{name}",
                     *(f"{source}.obj" for source in SOURCES), "startup.obj",
                     *shlex.split(build.libraries)], folder)


def copy_kit(folder):
    """As a user: the folder `interface`, the client beside it; for C++ the loader under that name."""
    shutil.copytree(KIT, folder / "interface")
    shutil.copytree(HERE / "outside" / "posix", folder / "posix")
    shutil.copy(HERE / "outside" / "names.h", folder)
    for suffix in ("c", "cpp"):
        for source in SOURCES:
            origin = KIT if source == "efawin" else HERE / "outside"
            shutil.copy(origin / f"{source}.c", folder / f"{source}.{suffix}")


@pytest.fixture(scope="module")
def with_adapter(build):
    """The environment of programs that find the build's DLL and the simulated adapter."""
    with simulated_adapter(build, SESSION_LIMIT, "--dll", build.file("efawin")) as environment:
        yield environment


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_client_builds_and_runs(build, machine, tmp_path, request, language, variant):
    copy_kit(tmp_path)
    builder = {"mingw": build_gnu, "microsoft": build_microsoft}[build.kind]
    builder(build, tmp_path, language, variant, "client.exe")
    # efawin.dll is in none of the folders: -ENOENT.
    done = machine.run(tmp_path / "client.exe", cwd=tmp_path)
    assert "loading efawin.dll: -2" in done.output + done.errors, str(done)
    done.expect(3)
    if variant == "plain":
        programs.run(["wine", tmp_path / "client.exe"], cwd=tmp_path,
                     env=request.getfixturevalue("with_adapter")).expect(0, "client done")
