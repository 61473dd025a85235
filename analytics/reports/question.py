"""What every report is asked with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from analytics.asking.buckets import Bucket
from analytics.asking.reader import Row
from analytics.asking.wanted import wanted_by
from analytics.back_test.odds import Rate
from analytics.measures.currencies import OneCurrency
from analytics.measures.metrics import Dimension, Measure, MetricsQuestion
from analytics.measures.rollups import LATENCY, NO_DAYS, whole_days
from contracts.filters import Filter

GROUPS = tuple(one for one in Dimension if one not in {Dimension.STATUS, Dimension.REASON})
"""What reports are grouped and filtered by: where attempts stand is what they tell."""
LEAST_SAMPLES = 100
"""Of fewer, a rate says little: its interval is some twenty points wide."""


@dataclass(frozen=True, kw_only=True)
class ReportQuestion:
    """A report over the UTC hours that a span of time touches."""

    from_: datetime
    to: datetime
    group_by: tuple[Dimension, ...] = ()
    filters: Mapping[Dimension, Filter] = field(default_factory=dict)
    accounts: tuple[str, ...] | None = None
    """Only these; null for all."""
    least_samples: int = LEAST_SAMPLES
    """With fewer that ended, a row says that they are too few."""
    money: OneCurrency | None = None
    """In which currency amounts are told; null for each in its own."""

    def __post_init__(self) -> None:
        if self.money is not None:
            self.money.require_accounts(self.group_by)

    def parameters(self) -> dict[str, Any]:
        """What the questions of all reports take."""
        return {
            "from": self.from_.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
            "to": self.to.astimezone(UTC),
            "accounts": self.accounts,
            **wanted_by(self.filters, Dimension),
        }

    def days(self) -> Mapping[str, datetime]:
        """Which whole days can be taken as they are kept, of latencies too."""
        return NO_DAYS if LATENCY.only_by_hour & self.filters.keys() else whole_days(self.from_, self.to)

    def metrics(self, *measures: Measure, also_by: tuple[Dimension, ...] = ()) -> MetricsQuestion:
        """The same span and filters, as a question for measures without buckets."""
        return MetricsQuestion(
            measures=measures,
            from_=self.from_,
            to=self.to,
            group_by=(*self.group_by, *also_by),
            bucket=Bucket.NONE,
            filters=self.filters,
            accounts=self.accounts,
        )

    def group_of(self, row: Row) -> tuple[Any, ...]:
        """By what a row is grouped."""
        return tuple(row[one] for one in self.group_by)


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def rated(row: Row, *, least_samples: int) -> Row:
    """`row` with the share of what ended that arrived, and between what it lies (Wilson, 95 %)."""
    ended = row["ended"]
    rate = Rate(row["delivered"], ended, None) if ended else None
    return row | {
        "rate": rate and rate.value,
        "low": rate and rate.low,
        "high": rate and rate.high,
        "too_few": ended < least_samples,
    }


def ended_of(row: Row) -> int:
    """How many attempts have an end, good or bad."""
    ends: Sequence[str] = ("delivered", "undelivered", "expired", "rejected", "failed")
    return sum(int(row[end]) for end in ends)
