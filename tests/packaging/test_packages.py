# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Takes each package apart and uses it as an outside project does: with clang-cl and with mingw-w64,
run on the simulated adapter. NuGet and vcpkg are not needed: their formats are checked and unpacked
here. scripts/package-check makes the packages and runs this."""
import hashlib
import json
import re
import shlex
import shutil
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest

from outside import (COMPILERS, GCC, HERE, MSBUILD, NUSPEC, RELATIONS, TYPES, files_below, nuget_values,
                     run, verify_sums)
from support.links import broken_links

# ---- dist/ and the ZIP ----

def test_checksums_of_the_packages(packages):
    verify_sums(packages.dist, files_below(packages.dist))


def test_checksums_in_the_zips(packages):
    for folder in (packages.unpacked_zip(), packages.unpacked_simulated()):
        verify_sums(folder, files_below(folder))


def test_zip_has_what_it_should(packages):
    names = files_below(packages.unpacked_zip())
    kit = {"include/" + name for name in files_below(packages.root / "interface")
           if name.endswith((".c", ".h"))}
    wanted = kit | {"bin/efawin.dll", "bin/efa_devinfo.exe", "bin/efa_pingpong.exe",
                    "bin/efa_probe.exe",
                    "lib/efawin.lib", "lib/libefawin.dll.a", "symbols/efawin.pdb",
                    "share/licenses/efawin/LICENSE-GPL-2.0",
                    "share/licenses/efawin/LICENSE-Linux-OpenIB", "README.md",
                    "share/doc/efawin/docs/windows.md", "share/doc/efawin/docs/README.md",
                    "share/efawin/examples/raii.cpp", "share/efawin/examples/direct_datapath.c",
                    "share/efawin/examples/two_sides.c",
                    "share/efawin/efawin.wprp", "efawin.spdx.json", "SHA256SUMS"}
    assert wanted <= names, f"lacks {sorted(wanted - names)}"
    programs = {name for name in names if name.startswith("bin/") and name.endswith(".exe")}
    assert all("/efa_" in name for name in programs) and not any("test" in name for name in programs)
    for name in kit:
        assert (packages.unpacked_zip() / name).read_bytes() == \
            (packages.root / "interface" / name[len("include/"):]).read_bytes(), name


def test_links_of_the_documents_lead_somewhere(packages):
    """In the ZIPs, whose first page lies apart from the others, and in the NuGet packages."""
    for root in (packages.unpacked_zip(), packages.unpack(packages.nupkg, "nuget documents"),
                 packages.unpacked_simulated(),
                 packages.unpack(packages.simulated_nupkg, "simulated nuget documents")):
        documents = sorted(root.rglob("*.md"))
        assert len(documents) > 70 and root / "README.md" in documents, documents
        first = (root / "README.md").read_text()
        is_simulated = "simulated" in root.name
        assert first.startswith("# Windows without an adapter") == is_simulated, root
        assert "make demo" not in first and (is_simulated or "windows.md" in first), \
            "the page is one for developers"
        found = list(broken_links(root, documents))
        assert not found, "\n".join(found)


def test_packages_are_deterministic(packages):
    """The same tree in another folder, packed again."""
    created = json.loads((packages.unpacked_zip() / "efawin.spdx.json").read_text())
    stamp = run(["date", "-u", "-d", created["creationInfo"]["created"], "+%s"]).strip()
    out, _ = repack(packages, "again", "--time", stamp)
    assert (out / "SHA256SUMS").read_text() == (packages.dist / "SHA256SUMS").read_text()


def test_incomplete_tree_is_rejected(packages):
    tree = packages.folder("incomplete")
    for whole, wanted in ((tree, "lacks bin/efawin.dll"),
                          (packages.unpacked_zip(), "lacks simulated/efawin.dll")):
        output = run([packages.root / "packaging/make-packages", "--tree", whole, "--simulated-tree",
                      tree, "--version", "1.2.3", "--time", "0", "--out",
                      packages.scratch / "nothing"], status=1)
        assert wanted in output, output
        assert not (packages.scratch / "nothing").exists()


def repack(packages, name, *options, status=0):
    """The trees of the ZIPs packed again; returns the folder and what was said."""
    out, trees = packages.scratch / f"{name} dist", []
    for package, source in (("efawin", packages.unpacked_zip()),
                            ("efawin-simulated", packages.unpacked_simulated())):
        trees.append(packages.folder(f"{name} tree of {package}"))
        shutil.copytree(source, trees[-1], dirs_exist_ok=True)
        for generated in (f"{package}.spdx.json", "SHA256SUMS", "README.md"):
            (trees[-1] / generated).unlink()
    return out, run([packages.root / "packaging/make-packages", "--tree", trees[0],
                     "--simulated-tree", trees[1], "--version", packages.version,
                     "--time", "1700000000", "--out", out, *options], status=status)


def test_programs_and_installer_are_signed_by_the_given_command(packages):
    signer = packages.folder("signer") / "sign"
    signer.write_text('#!/bin/sh\nprintf signed >> "$1"\n')
    signer.chmod(0o755)
    out, _ = repack(packages, "signed", "--sign", shlex.quote(str(signer)))
    verify_sums(out, files_below(out))
    assert next(out.glob("*-setup.exe")).read_bytes().endswith(b"signed")
    for path, folder in ((packages.archive, packages.unpacked_zip()),
                         (packages.simulated_archive, packages.unpacked_simulated())):
        with zipfile.ZipFile(out / path.name) as archive:
            signed = {name.partition("/")[2] for name in archive.namelist()
                      if archive.read(name).endswith(b"signed")}
        assert signed == {name for name in files_below(folder) if name.endswith((".exe", ".dll"))}
    # A command that does not sign is an error.
    for command, words in (("true", "left efa"), ("false", "exit status 1")):
        out, output = repack(packages, f"signed by {command}", "--sign", command, status=1)
        assert words in output and not out.exists(), output


@pytest.mark.parametrize("name", ("efawin", "efawin-simulated"))
def test_sbom_is_spdx_and_names_every_file(packages, name):
    folder = packages.unpacked_zip() if name == "efawin" else packages.unpacked_simulated()
    sbom = json.loads((folder / f"{name}.spdx.json").read_text())
    assert sbom["spdxVersion"] == "SPDX-2.3"
    assert sbom["dataLicense"] == "CC0-1.0"
    assert sbom["SPDXID"] == "SPDXRef-DOCUMENT"
    assert re.match(r"urn:uuid:[0-9a-f-]{36}$", sbom["documentNamespace"])
    assert re.fullmatch(r"\d{4}(-\d\d){2}T\d\d(:\d\d){2}Z", sbom["creationInfo"]["created"])
    package, = sbom["packages"]
    assert (package["name"], package["versionInfo"]) == (name, packages.version)
    hashes = {}
    for entry in sbom["files"]:
        path = folder / entry["fileName"]
        for item in entry["checksums"]:
            value = hashlib.new(item["algorithm"].lower(), path.read_bytes()).hexdigest()
            assert item["checksumValue"] == value, entry["fileName"]
            hashes.setdefault(item["algorithm"], []).append(value)
    assert {entry["fileName"][2:] for entry in sbom["files"]} == \
        files_below(folder) - {f"{name}.spdx.json", "SHA256SUMS"}, "files in the SBOM"
    code = hashlib.sha1("".join(sorted(hashes["SHA1"])).encode()).hexdigest()
    assert package["packageVerificationCode"]["packageVerificationCodeValue"] == code
    identities = {entry["SPDXID"] for entry in sbom["files"]} | {"SPDXRef-Package",
                                                                 "SPDXRef-DOCUMENT"}
    assert len(identities) == len(sbom["files"]) + 2
    for relation in sbom["relationships"]:
        assert {relation["spdxElementId"], relation["relatedSpdxElement"]} <= identities, relation


def test_packed_dll_is_the_hardened_one(packages):
    folder = packages.folder("pe")
    shutil.copy(packages.unpacked_zip() / "bin/efawin.dll", folder)
    shutil.copy(packages.unpacked_zip() / "symbols/efawin.pdb", folder)
    print(run(["/usr/bin/python3", "-m", "pytest", packages.root / "tests/windows/dll/test_dll.py",
               f"--dll={folder / 'efawin.dll'}", "--verbose", "--color=no"]))


def test_packed_programs_run_and_know_their_version(packages):
    for program in sorted((packages.unpacked_zip() / "bin").glob("*.exe")):
        output = packages.runs_with_the_adapter(program, "--version", expect=packages.version)
        assert f"{program.stem} {packages.version}" in output, output
    packages.runs_with_the_adapter(packages.unpacked_zip() / "bin/efa_devinfo.exe", expect="EFA")


def test_messages_are_verified_with_nothing_but_the_zip(packages):
    """The way of docs/windows.md from the unpacked ZIP on."""
    programs = packages.unpacked_zip() / "bin"
    output = packages.runs_without_a_system_dll(
        f"wine '{programs}/efa_doctor.exe'\n"
        f"'{packages.root}/scripts/pingpong-pair' '{programs}' --verify --iters 200\n"
        f"'{packages.root}/scripts/pingpong-pair' '{programs}' --verify --iters 200 --ud",
        expect="EFA works here")
    assert len(re.findall(r"^verified", output, re.MULTILINE)) == 2, output


# ---- CMake and pkg-config ----

def test_cmake_package_with_clang_cl(packages):
    packages.consume_cmake(packages.unpacked_zip(), "windows", "cmake-windows")


def test_cmake_package_with_mingw(packages):
    packages.consume_cmake(packages.unpacked_zip(), "mingw", "cmake-mingw")


def find_package(packages, name, *settings, version=""):
    script = packages.folder(name) / "find.cmake"
    script.write_text("\n".join(f"set({setting})" for setting in settings)
                      + f"\nfind_package(efawin {version} CONFIG REQUIRED PATHS "
                        f"\"{packages.unpacked_zip()}\" NO_DEFAULT_PATH)\n")
    return run(["cmake", "-P", script], status=1)


def test_cmake_package_rejects_other_systems(packages):
    output = " ".join(find_package(packages, "linux", "CMAKE_SIZEOF_VOID_P 8").split())
    assert "for Windows" in output, output


def test_cmake_package_rejects_other_processors(packages):
    for name, *settings in (("arm64", "WIN32 1", "CMAKE_SIZEOF_VOID_P 8",
                             "CMAKE_C_COMPILER_ARCHITECTURE_ID ARM64"),
                            ("x86", "WIN32 1", "CMAKE_SIZEOF_VOID_P 4")):
        output = " ".join(find_package(packages, name, *settings).split())
        assert "x64 only" in output or "64bit" in output, output


def test_cmake_package_rejects_another_major_version(packages):
    output = find_package(packages, "old", "WIN32 1", "CMAKE_SIZEOF_VOID_P 8", version="1.1")
    assert packages.version in output and "not accepted" in " ".join(output.split()), output


def test_cmake_package_in_projects_of_each_language(packages):
    for name, languages in (("c++", "CXX"), ("c and c++", "C;CXX")):
        packages.consume_cmake(packages.unpacked_zip(), "mingw", f"consumer in {name}", languages)


def test_examples_build_from_the_zip(packages):
    """With nothing said of where the package is."""
    source = packages.unpacked_zip() / "share/efawin/examples"
    build = packages.folder("examples")
    run(["cmake", "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_BUILD_TYPE=Release",
         "-DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH", "-DCMAKE_EXE_LINKER_FLAGS=-static",
         *packages.toolchain("mingw")])
    run(["cmake", "--build", build, "-j", "2"])
    packages.runs_with_the_adapter(build / "raii.exe", expect="")
    run([packages.root / "scripts/with-efa", "--build", packages.root / "build", "--config",
         source / "one_ring.conf", "--", build / "direct_datapath.exe"])
    output = packages.runs_with_the_adapter(packages.root / "tests/support/run_two_sides", "wine",
                                            build / "two_sides.exe", expect="every byte verified")
    assert output.count("messages of 1024 bytes each way, every byte verified") == 2, output


def test_pkg_config_with_mingw(packages):
    prefix = packages.unpacked_zip()
    query = ["env", f"PKG_CONFIG_LIBDIR={prefix}/lib/pkgconfig", "pkg-config"]
    assert run([*query, "--modversion", "efawin"]).strip() == packages.version
    flags = shlex.split(run([*query, "--cflags", "efawin"]))
    libraries = shlex.split(run([*query, "--libs", "efawin"]))
    kit = run([*query, "--variable=kit_source", "efawin"]).strip()
    folder = packages.folder("pkg-config")
    shutil.copy(prefix / "bin/efawin.dll", folder)
    source = HERE / "consumer/consumer.c"
    run([*GCC, *flags, "-DCONSUMER_LINKS", source, *libraries, "-o", folder / "links.exe"])
    run([*GCC, *flags, source, kit, "-o", folder / "loads.exe"])
    for name in ("links.exe", "loads.exe"):
        packages.runs_with_the_adapter(folder / name)


# ---- NuGet ----

@pytest.mark.parametrize("name", ("efawin", "efawin.simulated"))
def test_nuget_package_is_well_formed(packages, name):
    with zipfile.ZipFile(packages.dist / f"{name}.{packages.version}.nupkg") as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        types = ElementTree.fromstring(archive.read("[Content_Types].xml"))
        kinds = {item.get("Extension").lower() for item in types.iter(TYPES + "Default")}
        for file in names:
            if file != "[Content_Types].xml":
                assert "." in file.rsplit("/", 1)[-1] and file.rsplit(".", 1)[1].lower() in kinds, \
                    f"{file} has no content type"
        relations = ElementTree.fromstring(archive.read("_rels/.rels"))
        for item in relations.iter(RELATIONS + "Relationship"):
            assert item.get("Target").lstrip("/") in names, item.get("Target")
        nuspec = ElementTree.fromstring(archive.read(f"{name}.nuspec"))
        assert nuspec.tag == NUSPEC + "package"
        metadata = nuspec.find(NUSPEC + "metadata")
        fields = {item.tag[len(NUSPEC):]: item.text for item in metadata}
        assert fields["id"] == name
        assert fields["version"] == packages.version
        for field in ("authors", "description", "license", "readme"):
            assert fields.get(field), f"no {field}"
        assert fields["readme"] in names
        assert "native" in fields["tags"].split()
        # The names by which NuGet imports them are the package's own.
        for kind in ("props", "targets") if name == "efawin" else ("targets",):
            ElementTree.fromstring(archive.read(f"build/native/{name}.{kind}"))


def test_nuget_rejects_other_processors(packages):
    folder = packages.unpack(packages.nupkg, "nuget rejects")
    targets = ElementTree.parse(folder / "build/native/efawin.targets").getroot()
    target, = targets.iter(MSBUILD + "Target")
    assert target.get("BeforeTargets") == "PrepareForBuild"
    conditions = [item.get("Condition") for item in target.iter(MSBUILD + "Error")]
    assert "'$(Platform)' != 'x64'" in conditions, conditions


def test_nuget_package_builds_and_runs(packages):
    folder = packages.unpack(packages.nupkg, "nuget")
    source = HERE / "consumer/consumer.c"
    for use in ("Kit", "Link"):
        values = nuget_values(folder, use)
        expected = (1, 0) if use == "Kit" else (0, 1)
        assert (len(values["source"]), len(values["library"])) == expected
        for compiler in COMPILERS:
            out = packages.folder(f"nuget-{use}-{compiler}")
            for file in values["copy"]:
                shutil.copy(file, out)
            project = (
                "cmake_minimum_required(VERSION 3.20)\nproject(nuget LANGUAGES C)\n"
                f"add_executable(consumer {source} {' '.join(values['source'])} "
                "${CONSUMER_STARTUP})\n"
                f"target_include_directories(consumer PRIVATE {' '.join(values['include'])})\n"
                f"target_link_libraries(consumer PRIVATE {' '.join(values['library'])})\n"
                "set_target_properties(consumer PROPERTIES C_STANDARD 11)\n"
                + ("target_compile_definitions(consumer PRIVATE CONSUMER_LINKS)\n"
                   if use == "Link" else "")
                + "if(CONSUMER_STARTUP)\ntarget_link_options(consumer PRIVATE "
                  "/subsystem:console /entry:mainCRTStartup)\nendif()\n")
            (out / "CMakeLists.txt").write_text(project)
            run(["cmake", "-G", "Ninja", "-S", out, "-B", out, "-DCMAKE_BUILD_TYPE=Release",
                 *packages.toolchain(compiler)])
            run(["cmake", "--build", out, "-j", "2"])
            packages.runs_with_the_adapter(out / "consumer.exe")


# ---- vcpkg ----

def install_port(packages, name, damage=None, status=0):
    folder = packages.unpack(packages.port, name)
    if damage:
        damage(folder / "efawin")
    output = run(["cmake", "-D", f"PORT={folder}/efawin", "-D", f"PACKAGES={folder}/installed", "-D",
                  f"WORK={folder}/work", "-P", HERE / "vcpkg_functions.cmake"], status=status)
    return folder, output


def test_vcpkg_manifest_fits_its_schema(packages):
    folder = packages.unpack(packages.port, "vcpkg manifest")
    manifest = json.loads((folder / "efawin/vcpkg.json").read_text())
    assert manifest["name"] == "efawin"
    assert manifest["version"] == packages.version
    assert set(manifest) <= {"name", "version", "description", "license", "supports"}, manifest
    assert "x64" in manifest["supports"] and "windows" in manifest["supports"]


def test_vcpkg_port_installs_and_is_consumed(packages):
    folder, _ = install_port(packages, "vcpkg")
    installed = folder / "installed"
    names = files_below(installed)
    for name in ("share/efawin/copyright", "share/efawin/usage",
                 "share/efawin/efawin-config.cmake", "bin/efawin.dll", "debug/bin/efawin.dll",
                 "lib/efawin.lib", "debug/lib/efawin.lib", "include/infiniband/verbs.h"):
        assert name in names, f"{name} is not installed"
    # vcpkg rejects headers below debug/ and programs in bin/.
    assert not any(name.startswith("debug/include") for name in names)
    assert not any(name.startswith("bin/") and name.endswith(".exe") for name in names)
    for compiler in COMPILERS:
        packages.consume_cmake(installed, compiler, f"vcpkg-{compiler}")
    packages.runs_without_a_system_dll(f"wine '{installed}/tools/efawin/efa_devinfo.exe' -l",
                                       expect="EFA")


def test_vcpkg_port_rejects_another_archive(packages):
    def other(port):
        with open(next(port.glob("*.zip")), "ab") as archive:
            archive.write(b"more")

    def none(port):
        next(port.glob("*.zip")).unlink()

    folder, output = install_port(packages, "vcpkg other", other, status=1)
    assert "is not the archive" in " ".join(output.split()), output
    assert not (folder / "installed").exists()
    _, output = install_port(packages, "vcpkg none", none, status=1)
    assert "is not beside" in " ".join(output.split()), output


# ---- The installer ----

INSTALL = """
cd "$WINEPREFIX/drive_c"
wine '{setup}' /S '/D=C:\\efa' win # one word without quotes, for the installer
(cd 'efa win' && find . -type f) | sort > '{installed}'
wine reg query 'HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\efawin' /v DisplayVersion
wine 'efa win/bin/efa_devinfo.exe' -l
# Once more, where it is already: the same place, though nobody names it.
echo kept > 'efa win/bin/of the user.txt'
wine '{setup}' /S
ls 'efa win/bin/efawin.dll'
! ls 'Program Files/efawin'
# While a program uses the DLL it changes nothing. One that is only about to use it is in time.
wine 'efa win/bin/efa_pingpong.exe' --timeout 200 > server.log 2>&1 & server=$!
status=0
for try in $(seq 20); do
    wine '{setup}' /S || status=$?
    [ $status = 0 ] || break
done
echo "in use: $status"
kill $server
wait $server || true
"""
UNINSTALL = """
wine 'efa win/uninstall.exe' /S '_?=C:\\efa' win
find 'efa win' -type f
! wine reg query 'HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\efawin'
echo all removed
"""


def test_installer_installs_and_uninstalls(packages):
    installed = packages.scratch / "installed.txt"
    script = (INSTALL + UNINSTALL).format(setup=packages.installer, installed=installed)
    output = packages.runs_without_a_system_dll(script, expect="all removed")
    names = {line[2:] for line in installed.read_text().splitlines()}
    assert names == \
        files_below(packages.unpacked_zip()) - {"SHA256SUMS", "efawin.spdx.json"} | {"uninstall.exe"}, "files that the installer writes"
    assert packages.version in output and "EFA" in output, output
    left = re.findall(r"^efa win/.*$", output, re.MULTILINE)
    # An uninstaller that is told its folder runs in it, and so does not remove itself.
    assert sorted(left) == \
        ["efa win/bin/efawin.dll", "efa win/bin/of the user.txt", "efa win/uninstall.exe"], "listed, then left"
    assert "in use: 5" in output, output
