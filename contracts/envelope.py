"""CloudEvents 1.0 in Kafka's binary mode: attributes are headers, the record's value is the data.

`ce_id` of a stage's output is the position of the record it stems from, `topic/partition/offset/item`. It is therefore
the same when a crash makes the stage write it again, and a reader that remembers the highest position seen from each
source partition drops such repeats.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec

Headers = list[tuple[str, bytes]]

JSON = ("content-type", b"application/json")
TRACEPARENT = "traceparent"
"""The W3C trace context, on what stems from a callback that is traced."""
ID = "ce_id"
VERDICT = "verdict"
"""On `updates`: lets a reader that wants only changes skip the rest without decoding."""


SourcePlace = tuple[tuple[str, int], tuple[int, int]]
"""Topic and partition; offset and item there."""


class Position(msgspec.Struct, frozen=True, gc=False):
    """A place in a topic, and the output's number among those made from the record there."""

    topic: str
    partition: int
    offset: int
    item: int = 0

    @property
    def event_id(self) -> bytes:
        return b"%s/%d/%d/%d" % (self.topic.encode(), self.partition, self.offset, self.item)


def fixed_headers(kind: str, source: str, *, content: tuple[str, bytes] = JSON) -> Headers:
    """The headers all records of one kind from one writer share; `with_id` adds the rest."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_type", f"tidings.{kind}.v1".encode()),
        ("ce_source", f"/tidings/{source}".encode()),
        content,
    ]


def with_id(fixed: Headers, event_id: bytes) -> Headers:
    """`fixed` and the id of this event."""
    return [*fixed, (ID, event_id)]


def header(headers: Sequence[tuple[str, bytes]], name: str) -> bytes | None:
    """The first header called `name`."""
    for key, value in headers:
        if key == name:
            return value
    return None


def event_id_of(headers: Sequence[tuple[str, bytes]]) -> bytes | None:
    """The id of the event, which all readers ask of every record: `with_id` puts it last."""
    if headers and headers[-1][0] == ID:
        return headers[-1][1]
    return header(headers, ID)


def source_place(headers: Sequence[tuple[str, bytes]]) -> SourcePlace | None:
    """Where this record stems from; null when its writer is not a stage or the id is none of ours."""
    origin, _, item = (event_id_of(headers) or b"").rpartition(b"/")
    origin, _, offset = origin.rpartition(b"/")
    try:
        return _source(origin), (int(offset), int(item))
    except ValueError:
        return None


def source_position(headers: Sequence[tuple[str, bytes]]) -> Position | None:
    """The same as a position."""
    place = source_place(headers)
    return None if place is None else Position(*place[0], *place[1])


@lru_cache(maxsize=4096)
def _source(origin: bytes) -> tuple[str, int]:
    """Topic and partition, of which there are a few; raises `ValueError` when it is not both."""
    topic, _, partition = origin.partition(b"/")
    return topic.decode(), int(partition)
