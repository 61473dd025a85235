"""What was planned for a message, decided about it and sent, from the store's rows; and what comes next."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from analytics.questions import Timeline
from api.answers.plans import DecisionTold, PlanTold, SendTold
from contracts.plan_words import words_of
from contracts.plans import Because, Decision, DecisionMade, Facts, Outcome
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel

Row = Mapping[str, Any]

CLOSING = frozenset({Decision.STOP, Decision.REFUSE, Decision.SILENT, Decision.CANCELLED, Decision.EXPIRED})
"""After one of these nothing is sent any more."""


def plan_in(known: Timeline) -> PlanTold | None:
    """The plan that counts, which is the first, and since when it is cancelled."""
    planned = next((row for row in known.plan if row["told"] == "planned"), None)
    cancelled_at = min((row["told_at"] for row in known.plan if row["told"] == "cancelled"), default=None)
    return PlanTold.model_validate({**planned, "cancelled_at": cancelled_at}) if planned else None


def decisions_in(known: Timeline) -> list[DecisionTold]:
    return [DecisionTold.model_validate({**row, "words": words(row)}) for row in known.decisions]


def sends_in(known: Timeline) -> list[SendTold]:
    return [SendTold.model_validate(row) for row in known.sends]


def words(row: Row) -> str:
    """The decision of a row as a sentence."""
    made = DecisionMade(
        message_id=row["message_id"],
        account=row["account"],
        decision=Decision(row["decision"]),
        because=Because(row["because"]),
        decided_at=row["decided_at"],
        step=row["step"],
        channel=Channel(row["channel"]),
        policy=row["policy"],
        version=row["version"],
        until=row["until_at"],
        facts=_facts(row),
    )
    return f"{words_of(made)} (times in UTC)"


def _facts(row: Row) -> Facts | None:
    if row["fact_step"] is None:
        return None
    status = row["fact_status"]
    return Facts(
        step=row["fact_step"],
        channel=Channel(row["fact_channel"]),
        at=row["fact_at"],
        status=DeliveryStatus(status) if status else None,
        provider_code=row["fact_provider_code"],
        error=row["fact_error"],
    )


def closing(decisions: Sequence[DecisionTold]) -> DecisionTold | None:
    """The decision by which the message is over; null while it goes on."""
    return next((one for one in decisions if one.decision in CLOSING), None)


def next_decision_at(
    plan: PlanTold | None, decisions: Sequence[DecisionTold], sends: Sequence[SendTold], *, outcome_within_s: float
) -> datetime | None:
    """When something is decided if nothing is heard before; null when that waits for a person, or all is decided."""
    if closing(decisions):
        return None
    if decisions and decisions[-1].decision is Decision.WAIT:
        return decisions[-1].until
    if not sends:
        first = plan.steps[0] if plan and plan.sent_at else None
        return plan.sent_at + timedelta(seconds=first.wait_s) if plan and plan.sent_at and first else None
    return _after(sends[-1], plan, outcome_within_s)


def _after(send: SendTold, plan: PlanTold | None, outcome_within_s: float) -> datetime | None:
    if send.outcome == "waiting":
        return send.give_up_at + timedelta(seconds=outcome_within_s)
    if send.outcome is not Outcome.ACCEPTED or send.told_at is None:
        return None
    # The plan of a message that follows a policy by itself is in no row; its step was given up when it had waited.
    wait = timedelta(seconds=plan.steps[send.step].wait_s) if plan else send.give_up_at - send.commanded_at
    return send.told_at + wait
