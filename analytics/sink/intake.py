"""Which of the fetched records are new: nothing below the stored offset, nothing twice, and never a hole."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from contracts.envelope import event_id_of
from contracts.errors import OffsetGap
from contracts.topics import load_topics

Source = tuple[str, int]
"""Topic and partition."""
Origin = bytes
"""A source partition as `ce_id` begins: `topic/partition`."""
Spot = tuple[str, int, int]
"""Topic, partition and offset."""
Place = tuple[int, int]
"""Offset and item."""

COMPACTED = frozenset(name for name, topic in load_topics().items() if topic.compacted)
"""Topics that Kafka itself makes holes in: what is gone there was overtaken by a later record of the same key."""


class Record(Protocol):
    """What of a Kafka record counts here."""

    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]: ...


class Fetched(NamedTuple):
    """Records of one partition, in order. `topic` is the plural word."""

    topic: str
    partition: int
    records: Sequence[Record]


class Intake:
    """Remembers, per partition, the next offset and the newest place taken from each source partition.

    Writers emit in the order of what they read, so whatever stems from a place at or below the newest one taken was
    written a second time after a crash. Records of writers that are no stages carry no place and are always new.
    """

    def __init__(self, next_offsets: dict[Source, int], marks: dict[Source, dict[Origin, Place]]) -> None:
        self.next_offsets = next_offsets
        self.repeats = 0
        self._marks = marks
        self._moved: set[Source] = set()
        self._moved_marks: set[tuple[Source, Origin]] = set()
        self._begun: list[Spot] = []
        self._skipped: list[Spot] = []

    def new(self, fetched: Iterable[Fetched]) -> list[Fetched]:
        """What of `fetched` the store does not have; raises `OffsetGap` when records are missing before one."""
        return [Fetched(topic, part, self._new((topic, part), records)) for topic, part, records in fetched]

    def take_moves(self) -> tuple[list[tuple[str, int, int]], list[tuple[str, int, str, int, int, int]]]:
        """Offsets and marks that have moved since the last call, as rows."""
        offsets = [(*here, self.next_offsets[here]) for here in sorted(self._moved)]
        marks = [(*here, *_split(origin), *self._marks[here][origin]) for here, origin in sorted(self._moved_marks)]
        self._moved.clear()
        self._moved_marks.clear()
        return offsets, marks

    def take_notes(self) -> tuple[list[Spot], list[Spot]]:
        """Where partitions were begun, and what was dropped as a repeat, since the last call."""
        begun, skipped = self._begun, self._skipped
        self._begun, self._skipped = [], []
        return begun, skipped

    def _new(self, here: Source, records: Sequence[Record]) -> list[Record]:
        unstored = self._unstored(here, records)
        marks = self._marks.setdefault(here, {})
        kept = [record for record in unstored if not self._is_repeat(here, marks, record)]
        if len(kept) < len(unstored):
            left_out = {record.offset for record in unstored} - {record.offset for record in kept}
            self._skipped += [(*here, offset) for offset in sorted(left_out)]
            self.repeats += len(left_out)
        return kept

    def _unstored(self, here: Source, records: Sequence[Record]) -> Sequence[Record]:
        """The records from the next offset on, which moves behind them."""
        expected = self.next_offsets.get(here)
        if expected is not None:
            records = [record for record in records if record.offset >= expected]
        if not records:
            return records
        if expected is None:
            self._begun.append((*here, records[0].offset))
        wanted = records[0].offset if expected is None else expected
        for record in records:
            if record.offset != wanted and here[0] not in COMPACTED:
                raise OffsetGap(hole(*here, wanted, record.offset))
            wanted = record.offset + 1
        self.next_offsets[here] = wanted
        self._moved.add(here)
        return records

    def _is_repeat(self, here: Source, marks: dict[Origin, Place], record: Record) -> bool:
        """Whether the place that the record stems from was taken before; else it is the newest taken now."""
        # As contracts.envelope.source_place reads it, with the origin as it stands there.
        origin, _, item = (event_id_of(record.headers) or b"").rpartition(b"/")
        origin, _, offset = origin.rpartition(b"/")
        newest = marks.get(origin)
        if (newest is None and not _is_origin(origin)) or not (offset.isdigit() and item.isdigit()):
            return False
        place = (int(offset), int(item))
        if newest is not None and place <= newest:
            return True
        marks[origin] = place
        self._moved_marks.add((here, origin))
        return False


def _is_origin(name: bytes) -> bool:
    topic, _, partition = name.partition(b"/")
    return bool(topic) and partition.isdigit()


def _split(origin: Origin) -> tuple[str, int]:
    topic, _, partition = origin.decode().partition("/")
    return topic, int(partition)


def hole(topic: str, partition: int, wanted: int, found: int) -> str:
    """What to tell about records that are gone."""
    return (
        f"{topic}/{partition}: the store needs offset {wanted}, Kafka's next is {found}. {found - wanted} records were "
        "removed before they were stored, so the store would have a hole. Move the store file aside, and its snapshots "
        "with it, to start from what Kafka still has; `tidings rebuild` then adds what the archive has. And "
        "set the topic's retention above the longest time the store may be away"
    )
