"""Pages, their headings and the links between them, read as GitHub and the built pages both read them."""

import re
from collections.abc import Iterator
from pathlib import Path

FENCE = re.compile(r"^( *)(```+)[^\n]*\n.*?^\1\2 *$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_MARKUP = re.compile(r"[`*]|\[([^\]]*)\]\([^)]*\)")


def pages(root: Path) -> list[Path]:
    """Every page that people read, without the fragments of the changelog."""
    found = [*(root / "docs").rglob("*.md"), *root.glob("providers/*/README.md")]
    told = [page for page in found if page.parent.name != "changes"]
    return sorted([*told, root / "README.md", root / "bench" / "README.md", root / "CHANGELOG.md"])


def anchor(heading: str, separator: str = "-") -> str:
    """The name by which a heading is linked to: GitHub's rule, so that one link fits both."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", separator)


def anchors(text: str) -> set[str]:
    """Those of a page."""
    headings = _HEADING.findall(FENCE.sub("", text))
    return {anchor(_MARKUP.sub(lambda found: found[1] or "", heading)) for heading in headings}


def links(text: str) -> Iterator[str]:
    """Where a page's links lead, as they are written; what stands in code is none."""
    yield from _LINK.findall(_CODE.sub("``", FENCE.sub("", text)))


def is_outward(link: str) -> bool:
    return "://" in link or link.startswith("mailto:")
