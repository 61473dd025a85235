"""Where an attempt stands after a report or a registration, and what that did to it. Pure: no Kafka, no clock.

What is known only grows: statuses join as sets, times as the earliest. So the same reports and the same registration
give the same standing in any order and however often they come.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import structs

from contracts.identity import attempt_id, derived_message_id
from contracts.records import AttemptRegistered, DeliveryReport, StatusChanged
from contracts.status import NO_EVIDENCE, DeliveryStatus, evidence, join, status_of
from contracts.vocabulary import Scope, Verdict
from streams.engine.moments import DAY_MS, MILLISECOND, ms_of
from streams.track.attempt import AttemptState, Registered
from streams.track.early import end_told, more_telling
from streams.track.evidence import contradicts, have_ended, leg_of, standing, unit_of
from streams.track.seen import is_seen, remember, short_id

ON_THE_WAY = frozenset({DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED, DeliveryStatus.SENT})


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say about a connection."""

    is_observed_only: bool
    """Nobody registers attempts there, so none is parked."""
    keep_s: int
    """How long an attempt remembers which reports it has had."""
    parking_ms: int = 7 * DAY_MS
    """How long reports wait for a registration."""
    keep_final_ms: int = 7 * DAY_MS
    """How long a finished attempt is remembered in silence."""
    keep_open_ms: int = 30 * DAY_MS
    """How long one that is not finished is."""


class Standing(msgspec.Struct, frozen=True, gc=False):
    """What follows from all that is known of an attempt."""

    status: DeliveryStatus
    is_conflict: bool


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a record about an attempt was read: under which key, and when Kafka took it.

    Kafka's time is that of a replay, where the record has an older time of its own. So it tells how long we have heard
    nothing, and never what an attempt is called or which of its reports are old.
    """

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
    return state.registered is None and not state.is_unclaimed and not rules.is_observed_only


def is_finished(state: AttemptState) -> bool:
    """Whether no more is owed: it stands at an end, and so does each leg and part."""
    # When all that was heard of has ended, only parts that were not heard of can keep it open.
    return have_ended(state.units) and (not state.parts_counts or standing(state.units, state.parts_counts).is_final)


def due_ms(state: AttemptState, rules: Rules) -> int:
    """When its time has come, in Kafka's time: to be given up as parked, else to be forgotten."""
    if state.parked_ms:
        return state.parked_ms + rules.parking_ms
    return state.heard_ms + (rules.keep_final_ms if is_finished(state) else rules.keep_open_ms)


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
    state = before or AttemptState(first_ms=ms_of(report.received_at))
    was = now = standing_of(state)
    unit, event = unit_of(report, state.units), short_id(report.event_id)
    known, verdict = _with_times(state, report), Verdict.REPEATED
    if not is_seen(state.seen, event):
        seen = remember(state.seen, event, ms_of(report.received_at) // 1000, keep_s=rules.keep_s)
        known = _with_evidence(known, report, unit, seen=seen, heard_ms=max(known.heard_ms, place.at_ms))
        now = standing_of(known)
        moved = was != now or _has_moved(state, known, unit)
        verdict = Verdict.APPLIED if moved else Verdict.OUTRANKED
        if known.registered is None and not rules.is_observed_only and report.status.is_bad_end:
            known = structs.replace(known, early_end=more_telling(known.early_end, report))
        if is_parked(known, rules):
            known, verdict = _parked(known, verdict, place.at_ms), Verdict.PARKED
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
    """The state after `registration`, and what to tell of it.

    The first one stands; a further one frees nothing, and adds what the first did not know.
    """
    state = before or AttemptState(first_ms=ms_of(registration.registered_at))
    known = structs.replace(
        state,
        told_sent_at=_earliest(state.told_sent_at, registration.sent_at),
        heard_ms=max(state.heard_ms, place.at_ms),
    )
    if state.registered is None:
        known = structs.replace(_freed(known), registered=_kept_of(registration), early_end=None)
    else:
        known = structs.replace(known, registered=_with_more(state.registered, _kept_of(registration)))
    known, latency_ms = _with_latency(known)
    was = standing_of(state) if before else None
    return known, StatusChanged(
        verdict=Verdict.REGISTERED,
        latency_ms=latency_ms,
        released_applied_count=state.parked_applied_count - known.parked_applied_count,
        released_outranked_count=state.parked_outranked_count - known.parked_outranked_count,
        registration=registration,
        early_end=end_told(state.early_end),
        **_standing_told(known, (was, standing_of(known)), place, rules),
    )


def time_is_up(state: AttemptState, place: Place, rules: Rules) -> tuple[AttemptState | None, StatusChanged | None]:
    """The state when a time that it had set has come: unclaimed, which is told, or forgotten, which is not.

    Unchanged when the time has moved since, as it does with all that is said of the attempt.
    """
    if place.at_ms < due_ms(state, rules):
        return state, None
    if not state.parked_ms:
        return None, None
    known = structs.replace(_freed(state), is_unclaimed=True, heard_ms=max(state.heard_ms, place.at_ms))
    now = standing_of(known)
    return known, StatusChanged(
        verdict=Verdict.UNCLAIMED,
        released_applied_count=state.parked_applied_count,
        released_outranked_count=state.parked_outranked_count,
        **_standing_told(known, (now, now), place, rules),
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


def _with_evidence(
    state: AttemptState, report: DeliveryReport, unit: str, *, seen: bytes, heard_ms: int
) -> AttemptState:
    # One copy in most cases, because this is done for each report.
    units = {**state.units, unit: join(state.units.get(unit, NO_EVIDENCE), evidence(report.status))}
    leg = leg_of(unit)
    known = structs.replace(state, units=units, seen=seen, heard_ms=heard_ms)
    if report.parts_count <= state.parts_counts.get(leg, 1):
        return known
    return structs.replace(known, parts_counts={**state.parts_counts, leg: report.parts_count})


def _has_moved(before: AttemptState, after: AttemptState, unit: str) -> bool:
    """Whether the unit was not heard of before, or has another status, though the attempt stands where it stood."""
    known = before.units.get(unit)
    return known is None or status_of(known) is not status_of(after.units[unit])


def _parked(state: AttemptState, verdict: Verdict, at_ms: int) -> AttemptState:
    """Remember what a report did that nobody can be told of yet."""
    parked_ms = state.parked_ms or max(1, at_ms)
    if verdict is Verdict.APPLIED:
        return structs.replace(state, parked_ms=parked_ms, parked_applied_count=state.parked_applied_count + 1)
    return structs.replace(state, parked_ms=parked_ms, parked_outranked_count=state.parked_outranked_count + 1)


def _freed(state: AttemptState) -> AttemptState:
    """Without what was parked."""
    return structs.replace(state, parked_ms=0, parked_applied_count=0, parked_outranked_count=0)


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


def _with_more(first: Registered, further: Registered) -> Registered:
    lacking = {name: getattr(further, name) for name in Registered.__struct_fields__ if getattr(first, name) is None}
    return structs.replace(first, **lacking)


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
