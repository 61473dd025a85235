"""Sends of which nobody knows whether they were taken: what is known, what to do, and what a person says of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from api.admission.access import Caller
from api.answers.sends import Doubt
from api.problems import NOT_IN_DOUBT, Refused
from api.submissions.plans import Body
from api.texts import Text
from contracts.plans import InDoubt, Outcome, SendOutcome
from contracts.records import AttemptRegistered
from contracts.vocabulary import Channel

Row = Mapping[str, Any]

UNANSWERED = "The provider was called and gave no usable answer"
UNTOLD = "It was commanded, and nothing came of it in its time"
LOOK = (
    "Look for {send_id} at {provider}. If it is there, it was taken (accepted, with the provider's id); if it "
    "certainly is not, it was not sent (not_sent)"
)
ASK_DISPATCH = "See whether the dispatch process runs. When it does and nothing follows: {look}"
TRIED_AGAIN = "Another try is made as the plan says; nothing has to be done. If you know more: {look}"


class Resolution(Body):
    """What a person has found out about a doubtful send."""

    outcome: Literal["accepted", "not_sent"] = Field(
        description="`accepted`: the provider took it. `not_sent`: it certainly did not, so the message goes on.",
        examples=["accepted"],
    )
    root_id: Text | None = Field(
        None,
        description="What the provider calls it, so that its reports are understood; only with `accepted`.",
        examples=["35C8B5D509BC10689196FED2AD551B01"],
    )
    note: Text = Field(description="How you know; it is kept and shown.", examples=["Seen in the provider's console"])

    @model_validator(mode="after")
    def _has_no_id_of_nothing(self) -> Self:
        if self.root_id is not None and self.outcome == "not_sent":
            raise ValueError("what was not sent has no root_id; leave it out, or say accepted")
        return self


def doubt_of(row: Row) -> Doubt:
    look = LOOK.format(send_id=row["send_id"], provider=row["provider"])
    if row["outcome"] == "waiting":
        known, advice = UNTOLD, ASK_DISPATCH.format(look=look)
    elif row["on_doubt"] == InDoubt.RESEND:
        known, advice = UNANSWERED, TRIED_AGAIN.format(look=look)
    else:
        known, advice = UNANSWERED, look
    return Doubt.model_validate({**row, "known": known, "advice": f"{advice}."})


def require_open(row: Row, now: datetime) -> None:
    """Raises the problem that says what came of a send about which there is no doubt."""
    if row["outcome"] == Outcome.IN_DOUBT or (row["outcome"] == "waiting" and row["give_up_at"] < now):
        return
    if row["outcome"] == "waiting":
        detail = f"It was commanded at {row['commanded_at']:%H:%M:%S} UTC and may still leave; cancel the message."
    else:
        detail = f"It is known that it was {row['outcome']}."
    raise Refused(NOT_IN_DOUBT, detail)


def outcome_of(row: Row, said: Resolution, caller: Caller, *, now: datetime) -> SendOutcome:
    is_accepted = said.outcome == "accepted"
    return SendOutcome(
        message_id=row["message_id"],
        account=row["account"],
        step=row["step"],
        send_id=row["send_id"],
        outcome=Outcome.ACCEPTED if is_accepted else Outcome.WITHDRAWN,
        provider=row["provider"],
        connection=row["connection"],
        told_at=now,
        root_id=said.root_id,
        may_fall_back=not is_accepted,
        told_by=caller.key_id,
        note=said.note,
    )


def registration_of(row: Row, said: Resolution, *, now: datetime) -> AttemptRegistered | None:
    """By which the reports about the send find its message; null when its id is not known."""
    if said.root_id is None:
        return None
    return AttemptRegistered(
        provider=row["provider"],
        connection=row["connection"],
        account=row["account"],
        root_id=said.root_id,
        registered_at=now,
        message_id=row["message_id"],
        channel=Channel(row["channel"]),
        sender=row["sender"],
        campaign=row["campaign"],
        external_id=row["send_id"],
        sent_at=row["commanded_at"],
    )
