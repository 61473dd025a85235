"""A question for measures over time. `docs/metrics.md` has the formulas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analytics.asking.buckets import (
    CALENDAR,
    FINE,
    HALF_AN_HOUR,
    HOUR,
    Bucket,
    begin_before,
    divides,
    first_id,
    floored,
    start_of,
    step_of,
)
from analytics.asking.wanted import wanted_by
from analytics.asking.words import DIMENSIONS, LATENCIES, MEASURES, MONEY, RATES, Dimension, Measure
from analytics.measures.currencies import OneCurrency
from analytics.measures.rollups import LATENCY, NO_DAYS, whole_days
from analytics.measures.sources import COUNTS, COUNTS_OF_FACTS, ELSEWHERE, FINER, MONEY_SPENT, Source
from contracts.errors import QueryInvalid
from contracts.filters import Filter

__all__ = ["DIMENSIONS", "LATENCIES", "MEASURES", "MONEY", "RATES", "Dimension", "Measure", "MetricsQuestion"]


@dataclass(frozen=True)
class MetricsQuestion:
    """Measures over a span of time, by dimensions. An attempt belongs to the moment at which we first heard of it.

    Counts are kept by the hour, so the span is that of the UTC hours which it touches; in finer buckets, which are
    counted from the facts, that of the buckets which it touches.
    """

    measures: tuple[Measure, ...]
    from_: datetime
    to: datetime
    group_by: tuple[Dimension, ...] = ()
    bucket: Bucket = Bucket.HOUR
    filters: Mapping[Dimension, Filter] = field(default_factory=dict)
    accounts: tuple[str, ...] | None = None
    """Only these; null for all."""
    time_zone: str = "UTC"
    """Whose days, weeks and months they are."""
    is_filled: bool = False
    """Each group has a row for every bucket, also for those in which nothing happened."""
    is_compared: bool = False
    """Each row has beside it what it was in the period before."""
    changed_since: int | None = None
    """Only the buckets that changed behind this revision of the store; null for all."""
    money: OneCurrency | None = None
    """In which currency amounts are told; null for each in its own."""

    def __post_init__(self) -> None:
        self._check_span()
        if self.money is not None:
            self.money.require_accounts(self.group_by)
        self._check_dimensions()
        self._check_revised()
        if self.is_compared and self.begin != (start := start_of(self.bucket, self.begin, self.zone)):
            raise QueryInvalid(
                f"to compare, the span must begin with a {self.bucket} of {self.time_zone}: from={start.isoformat()}"
            )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def begin(self) -> datetime:
        """Where the first hour that the span touches begins, or the first finer bucket."""
        return floored(self.from_.astimezone(UTC), step_of(self.bucket))

    def sources(self) -> dict[Source, tuple[Measure, ...]]:
        """The questions of the store that answer it, and what each does."""
        found: dict[Source, tuple[Measure, ...]] = {}
        for measure in self.measures:
            source = ELSEWHERE.get(measure, COUNTS)
            source = FINER.get(source, source) if self.bucket in FINE else source
            found[source] = (*found.get(source, ()), measure)
        return found

    def parameters(self, source: Source = COUNTS) -> dict[str, Any]:
        """As the question of the source wants them."""
        is_counted = source in {COUNTS, COUNTS_OF_FACTS}
        with_latency = {"with_latency": bool(LATENCIES & set(self.measures)) or None} if is_counted else {}
        by_channel = Dimension.CHANNEL in self.group_by or Dimension.CHANNEL in self.filters
        return {
            **self.bucketed(),
            "group_by": [str(one) for one in self.group_by],
            "accounts": self.accounts,
            **wanted_by(self.filters, Dimension),
            **with_latency,
            **({"by_channel": by_channel} if is_counted or source in MONEY_SPENT else {}),
            **(self._days() if source.has_days else {}),
            **({"first": first_id(self.begin), "beyond": first_id(self.to)} if source.is_of_facts else {}),
        }

    def _days(self) -> Mapping[str, datetime]:
        """Which whole days can be taken as they are kept; where a bucket or a dimension is not of days, none."""
        is_of_days = self.bucket is Bucket.NONE or (self.bucket in CALENDAR and self.time_zone == "UTC")
        used = {*self.group_by, *self.filters}
        if not is_of_days or (LATENCIES & set(self.measures) and used & LATENCY.only_by_hour):
            return NO_DAYS
        return whole_days(self.begin, self.to)

    def bucketed(self) -> dict[str, Any]:
        """As `queries/buckets.sql` wants them."""
        return {
            "from": self.begin,
            "to": self.to.astimezone(UTC),
            "bucket": str(self.bucket),
            "step_min": step_of(self.bucket) // timedelta(minutes=1),
            "time_zone": self.time_zone if self.bucket in CALENDAR else None,
        }

    def revised(self) -> dict[str, Any]:
        """As `queries/revisions.sql` wants it."""
        return self.bucketed() | {"accounts": self.accounts, "since": self.changed_since}

    def before(self) -> "MetricsQuestion":
        """The same about as many buckets before; without buckets, about as long a time before."""
        return replace(self, from_=begin_before(self.bucket, self.begin, self.to, zone=self.zone), to=self.begin)

    def columns(self) -> list[str]:
        """The members of a row of the answer, in order."""
        bucket = [] if self.bucket is Bucket.NONE else ["bucket_at"]
        return [*bucket, *map(str, self.group_by), *map(str, self.measures)]

    def rows(self, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What one source found, with only the members that were asked for."""
        names = self.columns()
        return [{name: row[name] for name in names} for row in found]

    def _check_span(self) -> None:
        if self.to <= self.from_:
            raise QueryInvalid(f"to ({self.to.isoformat()}) must be after from ({self.from_.isoformat()})")
        self._check_zone()

    def _check_dimensions(self) -> None:
        used = {*self.group_by, *self.filters}
        if {Dimension.STATUS, Dimension.REASON} & used and LATENCIES & set(self.measures):
            raise QueryInvalid("latencies are those of delivered attempts: they cannot be taken by status or reason")
        for source, measures in self.sources().items():
            if missing := used - source.dimensions:
                raise QueryInvalid(
                    f"{measures[0]} is not known by {', '.join(sorted(missing))}; it can be taken by "
                    f"{', '.join(one for one in Dimension if one in source.dimensions)}"
                )

    def _check_revised(self) -> None:
        if self.changed_since is None:
            return
        if self.is_compared:
            raise QueryInvalid("changed_since and compare exclude each other: the buckets before may have changed too")
        for source, measures in self.sources().items():
            if not source.is_revised:
                raise QueryInvalid(
                    f"what changes {measures[0]} is not kept by bucket; leave it out, or ask without changed_since"
                )

    def _check_zone(self) -> None:
        if self.time_zone == "localtime":
            raise QueryInvalid("localtime is the zone of whatever machine answers; use a name such as Europe/Athens")
        try:
            zone = ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise QueryInvalid(f"there is no time zone {self.time_zone!r}; use a name such as Europe/Athens") from None
        is_by_hour = any(source.is_revised for source in self.sources())
        if self.bucket in CALENDAR and not divides(HOUR if is_by_hour else HALF_AN_HOUR, zone, self.begin, self.to):
            raise QueryInvalid(
                f"days of {self.time_zone} begin within {'an' if is_by_hour else 'half an'} hour of UTC, and that is "
                "counted as a whole; take buckets of a quarter_hour, or another time zone"
            )
