"""The topic `updates` in memory: a list for each partition."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from api.feed.bookmarks import Offsets
from api.feed.log import Bounds, Fetched, RecordsGone
from contracts.errors import BrokerUnavailable
from tests.support.feeding import Said

ORIGIN = "0123456789ab"
POLL_S = 0.005


@dataclass
class FakeRecord:
    offset: int
    timestamp: int
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @classmethod
    def of(cls, said: Said, offset: int) -> "FakeRecord":
        _, value, at_ms, headers = said.outgoing()
        return cls(offset, at_ms or 0, value, tuple(headers))


@dataclass
class FakeLog:
    """Two partitions. What lies below `firsts` is gone; while `is_silent` nobody answers; readers are counted.

    While `is_late` whoever follows hears of nothing new, though others find it.
    """

    partitions: int = 2
    is_silent: bool = False
    is_late: bool = False
    firsts: list[int] = field(default_factory=lambda: [0, 0])
    logs: dict[int, list[FakeRecord]] = field(default_factory=dict)
    reader_count: int = 0

    def write(self, partition: int, *said: Said) -> None:
        log = self.logs.setdefault(partition, [])
        for one in said:
            log.append(FakeRecord.of(one, len(log)))

    async def bounds(self) -> Bounds:
        self._answer()
        return Bounds(ORIGIN, tuple(self.firsts), self.ends())

    def ends(self) -> tuple[int, ...]:
        return tuple(len(self.logs.get(partition, [])) for partition in range(self.partitions))

    async def offsets_at(self, moment_ms: int) -> tuple[int, ...]:
        self._answer()
        return tuple(
            next((one.offset for one in self._from(part, self.firsts[part]) if one.timestamp >= moment_ms), end)
            for part, end in enumerate(self.ends())
        )

    @asynccontextmanager
    async def reader(self) -> AsyncIterator["FakeReader"]:
        self._answer()
        self.reader_count += 1
        try:
            yield FakeReader(self)
        finally:
            self.reader_count -= 1

    async def stop(self) -> None:
        pass

    def read(self, partition: int, offset: int) -> list[FakeRecord]:
        self._answer()
        if offset < self.firsts[partition]:
            raise RecordsGone(f"{partition}/{offset}")
        return self._from(partition, offset)

    def _from(self, partition: int, offset: int) -> list[FakeRecord]:
        return self.logs.get(partition, [])[offset:]

    def _answer(self) -> None:
        if self.is_silent:
            raise BrokerUnavailable("nobody answers")


@dataclass
class FakeReader:
    log: FakeLog

    async def follow(self, begin: Offsets) -> AsyncGenerator[Fetched]:
        here = list(begin)
        while True:
            found = (
                [] if self.log.is_late else [(part, self.log.read(part, offset)) for part, offset in enumerate(here)]
            )
            fetched = [(part, records) for part, records in found if records]
            for part, records in fetched:
                here[part] = records[-1].offset + 1
            if not fetched:
                await asyncio.sleep(POLL_S)
            yield fetched

    async def between(self, begin: Offsets, end: Offsets) -> AsyncGenerator[Fetched]:
        for part, (first, behind) in enumerate(zip(begin, end, strict=True)):
            for record in self.log.read(part, first)[: max(0, behind - first)]:
                await asyncio.sleep(0)
                yield [(part, [record])]
