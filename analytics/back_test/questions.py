"""What can be asked of the past: a plan and a span for a replay, a span for advice about waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from analytics.asking.buckets import first_id
from analytics.measures.rollups import whole_days
from contracts.errors import QueryInvalid
from contracts.plans import SucceedOn
from contracts.status import SUCCESSES, DeliveryStatus

AFTERWARDS = timedelta(days=2)
"""So long after the end of the span it is still looked for what else was sent for a message."""
SPARED = {
    SucceedOn.SENT: (DeliveryStatus.SENT, *SUCCESSES),
    SucceedOn.DELIVERED: tuple(SUCCESSES),
    SucceedOn.SEEN: (DeliveryStatus.SEEN,),
}


class TimeBy(StrEnum):
    """Which time of a report counts: when we heard it, as a plan does, or when its provider says it happened."""

    RECEIVED = "received"
    OCCURRED = "occurred"


@dataclass(frozen=True, kw_only=True)
class Way:
    """A channel, perhaps over one connection only."""

    channel: str
    provider: str | None = None
    connection: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReplayedStep(Way):
    """A step of a plan, as far as the past can tell of it."""

    wait_s: int = 0
    """Of no use in the last step."""
    succeed_on: SucceedOn = SucceedOn.DELIVERED


@dataclass(frozen=True, kw_only=True)
class Span:
    """Attempts that began in [from, to), and what narrows them. A null leaves its filter out."""

    from_: datetime
    to: datetime
    accounts: tuple[str, ...] | None = None
    provider: str | None = None
    countries: tuple[str, ...] | None = None
    campaigns: tuple[str, ...] | None = None
    clock: TimeBy = TimeBy.RECEIVED

    def __post_init__(self) -> None:
        if self.to <= self.from_:
            raise QueryInvalid(f"to ({self.to.isoformat()}) must be after from ({self.from_.isoformat()})")

    def filters(self, as_of: datetime) -> Mapping[str, Any]:
        """What the questions share; nothing is known of what happens after `as_of`."""
        return {
            "first": first_id(self.from_),
            "as_of": as_of,
            "accounts": self.accounts,
            "provider": self.provider,
            "countries": self.countries,
            "campaigns": self.campaigns,
            "clock": str(self.clock),
        }

    def outcomes(self, channels: list[str]) -> Mapping[str, Any]:
        """As `channel_outcomes.sql` wants it: whole hours, because nothing finer is counted, and their days."""
        begin = self.from_.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        span = {"from": begin, "to": self.to, **whole_days(begin, self.to)}
        return {**span, "accounts": self.accounts, "channels": channels}

    def prices(self, channels: list[str]) -> Mapping[str, Any]:
        """As `told_prices.sql` wants it."""
        first, until = first_id(self.from_), first_id(self.to)
        return {"first": first, "until": until, "accounts": self.accounts, "channels": channels}


@dataclass(frozen=True, kw_only=True)
class BackTestQuestion(Span):
    """What `steps` would have done."""

    steps: tuple[ReplayedStep, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.steps) < 2:
            raise QueryInvalid("a plan of one step has no fallback; give it a second step")

    def parameters(self, as_of: datetime) -> Mapping[str, Any]:
        """As `back_test.sql` wants them."""
        first, following = self.steps[:2]
        if self.provider is not None and first.provider not in {None, self.provider}:
            raise QueryInvalid(f"the first step is one of {first.provider}, so there is nothing of {self.provider}")
        return {
            **self.filters(as_of),
            "until": first_id(self.to),
            "beyond": first_id(self.to + AFTERWARDS),
            "successes": [str(status) for status in SPARED[first.succeed_on]],
            "wait_ms": first.wait_s * 1000,
            "channel": first.channel,
            "provider": self.provider or first.provider,
            "connection": first.connection,
            "next_channel": following.channel,
            "next_provider": following.provider,
            "next_connection": following.connection,
        }


@dataclass(frozen=True, kw_only=True)
class WaitsQuestion(Span):
    """For how long to wait on `channels` before a fallback on `fallback`."""

    channels: tuple[str, ...]
    fallback: Way
    value_of_minute: Decimal | None = None
    """What it is worth that a message arrives a minute sooner, as money; null for a tenth of a fallback's price."""
    least_observations: int = 200

    def parameters(self, as_of: datetime) -> Mapping[str, Any]:
        """As `waits.sql` wants them."""
        successes = [str(status) for status in SPARED[SucceedOn.DELIVERED]]
        beyond = first_id(self.to)
        return {**self.filters(as_of), "beyond": beyond, "channels": list(self.channels), "successes": successes}
