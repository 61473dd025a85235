"""Kafka's milliseconds and the moments they stand for."""

from datetime import UTC, datetime, timedelta

DAY_MS = 86_400_000
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(at_ms: int) -> datetime:
    """The moment; the epoch where the calendar has none, because any writer may put any number there."""
    try:
        return EPOCH + at_ms * MILLISECOND
    except OverflowError:
        return EPOCH


def ms_of(moment: datetime) -> int:
    return (moment - EPOCH) // MILLISECOND
