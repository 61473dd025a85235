"""Copies of files, down to the disk."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PIECE = 64 * 1024 * 1024
_CANNOT_SHARE = frozenset({errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})
"""The system or one of the file systems cannot copy by itself."""


def copy_from(source: int, target: Path) -> int:
    """Copy the open file `source` to `target`, down to the disk; its size. The copy shares blocks where it can."""
    size = os.fstat(source).st_size
    with target.open("wb") as file:
        done = 0
        while done < size and (copied := _copy_piece(source, file.fileno(), done, size - done)):
            done += copied
        os.fsync(file.fileno())
    return done


@contextmanager
def reading(path: Path) -> Iterator[int]:
    """A descriptor to read `path`. Never of the open store: closing it would end DuckDB's lock on the file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _copy_piece(source: int, target: int, at: int, left: int) -> int:
    try:
        return os.copy_file_range(source, target, min(left, PIECE), at, at)
    except OSError as exc:
        if exc.errno not in _CANNOT_SHARE:
            raise
        return os.pwrite(target, os.pread(source, min(left, PIECE), at), at)
