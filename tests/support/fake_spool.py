"""A spool in memory: durable at once, unless it is full."""

import asyncio
from typing import Any

from contracts.errors import NotDurable
from ingest.spool.spool import Batch
from runtime.kafka import Outgoing


class FakeSpool:
    """Gives two records at a time; `bytes_each` is what one counts for."""

    def __init__(self, *, bytes_each: int = 1) -> None:
        self.records: list[Outgoing] = []
        self.bytes_each = bytes_each
        self.aside: list[bytes | None] = []
        self.is_full = False
        self.unsettled_count = 0
        self.unsettled_bytes = 0

    @property
    def bodies(self) -> list[bytes | None]:
        return [body for _, body, _, _ in self.records]

    @property
    def is_empty(self) -> bool:
        return not self.records

    @property
    def unread_bytes(self) -> int:
        return len(self.records) * self.bytes_each

    def append(self, record: Outgoing, answer: "asyncio.Future[None]") -> None:
        if self.is_full:
            answer.set_exception(NotDurable("the spool is full"))
            return
        self.records.append(record)
        answer.set_result(None)

    async def take(self, limit: int) -> Batch | None:
        unread: Any = None
        return Batch(self.records[: min(limit, 2)], unread, unread) if self.records else None

    async def drop(self, batch: Batch) -> None:
        del self.records[: len(batch.records)]

    async def put_aside(self, batch: Batch, reason: str) -> None:
        self.aside += [body for _, body, _, _ in batch.records]
        await self.drop(batch)
