"""Writing that a loss of power cannot undo."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """The file or directory as it is now survives a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(path: Path, data: bytes) -> None:
    """`path` holds `data` in one step: a reader, or the next start, finds the old or the new, never a part."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    sync(part)
    part.replace(path)
    sync(path.parent)
