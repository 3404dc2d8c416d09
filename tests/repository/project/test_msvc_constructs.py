# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Nothing in the product needs more than Microsoft's compiler of Visual Studio 2019 (cl 19.29) takes:
its sources compile with clang-cl at that version's compatibility level and at the newest one's, with
every extension that cl lacks made an error; the kit also as C++17. What clang-cl has no warning for is
looked for in the text. Each rule must reject a sample. The kit, which other projects compile, also
avoids what the traditional preprocessor warns of, fits libfabric's PATH_MAX, and stops the build for
ARM64EC."""
import pathlib
import re
import shlex
import subprocess

import pytest

from support.build import ROOT

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
BALANCED = r"[^()]*(?:\((?:[^()]|\([^()]*\))*\)[^()]*)*"  # parentheses in it in two levels
TEXT_RULES = {
    # C4706, also in parentheses of its own. A comparison makes it good.
    "assignment as a condition": rf"(\(|!|&& |\|\| |; )\([\w.>*\[\]-]+ = {BALANCED}\)( &&| \|\||\)|;)",
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
# name: (language, text): each must be rejected.
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
    "assignment as a condition": ("c", "int *g(int a);\nvoid f(int *p);\nvoid f(int *p)\n{\n"
                                       "    while ((p = g(*p)) && *p) {\n    }\n}\n"),
    "assignment as the last condition": ("c", "int *g(int a);\nvoid f(int *p);\nvoid f(int *p)\n{\n"
                                              "    if (*p && (p = g(*p)))\n        *p = 1;\n}\n"),
    "assignment as a loop's condition": ("c", "int *g(void);\nvoid f(int *p);\nvoid f(int *p)\n{\n"
                                              "    for (; (p = g());)\n        *p = 1;\n}\n"),
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

    def complaints(self, files, folders, version, language, *definitions):
        flags = C_FLAGS if language == "c" else CXX_FLAGS
        warnings = [f"/clang:{warning}" for warning in WARNINGS]
        return self.run(files, folders, [*flags, *warnings, *definitions,
                                         f"-fms-compatibility-version={version}"])


@pytest.fixture(scope="module")
def compiler(build):
    return Compiler(build.c_compiler, build.flags)


@pytest.fixture(scope="module")
def sources(build):
    lines = (build.folder / "visual-studio-sources.txt").read_text().splitlines()
    files = {pathlib.Path(line.split("|")[2]) for line in lines if line.endswith(".c")}
    return sorted(file for file in files
                  if file.relative_to(ROOT).as_posix() not in NOT_FOR_MICROSOFT)


def complaints_of(compiler, path, text, language):
    path.write_text(text)
    return text_complaints(path, path.name) or compiler.complaints([path], [], VERSIONS[0], language)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_is_rejected(compiler, tmp_path, name):
    language, text = SAMPLES[name]
    assert complaints_of(compiler, tmp_path / f"sample.{language}", text, language)


def test_plain_c_is_accepted(compiler, tmp_path):
    text = ("int f(void);\nint g(int a);\nint f(void)\n{\n    int a[2] = {0};\n\n"
            "    while ((a[0] = g(a[1])) != 0)\n        a[1]++;\n    return a[1];\n}\n")
    assert not complaints_of(compiler, tmp_path / "plain.c", text, "c")


def test_text_of_sources_and_headers(sources):
    headers = [header for folder in ("src", "interface", "tools", "sim")
               for header in (ROOT / folder).rglob("*.h")]
    found = []
    for path in sources + headers:
        name = path.relative_to(ROOT).as_posix()
        if name not in COMPILER_HEADERS:
            found += text_complaints(path, name)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("quarter", range(4))
@pytest.mark.parametrize("version", VERSIONS)
def test_sources_compile(compiler, sources, version, quarter):
    folders = [ROOT / "src", ROOT / "interface", ROOT / "tools",
               *sorted({file.parent for file in sources if file.parent.parent == ROOT / "tools"})]
    simulated = [file for file in sources if file.is_relative_to(ROOT / "sim")]
    others = [file for file in sources if file not in simulated]
    assert len(simulated) > 4 and len(others) > 4
    assert compiler.complaints(others[quarter::4], folders, version, "c") == ""
    assert compiler.complaints(simulated[quarter::4], [*folders, ROOT / "sim"], version, "c",
                               "/DEFAWIN_SIMULATED_ADAPTER", '/DEFASIM_VERSION="0"') == ""


# ---- The kit, which other projects compile with their own settings ----

KIT_FOLDERS = [ROOT / "interface"]


def compile_text(compiler, folder, text, *flags, folders=KIT_FOLDERS):
    path = folder / "sample.c"
    path.write_text(text)
    return compiler.run([path], folders, flags)


@pytest.mark.parametrize("version", VERSIONS)
def test_kit_compiles_as_cpp(compiler, version):
    assert compiler.complaints([ROOT / "interface/efawin.c"], KIT_FOLDERS, version, "cpp") == ""


@pytest.mark.parametrize("sample", TRADITIONAL_SAMPLES)
def test_traditional_preprocessor_rejects(compiler, tmp_path, sample):
    assert compile_text(compiler, tmp_path, sample, *TRADITIONAL)


def test_traditional_preprocessor_accepts_the_kit(compiler):
    assert compiler.run([ROOT / "interface/efawin.c"], KIT_FOLDERS, TRADITIONAL) == ""


@pytest.mark.parametrize("text", [*PATH_MAX_SAMPLES.values(), KIT_HEADERS],
                         ids=[*PATH_MAX_SAMPLES, "alone"])
def test_path_max_fits(compiler, tmp_path, text):
    assert compile_text(compiler, tmp_path, text + USE_PATH_MAX, *C_FLAGS) == ""


@pytest.mark.parametrize("name, where", [("infiniband/efadv.h", "interface"), ("os/compiler.h", "src")])
def test_arm64ec_stops(compiler, tmp_path, name, where):
    output = compile_text(compiler, tmp_path, f"#include <{name}>\n", "/Zs", "/D_M_ARM64EC=1",
                          folders=[ROOT / where])
    assert "for 64-bit x86 only" in output
