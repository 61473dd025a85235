"""The command: looks what Kafka has lost, and adds it from the archive while nobody else has the store."""

import asyncio
import heapq
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError
from rich.console import Console

from analytics.archive.reading import Loss, Shelves
from analytics.archive.restoring import Restorer
from analytics.store.database import Database
from contracts.errors import StoreUnavailable
from contracts.topics import load_topics
from runtime.clock import SystemClock
from runtime.exits import Exit
from runtime.kafka import unanswered
from runtime.settings import Settings, load_settings
from streams.normalise.normaliser import Normaliser
from tidings.installation import at_its_kafka
from tidings.rebuild.past import Came, Past

AT_ONCE = 10_000
"""Records that are looked up and stored together."""
GRACE_MS = 3_600_000
"""What is made of a callback stands on Kafka under the callback's time, and only roughly in that order."""
DOORS = ("attempts", "callbacks")
FED = ("dead-letters", "inbound", "signals", "updates")

Starts = dict[str, dict[int, int]]


@dataclass(frozen=True, kw_only=True)
class Losses:
    """What Kafka has lost, and how far a store must have read to have all that it still has of that time."""

    starts: Starts
    """By topic and partition."""
    until_ms: int = -1
    """The newest time from which some topic may lack something, while another still has all."""
    needed: Starts = field(default_factory=dict)

    @property
    def are_none(self) -> bool:
        return self.until_ms < 0 and not any(start for offsets in self.starts.values() for start in offsets.values())

    def of(self, topic: str) -> Loss:
        return Loss(starts=self.starts[topic], until_ms=self.until_ms)


def run(config: Path | None, *, as_json: bool) -> Exit:
    """Add to the store what Kafka no longer has.

    Raises `StoreUnavailable` while it is not told yet what that is, and `ConfigurationInvalid` by another key.
    """
    settings = at_its_kafka(load_settings(config))
    losses = asyncio.run(look(settings))
    with Console(stderr=True).status("reading the archive"):
        added = rebuild(settings, losses)
    typer.echo(json.dumps({"added": added}) if as_json else f"{added} rows were added from the archive")
    return Exit.DONE


def rebuild(settings: Settings, losses: Losses, *, normaliser: Normaliser | None = None) -> int:
    """Add all of what Kafka has lost that the store lacks; how many rows that was.

    The store must have read what Kafka still has of that time, or it would be added twice.
    """
    if losses.are_none:
        return 0
    database = Database(settings.data_dir / settings.store.path, settings.store)
    database.open()
    try:
        with closing(database.cursor()) as connection:
            restorer = Restorer(connection, settings, losses.starts["callbacks"])
            _check_fed(restorer, losses.needed)
            restorer.forget_settled()
            return _restore(restorer, Past(settings, normaliser), _came(settings, losses))
    finally:
        database.close()


def _restore(restorer: Restorer, past: Past, came: Iterator[Came]) -> int:
    added = 0
    while portion := sorted(islice(came, AT_ONCE), key=_time):  # files have one partition after the other
        callbacks = [record for topic, record in portion if topic == "callbacks"]
        added += restorer.add(callbacks, list(past.live(portion)))
    return added


def _came(settings: Settings, losses: Losses) -> Iterator[Came]:
    """What came by the doors in the time that is lost, in the order of then."""
    archive = settings.data_dir / settings.archive.path
    records = {topic: Shelves(archive / topic).lost(losses.of(topic)) for topic in DOORS}
    came = [map(partial(Came, topic), found) for topic, found in records.items()]
    return heapq.merge(*came, key=_time)


def _time(came: Came) -> int:
    return came.record.timestamp


def _check_fed(restorer: Restorer, needed: Starts) -> None:
    positions = restorer.positions
    late = [
        f"{topic}/{number}"
        for topic, offsets in needed.items()
        for number, offset in offsets.items()
        if positions.get(topic, {}).get(number, 0) < offset
    ]
    if late:
        raise StoreUnavailable(
            f"the store has not read all that Kafka still has of that time ({', '.join(late[:3])}); let the api "
            "process run until its lag is small, stop it, and begin again"
        )


async def look(settings: Settings) -> Losses:
    """What Kafka has lost. Raises `BrokerUnavailable` when it does not answer."""
    kafka = settings.kafka
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, client_id="tidings-rebuild")
    try:
        await consumer.start()
        topics = {topic: _partitions(settings, topic) for topic in (*DOORS, *FED)}
        starts = {topic: await consumer.beginning_offsets(partitions) for topic, partitions in topics.items()}
        begun = [at for offsets in starts.values() for at, offset in offsets.items() if offset > 0]
        until_ms = max([-1, *(await _first_times(consumer, begun))])
        needed = {topic: await _passed(consumer, starts[topic], until_ms + GRACE_MS) for topic in FED}
        return Losses(starts={topic: _numbered(starts[topic]) for topic in DOORS}, until_ms=until_ms, needed=needed)
    except KafkaConnectionError as exc:
        raise unanswered(kafka, exc) from exc
    finally:
        await consumer.stop()


async def _first_times(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> list[int]:
    """The times of the first records there are; now, where all are gone."""
    found = await consumer.offsets_for_times(dict.fromkeys(partitions, 0)) if partitions else {}
    now_ms = int(SystemClock().now().timestamp() * 1000)
    return [first.timestamp if first else now_ms for first in found.values()]


async def _passed(consumer: AIOKafkaConsumer, starts: Mapping[TopicPartition, int], until_ms: int) -> dict[int, int]:
    """The first offsets that are later than `until_ms`, the ends where none is; of those that have anything to read."""
    ends = await consumer.end_offsets(list(starts))
    later = await consumer.offsets_for_times(dict.fromkeys(starts, until_ms))
    passed = {at: found.offset if (found := later[at]) else ends[at] for at in starts}
    return _numbered({at: offset for at, offset in passed.items() if offset > starts[at]})


def _numbered(offsets: Mapping[TopicPartition, int]) -> dict[int, int]:
    return {at.partition: offset for at, offset in offsets.items()}


def _partitions(settings: Settings, topic: str) -> list[TopicPartition]:
    name = load_topics()[topic].full_name(settings.kafka.topic_prefix)
    return [TopicPartition(name, number) for number in range(settings.kafka.partitions)]
