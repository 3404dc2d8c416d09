# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The packages of the simulated EFA: what a Windows developer without an adapter unpacks and runs."""
import shutil
import xml.etree.ElementTree as ElementTree

from outside import GCC, HERE, MSBUILD, files_below, nuget_values, run


def test_ordinary_packages_have_nothing_simulated(packages):
    for folder in (packages.unpacked_zip(), packages.unpack(packages.nupkg, "nuget is the real one")):
        for path in folder.rglob("*"):
            assert path.name not in ("simulated", "efasim.exe"), path
            if path.suffix == ".dll":
                assert b"efawin simulated" not in path.read_bytes(), path


def test_simulated_zip_has_what_it_should(packages):
    names = files_below(packages.unpacked_simulated())
    programs = {f"simulated/{name[len('bin/'):]}" for name in files_below(packages.unpacked_zip())
                if name.startswith("bin/")}
    assert {name for name in names if name.startswith("simulated/")} == \
        programs | {"simulated/efasim.exe"}
    assert {"symbols/efawin.pdb", "symbols/efasim.pdb", "profiles/efa-200g.conf", "README.md",
            "share/doc/efawin/docs/simulated-efa.md",
            "share/licenses/efawin/LICENSE-GPL-2.0"} <= names, names


def runs_simulated(machine, folder, command, expect):
    """A command line of README.md, in a folder of a package."""
    # Wine accepts no backslash in the name of the first program.
    program, *arguments = command.split()
    result = machine.run(program.replace("\\", "/") + ".exe", *arguments, cwd=folder).expect(0)
    assert expect in result.output + result.errors, result


def test_commands_of_the_simulated_zips_first_page(packages, machine):
    folder = packages.unpacked_simulated()
    text = (folder / "README.md").read_text()
    for command, expect in (
            (r"simulated\efasim run -- simulated\efa_pingpong --loopback --verify", "verified"),
            (r"simulated\efasim run -- simulated\efa_doctor", "simulated")):
        assert command in text, f"README.md has no {command}"
        runs_simulated(machine, folder, command, expect)


def copies_of_the_simulated_package(folder, wanted):
    """What its targets copy after the build with a value of EfawinSimulated: {folder: [files]}."""
    root = ElementTree.parse(folder / "build/native/efawin.simulated.targets").getroot()
    items = {}
    for group in root.iter(MSBUILD + "ItemGroup"):
        for item in group:
            pattern = item.get("Include").replace("$(MSBuildThisFileDirectory)", "")
            items[f"@({item.tag[len(MSBUILD):]})"] = \
                sorted((folder / "build/native").glob(pattern.replace("\\", "/")))
    copies = {}
    for copy in root.iter(MSBUILD + "Copy"):
        condition = copy.get("Condition")
        if condition and condition != f"'$(EfawinSimulated)' == '{wanted}'":
            continue
        source = copy.get("SourceFiles")
        single = folder / "build/native" / \
            source.replace("$(MSBuildThisFileDirectory)", "").replace("\\", "/")
        files = items.get(source, [single])
        target = copy.get("DestinationFolder").replace("$(OutDir)", "").replace("\\", "/")
        copies.setdefault(target, []).extend(files)
    return copies


def test_simulated_nuget_package_beside_the_real_one(packages, machine):
    """A program of the package efawin, with and without EfawinSimulated."""
    real = packages.unpack(packages.nupkg, "nuget beside")
    folder = packages.unpack(packages.simulated_nupkg, "simulated nuget")
    values = nuget_values(real, "Kit")
    for wanted in ("false", "true"):
        out = packages.folder(f"simulated-nuget-{wanted}")
        run([*GCC, *(f"-I{path}" for path in values["include"]), HERE / "consumer/consumer.c",
             *values["source"], "-o", out / "consumer.exe"])
        for file in values["copy"]:
            shutil.copy(file, out)
        copies = copies_of_the_simulated_package(folder, wanted)
        assert set(copies) == {"simulated", "simulated/profiles"} | ({""} if wanted == "true" else set())
        for target, files in copies.items():
            (out / target).mkdir(exist_ok=True)
            for file in files:
                assert file.is_file(), file
                shutil.copy(file, out / target)
        if wanted == "true":
            runs_simulated(machine, out, r"simulated\efasim run -- consumer.exe", "consumer done")
        else:
            packages.runs_with_the_adapter(out / "consumer.exe")
