#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Nothing in the product needs more than Microsoft's compiler of Visual Studio 2019 (cl 19.29) takes:
its sources compile with clang-cl at that version's compatibility level and at the newest one's, with
every extension that cl lacks made an error; the kit also as C++17. What clang-cl has no warning for is
looked for in the text. Each rule first proves itself on a sample that it must refuse. The kit, which
other projects compile, also keeps to what the traditional preprocessor takes, fits libfabric's
PATH_MAX, and stops the build for ARM64EC.

usage: test_msvc_constructs.py CLANG-CL FLAGS ROOT CMAKE-SOURCES
"""
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

VERSIONS = ("19.29", "19.44")
WARNINGS = ("-Wgnu -Wvla -Wzero-length-array -Wempty-struct -Wflexible-array-extensions "
            "-Wc2x-extensions -Wstatic-in-inline -Wunsupported-availability-guard "
            "-Wc99-designator -Wc++20-designator -Wvla-extension -Wc99-extensions "
            "-Wno-unknown-warning-option -Wno-gnu-alignof-expression").split()
# As the release build: these two call extensions what C has had since 1999.
C_FLAGS = ["/Zs", "/std:c11", "/W4", "/WX", "/wd4204", "/wd4221", "/wd4324",
           "/D_CRT_SECURE_NO_WARNINGS", '/DEFAWIN_VERSION="0.0.0"']
CXX_FLAGS = ["/Zs", "/std:c++17", "/TP", "/W4", "/WX", "/DWINE_UNICODE_NATIVE",
             "/D_InterlockedCompareExchange128=wine_compare_exchange_128"]
# The only places that may name a compiler.
COMPILER_HEADERS = {"src/os/compiler.h", "src/os/barrier.h", "interface/efacompat.h"}
# They stand in for Microsoft's start-up code; cl never sees them.
NOT_FOR_MICROSOFT = {"src/os/loadconfig_msabi.c", "cmake/msabi/startup.c"}
TEXT_RULES = {
    "C11 atomics and threads": r"<(stdatomic|threads)\.h>|\b_Atomic\b|\b_Thread_local\b",
    "attributes and builtins of GCC": r"__attribute__|__builtin_|__extension__",
    "types of GCC": r"\b__int128\b|\btypeof\b|\b__typeof__\b|\b__auto_type\b",
    "inline assembly": r"\b__asm__\b|\basm\s*\(",
    "array parameters with a qualifier": r"\[\s*(static|const|restrict|volatile)\b",
    "complex numbers": r"<complex\.h>|\b_Complex\b",
    "directives of GCC": r"^\s*#\s*(include_next|warning|ident)\b",
}
# Of the traditional preprocessor: empty macro arguments bring C4003, and __VA_ARGS__ passed on to
# another macro is a single argument.
TRADITIONAL = ["/E", "/WX", "/clang:-std=gnu89", "/clang:-Wc99-extensions",
               "/clang:-Wvariadic-macros"]
TRADITIONAL_SAMPLES = ("#define F(a, b) {a}\nint x[] = F(1, );\n",
                       "#define F(a, b) a\n#define G(...) F(__VA_ARGS__)\n")
KIT_HEADERS = "#include <infiniband/verbs.h>\n#include <infiniband/efadv.h>\n"
# libfabric's own definition, in front of the kit and behind it.
PATH_MAX_SAMPLES = {
    "in front": "#include <windows.h>\n#define PATH_MAX MAX_PATH\n" + KIT_HEADERS,
    "behind": KIT_HEADERS + "#include <windows.h>\n#define PATH_MAX MAX_PATH\n",
}
USE_PATH_MAX = "char path[PATH_MAX];\n"
# name: (language, text): each must be refused.
SAMPLES = {
    "C11 atomics": ("c", "#include <stdatomic.h>\nint x;\n"),
    "_Atomic": ("c", "_Atomic int x;\n"),
    "statement expression": ("c", "int f(int a);\nint f(int a) { return ({ a + 1; }); }\n"),
    "attribute": ("c", "int f(void) __attribute__((cold));\n"),
    "builtin": ("c", "int f(int a);\nint f(int a) { return __builtin_popcount((unsigned)a); }\n"),
    "variable-length array": ("c", "int f(int n);\nint f(int n) { int a[n]; a[0] = n; "
                                   "return a[0]; }\n"),
    "array parameter with static": ("c", "int f(int a[static 2]);\n"),
    "zero-length array": ("c", "struct s { int a; int b[0]; };\n"),
    "empty structure": ("c", "struct s {};\nstruct s x;\n"),
    "empty initialiser": ("c", "int f(void);\nint f(void) { int a[2] = {}; return a[0]; }\n"),
    "128-bit integer": ("c", "__int128 x;\n"),
    "typeof": ("c", "int a;\n__typeof__(a) b;\n"),
    "omitted operand": ("c", "int f(int a);\nint f(int a) { return a ?: 1; }\n"),
    "case range": ("c", "int f(int a);\nint f(int a) { switch (a) { case 1 ... 3: return 1; "
                        "default: return 0; } }\n"),
    "computed goto": ("c", "int f(void);\nint f(void) { void *p = &&out; goto *p; out: return 0; }\n"),
    "arithmetic on void pointers": ("c", "void *f(void *p);\nvoid *f(void *p) { return p + 1; }\n"),
    "comma before no arguments": ("c", "int g(int, ...);\n#define F(a, ...) g(a, ##__VA_ARGS__)\n"
                                       "int f(void);\nint f(void) { return F(1); }\n"),
    "inline assembly": ("c", 'void f(void);\nvoid f(void) { __asm__("nop"); }\n'),
    "call that the runtime lacks": ("c", "#include <stdlib.h>\nvoid *f(void);\n"
                                         "void *f(void) { return aligned_alloc(64, 64); }\n"),
    "designated initialiser in C++": ("cpp", "struct s { int a; };\nstruct s x = {.a = 1};\n"),
    "compound literal in C++": ("cpp", "struct s { int a; };\nint f() { return (struct s){1}.a; }\n"),
}


def without_comments(text):
    return re.sub(r"/\*.*?\*/", lambda found: "\n" * found.group(0).count("\n"), text,
                  flags=re.DOTALL)


def text_complaints(path, name):
    lines = without_comments(path.read_text()).splitlines()
    return [f"{name}:{number}: {rule}: {line.strip()}" for number, line in enumerate(lines, 1)
            for rule, pattern in TEXT_RULES.items() if re.search(pattern, line)]


class Compiler:
    def __init__(self, command, flags):
        self.command = [command, *shlex.split(flags), "/nologo"]

    def run(self, files, folders, flags):
        command = [*self.command, *flags, *(f"/I{folder}" for folder in folders), "--",
                   *map(str, files)]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              timeout=240, errors="replace")
        return done.stderr.strip() or "failed" if done.returncode else ""

    def complaints(self, files, folders, version, language):
        flags = C_FLAGS if language == "c" else CXX_FLAGS
        warnings = [f"/clang:{warning}" for warning in WARNINGS]
        return self.run(files, folders,
                        [*flags, *warnings, f"-fms-compatibility-version={version}"])


def check_samples(compiler):
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (language, text) in SAMPLES.items():
            path = pathlib.Path(folder, f"sample.{language}")
            path.write_text(text)
            if not (text_complaints(path, name)
                    or compiler.complaints([path], [], VERSIONS[0], language)):
                failed.append(f"the sample '{name}' is not refused")
        path = pathlib.Path(folder, "plain.c")
        path.write_text("int f(void);\nint f(void)\n{\n    int a[2] = {0};\n\n    return a[1];\n}\n")
        if text_complaints(path, "plain") or compiler.complaints([path], [], VERSIONS[0], "c"):
            failed.append("plain C is refused")
    return failed


def check_kit(compiler, root):
    """What only the kit must keep to, since other projects compile it with their own settings."""
    failed = []
    folders = [root / "interface"]
    with tempfile.TemporaryDirectory() as folder:
        def with_text(text, *flags, folders=folders):
            path = pathlib.Path(folder, "sample.c")
            path.write_text(text)
            return compiler.run([path], folders, flags)

        for sample in TRADITIONAL_SAMPLES:
            if not with_text(sample, *TRADITIONAL):
                failed.append(f"the traditional preprocessor would take {sample!r}")
        failed += [f"the kit's PATH_MAX with libfabric's {order}: {complaint}"
                   for order, text in PATH_MAX_SAMPLES.items()
                   for complaint in [with_text(text + USE_PATH_MAX, *C_FLAGS)] if complaint]
        if complaint := with_text(KIT_HEADERS + USE_PATH_MAX, *C_FLAGS):
            failed.append(f"the kit's PATH_MAX without windows.h: {complaint}")
        for name, where in (("infiniband/efadv.h", "interface"), ("os/compiler.h", "src")):
            said = with_text(f"#include <{name}>\n", "/Zs", "/D_M_ARM64EC=1",
                             folders=[root / where])
            if "for 64-bit x86 only" not in said:
                failed.append(f"{name} does not stop an ARM64EC build: {said!r}")
    if complaint := compiler.run([root / "interface/efawin.c"], folders, TRADITIONAL):
        failed.append(f"the traditional preprocessor would warn: {complaint}")
    return failed


def main(command, flags, root, sources):
    root = pathlib.Path(root)
    compiler = Compiler(command, flags)
    files = {pathlib.Path(line.split("|")[2]) for line in
             pathlib.Path(sources).read_text().splitlines() if line.endswith(".c")}
    files = sorted(file for file in files
                   if file.relative_to(root).as_posix() not in NOT_FOR_MICROSOFT)
    headers = [header for folder in ("src", "interface", "tools")
               for header in (root / folder).rglob("*.h")]
    failed = check_samples(compiler) + check_kit(compiler, root)
    for path in files + headers:
        name = path.relative_to(root).as_posix()
        if name not in COMPILER_HEADERS:
            failed += text_complaints(path, name)
    folders = [root / "src", root / "interface", root / "tools",
               *sorted({file.parent for file in files if file.parent.parent == root / "tools"})]
    kit = root / "interface/efawin.c"
    jobs = [(files[start::4], folders, version, "c") for version in VERSIONS for start in range(4)]
    jobs += [([kit], [root / "interface"], version, "cpp") for version in VERSIONS]
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        failed += [text for text in pool.map(lambda job: compiler.complaints(*job), jobs) if text]
    for text in failed:
        print(text)
    rules = len(SAMPLES) + 1
    print(f"{rules} rules tried, {len(files)} sources at {len(VERSIONS)} compatibility levels: "
          f"{len(failed)} complaints")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
