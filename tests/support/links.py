# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Links in Markdown files: do their targets exist? No test is in here."""
import re

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


def anchors(text):
    """The names that headings get: lower case, blanks as hyphens, without punctuation."""
    found = set()
    for heading in HEADING.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def broken_links(root, files):
    """FILE: LINK of each relative link in `files` whose target is not there."""
    for path in files:
        text = path.read_text(encoding="utf-8")
        for link in LINK.findall(CODE.sub("", text)):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = path.parent / name if name else path
            if not target.exists():
                yield f"{path.relative_to(root)}: {link}"
            elif anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
                yield f"{path.relative_to(root)}: {link}: no such heading"
