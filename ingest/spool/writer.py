"""Appends callbacks to segments by group commit: while one group becomes durable the next one collects."""

import asyncio
import os
import threading
from asyncio import Future
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ingest.spool.frames import pack
from ingest.spool.runs import Run, create_run, occupied_bytes
from ingest.spool.segment import Segment, SegmentFile, Sync
from runtime.kafka import Outgoing

FRAME_OVERHEAD = 48
FIELD_OVERHEAD = 11
"""What the encoding adds, at most."""


@dataclass(frozen=True)
class SpoolLimits:
    """How much disk the spools of all processes may take together."""

    max_bytes: int
    segment_bytes: int = 16 * 1024 * 1024


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """A callback and whoever waits for its answer."""

    record: Outgoing
    answer: "Future[None]"


@dataclass(frozen=True)
class Group:
    """What was committed at once, or was not."""

    members: list[Waiting]
    segment: Segment | None = None
    size: int = 0
    """How much of the segment is durable now."""
    error: str = ""
    """Why it was not."""
    occupied_bytes: int = 0
    """What the spools of all processes held before it."""


class SpoolWriter:
    """A thread that writes. `settle` is told of every group, on the loop."""

    def __init__(
        self, root: Path, limits: SpoolLimits, settle: Callable[[Group], None], *, sync: Sync = os.fdatasync
    ) -> None:
        self._root = root
        self._limits = limits
        self._settle = settle
        self._sync = sync
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._collecting: list[Waiting] = []
        self._is_closing = False
        self._run: Run | None = None
        self._file: SegmentFile | None = None
        self._number = 0
        self.ended: Future[None] = self._loop.create_future()
        """Done when the thread is; fails with what ended it."""
        self._thread = threading.Thread(target=self._live, name="spool", daemon=True)
        self._thread.start()

    @property
    def run(self) -> Run | None:
        """Ours, once something was written."""
        return self._run

    def append(self, one: Waiting) -> None:
        """Hand one over; it is answered with its group."""
        with self._changed:
            self._collecting.append(one)
            self._changed.notify()

    def retire(self) -> None:
        """Begin a new segment next time. Only while nothing waits."""
        with self._changed:
            self._seal()

    async def close(self) -> None:
        """Write what waits, and end."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        await asyncio.wait([self.ended])
        self._seal()

    def _live(self) -> None:
        error: BaseException | None = None
        try:
            while group := self._next():
                self._tell(self._settle, self._commit(group))
        except BaseException as exc:  # noqa: BLE001  # the outermost loop of a thread; whoever watches it must hear
            error = exc
        self._tell(self._end, error)

    def _next(self) -> list[Waiting]:
        with self._changed:
            while not self._collecting and not self._is_closing:
                self._changed.wait()
            group, self._collecting = self._collecting, []
            return group

    def _commit(self, group: list[Waiting]) -> Group:
        """After any error the segment is sealed: nobody reads what may be in it beyond what was answered."""
        occupied = 0
        try:
            occupied = occupied_bytes(self._root)
            if occupied + sum(bytes_of(one.record) for one in group) <= self._limits.max_bytes:
                file = self._write(group)
                return Group(group, file.segment, file.written_bytes, occupied_bytes=occupied)
            error = f"the spool is full with {occupied} bytes"
        except OSError as exc:
            error = f"the spool cannot be written: {exc.strerror}"
        self._seal()
        return Group(group, error=error, occupied_bytes=occupied)

    def _write(self, group: list[Waiting]) -> SegmentFile:
        file = self._open()
        begin = file.written_count
        frames = [pack(file.segment.marker, begin + at, one.record) for at, one in enumerate(group)]
        file.append(b"".join(frames), len(group))
        return file

    def _open(self) -> SegmentFile:
        """The segment to write to."""
        if self._file is not None and self._file.written_bytes >= self._limits.segment_bytes:
            self._seal()
        if self._file is None:
            if self._run is None:
                self._run = create_run(self._root)
            self._number += 1
            self._file = SegmentFile(self._run, self._number, self._sync)
        return self._file

    def _seal(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _end(self, error: BaseException | None) -> None:
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)

    def _tell(self, whom: Callable[..., None], what: object) -> None:
        self._loop.call_soon_threadsafe(whom, what)


def bytes_of(record: Outgoing) -> int:
    """Not less than its frame takes."""
    _, body, _, headers = record
    return FRAME_OVERHEAD + len(body or b"") + sum(len(name) + len(value) + FIELD_OVERHEAD for name, value in headers)
