"""Where an attempt stands after a report or a registration, and what that did to it. Pure: no Kafka, no clock.

What is known only grows: statuses join as sets, times as the earliest. So the same reports and the same registration
give the same standing in any order and however often they come.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from msgspec import structs

from contracts.identity import attempt_id, derived_message_id
from contracts.records import AttemptRegistered, DeliveryReport, StatusChanged
from contracts.status import NO_EVIDENCE, DeliveryStatus, evidence, join, status_of
from contracts.vocabulary import Scope, Verdict
from streams.track.attempt import AttemptState, Registered
from streams.track.evidence import contradicts, leg_of, standing, unit_of
from streams.track.seen import is_seen, remember, short_id

ON_THE_WAY = frozenset({DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED, DeliveryStatus.SENT})
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say about a connection."""

    is_observed_only: bool
    """Nobody registers attempts there, so none is parked."""
    keep_s: int
    """How long an attempt remembers which reports it has had."""


class Standing(NamedTuple):
    """What follows from all that is known of an attempt."""

    status: DeliveryStatus
    is_conflict: bool


class Place(NamedTuple):
    """Where a record about an attempt was read: under which key, and when Kafka took it."""

    key: bytes
    at_ms: int


def standing_of(state: AttemptState) -> Standing:
    """The attempt's standing; a registration says at least that the provider accepted it."""
    status = standing(state.units, state.parts_counts)
    if state.registered is not None and status.rank < DeliveryStatus.ACCEPTED.rank:
        status = DeliveryStatus.ACCEPTED
    return Standing(status, contradicts(state.units))


def is_parked(state: AttemptState, rules: Rules) -> bool:
    """Whether nobody has told us yet whose attempt this is, and somebody ought to."""
    return state.registered is None and not rules.is_observed_only


def message_id_of(state: AttemptState, key: bytes, rules: Rules) -> str | None:
    """Our id of the message; null while the attempt is parked."""
    if is_parked(state, rules):
        return None
    if state.registered is not None and state.registered.message_id is not None:
        return state.registered.message_id
    return derived_message_id(state.first_ms, key)


def advance(
    before: AttemptState | None, report: DeliveryReport, place: Place, rules: Rules
) -> tuple[AttemptState, StatusChanged]:
    """The state after `report`, and what to tell of it."""
    state = before or AttemptState(first_ms=place.at_ms)
    was = now = standing_of(state)
    unit, event = unit_of(report, state.units), short_id(report.event_id)
    known, verdict = _with_times(state, report), Verdict.REPEATED
    if not is_seen(state.seen, event):
        seen = remember(state.seen, event, place.at_ms // 1000, keep_s=rules.keep_s)
        known = _with_evidence(known, report, unit, seen=seen)
        now = standing_of(known)
        moved = was != now or _has_moved(state, known, unit)
        verdict = Verdict.APPLIED if moved else Verdict.OUTRANKED
        if is_parked(known, rules):
            known, verdict = _parked(known, verdict), Verdict.PARKED
    known, latency_ms = _with_latency(known)
    return known, StatusChanged(
        verdict=verdict,
        item_status=status_of(known.units.get(unit, NO_EVIDENCE)),
        latency_ms=latency_ms,
        report=_completed(report, known.registered),
        **_standing_told(known, (was if before else None, now), place, rules),
    )


def register(
    before: AttemptState | None, registration: AttemptRegistered, place: Place, rules: Rules
) -> tuple[AttemptState, StatusChanged]:
    """The state after `registration`, and what to tell of it. The first one stands; a further one frees nothing."""
    state = before or AttemptState(first_ms=place.at_ms)
    known = structs.replace(state, told_sent_at=_earliest(state.told_sent_at, registration.sent_at))
    if state.registered is None:
        known = structs.replace(
            known, registered=_kept_of(registration), parked_applied_count=0, parked_outranked_count=0
        )
    known, latency_ms = _with_latency(known)
    was = standing_of(state) if before else None
    return known, StatusChanged(
        verdict=Verdict.REGISTERED,
        latency_ms=latency_ms,
        released_applied_count=state.parked_applied_count - known.parked_applied_count,
        released_outranked_count=state.parked_outranked_count - known.parked_outranked_count,
        registration=registration,
        **_standing_told(known, (was, standing_of(known)), place, rules),
    )


def _with_times(state: AttemptState, report: DeliveryReport) -> AttemptState:
    told_sent_at = _earliest(state.told_sent_at, report.sent_at)
    moved_at, delivered_at = state.moved_at, state.delivered_at
    if report.status in ON_THE_WAY:
        moved_at = _earliest(moved_at, report.occurred_at)
    elif report.status.is_success:
        delivered_at = _earliest(delivered_at, report.occurred_at or report.received_at)
    if (told_sent_at, moved_at, delivered_at) == (state.told_sent_at, state.moved_at, state.delivered_at):
        return state
    return structs.replace(state, told_sent_at=told_sent_at, moved_at=moved_at, delivered_at=delivered_at)


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)


def _with_evidence(state: AttemptState, report: DeliveryReport, unit: str, *, seen: bytes) -> AttemptState:
    units = {**state.units, unit: join(state.units.get(unit, NO_EVIDENCE), evidence(report.status))}
    leg = leg_of(unit)
    if report.parts_count <= state.parts_counts.get(leg, 1):
        return structs.replace(state, units=units, seen=seen)
    return structs.replace(state, units=units, seen=seen, parts_counts={**state.parts_counts, leg: report.parts_count})


def _has_moved(before: AttemptState, after: AttemptState, unit: str) -> bool:
    """Whether the unit was not heard of before, or has another status, though the attempt stands where it stood."""
    known = before.units.get(unit)
    return known is None or status_of(known) is not status_of(after.units[unit])


def _parked(state: AttemptState, verdict: Verdict) -> AttemptState:
    """Remember what a report did that nobody can be told of yet."""
    if verdict is Verdict.APPLIED:
        return structs.replace(state, parked_applied_count=state.parked_applied_count + 1)
    return structs.replace(state, parked_outranked_count=state.parked_outranked_count + 1)


def _with_latency(state: AttemptState) -> tuple[AttemptState, int | None]:
    """The time from sending to delivery, the first time that it is known."""
    if state.is_latency_told or state.sent_at is None or state.delivered_at is None:
        return state, None
    # Two clocks are compared, of a sender and of a network: a negative time is theirs, not the message's.
    latency_ms = max(0, (state.delivered_at - state.sent_at) // MILLISECOND)
    return structs.replace(state, is_latency_told=True), latency_ms


def _standing_told(
    state: AttemptState, standings: tuple[Standing | None, Standing], place: Place, rules: Rules
) -> dict[str, Any]:
    """What every update tells of the attempt, before and after."""
    was, now = standings
    return {
        "attempt_id": attempt_id(state.first_ms, place.key),
        "status": now.status,
        "previous_status": was.status if was else None,
        "message_id": message_id_of(state, place.key, rules),
        "is_conflict": now.is_conflict,
        "is_new_conflict": now.is_conflict and not (was and was.is_conflict),
        "sent_at": state.sent_at,
        "delivered_at": state.delivered_at,
    }


def _kept_of(registration: AttemptRegistered) -> Registered:
    return Registered(**{name: getattr(registration, name) for name in Registered.__struct_fields__})


def _completed(report: DeliveryReport, registered: Registered | None) -> DeliveryReport:
    """The report with what the registration knows and the report lacks."""
    if registered is None:
        return report
    lacking: dict[str, Any] = {
        name: value
        for name in Registered.__struct_fields__
        if name != "message_id" and getattr(report, name) is None and (value := getattr(registered, name)) is not None
    }
    # A leg of a cascade and the cascade itself travel as the provider says, not as it was asked to.
    if report.scope is not Scope.CHANNEL or report.provider_message_id != report.root_id:
        lacking.pop("channel", None)
    return structs.replace(report, **lacking) if lacking else report
