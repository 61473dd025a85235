"""What users ask, typed. `accounts` is null for all, else only what belongs to these is seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analytics.freshness import Freshness
from analytics.metrics import DIMENSIONS, MEASURES, Bucket, Dimension, Measure, MetricsQuestion
from analytics.reader import Answer, Reader

__all__ = [
    "DIMENSIONS",
    "MEASURES",
    "Bucket",
    "Conservation",
    "Dimension",
    "Measure",
    "MetricsQuestion",
    "Timeline",
    "conservation",
    "freshness",
    "message_timeline",
    "metrics",
    "newest_changes",
    "today_by_provider",
]

Accounts = Sequence[str] | None


@dataclass(frozen=True)
class Timeline(Answer):
    """All that was said about a message, oldest first; `attempts` says where each attempt stands."""

    attempts: list[dict[str, Any]]


@dataclass(frozen=True)
class Conservation(Answer):
    """One row with `provider` null for the whole, then one per provider."""

    unexplained: list[dict[str, Any]]
    """The first hundred positions of items that ought to be accounted for and are not."""


async def message_timeline(reader: Reader, message_id: str, *, accounts: Accounts) -> Timeline:
    """Every report and registration of a message or attempt, with verdicts and cause positions.

    Raises `NotFound` when nothing is known under that id, or nothing of these accounts.
    """
    raise NotImplementedError


async def newest_changes(reader: Reader, *, accounts: Accounts, limit: int) -> Answer:
    """The newest reports that changed something, newest first."""
    raise NotImplementedError


async def metrics(reader: Reader, question: MetricsQuestion) -> Answer:
    """One row per bucket and group: `bucket_at` (unless the bucket is none), the dimensions, the measures.

    Raises `QueryInvalid` for what cannot be asked together.
    """
    raise NotImplementedError


async def conservation(reader: Reader) -> Conservation:
    """received, applied, repeated, outranked, parked, quarantined, in_flight, unexplained; exact within one answer."""
    raise NotImplementedError


async def today_by_provider(reader: Reader, *, accounts: Accounts) -> Answer:
    """Today's counts, rates and latencies of each provider; the day is UTC's."""
    raise NotImplementedError


async def freshness(reader: Reader) -> Freshness:
    """How fresh the store is now, by topic."""
    raise NotImplementedError
