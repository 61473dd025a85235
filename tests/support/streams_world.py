"""Kafka in memory, for the engine: logs that outlive a stage which is killed at a step of its own choosing."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from contracts.envelope import Headers, header
from runtime.partitioner import partition_of
from streams.engine.carrier import Carrier
from streams.engine.stage import Decide, Outputs, Stage
from streams.engine.state import Change, PartitionState
from streams.engine.store import StateStore
from tests.support.marked import without_repeats

T = TypeVar("T")

Row = tuple[bytes | None, bytes | None, Headers, int]
"""Key, value, headers, time."""

AT_MS = 1_700_000_000_000


@dataclass(frozen=True)
class Record:
    """A record as a stage reads it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None = b"key"
    value: bytes | None = b"value"
    timestamp: int = AT_MS
    headers: tuple[tuple[str, bytes], ...] = ()


class KilledError(Exception):
    """The process is gone."""


@dataclass
class World:
    """All topics by full name and partition; names are the words with a prefix."""

    partitions: int = 2
    prefix: str = "test-"
    steps_left: int | None = None
    logs: dict[tuple[str, int], list[Record]] = field(default_factory=lambda: defaultdict(list))
    arriving: list[tuple[str, Row]] = field(default_factory=list)
    loaded: list[list[int]] = field(default_factory=list)
    """Which partitions of a changelog were read back, each time."""
    is_compacted: bool = False
    """Whether who reads a changelog back finds only the last record of each key."""

    def name(self, word: str) -> str:
        return f"{self.prefix}{word}"

    def names(self, stage: Stage) -> dict[str, str]:
        return {word: self.name(word) for word in stage.topics}

    def append(self, topic: str, partition: int, rows: Iterable[Row]) -> int:
        """Rows of one partition are written together or not at all, as a batch is; the offset of the first."""
        if self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left < 0:
                raise KilledError
        log = self.logs[topic, partition]
        first = len(log)
        for key, value, headers, timestamp in rows:
            log.append(Record(topic, partition, len(log), key, value, timestamp, tuple(headers)))
        return first

    def feed(self, word: str, key: bytes, value: bytes, headers: Headers = []) -> None:  # noqa: B006  # never changed
        """A record that has yet to arrive; `arrive` lets it."""
        self.arriving.append((word, (key, value, headers, AT_MS)))

    def arrive(self, count: int | None = None) -> None:
        """The next so many records that were fed, or all, are in their logs."""
        now = self.arriving[:count]
        del self.arriving[: len(now)]
        for word, row in now:
            number = partition_of(row[0] or b"", self.partitions)
            log = self.logs[self.name(word), number]
            log.append(Record(self.name(word), number, len(log), *row[:2], row[3], tuple(row[2])))

    def all_of(self, word: str) -> list[Record]:
        return [record for number in range(self.partitions) for record in self.logs[self.name(word), number]]

    def taken(self, word: str) -> list[Record]:
        """As a reader with marks takes them."""
        return without_repeats(self.all_of(word))

    def changed(self, *words: str) -> list[bytes]:
        """The ids under which something else was written than before."""
        first: dict[bytes, Record] = {}
        told = ((header(record.headers, "ce_id") or b"", record) for word in words for record in self.all_of(word))
        return [
            identity
            for identity, record in told
            if replace(first.setdefault(identity, record), offset=record.offset) != record
        ]

    def remembered(self, stage: Stage) -> list[PartitionState]:
        """What the changelog of a stage says, by partition."""
        states = [PartitionState(stage.reads) for _ in range(self.partitions)]
        for record in self.all_of(stage.state or ""):
            states[record.partition].load(record.key or b"", record.value)
        return states

    @asynccontextmanager
    async def changelog(self, topic: str) -> AsyncIterator["WorldChangelog"]:
        yield WorldChangelog(self, topic)


@dataclass
class WorldChangelog:
    world: World
    topic: str

    async def load(self, states: Mapping[int, PartitionState]) -> dict[int, int]:
        self.world.loaded.append(sorted(states))
        for number, state in states.items():
            log = self.world.logs[self.topic, number]
            last = {record.key: record for record in log}
            for record in log:
                if not self.world.is_compacted or last[record.key] is record:
                    state.load(record.key or b"", record.value)
        return {number: len(self.world.logs[self.topic, number]) for number in states}

    async def keys_between(self, partition: int, begin: int, end: int) -> set[bytes]:
        return {record.key or b"" for record in self.world.logs[self.topic, partition][begin:end]}

    async def unread(self, topic: str, partitions: Mapping[int, int]) -> dict[int, int]:
        ends = {number: len(self.world.logs[topic, number]) for number in partitions}
        return {number: ends[number] for number, begin in partitions.items() if begin < ends[number]}


@dataclass
class Stall:
    """Cuts a worker off at one of its sends: what is in that write arrives only when it is `over`."""

    sends_left: int
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def passing(self) -> None:
        self.sends_left -= 1
        if self.sends_left < 0:
            self.reached.set()
            await self.over.wait()


@dataclass
class WorldWriter:
    """The writer of one stage. Which partition is written first is up to chance, as with a real producer."""

    world: World
    chance: random.Random
    stall: Stall | None = None
    is_member: Callable[[], bool] = lambda: True
    """Asked before each write, as a lease is; who is no member any more ends."""

    async def write(self, outputs: Outputs) -> None:
        self._check()
        by_place: dict[tuple[str, int], list[Row]] = defaultdict(list)
        for word, records in outputs.items():
            for record in records:
                place = self.world.name(word), partition_of(record.key, self.world.partitions)
                by_place[place].append((record.key, record.value, record.headers, record.timestamp_ms))
        for topic, partition in self._shuffled(by_place):
            await self._append(topic, partition, by_place[topic, partition])

    async def write_changes(self, topic: str, changes: Mapping[int, Sequence[Change]]) -> dict[int, int]:
        self._check()
        return {
            number: await self._append(topic, number, [(key, entry, [], 0) for key, entry in changes[number]])
            for number in self._shuffled(changes)
        }

    def _check(self) -> None:
        if not self.is_member():
            raise KilledError

    async def _append(self, topic: str, partition: int, rows: list[Row]) -> int:
        """In one batch or in two, as a real producer does with what is too much for one."""
        cut = self.chance.randint(0, len(rows))
        portions = [portion for portion in (rows[:cut], rows[cut:]) if portion]
        offsets = []
        for portion in portions:
            if self.stall:
                await self.stall.passing()
            offsets.append(self.world.append(topic, partition, portion))
        return offsets[0]

    def _shuffled(self, places: Iterable[T]) -> list[T]:
        return self.chance.sample(in_order := list(places), len(in_order))


@dataclass
class Worker:
    """A stage: takes over all partitions, reads on from what is committed, in portions up to chance."""

    world: World
    stage: Stage
    decide: Decide
    chance: random.Random
    committed: dict[tuple[str, int], int]
    """Outlives each life."""
    carrier: type[Carrier] = Carrier
    store: type[StateStore] = StateStore
    stall: Stall | None = None
    is_member: Callable[[], bool] = lambda: True

    async def outlive(self, *, lives: int, steps: int) -> int:
        """Be killed within so many steps, until a life comes to the end, as the last one does; how often that was."""
        for generation in range(1, lives + 1):
            self.world.steps_left = self.chance.randint(0, steps) if generation < lives else None
            with suppress(KilledError):
                await self.live(generation)
                self.world.steps_left = None
                return generation - 1
        raise AssertionError("the last life is never cut short")

    async def live(self, generation: int) -> None:
        """Until all is read, or until it is killed."""
        await self.begin(generation)
        await self.read()

    async def begin(self, generation: int) -> None:
        """Take over all partitions."""
        names = self.world.names(self.stage)
        self._store = None
        if self.stage.state:
            self._store = self.store(self.stage, names, lambda: self.world.changelog(names[self.stage.state or ""]))
        writer = WorldWriter(self.world, self.chance, self.stall, self.is_member)
        self._carrier = self.carrier(self.stage, self.decide, writer, self._store)  # type: ignore[arg-type]  # a fake
        if self._store:
            await self._store.take_over(set(range(self.world.partitions)), generation)
            for word, number in self._store.unfinished:
                self._store.settle(number, self.committed.get((word, number), 0))
        self._position = dict(self.committed)

    async def read(self) -> None:
        """What there is now and what arrives meanwhile."""
        while (fetched := self._fetch(self._position)) or self.world.arriving:
            if not fetched:
                continue
            await self._carrier.carry(fetched)
            self._position |= {place: records[-1].offset + 1 for place, records in fetched.items()}
            if self.chance.random() < 0.3 and self.is_member():
                self.committed |= self._position

    def _fetch(self, position: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], list[Record]]:
        self.world.arrive(self.chance.randint(0, 5))
        places = [(word, number) for word in self.stage.reads for number in range(self.world.partitions)]
        left = {
            (word, number): self.world.logs[self.world.name(word), number][position.get((word, number), 0) :]
            for word, number in places
            if self._store is None or not self._store.is_held(word, number)
        }
        left = {place: records for place, records in left.items() if records}
        chosen = {place: records for place, records in left.items() if self.chance.random() < 0.6} or left
        shuffled = self.chance.sample(list(chosen), len(chosen))
        return {place: chosen[place][: self.chance.randint(1, 5)] for place in shuffled}


class StateBeforeOutputs(Carrier):
    """The order reversed, which loses what it tells."""

    held: Outputs | None = None

    async def _write_outputs(self, outputs: Outputs) -> None:
        self.held = outputs

    async def _write_state(self, partitions: Sequence[int], store: StateStore) -> None:
        await super()._write_state(partitions, store)
        held, self.held = self.held, None
        await super()._write_outputs(held or {})
