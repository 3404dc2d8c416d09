# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""What every package has: checksums, ZIP entries, a first page, filled templates."""
import datetime
import hashlib
import pathlib
import re
import uuid
import zipfile

TEMPLATES = pathlib.Path(__file__).resolve().parent.parent
NAMESPACE = uuid.UUID("0d0a6bd5-6a1c-4f0e-9a55-54f0f1a4c1de")
DOCUMENTS = "share/doc/efawin/"


def digest(kind, content):
    return hashlib.new(kind, content).hexdigest()


def checksums(files):
    return "".join(f"{digest('sha256', content)}  {name}\n"
                   for name, content in sorted(files.items())).encode()


def zip_bytes(path, files, time):
    """Entries in order of their names, with one time, as any build of them would write them."""
    stamp = max(time, 315532800)
    when = datetime.datetime.fromtimestamp(stamp, datetime.timezone.utc).timetuple()[:6]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100755 if name.endswith((".exe", ".dll")) else 0o100644) << 16
            archive.writestr(entry, content)


def front_page(text, folder):
    """A document for another place than its own: its links lead to `folder`, where it lies."""
    return re.sub(rb"\]\((?![a-z]+:|#)", b"](" + folder.encode(), text)


def fill(template, **values):
    text = (TEMPLATES / template).read_text()
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text.encode()
