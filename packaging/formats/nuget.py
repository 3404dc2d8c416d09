# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""NuGet packages: efawin, and efawin.simulated."""
import uuid
from xml.sax.saxutils import escape

from .archive import DOCUMENTS, NAMESPACE, fill, front_page, zip_bytes

EXAMPLES = "share/efawin/examples/"
CONTENT_TYPES = {"rels": "application/vnd.openxmlformats-package.relationships+xml",
                 "psmdcp": "application/vnd.openxmlformats-package.core-properties+xml"}


def core_properties(package, version):
    return ('<?xml version="1.0" encoding="utf-8"?>\n'
            '<coreProperties xmlns:dc="http://purl.org/dc/elements/1.1/" '
            'xmlns="http://schemas.openxmlformats.org/package/2006/metadata/core-properties">'
            "<dc:creator>efawin contributors</dc:creator>"
            f"<dc:identifier>{package}</dc:identifier><version>{escape(version)}</version>"
            "</coreProperties>\n").encode()


def relationships(package, properties):
    base = "http://schemas.openxmlformats.org/package/2006/relationships"
    core = base + "/metadata/core-properties"
    manifest = "http://schemas.microsoft.com/packaging/2010/07/manifest"
    return ('<?xml version="1.0" encoding="utf-8"?>\n'
            f'<Relationships xmlns="{base}">'
            f'<Relationship Type="{manifest}" Target="/{package}.nuspec" Id="R1" />'
            f'<Relationship Type="{core}" Target="/{properties}" Id="R2" />'
            "</Relationships>\n").encode()


def content_types(names):
    kinds = sorted({name.rsplit(".", 1)[1] for name in names if "." in name.rsplit("/", 1)[-1]})
    defaults = "".join(
        f'<Default Extension="{kind}" '
        f'ContentType="{CONTENT_TYPES.get(kind, "application/octet")}" />' for kind in kinds)
    return ('<?xml version="1.0" encoding="utf-8"?>\n'
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f"{defaults}</Types>\n").encode()


def write_package(package, content, version, time, out):
    """The files that each package has come to `content`."""
    properties = ("package/services/metadata/core-properties/"
                  f"{uuid.uuid5(NAMESPACE, f'{package} {version}').hex}.psmdcp")
    content[f"{package}.nuspec"] = fill(f"nuget/{package}.nuspec.in", VERSION=version)
    content[f"build/native/{package}.targets"] = fill(f"nuget/{package}.targets")
    content[properties] = core_properties(package, version)
    content["_rels/.rels"] = relationships(package, properties)
    content["[Content_Types].xml"] = content_types(content)
    path = out / f"{package}.{version}.nupkg"
    zip_bytes(path, content, time)
    return path


def take_common_files(files, document):
    """Licences and documents, with `document`, of docs/, as the first page."""
    content = {name.removeprefix(DOCUMENTS): data for name, data in files.items()
               if name.startswith(DOCUMENTS)}
    content["README.md"] = front_page(content[f"docs/{document}"], "docs/")
    for name in ("LICENSE-GPL-2.0", "LICENSE-Linux-OpenIB"):
        content[f"licenses/{name.replace('.', '-')}.txt"] = files[f"share/licenses/efawin/{name}"]
    return content


def make_nuget(files, version, time, out):
    content = take_common_files(files, "README.md")
    content |= {
        "build/native/efawin.props": fill("nuget/efawin.props"),
        "build/native/lib/x64/efawin.lib": files["lib/efawin.lib"],
        "build/native/bin/x64/efawin.dll": files["bin/efawin.dll"],
        "build/native/bin/x64/efawin.pdb": files["symbols/efawin.pdb"],
    }
    for name, data in files.items():
        if name.startswith("include/"):
            content[f"build/native/{name}"] = data
        elif name.startswith(EXAMPLES) and not name.endswith("CMakeLists.txt"):
            content[name.removeprefix("share/efawin/")] = data
    return write_package("efawin", content, version, time, out)


def make_simulated_nuget(files, version, time, out):
    content = take_common_files(files, "without-adapter.md")
    content |= {f"build/native/{name}": data for name, data in files.items()
                if name.startswith(("simulated/", "profiles/"))}
    content["build/native/simulated/efawin.pdb"] = files["symbols/efawin.pdb"]
    return write_package("efawin.simulated", content, version, time, out)
