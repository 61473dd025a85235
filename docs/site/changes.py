"""The changelog with what the next release brings, from the fragments in docs/changes."""

from pathlib import Path

KINDS = {"added": "Added", "changed": "Changed", "fixed": "Mended", "removed": "Removed", "security": "Security"}


def changelog(root: Path) -> str:
    """`CHANGELOG.md`, and behind its first words what is not released yet, by kind."""
    parts = [(root / "CHANGELOG.md").read_text(encoding="utf-8").strip()]
    for kind, title in KINDS.items():
        told = [_entry(path) for path in sorted((root / "docs" / "changes").glob(f"*.{kind}.md"))]
        if told:
            parts.append("\n".join([f"## {title}, not released yet\n", *told]))
    return "\n\n".join(parts) + "\n"


def _entry(path: Path) -> str:
    """One fragment as an item of a list."""
    # Fragments are written where they stand, two folders below the changelog.
    lines = path.read_text(encoding="utf-8").strip().replace("](../", "](docs/").splitlines()
    return "\n".join([f"* {lines[0]}", *(f"  {line}" for line in lines[1:])])
