"""The whole line in memory: callbacks through normalise and track, as they are, into a store and an archive on disk.

Time is what the test says; a replay is written at a later one, as in life.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from analytics.archive.shelf import Shelf
from analytics.freshness import Skyline
from analytics.sink.columns import hasher
from analytics.sink.intake import Fetched
from analytics.sink.pseudonyms import load_hash_key
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.upkeep import Upkeep
from contracts.archived import Archived
from contracts.codec import encode
from contracts.envelope import fixed_headers
from contracts.identity import attempt_key
from contracts.raw import origin_headers
from contracts.records import AttemptRegistered
from contracts.topics import load_topics
from runtime.clock import FixedClock
from runtime.kafka import Outgoing
from runtime.partitioner import partition_of
from runtime.settings import Settings
from streams.engine.stage import Decide
from streams.normalise.normaliser import Normaliser
from streams.normalise.stage import NormaliseBatch
from streams.track.stage import TRACK
from tests.support.empty_store import new_store
from tests.support.streams_world import Record

STORED = ("callbacks", "inbound", "signals", "dead-letters", "updates")


@dataclass
class Memory:
    """What a stage remembers."""

    known: dict[bytes, bytes] = field(default_factory=dict)
    due: dict[bytes, int] = field(default_factory=dict)

    def get(self, key: bytes) -> bytes | None:
        return self.known.get(key)

    def put(self, key: bytes, value: bytes | None, /, *, due_ms: int = 0, waits_since_ms: int = 0) -> None:
        self.due[key] = due_ms
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

    def register(self, root_id: str, message_id: str, at: datetime, connection: str = "main") -> None:
        """A registration as the API writes it."""
        key = attempt_key("ledger", connection, root_id)
        told = AttemptRegistered(
            provider="ledger",
            connection=connection,
            account="default",
            root_id=root_id,
            registered_at=at,
            message_id=message_id,
        )
        number = partition_of(key, self.partitions)
        self._append("attempts", number, key, encode(told), int(at.timestamp() * 1000), fixed_headers("attempt", "api"))

    def play_again(self, replays: Iterable[Outgoing], at: datetime) -> None:
        for turn, (key, value, _, headers) in enumerate(replays):
            self._append("callbacks", turn % self.partitions, key, value, int(at.timestamp() * 1000), headers)

    def run(self) -> None:
        """All that has come is through all stages, in the store and in the archive."""
        self.carry()
        self.store(self.settings)
        self.archive()

    def carry(self) -> None:
        """All that has come is through all stages."""
        self._carry(self.normalise, "normalise", "callbacks")
        for topic in ("reports", "attempts"):
            self._carry(self._track, "track", topic)

    def _carry(self, decide: Decide, stage: str, topic: str) -> None:
        """In the order of their times, as records come in life."""
        unread = [record for number in range(self.partitions) for record in self._unread(stage, topic, number)]
        unread.sort(key=lambda record: record.timestamp)
        for word, outputs in decide(self._memory, unread, topic=topic).items():
            for key, value, at_ms, headers in outputs:
                self._append(word, partition_of(key, self.partitions), key, value, at_ms, headers)

    def pass_time(self, until: datetime) -> None:
        """The times that track has set come, up to then."""
        for key, due_ms in sorted(self._memory.due.items(), key=lambda item: item[1]):
            if 0 < due_ms <= int(until.timestamp() * 1000):
                self._append("track-due", partition_of(key, self.partitions), key, b"", due_ms, [])
        self._carry(self._track, "track", "track-due")

    def store(self, settings: Settings, begins: Mapping[tuple[str, int], int] = MappingProxyType({})) -> None:
        """Into the store of `settings`, from where Kafka begins when it is new."""
        hashed = hasher(load_hash_key(settings))
        path = settings.data_dir / settings.store.path
        database = Database(path if path.exists() else new_store(path), settings.store)
        database.open()
        connection = database.cursor()
        upkeep = Upkeep(connection, Skyline())
        writer = Writer(connection, hashed, upkeep, seen_days=3)
        intake = writer.resume()
        fetched = [
            Fetched(
                topic,
                number,
                self._logs[topic, number][intake.next_offsets.get((topic, number), begins.get((topic, number), 0)) :],
            )
            for topic in STORED
            for number in range(self.partitions)
        ]
        writer.write(writer.prepare(intake, [part for part in fetched if part.records]))
        writer.close()
        database.close()

    def begins_after(self, moment: datetime) -> dict[tuple[str, int], int]:
        """Where the topics begin when Kafka has removed what is older, as far as it stands at the front."""
        at_ms = int(moment.timestamp() * 1000)
        return {
            place: next((record.offset for record in log if record.timestamp >= at_ms), len(log))
            for place, log in self._logs.items()
        }

    def archive(self) -> None:
        for topic in ("attempts", "callbacks"):
            name = load_topics()[topic].full_name(self.settings.kafka.topic_prefix)
            shelf = Shelf(self.directory.parent / topic, name, FixedClock(datetime(2026, 11, 21, 12, tzinfo=UTC)))
            shelf.begin(dict.fromkeys(range(self.partitions), 0))
            for number in range(self.partitions):
                shelf.take(number, self._unread("archive", topic, number))
            shelf.record()

    @property
    def directory(self) -> Path:
        return self.settings.data_dir / self.settings.archive.path / "callbacks"

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return ask(self.settings, sql)

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


def ask(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    """The store's answer, while nobody writes."""
    return ask_all(settings, {"it": sql})["it"]


def ask_all(settings: Settings, questions: Mapping[str, str]) -> dict[str, list[tuple[Any, ...]]]:
    """The store's answers by the name of the question."""
    database = Database(settings.data_dir / settings.store.path, settings.store)
    database.open()
    answers = {name: database.cursor().execute(sql).fetchall() for name, sql in questions.items()}
    database.close()
    return answers


def originals(records: Iterable[Archived]) -> list[tuple[int, int]]:
    return sorted((record.partition, record.offset) for record in records)
