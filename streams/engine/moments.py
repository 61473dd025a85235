"""Kafka's milliseconds and the moments they stand for, and when something was said."""

from datetime import UTC, datetime, timedelta

DAY_MS = 86_400_000
MILLISECOND = timedelta(milliseconds=1)
CREDIBLE = timedelta(days=7)
"""A provider's time that is older than this at receipt is none; the store's `is_credible` says the same."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(at_ms: int) -> datetime:
    """The moment; the epoch where the calendar has none, because any writer may put any number there."""
    try:
        return EPOCH + at_ms * MILLISECOND
    except OverflowError:
        return EPOCH


def ms_of(moment: datetime) -> int:
    return (moment - EPOCH) // MILLISECOND


def said_at(occurred_at: datetime | None, received_at: datetime) -> datetime:
    """The provider's time unless it cannot be; never ahead of ours, or a fast clock would outlast what follows."""
    if occurred_at is None or occurred_at < received_at - CREDIBLE:
        return received_at
    return min(occurred_at, received_at)
