"""A callback as it came, and what was made of it: the words of the archive, of replays and of rehearsals."""

from typing import NamedTuple

CALLBACK, DEAD_LETTER = "callback", "dead letter"


class Archived(NamedTuple):
    """A record as it was on Kafka, with its place there."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Item(NamedTuple):
    """One item of a callback: what kind of fact it is, its identity, and in a few words what it says."""

    kind: str
    number: int
    event_id: str | None
    said: str

    @property
    def is_aside(self) -> bool:
        return self.kind == DEAD_LETTER
