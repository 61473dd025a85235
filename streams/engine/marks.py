"""What one partition of a stage has taken: how far in each topic it reads, and how far in the sources behind those.

A stage that crashed between its outputs and its commit writes those outputs again, with the same ids. It writes in the
order of its sources, so whoever remembers the highest position taken from each source partition can drop whatever is
at or below it, and loses nothing by that.
"""

from collections.abc import Sequence

import msgspec

from contracts.envelope import source_position
from streams.engine.stage import SourceRecord

At = tuple[int, int]
"""Offset and item."""

NOTHING: At = (-1, -1)


class Marks(msgspec.Struct, array_like=True):
    """Kept in the partition's own changelog, behind the state they vouch for."""

    turn: str
    """The input topic whose records may be in flight; see `carrier`."""
    applied: dict[str, int] = {}
    """By input topic (plural word): the last offset whose outputs and state are written."""
    sources: dict[str, dict[str, dict[int, At]]] = {}
    """By input topic, then source topic and source partition: the highest position taken."""

    def take(self, topic: str, records: Sequence[SourceRecord]) -> tuple[list[SourceRecord], int]:
        """Those of `records` that were not taken before, and how many were repeats of a crash upstream."""
        applied = self.applied.get(topic, -1)
        unapplied = [record for record in records if record.offset > applied]
        taken = [record for record in unapplied if self._is_news(topic, record)]
        self.applied[topic] = max(applied, records[-1].offset)
        return taken, len(unapplied) - len(taken)

    def _is_news(self, topic: str, record: SourceRecord) -> bool:
        position = source_position(tuple(record.headers))
        if position is None:  # written by a door, not by a stage: it has no source that could repeat it
            return True
        marks = self.sources.setdefault(topic, {}).setdefault(position.topic, {})
        if marks.get(position.partition, NOTHING) >= (place := (position.offset, position.item)):
            return False
        marks[position.partition] = place
        return True


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Marks)


def encode_marks(marks: Marks) -> bytes:
    return _ENCODER.encode(marks)


def decode_marks(data: bytes) -> Marks:
    return _DECODER.decode(data)
