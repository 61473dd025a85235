"""How far a reader of the feed is: the offset that it needs next of each partition of `updates`.

As text, `5f0c9a1be2d4-17.9.0`, it is the id of an event. It begins with a digest of cluster and topic, so that an id of
another installation is known as such; behind it stand the offsets, by partition. It tells nobody what they may not see:
whoever comes with one is still told only what is theirs.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

from contracts.errors import QueryInvalid

Offsets = tuple[int, ...]

SHAPE = re.compile(r"([0-9a-f]{12})-((?:0|[1-9][0-9]{0,17})(?:\.(?:0|[1-9][0-9]{0,17}))*)")
LONGEST = 20_032
"""Characters: a thousand partitions of large offsets."""


class Bookmark(NamedTuple):
    """A place in the feed: all records before these offsets have been gone through."""

    origin: str
    offsets: Offsets

    def __str__(self) -> str:
        return mark_of(self.origin, self.offsets)


def mark_of(origin: str, offsets: Sequence[int]) -> str:
    """The text of a bookmark."""
    return f"{origin}-{'.'.join(map(str, offsets))}"


def origin_of(cluster_id: str, topic: str) -> str:
    """Names the topic of one cluster; a cluster that was made anew has another id."""
    return blake2b(f"{cluster_id}/{topic}".encode(), digest_size=6).hexdigest()


def looks_like_mark(text: str) -> bool:
    """Whether `text` is meant as the id of an event."""
    return SHAPE.fullmatch(text) is not None


def read_mark(text: str, *, origin: str, ends: Offsets) -> Bookmark:
    """The bookmark in `text`, for a log that ends at `ends`; raises `QueryInvalid` when it is none of this log."""
    if len(text) > LONGEST or (found := SHAPE.fullmatch(text)) is None:
        raise QueryInvalid("this is not the id of an event; send one as it came, or begin anew without it")
    offsets = tuple(map(int, found[2].split(".")))
    if found[1] != origin or len(offsets) != len(ends):
        raise QueryInvalid("the id is of another installation or of another Kafka cluster; begin anew without it")
    if any(offset > end for offset, end in zip(offsets, ends, strict=True)):
        raise QueryInvalid(
            "the id lies ahead of all there is: it was changed, or the topic was made anew; begin anew without it"
        )
    return Bookmark(origin, offsets)
