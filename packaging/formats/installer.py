# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""The installer, which makensis writes."""
import os
import pathlib
import subprocess
import sys
import tempfile

from .archive import fill
from .zip import with_front_page


def make_installer(files, version, time, out):
    """The files of the ZIP. makensis takes them from a folder, and the time from the environment."""
    content = with_front_page(files, "README.md")
    folders = sorted({str(parent) for name in content for parent in pathlib.PurePosixPath(name).parents}
                     - {"."})
    path = out / f"efawin-{version}-windows-x64-setup.exe"
    with tempfile.TemporaryDirectory(prefix="efawin-installer-") as scratch:
        install, uninstall, folder = [], [], None
        for name, data in sorted(content.items(), key=lambda item: item[0].rpartition("/")):
            source = pathlib.Path(scratch) / "files" / name
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_bytes(data)
            place = name.rpartition("/")[0]
            if place != folder:
                install.append(f'  SetOutPath "$INSTDIR\\{place}"'.replace("/", "\\"))
                folder = place
            install.append(f'  File "files/{name}"')
            uninstall.append(f'  Delete "$INSTDIR\\{name}"'.replace("/", "\\"))
        for name in reversed(folders):
            uninstall.append(f'  RMDir "$INSTDIR\\{name}"'.replace("/", "\\"))
        script = pathlib.Path(scratch) / "efawin.nsi"
        script.write_bytes(fill(
            "installer/efawin.nsi.in", VERSION=version, OUT=str(path.resolve()),
            INSTALL="\n".join(install), UNINSTALL="\n".join(uninstall),
            KILOBYTES=str(sum(map(len, content.values())) // 1024)))
        try:
            done = subprocess.run(["makensis", "-V2", "-NOCD", script.name], cwd=scratch, text=True,
                                  env={**os.environ, "SOURCE_DATE_EPOCH": str(time)},
                                  stdin=subprocess.DEVNULL, capture_output=True, check=False)
        except FileNotFoundError:
            sys.exit("make-packages: makensis is missing: install Debian's package nsis "
                     "(scripts/install-deps)")
    if done.returncode != 0:
        sys.exit(f"make-packages: makensis failed:\n{done.stdout}{done.stderr}")
    return path
