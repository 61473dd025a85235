"""The provider that docs/add-a-provider.md builds, written into an empty folder as the page has it."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "add-a-provider.md"
SLUG = "pigeon"
_FILE = re.compile(r"^`(providers/[\w./]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def write_provider(folder: Path) -> list[str]:
    """Write its files below `folder`, and say which."""
    found = _FILE.findall(GUIDE.read_text(encoding="utf-8"))
    for name, text in found:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return [name for name, _ in found]


def environment(folder: Path) -> dict[str, str]:
    """Of a process that finds the provider in `folder`."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
