"""Following whole topics without a group: from where, until when, and on after an outage."""

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from aiokafka.structs import OffsetAndTimestamp

from runtime.clock import FixedClock
from runtime.settings import KafkaSettings
from streams.engine.moments import ms_of
from streams.tailing import Tail
from tests.support.streams_world import Record

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
KAFKA = KafkaSettings(topic_prefix="", partitions=1)
PLACE = TopicPartition("sessions-v1", 0)


class Log:
    """One partition, as far as a consumer is asked about it: two records a fetch, and at `fails_at` an outage."""

    def __init__(self, *hours: float, fails_at: int = -1) -> None:
        self.records = [
            Record("sessions-v1", 0, offset, timestamp=ms_of(NOW + timedelta(hours=hour)))
            for offset, hour in enumerate(hours)
        ]
        self.fails_at = fails_at
        self.fetches = 0
        self.begins: list[int] = []
        self.at = 0

    def assign(self, places: Sequence[TopicPartition]) -> None:
        assert list(places) == [PLACE]

    async def end_offsets(self, places):
        return {PLACE: len(self.records)}

    async def beginning_offsets(self, places):
        return {PLACE: 0}

    async def offsets_for_times(self, wanted):
        young = [one for one in self.records if one.timestamp >= wanted[PLACE]]
        return {PLACE: OffsetAndTimestamp(young[0].offset, young[0].timestamp) if young else None}

    def seek(self, place, offset) -> None:
        self.begins.append(offset)
        self.at = offset

    async def position(self, place) -> int:
        return self.at

    async def getmany(self, *, timeout_ms):
        await asyncio.sleep(0)
        self.fetches += 1
        if self.fetches == self.fails_at:
            raise KafkaConnectionError
        found = self.records[self.at : self.at + 2]
        self.at += len(found)
        return {PLACE: found} if found else {}


async def followed(log: Log, back: timedelta | None) -> list[int]:
    """The offsets that were taken when it said that it was caught up."""
    taken: list[int] = []

    @asynccontextmanager
    async def opened(_kafka):
        yield log

    def take(word, records):
        assert word == "sessions"
        taken.extend(record.offset for record in records)

    tail = Tail(KAFKA, {"sessions": back}, hear=take, clock=FixedClock(NOW), open_consumer=opened)
    running = asyncio.create_task(tail.run())
    try:
        async with asyncio.timeout(10):
            await tail.caught_up()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    return taken


@pytest.mark.parametrize(
    ("hours", "back", "taken"),
    [
        pytest.param((-50, -40, -1), timedelta(hours=48), [1, 2], id="as far back as wanted"),
        pytest.param((-60, -50), timedelta(hours=48), [], id="only what comes, where all is older"),
        pytest.param((-60, -50, -1), None, [0, 1, 2], id="from the beginning"),
        pytest.param((), timedelta(hours=48), [], id="an empty topic is caught up with at once"),
    ],
)
async def test_where_it_begins(hours, back, taken):
    assert await followed(Log(*hours), back) == taken


async def test_it_is_caught_up_once_all_that_was_there_is_taken():
    log = Log(-5, -4, -3, -2, -1)

    assert await followed(log, None) == [0, 1, 2, 3, 4]


async def test_after_an_outage_it_goes_on_behind_what_it_took():
    log = Log(-5, -4, -3, fails_at=2)

    assert await followed(log, None) == [0, 1, 2]
    assert log.begins == [0, 2]
