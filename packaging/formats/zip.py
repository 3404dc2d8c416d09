# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The ZIPs: an installed tree with a first page, an SBOM and checksums."""
from .archive import DOCUMENTS, checksums, front_page, zip_bytes
from .sbom import sbom


def with_front_page(files, document):
    folder = f"{DOCUMENTS}docs/"
    return {**files, "README.md": front_page(files[folder + document], folder)}


def make_zip(package, files, document, version, time, out):
    """`document`, of docs/, is the first page."""
    name = f"{package}-{version}-windows-x64"
    content = with_front_page(files, document)
    content[f"{package}.spdx.json"] = sbom(package, content, version, time)
    content["SHA256SUMS"] = checksums(content)
    path = out / f"{name}.zip"
    zip_bytes(path, {f"{name}/{file}": data for file, data in content.items()}, time)
    return path
