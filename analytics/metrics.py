"""What can be measured and by what it can be grouped. `docs/metrics.md` has the formulas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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


class Bucket(StrEnum):
    """How time is divided; `none` gives one row for the whole span."""

    HOUR = "hour"
    DAY = "day"
    NONE = "none"


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


@dataclass(frozen=True)
class MetricsQuestion:
    """Measures over a span of time, by dimensions. An attempt belongs to the hour in which we first heard of it.

    Counts are kept by the hour, so the span is that of the UTC hours which it touches.
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
    """Whose days they are, when the bucket is a day."""

    def __post_init__(self) -> None:
        self._check_span()
        beyond = {Dimension.STATUS, Dimension.REASON} & (set(self.group_by) | self.filters.keys())
        if beyond and LATENCIES & set(self.measures):
            raise QueryInvalid("latencies are those of delivered attempts: they cannot be taken by status or reason")

    def parameters(self) -> dict[str, Any]:
        """As `queries/metrics.sql` wants them."""
        return {
            "from": self.from_.astimezone(UTC).replace(minute=0, second=0, microsecond=0),
            "to": self.to.astimezone(UTC),
            "bucket": str(self.bucket),
            "time_zone": self.time_zone,
            "group_by": [str(one) for one in self.group_by],
            "by_channel": Dimension.CHANNEL in self.group_by or Dimension.CHANNEL in self.filters,
            "with_latency": bool(LATENCIES & set(self.measures)),
            "accounts": self.accounts,
            **wanted_by(self.filters, Dimension),
        }

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
        if self.bucket is Bucket.DAY and offset and offset.total_seconds() % 3600:
            raise QueryInvalid(f"days of {self.time_zone} begin within an hour of UTC, and counts are kept by the hour")
