"""The whole line in memory: callbacks through normalise and track, as they are, into a store and an archive on disk.

Time is what the test says; a replay is written at a later one, as in life.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from analytics.archive.rows import Archived
from analytics.archive.shelf import Shelf
from analytics.columns import hasher
from analytics.database import Database
from analytics.freshness import Skyline
from analytics.intake import Fetched
from analytics.upkeep import Upkeep
from analytics.writer import Writer
from contracts.raw import origin_headers
from contracts.topics import load_topics
from runtime.clock import FixedClock
from runtime.kafka import Outgoing
from runtime.partitioner import partition_of
from runtime.settings import Settings
from streams.engine.stage import Decide
from streams.normalise.normaliser import Normaliser
from streams.normalise.stage import NormaliseBatch
from streams.track.stage import TRACK
from tests.support.streams_world import Record

STORED = ("callbacks", "inbound", "signals", "dead-letters", "updates")


@dataclass
class Memory:
    """What a stage remembers."""

    known: dict[bytes, bytes] = field(default_factory=dict)

    def get(self, key: bytes) -> bytes | None:
        return self.known.get(key)

    def put(self, key: bytes, value: bytes | None, /, **_times: int) -> None:
        if value is None:
            self.known.pop(key, None)
        else:
            self.known[key] = value


class WholeLine:
    """Topics by plural word and partition, read to their ends by `run`."""

    def __init__(self, settings: Settings, normaliser: Normaliser) -> None:
        self.settings = settings
        self.partitions = settings.kafka.partitions
        self.normalise: Decide = NormaliseBatch(normaliser)
        self._track = TRACK.prepare(settings)
        self._memory = Memory()
        self._logs: dict[tuple[str, int], list[Record]] = defaultdict(list)
        self._read: dict[tuple[str, str, int], int] = defaultdict(int)

    def call_back(self, provider: str, body: bytes, at: datetime, connection: str = "main") -> None:
        headers = [*origin_headers(provider, connection), ("ce_id", b"a request")]
        turn = sum(len(self._logs["callbacks", number]) for number in range(self.partitions))
        self._append("callbacks", turn % self.partitions, None, body, int(at.timestamp() * 1000), headers)

    def play_again(self, replays: Iterable[Outgoing], at: datetime) -> None:
        for turn, (key, value, _, headers) in enumerate(replays):
            self._append("callbacks", turn % self.partitions, key, value, int(at.timestamp() * 1000), headers)

    def run(self) -> None:
        """All that has come is through all stages, in the store and in the archive."""
        self._carry(self.normalise, "normalise", "callbacks")
        for topic in ("reports", "attempts"):
            self._carry(self._track, "track", topic)
        self._store()
        self._archive()

    def _carry(self, decide: Decide, stage: str, topic: str) -> None:
        for number in range(self.partitions):
            for word, outputs in decide(self._memory, self._unread(stage, topic, number), topic=topic).items():
                for key, value, at_ms, headers in outputs:
                    self._append(word, partition_of(key, self.partitions), key, value, at_ms, headers)

    def _store(self) -> None:
        database = Database(self.settings.data_dir / self.settings.store.path, self.settings.store)
        database.open()
        connection = database.cursor()
        writer = Writer(connection, hasher(b"a key for tests"), Upkeep(connection, Skyline()), seen_days=3)
        fetched = [
            Fetched(topic, number, self._unread("sink", topic, number))
            for topic in STORED
            for number in range(self.partitions)
        ]
        writer.write(writer.prepare(writer.resume(), [part for part in fetched if part.records]))
        writer.close()
        database.close()

    def _archive(self) -> None:
        topic = load_topics()["callbacks"].full_name(self.settings.kafka.topic_prefix)
        latest = max(
            record.timestamp for number in range(self.partitions) for record in self._logs["callbacks", number]
        )
        clock = FixedClock(datetime.fromtimestamp(latest / 1000).astimezone())
        shelf = Shelf(self.directory, topic, clock)
        shelf.begin(dict.fromkeys(range(self.partitions), 0))
        for number in range(self.partitions):
            shelf.take(number, self._unread("archive", "callbacks", number))
        shelf.record()

    @property
    def directory(self) -> Path:
        return self.settings.data_dir / self.settings.archive.path / "callbacks"

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The store's answer, while nobody writes."""
        database = Database(self.settings.data_dir / self.settings.store.path, self.settings.store)
        database.open()
        rows = database.cursor().execute(sql).fetchall()
        database.close()
        return rows

    def _unread(self, reader: str, topic: str, number: int) -> list[Record]:
        begin = self._read[reader, topic, number]
        records = self._logs[topic, number][begin:]
        self._read[reader, topic, number] = begin + len(records)
        return records

    def _append(
        self, topic: str, number: int, key: bytes | None, value: bytes | None, at_ms: int, headers: Any
    ) -> None:
        log = self._logs[topic, number]
        name = load_topics()[topic].full_name(self.settings.kafka.topic_prefix)
        log.append(Record(name, number, len(log), key, value, at_ms, tuple(headers)))


def originals(records: Iterable[Archived]) -> list[tuple[int, int]]:
    return sorted((record.partition, record.offset) for record in records)
