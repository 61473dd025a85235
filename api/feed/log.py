"""What the feed needs of Kafka. `api.feed.kafka_log` has it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from api.feed.bookmarks import Offsets
from contracts.errors import TidingsError


class RecordsGone(TidingsError):
    """Kafka no longer has the records that a reader needs next."""


class Record(Protocol):
    """What of a Kafka record counts here."""

    offset: int
    timestamp: int
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


Fetched = Sequence[tuple[int, Sequence[Record]]]
"""Partitions, and records of each in order."""


class Bounds(NamedTuple):
    """What Kafka has: from the first offset of each partition to, not including, its end."""

    origin: str
    firsts: Offsets
    ends: Offsets


class LogReader(Protocol):
    """A reader of its own; it may be used by one task."""

    def follow(self, begin: Offsets) -> AsyncGenerator[Fetched]:
        """What comes from `begin` on, without end; empty each time that nothing has come for a moment.

        Raises `RecordsGone`.
        """

    def between(self, begin: Offsets, end: Offsets) -> AsyncGenerator[Fetched]:
        """Exactly the records from `begin` to, not including, `end`; likewise."""


class Log(Protocol):
    """The topic `updates`. All may raise `BrokerUnavailable`."""

    async def bounds(self) -> Bounds: ...

    async def offsets_at(self, moment_ms: int) -> Offsets:
        """Of each partition the first record that is not older; the end where there is none."""

    def reader(self) -> AbstractAsyncContextManager[LogReader]: ...

    async def stop(self) -> None: ...
