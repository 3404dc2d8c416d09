# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""Links between the documents lead somewhere. Those of the packages: tests/packaging."""
from support.build import ROOT
from support.links import broken_links


def documents():
    return [path for path in ROOT.rglob("*.md")
            if path.relative_to(ROOT).parts[0] not in ("build", "dist", ".git")]


def test_links_of_the_documents():
    found = list(broken_links(ROOT, documents()))
    assert not found, "\n".join(found)


def test_broken_links_are_found(tmp_path):
    (tmp_path / "one.md").write_text("# One: `two`\n[a](two.md) [b](#one-two) [c](#three) `[d](four.md)`\n"
                                     "[e](https://example.org/none) [f](one.md#five)\n")
    found = list(broken_links(tmp_path, [tmp_path / "one.md"]))
    assert found == ["one.md: two.md", "one.md: #three: no such heading",
                     "one.md: one.md#five: no such heading"]
