# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Reads the built DLL as a file: exports, imports, hardening, version, debug information."""
import pathlib
import re
import struct
import uuid

import pefile
import pytest

from support.build import ROOT

# What may be imported: this and the dynamic Universal C Runtime.
IMPORTS = re.compile(r"(kernel32|api-ms-win-crt-[a-z0-9-]+|ucrtbase)\.dll", re.IGNORECASE)
# The simulated DLL also asks as which user its service runs.
IMPORTS_SIMULATED = re.compile(r"advapi32\.dll", re.IGNORECASE)
# Names of the simulated EFA, which must not appear in the shipped DLL.
TRACES = (b"simulated", b"efasim")
# The Universal C Runtime of a debug build of Visual Studio.
IMPORTS_VISUAL_STUDIO = re.compile(r"ucrtbased\.dll", re.IGNORECASE)
WRITABLE = pefile.SECTION_CHARACTERISTICS["IMAGE_SCN_MEM_WRITE"]
EXECUTABLE = pefile.SECTION_CHARACTERISTICS["IMAGE_SCN_MEM_EXECUTE"]
GUARD_CF_INSTRUMENTED, GUARD_CF_FUNCTION_TABLE_PRESENT = 0x100, 0x400
DEBUG_TYPE_CODEVIEW, DEBUG_TYPE_EX_DLLCHARACTERISTICS, CET_COMPAT = 2, 20, 1
MACHINE_X64 = 0x8664
FLAG_SPECIAL_BUILD = 0x20
FIRST_EXPORTS = pathlib.Path(__file__).with_name("first_exports.txt")


class Built:
    def __init__(self, path, kind, is_simulated):
        self.path = path
        self.bytes = self.path.read_bytes()
        self.pe = pefile.PE(path)
        page = (ROOT / "docs/api/README.md").read_text(encoding="utf-8")
        section = re.search(r"^## Exports$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL).group(1)
        self.documented_exports = set(re.findall(r"\[(\w+)\]", section))
        self.exports = {symbol.name.decode() if symbol.name else f"ordinal {symbol.ordinal}"
                        for symbol in self.pe.DIRECTORY_ENTRY_EXPORT.symbols}
        self.version = (ROOT / "VERSION").read_text().strip()
        self.kind = kind
        self.is_simulated = is_simulated

    def flag(self, name):
        return bool(self.pe.OPTIONAL_HEADER.DllCharacteristics
                    & pefile.DLL_CHARACTERISTICS["IMAGE_DLLCHARACTERISTICS_" + name])

    def load_config(self):
        return self.pe.DIRECTORY_ENTRY_LOAD_CONFIG.struct

    def debug(self, kind):
        return [entry for entry in getattr(self.pe, "DIRECTORY_ENTRY_DEBUG", [])
                if entry.struct.Type == kind]


@pytest.fixture(scope="module")
def built(request):
    """The build's DLL, or its simulated one, or one of the release build that --dll names."""
    path, is_simulated = (request.config.getoption(name) for name in ("--dll", "--simulated"))
    if path:
        return Built(path, "microsoft", is_simulated)
    build = request.getfixturevalue("build")
    return Built(build.file("efawin_simulated" if is_simulated else "efawin"), build.kind, is_simulated)


@pytest.fixture
def msabi(built):
    """A DLL that a linker for Microsoft's ABI wrote; conftest.py leaves these cases out for mingw."""
    return built


# ---- Both builds ----

def test_is_for_x64(built):
    assert built.pe.FILE_HEADER.Machine == MACHINE_X64


def test_exports_are_the_documented_ones_by_name(built):
    missing, extra = built.documented_exports - built.exports, built.exports - built.documented_exports
    assert not missing and not extra, f"missing {sorted(missing)}, not documented {sorted(extra)}"


def test_first_clients_find_their_calls(built):
    names = {line for line in FIRST_EXPORTS.read_text().splitlines() if not line.startswith("#")}
    assert len(names) == 27
    assert names <= built.exports, f"missing {sorted(names - built.exports)}"


def test_imports_are_kernel32_and_the_ucrt(built):
    for entry in built.pe.DIRECTORY_ENTRY_IMPORT:
        name = entry.dll.decode()
        allowed = IMPORTS.fullmatch(name) or \
            (built.kind == "visual-studio" and IMPORTS_VISUAL_STUDIO.fullmatch(name)) or \
            (built.is_simulated and IMPORTS_SIMULATED.fullmatch(name))
        assert allowed, f"{name}: {[i.name.decode() for i in entry.imports]}"
    assert not hasattr(built.pe, "DIRECTORY_ENTRY_DELAY_IMPORT")


def test_address_layout_is_random_and_data_not_executable(built):
    for name in ("DYNAMIC_BASE", "HIGH_ENTROPY_VA", "NX_COMPAT"):
        assert built.flag(name), f"{name} is not set"
    assert not built.pe.FILE_HEADER.IMAGE_FILE_RELOCS_STRIPPED
    assert built.pe.OPTIONAL_HEADER.DATA_DIRECTORY[5].Size > 0, "no relocations to move it by"


def test_no_section_is_writable_and_executable(built):
    for section in built.pe.sections:
        assert not (section.Characteristics & WRITABLE and section.Characteristics & EXECUTABLE), \
            section.Name


def test_version_resource_has_the_version(built):
    expected = tuple(int(part) for part in built.version.split(".")) + (0,)
    fixed = built.pe.VS_FIXEDFILEINFO[0]
    for high, low in ((fixed.FileVersionMS, fixed.FileVersionLS),
                      (fixed.ProductVersionMS, fixed.ProductVersionLS)):
        assert (high >> 16, high & 0xffff, low >> 16, low & 0xffff) == expected
    strings = {key.decode(): value.decode() for info in built.pe.FileInfo[0]
               if info.Key.rstrip(b"\0") == b"StringFileInfo"
               for table in info.StringTable for key, value in table.entries.items()}
    assert strings.get("OriginalFilename") == "efawin.dll"
    assert (strings.get("FileVersion"), strings.get("ProductVersion")) == (built.version,) * 2
    for key in ("ProductName", "FileDescription", "LegalCopyright"):
        assert strings.get(key), f"no {key} in {strings}"
    assert strings.get("SpecialBuild") == ("simulated" if built.is_simulated else None)
    assert ("simulated" in strings["FileDescription"]) == built.is_simulated
    assert bool(fixed.FileFlags & FLAG_SPECIAL_BUILD) == built.is_simulated


def test_what_ships_has_no_trace_of_the_simulated_efa(built):
    """A trace is found in the simulated DLL, so the search can find one."""
    content = built.bytes.lower()
    for trace in TRACES:
        is_found = trace in content or trace.decode().encode("utf-16-le") in content
        assert is_found == built.is_simulated, trace


def test_no_path_of_the_build_machine(built):
    root = str(ROOT).encode()
    files = [("DLL", built.bytes)]
    if built.kind == "microsoft":
        files.append(("PDB", built.path.with_suffix(".pdb").read_bytes()))
    for place in (root, root.replace(b"/", b"\\")):
        for name, content in files:
            assert place not in content, f"{place} in the {name} at {content.find(place)}"


# ---- Only Microsoft's ABI ----

def test_control_flow_guard_has_a_table(msabi):
    config = msabi.load_config()
    assert msabi.flag("GUARD_CF")
    assert config.GuardFlags & GUARD_CF_INSTRUMENTED
    assert config.GuardFlags & GUARD_CF_FUNCTION_TABLE_PRESENT
    exports = len(msabi.exports)
    assert config.GuardCFFunctionCount >= exports, f"{config.GuardCFFunctionCount} functions"
    for pointer in (config.GuardCFCheckFunctionPointer, config.GuardCFDispatchFunctionPointer):
        value = msabi.pe.get_qword_at_rva(pointer - msabi.pe.OPTIONAL_HEADER.ImageBase)
        assert value, "a guard pointer leads nowhere"


def test_dependencies_are_loaded_from_system32_only(msabi):
    config = msabi.load_config()
    # pefile calls the field by its older name in some versions.
    flags = struct.unpack_from("<H", msabi.bytes, config.get_file_offset() + 78)[0]
    assert flags == 0x800


def test_shadow_stacks_are_allowed(msabi):
    entries = msabi.debug(DEBUG_TYPE_EX_DLLCHARACTERISTICS)
    assert entries, "no extended characteristics"
    offset = entries[0].struct.PointerToRawData
    assert struct.unpack_from("<I", msabi.bytes, offset)[0] & CET_COMPAT


def read_pdb_identity(path):
    """GUID and age from the PDB's second stream; a multi-stream file is blocks of a fixed size."""
    data = path.read_bytes()
    assert data.startswith(b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0"), "not a PDB"
    block_size, _, _, directory_size, _, map_block = struct.unpack_from("<6I", data, 32)
    count = -(-directory_size // block_size)
    blocks = struct.unpack_from(f"<{count}I", data, map_block * block_size)
    directory = b"".join(data[b * block_size:(b + 1) * block_size] for b in blocks)
    streams = struct.unpack_from("<I", directory)[0]
    sizes = struct.unpack_from(f"<{streams}I", directory, 4)
    first = -(-sizes[0] // block_size)
    info = struct.unpack_from("<I", directory, 4 + 4 * streams + 4 * first)[0]
    _, _, age = struct.unpack_from("<3I", data, info * block_size)
    guid = data[info * block_size + 12:info * block_size + 28]
    return uuid.UUID(bytes_le=guid), age


def test_pdb_lies_beside_it_and_matches(msabi):
    entry = msabi.debug(DEBUG_TYPE_CODEVIEW)[0].struct
    signature, guid, age = struct.unpack_from("<4s16sI", msabi.bytes, entry.PointerToRawData)
    name = msabi.bytes[entry.PointerToRawData + 24:].split(b"\0", 1)[0].decode()
    assert signature == b"RSDS"
    assert name == "efawin.pdb"
    pdb_guid, pdb_age = read_pdb_identity(msabi.path.with_name(name))
    assert (pdb_guid, pdb_age) == (uuid.UUID(bytes_le=guid), age)
