"""The spool as ingest sees it: append while Kafka is away, drain in order when it is back."""

import asyncio
import os
from asyncio import Future
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import structlog

from contracts.errors import ConfigurationInvalid, NotDurable
from ingest.limits import Room
from ingest.spool.frames import Reading
from ingest.spool.runs import Run, abandoned_runs, occupied_bytes
from ingest.spool.segment import Segment, Sync, left_behind
from ingest.spool.writer import Group, SpoolLimits, SpoolWriter, Waiting, bytes_of
from ingest.stamp import origin_of
from runtime import durable
from runtime.crash_points import crash_point
from runtime.kafka import Outgoing
from runtime.metrics import SPOOL_APPENDED, SPOOL_DAMAGED_BYTES, SPOOL_DRAINED, SPOOL_REFUSED, SPOOL_TORN

TROUBLE_S = 10.0
"""So long a refusal speaks against the process; who is sent no callbacks could not show that it takes them again."""
ABOUT = ("provider", "connection", "ce_id")
ADOPTION_S = 5.0
"""How often it looks for what other processes left behind."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Batch:
    """The oldest callbacks in the spool."""

    records: list[Outgoing]
    segment: Segment
    reading: Reading


class Spool:
    """One process's part of the spool. Make it on the loop that will run it."""

    def __init__(
        self, root: Path, limits: SpoolLimits, *, adoption_s: float = ADOPTION_S, sync: Sync = os.fdatasync
    ) -> None:
        """Take over what earlier processes left behind. Raises `ConfigurationInvalid` when there is no directory."""
        self._root = root
        self._adoption_s = adoption_s
        self._room = Room(limits.max_bytes)
        self._segments: deque[Segment] = deque()
        self._settled = asyncio.Event()
        self.unsettled_count = 0
        """Callbacks that wait for the disk."""
        self.unsettled_bytes = 0
        self._trouble, self._trouble_at = "", 0.0
        try:
            root.mkdir(parents=True, exist_ok=True)
            durable.sync(root.parent)
            self._adopt(_left_behind(root))
        except OSError as exc:
            raise ConfigurationInvalid(
                f"ingest.spool_dir: {root} cannot be used: {exc.strerror}; make it writable, or set another directory"
            ) from exc
        self._writer = SpoolWriter(root, limits, self._settle, sync=sync)

    @property
    def is_empty(self) -> bool:
        """Whether all that was taken is on Kafka."""
        return not self.unsettled_count and not any(segment.unread_bytes for segment in self._segments)

    @property
    def unread_bytes(self) -> int:
        """What is durable here and has to be drained."""
        return sum(segment.unread_bytes for segment in self._segments)

    @property
    def left_count(self) -> int:
        """Callbacks that have to be drained."""
        return sum(segment.left_count for segment in self._segments)

    @property
    def trouble(self) -> str:
        """Why callbacks could not be taken just now; empty when they could, or nobody tried."""
        recent = asyncio.get_running_loop().time() - self._trouble_at < TROUBLE_S
        return self._trouble if recent else ""

    def append(self, record: Outgoing, answer: "Future[None]") -> None:
        """Make `record` durable; `answer` is done then, or fails with `NotDurable`."""
        origin, size = origin_of(record[3]), bytes_of(record)
        if not self._room.has_room_for(origin, size):
            self._refuse(size, answer)
            return
        self._room.take(origin, size)
        self.unsettled_count += 1
        self.unsettled_bytes += size
        self._writer.append(Waiting(record, answer))

    def _refuse(self, size: int, answer: "Future[None]") -> None:
        SPOOL_REFUSED.inc()
        if self._room.is_too_full_for(size):
            self._note("the spool is full")
            answer.set_exception(NotDurable(self._trouble))
        else:
            answer.set_exception(NotDurable("the spool keeps the room that is left for other connections"))

    def _note(self, trouble: str) -> None:
        self._trouble, self._trouble_at = trouble, asyncio.get_running_loop().time()

    async def take(self, limit: int) -> Batch | None:
        """The oldest callbacks, the same again until they are dropped; null when there are none left."""
        while True:
            self._settled.clear()
            if not self._segments and not self.unsettled_count:
                return None
            head = self._segments[0] if self._segments else None
            if head is not None and head.unread_bytes:
                reading = await asyncio.to_thread(_read, head, limit)
                if reading.kept:
                    return Batch([one.record for one in reading.kept], head, reading)
                self._advance(head, reading)
            elif head is not None and not head.is_open:
                await self._finish(self._segments.popleft())
            elif self.unsettled_count:
                await self._settled.wait()
            elif head is not None:
                self._writer.retire()
                head.is_open = False

    async def drop(self, batch: Batch) -> None:
        """Forget `batch`: Kafka has it."""
        crash_point("spool.drained")
        SPOOL_DRAINED.inc(len(batch.records))
        await self._pass(batch)

    async def put_aside(self, batch: Batch, reason: str) -> None:
        """Keep `batch` for people, with its segment, and go on behind it: Kafka will never take it."""
        batch.reading.damaged_bytes += batch.reading.consumed
        for _, body, _, headers in batch.records:
            ids = {name: str(value, "ascii", "replace") for name, value in headers if name in ABOUT}
            log.error("callback_put_aside", reason=reason, body_bytes=len(body or b""), **ids)
        await self._pass(batch)

    async def _pass(self, batch: Batch) -> None:
        self._advance(batch.segment, batch.reading)
        if batch.segment.run is self._writer.run:
            self._give_back(batch.records)
        await asyncio.to_thread(batch.segment.run.write_mark, batch.segment.path.name, batch.segment.position)

    def oldest_at_ms(self) -> int | None:
        """When the oldest callback that is left was received."""
        for segment in self._segments:
            if segment.unread_bytes:
                kept = _read(segment, 1).kept
                return kept[0].timestamp_ms if kept else None
        return None

    def occupied_bytes(self) -> int:
        """What the spools of all processes hold together."""
        return occupied_bytes(self._root)

    async def run(self) -> None:
        """Take over what other processes leave behind, until cancelled. Raises what ended the writer."""
        while not self._writer.ended.done():
            await asyncio.wait([self._writer.ended], timeout=self._adoption_s)
            self._adopt(await asyncio.to_thread(_left_behind, self._root))
        self._writer.ended.result()

    async def close(self) -> None:
        """Answer who waits and let go of all runs. What is left is drained by whoever comes next."""
        await self._writer.close()
        for run in {self._writer.run, *(segment.run for segment in self._segments)}:
            if run is not None:
                run.close()

    def _adopt(self, found: list[tuple[Run, list[Segment]]]) -> None:
        """What is older goes first."""
        for run, segments in reversed(found):
            log.info("spool_adopted", run=run.name, callbacks=sum(segment.left_count for segment in segments))
            self._segments.extendleft(reversed(segments))
            if not segments:
                run.close()

    def _settle(self, group: Group) -> None:
        last = self._segments[-1] if self._segments else None
        if last is not None and last is not group.segment:
            last.is_open = False
        if group.segment is not None:
            if last is not group.segment:
                self._segments.append(group.segment)
            group.segment.size = group.size
            group.segment.left_count += len(group.members)
            SPOOL_APPENDED.inc(len(group.members))
        else:
            SPOOL_REFUSED.inc(len(group.members))
            self._give_back([one.record for one in group.members])
        self._note(group.error)
        self._room.elsewhere = max(0, group.occupied_bytes - self._room.total)
        for one in group.members:
            if not one.answer.done():
                one.answer.set_exception(NotDurable(group.error)) if group.error else one.answer.set_result(None)
        self.unsettled_count -= len(group.members)
        self.unsettled_bytes -= sum(bytes_of(one.record) for one in group.members)
        self._settled.set()

    def _give_back(self, records: list[Outgoing]) -> None:
        for record in records:
            self._room.give_back(origin_of(record[3]), bytes_of(record))

    def _advance(self, segment: Segment, reading: Reading) -> None:
        segment.position += reading.consumed
        segment.left_count = max(0, segment.left_count - len(reading.kept))
        segment.damaged_bytes += reading.damaged_bytes
        SPOOL_DAMAGED_BYTES.inc(reading.damaged_bytes)
        if reading.torn_bytes:
            SPOOL_TORN.inc()
            log.info("spool_tail_cut", segment=segment.path.name, torn_bytes=reading.torn_bytes)

    async def _finish(self, segment: Segment) -> None:
        aside = await asyncio.to_thread(segment.remove)
        if aside is not None:
            log.error("spool_damaged", kept_aside=str(aside), damaged_bytes=segment.damaged_bytes)
        if segment.run is not self._writer.run and all(other.run is not segment.run for other in self._segments):
            segment.run.close()


def _left_behind(root: Path) -> list[tuple[Run, list[Segment]]]:
    return [(run, left_behind(run)) for run in abandoned_runs(root)]


def _read(segment: Segment, limit: int) -> Reading:
    try:
        return segment.read(limit)
    except OSError as exc:
        log.warning("spool_unreadable", segment=str(segment.path), error=repr(exc))
        return Reading([], segment.unread_bytes, damaged_bytes=segment.unread_bytes)
