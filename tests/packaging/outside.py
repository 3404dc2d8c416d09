# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""An outside project's view of the packages: unpacking them, building with them, running the result."""
import hashlib
import os
import pathlib
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 300
NUSPEC = "{http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd}"
MSBUILD = "{http://schemas.microsoft.com/developer/msbuild/2003}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
COMPILERS = ("windows", "mingw")
GCC = ["x86_64-w64-mingw32-gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def run(command, folder=None, status=0):
    # An outside project has no compiler launcher of this one's developer.
    environment = {name: value for name, value in os.environ.items()
                   if not name.endswith("_COMPILER_LAUNCHER")}
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True,
                          timeout=LIMIT, errors="replace", stdin=subprocess.DEVNULL, env=environment)
    output = done.stdout + done.stderr
    assert done.returncode == status, \
        f"{shlex.join(map(str, command))}: status {done.returncode}, not {status}\n{output}"
    return output


class Packages:
    def __init__(self, root, dist, scratch):
        self.root = root
        self.dist = dist
        self.scratch = scratch
        self.version = (root / "VERSION").read_text().strip()
        self.name = f"efawin-{self.version}-windows-x64"
        self.archive = dist / f"{self.name}.zip"
        self.nupkg = dist / f"efawin.{self.version}.nupkg"
        self.port = dist / f"efawin-{self.version}-vcpkg-port.zip"
        self.installer = dist / f"{self.name}-setup.exe"
        self.simulated_name = f"efawin-simulated-{self.version}-windows-x64"
        self.simulated_archive = dist / f"{self.simulated_name}.zip"
        self.simulated_nupkg = dist / f"efawin.simulated.{self.version}.nupkg"

    def folder(self, name):
        path = self.scratch / name
        path.mkdir(parents=True)
        return path

    def unpack(self, archive, name):
        target = self.folder(name)
        with zipfile.ZipFile(archive) as content:
            content.extractall(target)
        return target

    def unpacked(self, archive, name):
        """The same folder each time."""
        target = self.scratch / name
        if not target.exists():
            self.unpack(archive, name)
        return target

    def unpacked_zip(self):
        return self.unpacked(self.archive, "zip") / self.name

    def unpacked_simulated(self):
        return self.unpacked(self.simulated_archive, "simulated zip") / self.simulated_name

    def toolchain(self, compiler):
        arguments = [f"-DCMAKE_TOOLCHAIN_FILE={self.root}/cmake/toolchain-{compiler}.cmake"]
        if compiler == "windows":
            arguments.append(f"-DCONSUMER_STARTUP={self.root}/cmake/msabi/startup.c")
        return arguments

    def runs_with_the_adapter(self, program, *arguments, expect="consumer done"):
        output = run([self.root / "scripts/with-efa", "--build", self.root / "build", "--timeout",
                      LIMIT - 60, "--", program, *arguments])
        assert expect in output, output
        return output

    def runs_without_a_system_dll(self, script, expect):
        """As on a machine where nobody copied efawin.dll into System32."""
        remove = 'rm -f "$WINEPREFIX/drive_c/windows/system32/efawin.dll"'
        return self.runs_with_the_adapter("bash", "-ec", f"{remove}\n{script}", expect=expect)

    def build_with_cmake(self, source, prefix, compiler, name, *options):
        build = self.folder(name)
        run(["cmake", "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_BUILD_TYPE=Release",
             f"-Defawin_ROOT={prefix}", "-DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH",
             *self.toolchain(compiler), *options])
        run(["cmake", "--build", build, "-j", "2"])
        return build

    def consume_cmake(self, prefix, compiler, name, languages="C"):
        """Builds the outside project with find_package, and runs it."""
        build = self.build_with_cmake(HERE / "consumer", prefix, compiler, name,
                                      f"-DCONSUMER_LANGUAGES={languages}")
        for way in ("kit", "efawin"):
            self.runs_with_the_adapter(build / f"consumer_{way}.exe")


def verify_sums(folder, names):
    """Each line right, each file named."""
    listed = {}
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        value, name = line.split("  ", 1)
        listed[name] = value
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == value, name
    assert set(listed) == set(names) - {"SHA256SUMS"}, "files with a checksum"


def files_below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def nuget_values(folder, use):
    """What the .targets add to a project, as msbuild would expand it."""
    base = folder / "build/native"
    root = ElementTree.parse(base / "efawin.targets").getroot()

    def expand(text):
        path = text.replace("$(MSBuildThisFileDirectory)", f"{base}/").replace("\\", "/")
        path = path.split(";")[0]
        assert "$(" not in path, text
        assert pathlib.Path(path).exists(), path
        return path

    def applies(element):
        condition = element.get("Condition")
        return condition is None or condition == f"'$(EfawinUse)' == '{use}'"

    found = {"include": [], "library": [], "source": [], "copy": []}
    for group in root:
        if not applies(group):
            continue
        for item in group.iter():
            name = item.tag[len(MSBUILD):]
            if name == "AdditionalIncludeDirectories":
                found["include"].append(expand(item.text))
            elif name == "AdditionalDependencies":
                found["library"].append(expand(item.text))
            elif name == "ClCompile" and item.get("Include"):
                found["source"].append(expand(item.get("Include")))
            elif name == "ReferenceCopyLocalPaths":
                found["copy"].append(expand(item.get("Include")))
    return found
