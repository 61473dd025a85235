"""CloudEvents 1.0 in Kafka's binary mode: attributes are headers, the record's value is the data.

`ce_id` of a stage's output is the position of the record it stems from, `topic/partition/offset/item`. It is therefore
the same when a crash makes the stage write it again, and a reader that remembers the highest position seen from each
source partition drops such repeats.
"""

import msgspec

Headers = list[tuple[str, bytes]]

JSON = ("content-type", b"application/json")
TRACEPARENT = "traceparent"
"""The W3C trace context, on what stems from a callback that is traced."""
VERDICT = "verdict"
"""On `updates`: lets a reader that wants only changes skip the rest without decoding."""


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
    return [*fixed, ("ce_id", event_id)]


def header(headers: "Headers | tuple[tuple[str, bytes], ...]", name: str) -> bytes | None:
    """The first header called `name`."""
    for key, value in headers:
        if key == name:
            return value
    return None


def source_position(headers: "Headers | tuple[tuple[str, bytes], ...]") -> Position | None:
    """The position this record stems from; null when its writer is not a stage or the id is none of ours."""
    event_id = header(headers, "ce_id")
    if event_id is None:
        return None
    members = event_id.split(b"/")
    if len(members) != 4:
        return None
    topic, partition, offset, item = members
    try:
        return Position(topic.decode(), int(partition), int(offset), int(item))
    except ValueError:
        return None
