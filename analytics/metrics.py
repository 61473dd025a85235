"""What can be measured and by what it can be grouped. `docs/metrics.md` has the formulas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analytics.buckets import CALENDAR, FINE, Bucket, begin_before, first_id, floored, start_of, step_of
from analytics.wanted import wanted_by
from contracts.errors import QueryInvalid
from contracts.filters import Filter


class Measure(StrEnum):
    """Numbers about attempts, each attempt counted once by where it stands now."""

    SENT = "sent"
    PENDING = "pending"
    DELIVERED = "delivered"
    SEEN = "seen"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN_COUNT = "unknown_count"
    DELIVERY_RATE = "delivery_rate"
    SEEN_RATE = "seen_rate"
    CONFLICTS = "conflicts"
    REPEATED = "repeated"
    LATENCY_P50 = "latency_p50"
    LATENCY_P95 = "latency_p95"
    LATENCY_P99 = "latency_p99"


class Dimension(StrEnum):
    """What measures can be grouped and filtered by."""

    ACCOUNT = "account"
    PROVIDER = "provider"
    CONNECTION = "connection"
    CHANNEL = "channel"
    COUNTRY = "country"
    CAMPAIGN = "campaign"
    SENDER = "sender"
    STATUS = "status"
    REASON = "reason"


MEASURES: Mapping[Measure, str] = MappingProxyType(
    {
        Measure.SENT: "Attempts about which a report or a registration is known.",
        Measure.PENDING: "Attempts that stand at accepted, queued or sent.",
        Measure.DELIVERED: "Attempts that stand at delivered or seen.",
        Measure.SEEN: "Attempts that stand at seen.",
        Measure.UNDELIVERED: "Attempts that stand at undelivered.",
        Measure.EXPIRED: "Attempts that stand at expired.",
        Measure.REJECTED: "Attempts that stand at rejected.",
        Measure.FAILED: "Attempts that stand at failed.",
        Measure.UNKNOWN_COUNT: "Attempts that stand at unknown.",
        Measure.DELIVERY_RATE: "delivered / sent.",
        Measure.SEEN_RATE: "seen / delivered.",
        Measure.CONFLICTS: "Attempts whose final reports contradict each other.",
        Measure.REPEATED: "Reports that had been reported before.",
        Measure.LATENCY_P50: "Half of the delivered arrived within this many ms of being sent, to 2 %.",
        Measure.LATENCY_P95: "95 % of the delivered arrived within this many ms of being sent, to 2 %.",
        Measure.LATENCY_P99: "99 % of the delivered arrived within this many ms of being sent, to 2 %.",
    }
)

DIMENSIONS: Mapping[Dimension, str] = MappingProxyType(
    {
        Dimension.ACCOUNT: "Whose connection it is.",
        Dimension.PROVIDER: "Who carried it.",
        Dimension.CONNECTION: "Over which account at the provider.",
        Dimension.CHANNEL: "viber, sms, …; grouped or filtered by it, channel entries are counted, not attempts.",
        Dimension.COUNTRY: "Of the recipient's number, ISO 3166 alpha-2.",
        Dimension.CAMPAIGN: "As the registration or the provider names it.",
        Dimension.SENDER: "The sender id it was sent from.",
        Dimension.STATUS: "Where the attempt stands.",
        Dimension.REASON: "Why it did not arrive.",
    }
)

LATENCIES = frozenset({Measure.LATENCY_P50, Measure.LATENCY_P95, Measure.LATENCY_P99})


RATES = frozenset({Measure.DELIVERY_RATE, Measure.SEEN_RATE})


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

    def __post_init__(self) -> None:
        self._check_span()
        beyond = {Dimension.STATUS, Dimension.REASON} & (set(self.group_by) | self.filters.keys())
        if beyond and LATENCIES & set(self.measures):
            raise QueryInvalid("latencies are those of delivered attempts: they cannot be taken by status or reason")
        if self.is_compared and self.begin != (start := start_of(self.bucket, self.begin, self.zone)):
            raise QueryInvalid(
                f"to compare, the span must begin with a {self.bucket} of {self.time_zone}: from={start.isoformat()}"
            )

    @property
    def name(self) -> str:
        """The question of the store that answers it."""
        return "metrics_of_facts" if self.bucket in FINE else "metrics"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def begin(self) -> datetime:
        """Where the first hour that the span touches begins, or the first finer bucket."""
        return floored(self.from_.astimezone(UTC), step_of(self.bucket))

    def parameters(self) -> dict[str, Any]:
        """As the question of the store wants them."""
        of_facts = {"first": first_id(self.begin), "beyond": first_id(self.to)} if self.bucket in FINE else {}
        return {
            **self.bucketed(),
            "group_by": [str(one) for one in self.group_by],
            "by_channel": Dimension.CHANNEL in self.group_by or Dimension.CHANNEL in self.filters,
            "with_latency": bool(LATENCIES & set(self.measures)),
            "accounts": self.accounts,
            **wanted_by(self.filters, Dimension),
            **of_facts,
        }

    def bucketed(self) -> dict[str, Any]:
        """As `queries/buckets.sql` wants them."""
        return {
            "from": self.begin,
            "to": self.to.astimezone(UTC),
            "bucket": str(self.bucket),
            "step_min": step_of(self.bucket) // timedelta(minutes=1),
            "time_zone": self.time_zone,
        }

    def before(self) -> "MetricsQuestion":
        """The same about as many buckets before; without buckets, about as long a time before."""
        return replace(self, from_=begin_before(self.bucket, self.begin, self.to, zone=self.zone), to=self.begin)

    def columns(self) -> list[str]:
        """The members of a row of the answer, in order."""
        bucket = [] if self.bucket is Bucket.NONE else ["bucket_at"]
        return [*bucket, *map(str, self.group_by), *map(str, self.measures)]

    def rows(self, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What was found, with only the members that were asked for."""
        names = self.columns()
        return [{name: row[name] for name in names} for row in found]

    def _check_span(self) -> None:
        if self.to <= self.from_:
            raise QueryInvalid(f"to ({self.to.isoformat()}) must be after from ({self.from_.isoformat()})")
        self._check_zone()

    def _check_zone(self) -> None:
        if self.time_zone == "localtime":
            raise QueryInvalid("localtime is the zone of whatever machine answers; use a name such as Europe/Athens")
        try:
            zone = ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise QueryInvalid(f"there is no time zone {self.time_zone!r}; use a name such as Europe/Athens") from None
        offset = self.from_.astimezone(zone).utcoffset()
        if self.bucket in CALENDAR and offset and offset.total_seconds() % 3600:
            raise QueryInvalid(f"days of {self.time_zone} begin within an hour of UTC, and counts are kept by the hour")
