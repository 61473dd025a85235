"""A segment file: written by one thread of one process, read by whoever drains it."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ingest.spool.frames import MAGIC, MARKER_BYTES, Reading, read_frames
from ingest.spool.runs import DAMAGED, Run
from runtime.crash_points import crash_point

SUFFIX = ".segment"
NAME = re.compile(r"\d{6}-[0-9a-f]{16}" + re.escape(SUFFIX))
PIECE_BYTES = 256 * 1024

Sync = Callable[[int], None]
"""Returns when what was written to a file is on the disk."""


@dataclass(eq=False)
class Segment:
    """One file, and how far it was drained."""

    run: Run
    path: Path
    size: int = 0
    """Bytes that are durable."""
    left_count: int = 0
    """Callbacks that are not drained yet."""
    position: int = 0
    damaged_bytes: int = 0
    is_open: bool = False
    """Whether more may come."""
    marker: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.marker = bytes.fromhex(self.path.stem.split("-")[1])

    @property
    def unread_bytes(self) -> int:
        return self.size - self.position

    def read(self, limit: int) -> Reading:
        """Up to `limit` callbacks from where it was drained to. Raises `OSError`."""
        length, end = PIECE_BYTES, self.size
        with self.path.open("rb", buffering=0) as file:
            while True:
                wanted = min(length, end - self.position)
                piece = os.pread(file.fileno(), wanted, self.position)
                is_last = len(piece) < wanted or self.position + wanted == end
                begin = min(len(MAGIC), wanted) if self.position == 0 and MAGIC.startswith(piece[: len(MAGIC)]) else 0
                found = read_frames(piece[begin:], self.marker, is_last=is_last, limit=limit)
                found.consumed += begin
                if found.consumed or is_last:
                    return found
                length *= 2

    def count(self) -> int:
        """About how many callbacks are left in it."""
        try:
            return self.path.read_bytes()[self.position :].count(self.marker)
        except OSError:
            return 0  # whoever drains it will say why

    def remove(self) -> Path | None:
        """Delete it, or keep it aside when a part of it could not be read; where."""
        if not self.damaged_bytes:
            self.path.unlink(missing_ok=True)
            return None
        aside = self.run.directory.parent / f"{self.run.name}-{self.path.stem}{DAMAGED}"
        self.path.rename(aside)
        return aside


class SegmentFile:
    """The file of a segment that is being written. Not for two threads."""

    def __init__(self, run: Run, number: int, sync: Sync = os.fdatasync) -> None:
        """Make it, durably. Raises `OSError` and leaves nothing behind."""
        self._sync = sync
        path = run.directory / f"{number:06d}-{os.urandom(MARKER_BYTES).hex()}{SUFFIX}"
        self.segment = Segment(run, path, is_open=True)
        self.written_bytes, self.written_count = 0, 0
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            self.append(MAGIC, 0)
            run.sync()
        except OSError:
            self.close()
            raise

    def append(self, data: bytes, count: int) -> None:
        """Returns when `data` is durable. Raises `OSError`; then nothing of it is in the file, or nobody will read it:
        close it and go on in another.
        """
        try:
            _write_whole(self._file, data)
            crash_point("spool.appended")
            self._sync(self._file)
        except OSError:
            os.ftruncate(self._file, self.written_bytes)
            raise
        self.written_bytes += len(data)
        self.written_count += count
        crash_point("spool.synced")

    def close(self) -> None:
        """Write no more. A file without callbacks goes."""
        os.close(self._file)
        if not self.written_count:
            self.segment.path.unlink(missing_ok=True)


def left_behind(run: Run) -> list[Segment]:
    """The segments of an adopted run, in the order in which they were written."""
    marked, position = run.read_mark()
    segments = []
    for path in sorted(path for path in run.directory.iterdir() if NAME.fullmatch(path.name)):
        segment = Segment(run, path, path.stat().st_size)
        if path.name == marked and position <= segment.size:
            segment.position = position
        segment.left_count = segment.count()
        segments.append(segment)
    return segments


def _write_whole(file: int, data: bytes) -> None:
    """A disk that fills up takes a part of what it is given."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
