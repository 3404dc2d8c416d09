# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Reads the Visual Studio solution and its projects as msbuild would, as far as that goes without it.
Knows nothing of the script that writes them."""
import pathlib
import re
import xml.etree.ElementTree as ElementTree

import pytest

from support.build import ROOT

NAMESPACE = "{http://schemas.microsoft.com/developer/msbuild/2003}"
CPP_PROJECT = "{8BC9CEB8-8B4A-11D0-8D11-00A0C91BC942}"
GUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", re.IGNORECASE)
ABSOLUTE = re.compile(r"(?<![A-Za-z0-9_.$)\\%])([A-Za-z]:[\\/]|\\\\|/(usr|home|opt|mnt)/)")
DLLS = {"efawin", "efawin_simulated"}
# Static libraries of CMake whose sources the projects compile themselves.
LIBRARIES_OF_PROGRAMS = ("efa_tools_common", "efawin_kit")
LIBRARIES_OF_EFASIM = ("efasim_service", "efasim_commands", "efasim_model", "efasim_client")
START_UP_STAND_INS = {"src/os/loadconfig_msabi.c", "cmake/msabi/startup.c"}
COMPILED = ("ClCompile", "ResourceCompile", "None", "ClInclude")

# Setting -> value, by the element that holds it.
COMPILER = {
    "LanguageStandard_C": "stdc11", "WarningLevel": "Level4", "TreatWarningAsError": "$(EfawinWarningsAreErrors)",
    "SDLCheck": "true", "ControlFlowGuard": "Guard", "DebugInformationFormat": "ProgramDatabase",
}
COMPILER_RELEASE = {"RuntimeLibrary": "MultiThreaded", "WholeProgramOptimization": "true"}
COMPILER_DEBUG = {"RuntimeLibrary": "MultiThreadedDebug"}
LINKER = {
    "RandomizedBaseAddress": "true", "DataExecutionPrevention": "true", "CETCompat": "true",
    "GenerateDebugInformation": "DebugFull",
}
LINKER_RELEASE = {"LinkTimeCodeGeneration": "UseLinkTimeCodeGeneration"}
LINKER_OPTIONS = ("/HIGHENTROPYVA", "/guard:cf", "/DEPENDENTLOADFLAG:0x800", "/PDBALTPATH:")
# The compiler's runtime is linked in, the Universal C Runtime is Windows' own.
RUNTIME_OPTIONS = {"Release": ["/NODEFAULTLIB:libucrt.lib", "/DEFAULTLIB:ucrt.lib"],
                   "Debug": ["/NODEFAULTLIB:libucrtd.lib", "/DEFAULTLIB:ucrtd.lib"]}


class Xml:
    def __init__(self, path):
        self.path = path
        self.root = ElementTree.parse(path).getroot()

    def all(self, name):
        return self.root.iter(NAMESPACE + name)

    def text(self, name):
        texts = {element.text for element in self.all(name)}
        assert len(texts) == 1, f"{self.path}: {name} is {texts}"
        return texts.pop()

    def settings(self, tool, configuration):
        """What applies to the tool in that configuration, later definitions over earlier ones."""
        found = {}
        for group in self.all("ItemDefinitionGroup"):
            condition = group.get("Condition", "")
            if "Configuration" in condition and f"'{configuration}'" not in condition:
                continue
            for element in group.findall(NAMESPACE + tool):
                for setting in element:
                    name = setting.tag[len(NAMESPACE):]
                    before = found.get(name, "")
                    inherits = f"%({name})"
                    found[name] = setting.text.replace(inherits, before)
        return found


class Tree:
    def __init__(self, sources):
        self.root = ROOT
        self.props = Xml(self.root / "msvc/efawin.props")
        self.solution = (self.root / "efawin.sln").read_text(encoding="utf-8-sig")
        self.entries = re.findall(r'^Project\("(.*?)"\) = "(.*?)", "(.*?)", "(.*?)"',
                                  self.solution, re.MULTILINE)
        self.projects = {name: Xml(self.root / path.replace("\\", "/"))
                         for _, name, path, _ in self.entries}
        self.cmake = {}
        for line in sources.read_text().splitlines():
            target, kind, file = line.split("|")
            if file.endswith(".c"):
                files = self.cmake.setdefault(target, (kind, set()))[1]
                files.add(pathlib.Path(file).relative_to(self.root).as_posix())

    def listed(self, project, element):
        for item in project.all(element):
            if "Include" in item.attrib:
                path = project.path.parent / item.get("Include").replace("\\", "/")
                yield path.resolve()


@pytest.fixture(scope="module")
def tree(build):
    return Tree(build.folder / "visual-studio-sources.txt")


def test_solution_has_every_project_once(tree):
    programs = {name for name, (kind, _) in tree.cmake.items() if kind == "EXECUTABLE"}
    names = [name for _, name, _, _ in tree.entries]
    assert sorted(names) == sorted(programs | DLLS), "projects"
    for kind, _, _, _ in tree.entries:
        assert kind == CPP_PROJECT


def test_identities_agree_and_are_unique(tree):
    identities = [identity for *_, identity in tree.entries]
    assert len(set(identities)) == len(identities)
    for _, name, _, identity in tree.entries:
        assert GUID.fullmatch(identity), identity
        assert tree.projects[name].text("ProjectGuid") == identity, name
        for configuration in ("Debug|x64", "Release|x64"):
            for what in ("ActiveCfg", "Build.0"):
                line = f"{identity}.{configuration}.{what} = {configuration}"
                assert tree.solution.count(line) == 1, line
    used = {m.group(0) for m in GUID.finditer(tree.solution)}
    assert used == set(identities) | {CPP_PROJECT}, "GUIDs of the solution"


def test_projects_are_x64_debug_and_release(tree):
    for name, project in tree.projects.items():
        found = {item.get("Include") for item in project.all("ProjectConfiguration")}
        assert found == {"Debug|x64", "Release|x64"}, name


def test_toolset_is_whatever_is_installed(tree):
    for name, project in tree.projects.items():
        assert project.text("PlatformToolset") == "$(DefaultPlatformToolset)", name


def test_listed_files_exist(tree):
    for name, project in tree.projects.items():
        for element in COMPILED:
            for path in tree.listed(project, element):
                assert path.is_file(), f"{name} lists {path}"
        for element in project.all("Import"):
            target = element.get("Project")
            if not target.startswith("$(VCTargetsPath)\\"):
                assert (project.path.parent / target.replace("\\", "/")).is_file(), target


def test_sources_are_those_of_cmake(tree):
    for name, project in tree.projects.items():
        files = [path.relative_to(tree.root).as_posix()
                 for path in tree.listed(project, "ClCompile")]
        assert len(files) == len(set(files)), f"{name} lists a file twice"
        libraries = () if name in DLLS else \
            LIBRARIES_OF_EFASIM if name == "efasim" else LIBRARIES_OF_PROGRAMS
        expected = set().union(*(tree.cmake[target][1] for target in (name, *libraries)))
        assert set(files) == expected - START_UP_STAND_INS, name


def test_object_files_do_not_collide(tree):
    for name, project in tree.projects.items():
        objects = []
        for item in project.all("ClCompile"):
            if "Include" in item.attrib:
                own = item.find(NAMESPACE + "ObjectFileName")
                stem = pathlib.PureWindowsPath(item.get("Include")).stem
                objects.append((own.text if own is not None else f"$(IntDir){stem}.obj").lower())
        twice = {file for file in objects if objects.count(file) > 1}
        assert not twice, f"{name}: two sources of one project give {sorted(twice)}"


def test_what_is_simulated_lies_apart(tree):
    """And says so: in its log and in its version resource."""
    for name, project in tree.projects.items():
        folders = {element.text for element in project.all("OutDir")}
        is_simulated = name in ("efawin_simulated", "efasim")
        assert folders == ({"$(OutDir)simulated\\"} if is_simulated else set()), name
    simulated = tree.projects["efawin_simulated"]
    assert simulated.text("TargetName") == "efawin"
    definitions = simulated.settings("ClCompile", "Release")["PreprocessorDefinitions"]
    for definition in ("EFAWIN_SIMULATED_ADAPTER", r'EFA_LOG_NAME=\"efawin simulated\"'):
        assert definition in definitions.split(";"), definitions
    resource = simulated.settings("ResourceCompile", "Release")["PreprocessorDefinitions"]
    assert "EFAWIN_SIMULATED" in resource.split(";"), resource
    shipped = tree.projects["efawin"].path.read_text()
    assert "SIMULATED" not in shipped and "sim\\" not in shipped


def test_projects_lie_in_their_folder(tree):
    for _, name, path, _ in tree.entries:
        assert path == f"msvc\\{name}.vcxproj"
    kinds = (".vcxproj", ".filters", ".props")
    found = {path.relative_to(tree.root).as_posix() for folder in ("", "msvc", "tools", "src")
             for path in (tree.root / folder).glob("**/*" if folder else "*")
             if path.suffix in kinds}
    assert found == {f"msvc/{name}.vcxproj" for name in tree.projects} | {"msvc/efawin.props"}


def test_dlls_have_their_exports_and_their_resource(tree):
    for name, project in tree.projects.items():
        kind = "DynamicLibrary" if name in DLLS else "Application"
        assert project.text("ConfigurationType") == kind, name
        if name in DLLS:
            assert project.settings("Link", "Release")["ModuleDefinitionFile"] == \
                "$(EfawinRoot)src\\efawin.def"
        assert [path.name for path in tree.listed(project, "ResourceCompile")] == \
            ["efawin.rc" if name in DLLS else "program.rc"], name


def test_every_project_takes_the_common_settings(tree):
    for name, project in tree.projects.items():
        imports = [element.get("Project") for element in project.all("Import")]
        common = [i for i, target in enumerate(imports) if target.endswith("efawin.props")]
        assert len(common) == 1, name
        assert imports.index("$(VCTargetsPath)\\Microsoft.Cpp.props") < common[0] \
            < imports.index("$(VCTargetsPath)\\Microsoft.Cpp.targets"), f"{name}: {imports}"
        for tool, fixed in (("ClCompile", {**COMPILER, **COMPILER_RELEASE}), ("Link", LINKER)):
            for configuration in ("Debug", "Release"):
                own = project.settings(tool, configuration)
                assert not set(own) & set(fixed), f"{name} overrides {set(own) & set(fixed)}"


def test_warnings_and_hardening_are_on(tree):
    for configuration, compiler, linker in (("Release", COMPILER_RELEASE, LINKER_RELEASE),
                                            ("Debug", COMPILER_DEBUG, {})):
        for tool, expected in (("ClCompile", {**COMPILER, **compiler}),
                               ("Link", {**LINKER, **linker})):
            settings = tree.props.settings(tool, configuration)
            for name, value in expected.items():
                assert settings.get(name) == value, f"{configuration} {name}"
        assert "/Qspectre" in tree.props.settings("ClCompile", configuration)["AdditionalOptions"]
        options = tree.props.settings("Link", configuration)["AdditionalOptions"]
        for option in LINKER_OPTIONS:
            assert option in options, f"{configuration}: {option} is not in {options}"
        assert [option for option in options.split() if "ucrt" in option] == \
            RUNTIME_OPTIONS[configuration], configuration


def test_the_same_warnings_are_off_as_in_cmake(tree):
    """5105 comes from winbase.h of Visual Studio 2019's default SDK, 4714 from its optimiser."""
    text = "".join((tree.root / name).read_text()
                   for name in ("cmake/efawin_compile.cmake", "src/CMakeLists.txt"))
    cmake = set(re.findall(r"/wd(\d+)", text))
    assert {"5105", "4714"} <= cmake, cmake
    for configuration in ("Release", "Debug"):
        numbers = tree.props.settings("ClCompile", configuration)["DisableSpecificWarnings"]
        assert set(numbers.split(";")) - {""} == cmake, configuration


def test_cmake_takes_the_same_runtime(tree):
    text = (tree.root / "cmake/efawin_compile.cmake").read_text()
    for setting in ("CMAKE_MSVC_RUNTIME_LIBRARY MultiThreaded$<$<CONFIG:Debug>:Debug>",
                    "/nodefaultlib:libucrt$<$<CONFIG:Debug>:d>.lib",
                    "/defaultlib:ucrt$<$<CONFIG:Debug>:d>.lib"):
        assert setting in text, setting


def test_a_user_can_turn_warnings_as_errors_off(tree):
    element, = tree.props.all("EfawinWarningsAreErrors")
    assert (element.get("Condition"), element.text) == \
        ("'$(EfawinWarningsAreErrors)' == ''", "true")


def test_the_sdk_is_stated(tree):
    for name, project in tree.projects.items():
        assert project.text("WindowsTargetPlatformVersion") == "10.0", name
    messages = [element.get("Text") for element in tree.props.all("Message")]
    assert any("$(TargetPlatformVersion)" in message for message in messages), messages
    assert "10.0.19041" in (tree.root / "docs/building.md").read_text(), "docs/building.md"


def test_version_comes_from_the_one_place(tree):
    assert "VERSION')" in tree.props.text("EfawinVersion")
    assert "$(EfawinVersion)" in tree.props.settings("ClCompile", "Release")["PreprocessorDefinitions"]
    resource = tree.props.settings("ResourceCompile", "Release")["PreprocessorDefinitions"]
    for part in ("MAJOR", "MINOR", "PATCH"):
        assert f"EFAWIN_VERSION_{part}=$(EfawinVersion.Split" in resource, resource
    version = (tree.root / "VERSION").read_text()
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", version), repr(version)
    assert f"## {version.strip()}" in (tree.root / "CHANGELOG.md").read_text(), \
        "the changelog does not know this version"
    for name in ("building.md", "libfabric.md", "tools.md"):
        text = (tree.root / "docs" / name).read_text(encoding="utf-8")
        assert re.search(rf"(?<![\d.]){re.escape(version.strip())}(?!\d)", text), \
            f"docs/{name} does not know this version"
        # What a program or the library prints of itself.
        shown = re.findall(r'(?:^efa_\w+ |efawin\.dll |"version": ")(\d+\.\d+\.\d+)', text,
                           re.MULTILINE)
        assert set(shown) <= {version.strip()}, f"docs/{name} shows another version: {set(shown)}"
    assert f"| {version.strip()} (this one) |" in (tree.root / "docs" / "libfabric.md").read_text(), \
        "docs/libfabric.md calls another version this one"


def test_nothing_is_absolute(tree):
    for path in [tree.props.path, tree.root / "efawin.sln",
                 *(project.path for project in tree.projects.values())]:
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            found = ABSOLUTE.search(line.replace("http://", ""))
            assert not found, f"{path.name}: {line.strip()}"
