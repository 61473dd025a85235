"""The partitions of a stage's state that this process owns, taken over and given up as the group decides."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog

from runtime.metrics import STAGE_KEYS
from streams.engine.stage import LARGEST_FETCH, Stage
from streams.engine.state import UNTOLD_RECORDS, Change, PartitionState

log = structlog.get_logger()


class Changelog(Protocol):
    """What the store asks of `changelog.ChangelogReader`."""

    async def load(self, states: Mapping[int, PartitionState]) -> dict[int, int]: ...
    async def keys_between(self, partition: int, begin: int, end: int) -> set[bytes]: ...
    async def unread(self, topic: str, partitions: Mapping[int, int]) -> dict[int, int]: ...


OpenChangelog = Callable[[], AbstractAsyncContextManager[Changelog]]


class StateStore:
    """Owns `partitions`; `take_over` follows the group, and is not called while a batch is under way."""

    def __init__(self, stage: Stage, names: Mapping[str, str], open_changelog: OpenChangelog) -> None:
        self.partitions: dict[int, PartitionState] = {}
        self.topic = names[stage.state or ""]
        self._stage = stage
        self._names = names
        self._open_changelog = open_changelog
        self._generation = 0
        self._last_written: dict[int, tuple[int, int]] = {}
        """By partition of the changelog: where our last write began, and where it would end if it was not cut."""
        self._unfinished: dict[int, int] = {}

    async def take_over(self, owned: set[int], generation: int) -> None:
        """Own exactly `owned` from now on: forget what went elsewhere, load what is new.

        When a generation was missed, another process may have owned anything in between: then all is loaded anew.
        """
        if generation != self._generation + 1:
            self.partitions.clear()
        self._generation = generation
        for gone in self.partitions.keys() - owned:
            del self.partitions[gone]
        self._unfinished = {number: end for number, end in self._unfinished.items() if number in self.partitions}
        new = {number: PartitionState(self._stage.reads) for number in sorted(owned - self.partitions.keys())}
        if new:
            await self._load(new, generation)
        self.count_keys()

    def is_held(self, topic: str, partition: int) -> bool:
        """Whether records of `topic` must wait until the input that may have been in flight at a crash is through."""
        return partition in self._unfinished and self.partitions[partition].marks.turn != topic

    @property
    def unfinished(self) -> list[tuple[str, int]]:
        """The inputs (topic and partition) that others wait for."""
        return [(self.partitions[number].marks.turn, number) for number in self._unfinished]

    def settle(self, partition: int, position: int | None = None) -> None:
        """Look whether what may have been in flight when the partition was taken over is through now.

        `position` is where reading begins, which may be behind it all when somebody has moved the group's offsets.
        """
        end = self._unfinished.get(partition)
        if end is None:
            return
        marks = self.partitions[partition].marks
        if max(marks.applied.get(marks.turn, -1) + 1, position or 0) >= end:
            del self._unfinished[partition]

    async def overwritten(self, partition: int, first_offset: int, count: int) -> list[Change]:
        """Told that `count` records of ours begin at `first_offset` of the changelog: what to write once more.

        Between our last record and this one there ought to be nothing. What stands there is an earlier owner's, who
        woke up; compaction would keep it in place of ours, so ours has to follow it.
        """
        began, ended = self._last_written[partition]
        self._last_written[partition] = first_offset, first_offset + count
        if first_offset == ended:
            return []
        # From where our last write began, because a large one travels in pieces, and the other's may be among them.
        async with self._open_changelog() as changelog:
            keys = await changelog.keys_between(partition, began, first_offset)
        log.error("state_overwritten", stage=self._stage.name, partition=partition, keys=len(keys))
        return self.partitions[partition].current(keys)

    def has_due(self, until: float) -> bool:
        """Whether the time of some key may have come by that second."""
        return any(state.due.has_until(until) for state in self.partitions.values())

    def waiting(self) -> tuple[int, float | None]:
        """How many keys wait for something, and since which second the oldest does."""
        agendas = [state.waiting for state in self.partitions.values()]
        oldest = [second for agenda in agendas if (second := agenda.earliest()) is not None]
        return sum(agenda.keys_count for agenda in agendas), min(oldest, default=None)

    @property
    def keys_count(self) -> int:
        return sum(map(len, self.partitions.values()))

    def count_keys(self) -> None:
        STAGE_KEYS.labels(self._stage.name).set(self.keys_count)

    async def _load(self, new: dict[int, PartitionState], generation: int) -> None:
        async with self._open_changelog() as changelog:
            self._last_written |= {number: (end, end) for number, end in (await changelog.load(new)).items()}
            for topic in self._stage.reads:
                in_flight = {
                    number: state.marks.applied.get(topic, -1) + 1
                    for number, state in new.items()
                    if state.marks.turn == topic
                }
                if in_flight and len(self._stage.reads) > 1:
                    ends = await changelog.unread(self._names[topic], in_flight)
                    furthest = UNTOLD_RECORDS + LARGEST_FETCH
                    self._unfinished |= {n: min(end, in_flight[n] + furthest) for n, end in ends.items()}
        for state in new.values():
            state.begin(generation)
        self.partitions |= new
        keys = sum(map(len, new.values()))
        log.info("state_loaded", stage=self._stage.name, partitions=len(new), keys=keys, generation=generation)
