"""The stages once more, in this process and in the order of then: archived records in, what was made of them out."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from analytics.archive.restoring import Told
from contracts.archived import Archived
from contracts.topics import load_topics
from providers import load_providers
from runtime.partitioner import partition_of
from runtime.settings import Settings
from streams.engine.stage import Decide, Output, Stateless
from streams.normalise.normaliser import Normaliser
from streams.normalise.stage import NormaliseBatch
from streams.track.stage import DUE, TRACK


class Came(NamedTuple):
    """A record that came in by a door; `topic` is the plural word."""

    topic: str
    record: Archived


class Source(NamedTuple):
    """A record as a stage reads it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class Memory:
    """What track remembers, and the times it has set."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}
        self._due: dict[bytes, int] = {}
        self._calendar: list[tuple[int, bytes]] = []

    def get(self, key: bytes) -> bytes | None:
        return self._known.get(key)

    def put(self, key: bytes, value: bytes | None, /, *, due_ms: int = 0, waits_since_ms: int = 0) -> None:  # noqa: ARG002  # the face of a view
        self._due.pop(key, None)
        if value is None:
            self._known.pop(key, None)
            return
        self._known[key] = value
        if due_ms:
            self._due[key] = due_ms
            heapq.heappush(self._calendar, (due_ms, key))

    def pop_due(self, now_ms: int) -> Iterator[tuple[int, bytes]]:
        """The times that have come by then, the earliest first; those that were set anew meanwhile are passed over."""
        while self._calendar and self._calendar[0][0] <= now_ms:
            due_ms, key = heapq.heappop(self._calendar)
            if self._due.get(key) == due_ms:
                yield due_ms, key


class Past:
    """Lives through what came, record by record. Time is that of the records."""

    def __init__(self, settings: Settings, normaliser: Normaliser | None = None) -> None:
        self._normalise: Decide = NormaliseBatch(normaliser or Normaliser(load_providers(), settings.connections))
        self._track = TRACK.prepare(settings)
        self._partitions = settings.kafka.partitions
        self._prefix = settings.kafka.topic_prefix
        self._memory = Memory()

    def live(self, came: Iterable[Came]) -> Iterator[Told]:
        """What the stages made of these records, in the order of their times."""
        for topic, record in came:
            for due_ms, key in self._memory.pop_due(record.timestamp):
                yield from self._follow(DUE, self._read(DUE, Output(key, b"", due_ms, [])))
            source = Source(load_topics()[topic].full_name(self._prefix), *record)
            if topic == "attempts":
                yield from self._follow(topic, source)
            else:
                yield from self._take_apart(topic, source)

    def _take_apart(self, topic: str, callback: Source) -> Iterator[Told]:
        for word, outputs in self._normalise(Stateless(), [callback], topic=topic).items():
            for output in outputs:
                if word == "reports":
                    yield from self._follow(word, self._read(word, output))
                else:
                    yield Told(word, "", output.timestamp_ms, output.value)

    def _follow(self, topic: str, source: Source) -> Iterator[Told]:
        """What track makes of it."""
        key = (source.key or b"").decode("utf-8", "replace")
        for word, outputs in self._track(self._memory, [source], topic=topic).items():
            for output in outputs:
                yield Told(word, key, output.timestamp_ms, output.value)

    def _read(self, word: str, output: Output) -> Source:
        """An output as the next stage reads it. Where it would have stood is not known, and nobody asks."""
        name = load_topics()[word].full_name(self._prefix)
        key, value, timestamp_ms, headers = output
        return Source(name, partition_of(key, self._partitions), 0, timestamp_ms, key, value, headers)
