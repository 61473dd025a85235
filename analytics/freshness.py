"""How fresh an answer is: the horizon up to which everything is known, and the lag behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contracts.errors import QueryInvalid

Positions = dict[str, dict[int, int]]
"""Topic (the plural word) to partition to next offset."""


@dataclass(frozen=True)
class Freshness:
    """Up to when an answer is complete, and how much was on its way when it was given."""

    as_of: datetime | None
    """Every callback that Kafka had by then has been through all stages and is in the answer; null before the first
    such moment is known."""
    watermarks: Positions
    """Per topic and partition, the next offset the store waits for."""
    lag_records: int
    """Records that some stage or the store had still to read."""
    lag_s: float | None
    """How long ago `as_of` was."""
    revision: int
    """The number of the newest batch in the answer; equal revisions mean equal data."""
    lag_by_topic: Mapping[str, int] = field(default_factory=dict)
    """Where those records wait."""
    forgotten_before: datetime | None = None
    """Of what was first heard of or received before, only counts are left; null while everything is kept."""


@dataclass(frozen=True)
class Horizon:
    """A moment, and the positions of `callbacks` then: all below them has been through all stages into the store."""

    as_of: datetime | None = None
    callbacks: Mapping[int, int] = field(default_factory=dict)
    lag_by_topic: Mapping[str, int] = field(default_factory=dict)
    wishes_as_of: datetime | None = None
    """The same moment for people's wishes, which take a way of their own; see `horizon.Byway`."""
    sessions_as_of: datetime | None = None
    """Likewise for sessions, as far as callbacks tell of them."""


@dataclass
class Skyline:
    """Where the newest horizon is kept: written by the sink's thread, read by all."""

    latest: Horizon = field(default_factory=Horizon)


def require_kept(begin: datetime, before: datetime | None) -> None:
    """Raises `QueryInvalid` for what would be made of facts from `begin` on, when those of `before` are forgotten."""
    if before is not None and begin < before:
        raise QueryInvalid(
            f"this is made of single facts, and those of before {before.isoformat()} are dropped by store.keep_days; "
            "ask from then on, or for counts by the hour or longer, which are kept"
        )
