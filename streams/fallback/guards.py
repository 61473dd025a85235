"""What forbids or puts off a send: the last time to send, quiet hours, an opt-out, a spent budget, an ill connection.

Pure: what the world knows comes in as `Around`. Zones come from the numbering plans.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

from contracts.plans import Because, Decision
from streams.engine.moments import moment_of, ms_of
from streams.fallback.state import KeptPlan, KeptStep

HORIZON = timedelta(days=3)
"""Zones that are never all awake at once within this are never."""


class Around(Protocol):
    """What the world answers at the moment of a decision."""

    def has_opted_out(self, account: str, sender: str, *, recipient: str) -> bool: ...
    def is_spent(self, account: str, budget: str, *, send_id: str, at_ms: int) -> bool:
        """Whether the budget leaves nothing for this send; what it was counted for before, it has."""

    def is_ill(self, provider: str, connection: str, *, at_ms: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Circumstances:
    """A world that stands still."""

    opted_out: frozenset[str] = frozenset()
    """The senders from which the recipient wants nothing."""
    spent_budgets: frozenset[str] = frozenset()
    ill_connections: frozenset[tuple[str, str]] = frozenset()
    """Provider and connection."""

    def has_opted_out(self, account: str, sender: str, *, recipient: str) -> bool:  # noqa: ARG002  # the face of a world
        return sender in self.opted_out

    def is_spent(self, account: str, budget: str, *, send_id: str, at_ms: int) -> bool:  # noqa: ARG002  # likewise
        return budget in self.spent_budgets

    def is_ill(self, provider: str, connection: str, *, at_ms: int) -> bool:  # noqa: ARG002  # likewise
        return (provider, connection) in self.ill_connections


class Objection(NamedTuple):
    """What speaks against a send now."""

    decision: Decision
    because: Because
    until_ms: int = 0


def objection(plan: KeptPlan, step: KeptStep, around: Around, *, at_ms: int, send_id: str) -> Objection | None:
    """The first thing that speaks against the step at that moment; null when it may go."""
    if plan.send_before_ms and at_ms >= plan.send_before_ms:
        return Objection(Decision.REFUSE, Because.TOO_LATE)
    if plan.respects_opt_out and around.has_opted_out(plan.account, step.sender, recipient=plan.recipient):
        return Objection(Decision.REFUSE, Because.OPTED_OUT)
    if plan.budget is not None and around.is_spent(plan.account, plan.budget, send_id=send_id, at_ms=at_ms):
        return Objection(Decision.REFUSE, Because.BUDGET_SPENT)
    if step is not plan.steps[-1] and around.is_ill(step.provider, step.connection, at_ms=at_ms):
        return Objection(Decision.SKIP, Because.CONNECTION_ILL)
    return _quiet(plan, at_ms)


def _quiet(plan: KeptPlan, at_ms: int) -> Objection | None:
    if plan.quiet is None:
        return None
    allowed_ms = next_allowed_ms(plan.quiet, zones_of(plan.recipient), at_ms)
    if allowed_ms == at_ms:
        return None
    if allowed_ms is None or (plan.send_before_ms and allowed_ms >= plan.send_before_ms):
        return Objection(Decision.REFUSE, Because.TOO_LATE)
    return Objection(Decision.WAIT, Because.QUIET_HOURS, allowed_ms)


def next_allowed_ms(quiet: tuple[int, int], zones: tuple[ZoneInfo, ...], at_ms: int) -> int | None:
    """The first moment from `at_ms` on that is quiet in none of `zones`; null when there is none."""
    begin = moment = moment_of(at_ms)
    while moment < begin + HORIZON:
        ends = [end for zone in zones if (end := _end_of_quiet(quiet, moment.astimezone(zone)))]
        if not ends:
            return ms_of(moment)
        end = max(ends)
        # Where clocks are set back, an end by the clock on the wall may lie behind us.
        moment = end if end > moment else moment + timedelta(minutes=1)
    return None


def _end_of_quiet(quiet: tuple[int, int], local: datetime) -> datetime | None:
    """When the quiet hours end in which `local` lies; null when it lies in none."""
    start, end = quiet
    minute = local.hour * 60 + local.minute
    is_quiet = start <= minute < end if start <= end else minute >= start or minute < end
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=minute >= end)
    return datetime.combine(day, time(end // 60, end % 60), local.tzinfo).astimezone(UTC)


@lru_cache(maxsize=65_536)
def zones_of(recipient: str) -> tuple[ZoneInfo, ...]:
    """Where the number may be; UTC when nothing is known of it, as of the opaque id of a bot's user."""
    try:
        number = phonenumbers.parse(recipient)
    except phonenumbers.NumberParseException:
        return (_zone("UTC"),)
    names = timezone.time_zones_for_number(number)
    if names == (timezone.UNKNOWN_TIMEZONE,):  # fits no plan: then by how it begins
        names = timezone.time_zones_for_geographical_number(number)
    found = tuple(zone for name in names if name != timezone.UNKNOWN_TIMEZONE and (zone := _known(name)))
    return found or (_zone("UTC"),)


def _known(name: str) -> ZoneInfo | None:
    try:
        return _zone(name)
    except ZoneInfoNotFoundError:  # the numbering plans may be younger than the machine's zones
        return None


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
