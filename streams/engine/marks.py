"""What one partition of a stage has taken: how far in each topic it reads, and how far in the sources behind those.

A stage that crashed between its outputs and its commit writes those outputs again, with the same ids. It writes in the
order of its sources, so whoever remembers the highest position taken from each source partition can drop whatever is
at or below it, and loses nothing by that.
"""

from collections.abc import Sequence

import msgspec

from contracts.envelope import source_place
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
        taken = self._news(topic, unapplied)
        self.applied[topic] = max(applied, records[-1].offset)
        return taken, len(unapplied) - len(taken)

    def _news(self, topic: str, records: Sequence[SourceRecord]) -> list[SourceRecord]:
        """Those that stem from behind the marks, which move there."""
        news, newest = [], dict[tuple[str, int], At]()
        for record in records:
            if (place := source_place(record.headers)) is not None:
                source, at = place
                if at <= (newest.get(source) or self._mark(topic, *source)):
                    continue
                newest[source] = at
            # Without a place it was written by a door, not by a stage: it has no source that could repeat it.
            news.append(record)
        for (source_topic, partition), at in newest.items():
            self.sources.setdefault(topic, {}).setdefault(source_topic, {})[partition] = at
        return news

    def _mark(self, topic: str, source_topic: str, partition: int) -> At:
        return self.sources.get(topic, {}).get(source_topic, {}).get(partition, NOTHING)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Marks)


def encode_marks(marks: Marks) -> bytes:
    return _ENCODER.encode(marks)


def decode_marks(data: bytes) -> Marks:
    return _DECODER.decode(data)
