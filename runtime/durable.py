"""Steps with files that a loss of power cannot undo: what is written is on the disk before its name is."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """The file or directory as it is now survives a loss of power.

    Never for the open store: see `analytics.store.files`.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def put_in_place(made: Path, target: Path) -> None:
    """Give `made`, which is on the disk, its name; from now on it is there, and whole."""
    made.replace(target)
    sync(target.parent)


def replace(path: Path, data: bytes) -> None:
    """`path` holds `data` in one step: a reader, or the next start, finds the old or the new, never a part."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    sync(part)
    put_in_place(part, path)
