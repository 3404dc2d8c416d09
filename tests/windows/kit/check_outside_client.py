#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Builds a program outside the tree from a copy of the kit, as its users do: as C and as C++, plain,
with POSIX headers of its own, and without the kit's Linux names; every warning is an error. Then runs
each under plain Wine without efawin.dll, where it must fail cleanly, and with --with-efa and --dll the
plain ones on the simulated adapter, where they must do their work.

usage: check_outside_client.py [OPTIONS] gnu CC CXX
       check_outside_client.py [OPTIONS] msvc CC CXX LINKER STARTUP.C LIBRARIES FLAGS
options: --with-efa SCRIPT --dll EFAWIN.DLL [--build FOLDER OF THE BUILDS]
"""
import argparse
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
KIT = HERE.parents[2] / "interface"
LIMIT = 180

SOURCES = ("client", "names", "efawin")
VARIANTS = {
    "plain": [],
    "own-posix": ["-DCLIENT_BRINGS_POSIX", "-Iposix"],
    "no-compat": ["-DEFAWIN_NO_COMPAT"],
}

GNU_WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wsign-conversion",
                "-Wcast-qual", "-Wcast-align", "-Wundef", "-Wwrite-strings", "-Werror"]
GNU_C = ["-std=c11", "-Wc++-compat", "-Wstrict-prototypes", "-Wmissing-prototypes"]
GNU_LANGUAGES = {"c11": ("c", GNU_C), "c++17": ("cpp", ["-std=c++17"]),
                 "c++20": ("cpp", ["-std=c++20"])}
MSVC_LANGUAGES = {"c11": ("c", ["/std:c11"]), "c++17": ("cpp", ["/std:c++17"]),
                  "c++20": ("cpp", ["/std:c++20"])}
# What Wine's headers want in C++: wchar_t for WCHAR, and no definition of a compiler's builtin.
WINE_CXX = ["/DWINE_UNICODE_NATIVE", "/D_InterlockedCompareExchange128=wine_compare_exchange_128"]


def run(command, folder, **options):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT,
                          errors="replace", **options)
    return done.returncode, done.stdout + done.stderr


def must(command, folder):
    status, output = run(command, folder)
    if status != 0 or "warning" in output.lower():
        sys.exit(f"FAILED  {shlex.join(command)}\n{output}")


def build_gnu(options, folder):
    for language, (suffix, flags) in GNU_LANGUAGES.items():
        compiler = options.cc if suffix == "c" else options.cxx
        for variant, more in VARIANTS.items():
            name = f"client-{language}-{variant}.exe"
            must([compiler, "-O2", *GNU_WARNINGS, *flags, *more, "-Iinterface", "-static-libgcc",
                  *(f"{source}.{suffix}" for source in SOURCES), "-o", name], folder)
            yield name


def build_msvc(options, folder):
    flags = shlex.split(options.flags)
    shutil.copy(options.startup, folder / "startup.c")
    must([options.cc, *flags, "/c", "startup.c"], folder)
    for language, (suffix, standard) in MSVC_LANGUAGES.items():
        extra = WINE_CXX if suffix == "cpp" else []
        for variant, more in VARIANTS.items():
            name = f"client-{language}-{variant}.exe"
            must([options.cc if suffix == "c" else options.cxx, *flags, *extra, *standard, "/W4",
                  "/WX", "/O2", *more, "-Iinterface", "/c",
                  *(f"{source}.{suffix}" for source in SOURCES)], folder)
            must([options.linker, "/nologo", "/nodefaultlib", "/subsystem:console",
                  "/entry:mainCRTStartup", f"/out:{name}", *(f"{source}.obj" for source in SOURCES),
                  "startup.obj", *shlex.split(options.libraries)], folder)
            yield name


def copy_kit(folder):
    """As a user: the folder `interface`, the client beside it; for C++ the loader under that name."""
    shutil.copytree(KIT, folder / "interface")
    shutil.copytree(HERE / "outside" / "posix", folder / "posix")
    shutil.copy(HERE / "outside" / "names.h", folder)
    for suffix in ("c", "cpp"):
        for source in SOURCES:
            origin = KIT if source == "efawin" else HERE / "outside"
            shutil.copy(origin / f"{source}.c", folder / f"{source}.{suffix}")


def run_without_dll(folder, programs):
    wine = shutil.which("wine64") or shutil.which("wine")
    if wine is None:
        sys.exit("check_outside_client.py: wine is missing: scripts/install-deps installs it")
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith(("EFAWIN_", "WINE"))}
    # TMPDIR: Wine's server leaves a folder there.
    environment.update(WINEPREFIX=str(folder / "prefix"), TMPDIR=str(folder), WINEDEBUG="-all",
                       WINEDLLOVERRIDES="winedbg.exe=d;mscoree,mshtml=")
    try:
        # No pipes: what stays in the background would hold them open.
        subprocess.run([wine, "wineboot", "-i"], env=environment, check=True, timeout=LIMIT,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in programs:
            status, output = run([wine, name], folder, env=environment)
            if status != 3 or "loading efawin.dll: -2" not in output:
                sys.exit(f"FAILED  {name}: status {status}, not 3\n{output}")
            print(f"ok      {name}: fails cleanly without efawin.dll")
    finally:
        server = shutil.which("wineserver") or "/usr/lib/wine/wineserver"
        run([server, "-k"], folder, env=environment)


def run_with_adapter(options, folder, programs):
    command = [str(pathlib.Path(options.with_efa).resolve()), "--dll",
               str(pathlib.Path(options.dll).resolve()), "--timeout", str(LIMIT - 30)]
    if options.build:
        command += ["--build", str(pathlib.Path(options.build).resolve())]
    for name in programs:
        status, output = run([*command, "--", str(folder / name)], folder)
        if status != 0 or "client done" not in output:
            sys.exit(f"FAILED  {name}: status {status}\n{output}")
        print(f"ok      {name}: works with {options.dll}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--with-efa")
    parser.add_argument("--dll")
    parser.add_argument("--build")
    parser.add_argument("kind", choices=("gnu", "msvc"))
    for name in ("cc", "cxx"):
        parser.add_argument(name)
    for name in ("linker", "startup", "libraries", "flags"):
        parser.add_argument(name, nargs="?")
    options = parser.parse_args()
    if (options.kind == "msvc") != (options.flags is not None):
        parser.error("msvc takes a linker, a start-up source, libraries and flags; gnu does not")
    if (options.with_efa is None) != (options.dll is None):
        parser.error("--with-efa and --dll go together")
    with tempfile.TemporaryDirectory(prefix="kit-outside-") as scratch:
        folder = pathlib.Path(scratch)
        copy_kit(folder)
        programs = list((build_gnu if options.kind == "gnu" else build_msvc)(options, folder))
        run_without_dll(folder, programs)
        if options.with_efa:
            run_with_adapter(options, folder, [name for name in programs if "plain" in name])
    print(f"{len(programs)} programs built without a warning and run")


if __name__ == "__main__":
    main()
