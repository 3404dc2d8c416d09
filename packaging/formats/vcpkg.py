# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The vcpkg port, with the ZIP that it installs."""
from .archive import digest, fill, zip_bytes


def make_vcpkg(archive, version, time, out):
    data = archive.read_bytes()
    content = {
        "efawin/vcpkg.json": fill("vcpkg/vcpkg.json.in", VERSION=version),
        "efawin/portfile.cmake": fill("vcpkg/portfile.cmake.in", ARCHIVE=archive.name,
                                      SHA512=digest("sha512", data)),
        "efawin/usage": fill("vcpkg/usage"),
        f"efawin/{archive.name}": data,
    }
    path = out / f"efawin-{version}-vcpkg-port.zip"
    zip_bytes(path, content, time)
    return path
