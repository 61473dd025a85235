"""Puts the life of a message together: what the store knows, and the raw callbacks behind it."""

from collections.abc import Sequence
from typing import Any

from analytics.asking.reader import Accounts
from analytics.questions import Timeline
from api.answers.base import Cause, FreshnessMember
from api.answers.inbound import Inbound
from api.answers.messages import Attempt, Evidence, Leg, MessageTimeline, TimelineEntry
from api.evidence import Cause as CauseOf
from api.parts import Parts
from api.problems import NOT_FOUND, Refused
from api.stories import decisions_in, next_decision_at, plan_in, sends_in
from contracts.errors import NotFound
from contracts.status import RANKS, DeliveryStatus
from contracts.vocabulary import Scope

Row = dict[str, Any]


async def tell(parts: Parts, accounts: Accounts, message_id: str, *, with_evidence: bool) -> MessageTimeline:
    """The timeline of a message or attempt; raises a problem that says how far the store is when it knows nothing."""
    try:
        known = await parts.store.timeline(message_id, accounts)
    except NotFound as exc:
        raise await not_yet_known(parts, message_id) from exc
    # Asked after the timeline, so that its freshness is true of the replies too.
    replies = (await parts.store.replies(message_id, accounts)).rows if known.may_be_answered else []
    timeline = _timeline(known, replies, outcome_within_s=parts.settings.fallback.outcome_within_s)
    if not with_evidence:
        return timeline
    return timeline.model_copy(update={"evidence": await _evidence(parts, timeline)})


async def not_yet_known(parts: Parts, name: str) -> Refused:
    """The problem that says how far the store is, which may have it in a moment."""
    freshness = FreshnessMember.of(await parts.store.freshness())
    when = f"{freshness.as_of:%Y-%m-%d %H:%M:%S} UTC" if freshness.as_of else "now, before the first complete moment"
    return Refused(
        NOT_FOUND,
        f"Nothing is known about {name} as of {when}, {freshness.lag_records} records behind. "
        "Check the id; if it is new, ask again in a moment.",
        members={"freshness": freshness.model_dump(mode="json")},
    )


def _timeline(known: Timeline, replies: Sequence[Row], *, outcome_within_s: float) -> MessageTimeline:
    attempts = [_attempt(row, known.rows) for row in known.attempts]
    statuses = [attempt.status for attempt in attempts]
    plan, decisions, sends = plan_in(known), decisions_in(known), sends_in(known)
    named = [*known.attempts, *known.plan, *known.decisions, *known.sends]
    return MessageTimeline(
        message_id=next((row["message_id"] for row in named if row["message_id"]), None),
        account=next((row["account"] for row in named), None),
        status=max(statuses, key=RANKS.__getitem__, default=DeliveryStatus.UNKNOWN),
        attempts=attempts,
        timeline=[TimelineEntry.model_validate(row | {"cause": _cause(row)}) for row in known.rows],
        plan=plan,
        decisions=decisions,
        sends=sends,
        next_decision_at=next_decision_at(plan, decisions, sends, outcome_within_s=outcome_within_s),
        replies=[Inbound.of(row) for row in replies],
        freshness=FreshnessMember.of(known.freshness),
    )


def _cause(row: Row) -> Cause | None:
    if row.get("cause_partition") is None:
        return None
    return Cause(**{name: row[f"cause_{name}"] for name in Cause.model_fields})


def _attempt(standing: Row, rows: Sequence[Row]) -> Attempt:
    """Where an attempt stands; what the store does not sum up is what was said of it first."""
    own = [row for row in rows if row["attempt_id"] == standing["attempt_id"]]
    first = {name: _first(own, name) for name in ("channel", "country", "campaign", "sender")}
    return Attempt.model_validate(standing | first | {"legs": _legs(own)})


def _first(rows: Sequence[Row], name: str) -> object:
    return next((row[name] for row in rows if row[name] is not None), None)


def _legs(rows: Sequence[Row]) -> list[Leg]:
    """The channels and parts that were reported one by one, when there are several."""
    legs: dict[tuple[object, ...], Leg] = {}
    for row in rows:
        if row.get("scope") == Scope.CHANNEL and row["item_status"]:
            place = (row["channel"], row["provider_message_id"], row["part"])
            legs[place] = Leg.model_validate(row | {"status": row["item_status"]})
    return list(legs.values()) if len(legs) > 1 else []


async def _evidence(parts: Parts, timeline: MessageTimeline) -> list[Evidence]:
    return await parts.evidence.read(
        [
            CauseOf(entry.cause.partition, entry.cause.offset, entry.provider, entry.connection)
            for entry in timeline.timeline
            if entry.cause
        ]
    )
