"""A stage's world is what its topics say, all partitions of them, and nothing is decided before it is read."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from structlog.testing import capture_logs

from contracts.errors import PayloadInvalid
from runtime.clock import FixedClock
from runtime.settings import KafkaSettings
from streams.engine.lookout import TopicLookout
from tests.support.streams_world import Record

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
KAFKA = KafkaSettings(topic_prefix="t-", partitions=2)
WISHES, HEALTH = TopicPartition("t-suppressions-v1", 1), TopicPartition("t-health-v1", 0)


@dataclass
class Log:
    """Kafka as a consumer sees it; what is there is handed out two records at a time."""

    records: dict[TopicPartition, list[Record]] = field(default_factory=dict)
    positions: dict[TopicPartition, int] = field(default_factory=dict)
    outages: int = 0

    def add(self, place, key, *, at_ms=NOW_MS, value=b"value"):
        log = self.records.setdefault(place, [])
        log.append(Record(place.topic, place.partition, len(log), key, value, at_ms))

    def assign(self, places):
        self.positions = dict.fromkeys(places, 0)

    def seek(self, place, offset):
        self.positions[place] = offset

    async def end_offsets(self, places):
        return {place: len(self.records.get(place, ())) for place in places}

    async def beginning_offsets(self, places):
        return dict.fromkeys(places, 0)

    async def offsets_for_times(self, times):
        found = {}
        for place, at_ms in times.items():
            later = [record for record in self.records.get(place, ()) if record.timestamp >= at_ms]
            found[place] = SimpleNamespace(offset=later[0].offset) if later else None
        return found

    async def position(self, place):
        return self.positions[place]

    async def getmany(self, *, timeout_ms):
        await asyncio.sleep(0)
        if self.outages:
            self.outages -= 1
            raise KafkaConnectionError
        found = {place: self.records.get(place, [])[at : at + 2] for place, at in self.positions.items()}
        found = {place: records for place, records in found.items() if records}
        self.positions |= {place: records[-1].offset + 1 for place, records in found.items()}
        return found


@dataclass
class Watching:
    """A lookout over a log, and what it told."""

    log: Log = field(default_factory=Log)
    told: list[tuple[str, bytes]] = field(default_factory=list)

    def tell(self, word, key, value, at_ms):
        if value == b"garbage":
            raise PayloadInvalid("garbage")
        self.told.append((word, key))

    @asynccontextmanager
    async def until_ready(self):
        @asynccontextmanager
        async def opened(_kafka):
            yield self.log

        watched = {"suppressions": None, "health": lambda now: now - timedelta(minutes=15)}
        lookout = TopicLookout(KAFKA, watched, self.tell, clock=FixedClock(NOW), open_consumer=opened)
        running = asyncio.create_task(lookout.run())
        await asyncio.wait_for(lookout.ready(), 10)
        yield
        running.cancel()


@pytest.fixture
def watching():
    return Watching()


async def test_all_is_read_before_it_is_ready_and_what_comes_later_is_told(watching):
    for number in range(5):
        watching.log.add(WISHES, b"%d" % number)
    async with watching.until_ready():
        before = list(watching.told)
        watching.log.add(WISHES, b"later")
        await asyncio.sleep(0.01)

    assert before == [("suppressions", b"%d" % number) for number in range(5)]
    assert watching.told[5:] == [("suppressions", b"later")]


async def test_what_does_not_matter_any_more_is_not_read(watching):
    watching.log.add(WISHES, b"of last year", at_ms=0)
    watching.log.add(HEALTH, b"long ago", at_ms=NOW_MS - 16 * 60_000)
    watching.log.add(HEALTH, b"now", at_ms=NOW_MS - 14 * 60_000)
    watching.log.add(beside(HEALTH), b"long ago", at_ms=0)
    async with watching.until_ready():
        pass

    assert sorted(watching.told) == [("health", b"now"), ("suppressions", b"of last year")]


def beside(place):
    return TopicPartition(place.topic, 1 - place.partition)


async def test_it_is_ready_at_once_where_nothing_was_told(watching):
    async with watching.until_ready():
        pass

    assert watching.told == []


async def test_what_cannot_be_read_is_said_and_stops_nothing(watching):
    watching.log.add(WISHES, b"a", value=b"garbage")
    watching.log.add(WISHES, b"b")
    with capture_logs() as logs:
        async with watching.until_ready():
            pass

    assert watching.told == [("suppressions", b"b")]
    assert [one["reason"] for one in logs if one["event"] == "unreadable"] == ["garbage"]


async def test_an_outage_is_outlived(watching, monkeypatch):
    monkeypatch.setattr("streams.engine.lookout.PAUSE_S", 0.0)
    watching.log.add(WISHES, b"a")
    watching.log.outages = 2
    async with watching.until_ready():
        pass

    assert watching.told == [("suppressions", b"a")]
