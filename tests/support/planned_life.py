"""What befalls one message with a plan, event by event, and what the policy makes of it."""

from collections.abc import Iterable
from datetime import time
from typing import Any

import msgspec

from contracts.codec import encode
from contracts.plans import (
    Guards,
    InDoubt,
    MessageCancelled,
    MessagePlanned,
    Outcome,
    Plan,
    PlanStep,
    QuietHours,
    SendCommanded,
    SendOutcome,
    SendWithdrawn,
    SentElsewhere,
    send_id_of,
)
from contracts.records import AttemptRegistered, Due, EarlyEnd, StatusChanged
from contracts.sends import TextContent
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Verdict
from streams.fallback.guards import Circumstances
from streams.fallback.knowledge import Heard
from streams.fallback.policy import Here, Rules, advance
from streams.fallback.state import MessageState, decode_message, encode_message
from tests.support.reports import T0, T0_MS, at, report

MESSAGE, ATTEMPT = "019aa5a1-0000-7000-8000-000000000001", "019aa5a1-0000-7000-8000-00000000000a"
PROVIDERS = ("routee", "telesign", "infobip")
RULES = Rules()
MINUTE = 60


def step(number: int = 0, **members: Any) -> PlanStep:
    """Viber, then SMS, then voice; a minute each."""
    given: dict[str, Any] = {
        "channel": (Channel.VIBER, Channel.SMS, Channel.VOICE)[number],
        "provider": PROVIDERS[number],
        "connection": "main",
        "sender": "Example",
        "content": TextContent(text="Your parcel waits"),
        "wait_s": MINUTE,
    }
    return PlanStep(**given | members)


def planned(
    *steps: PlanStep,
    sent: SentElsewhere | None = None,
    in_doubt: InDoubt = InDoubt.HOLD,
    guards: Guards | None = None,
    recipient: str = "+447700900123",
) -> MessagePlanned:
    """The message with this plan, Viber and then SMS when no step is given."""
    plan = Plan(steps=steps or (step(0), step(1)), in_doubt=in_doubt, guards=guards or Guards(), version=3)
    return MessagePlanned(message_id=MESSAGE, account="shop", recipient=recipient, planned_at=T0, plan=plan, sent=sent)


SENT = SentElsewhere(root_id="r-0-0", sent_at=T0)


def place(of: int, number: int = 0) -> dict[str, Any]:
    return {"provider": PROVIDERS[of], "connection": "main", "root_id": f"r-{of}-{number}"}


def told(said: str, of: int = 0, number: int = 0, **members: Any) -> Heard:
    """An update about a try of a step, as track writes it and as this stage reads it."""
    given = place(of, number) | {"external_id": send_id_of(MESSAGE, of, number)} | members
    one = report(said, of=given["root_id"], **given)
    return heard(StatusChanged(verdict=Verdict.APPLIED, attempt_id=ATTEMPT, status=one.status, report=one))


def curable(said: str, of: int = 0, number: int = 0, **members: Any) -> Heard:
    return told(said, of, number, may_fall_back=True, **members)


def registered(
    of: int = 0, number: int = 0, status: str = "accepted", early_end: EarlyEnd | None = None, **members: Any
) -> Heard:
    known: dict[str, Any] = {"account": "shop", "registered_at": T0, "external_id": send_id_of(MESSAGE, of, number)}
    one = AttemptRegistered(**place(of, number), **known | members)
    return heard(
        StatusChanged(
            verdict=Verdict.REGISTERED,
            attempt_id=ATTEMPT,
            status=DeliveryStatus(status),
            registration=one,
            early_end=early_end,
        )
    )


def heard(update: StatusChanged) -> Heard:
    return msgspec.json.decode(encode(update), type=Heard)


def came(
    outcome: str, of: int = 0, number: int = 0, *, second: float = 0, may_fall_back: bool = False, **members: Any
) -> SendOutcome:
    where = place(of, number)
    root = where["root_id"] if outcome == "accepted" else None
    return SendOutcome(
        message_id=MESSAGE,
        account="shop",
        step=of,
        send_id=send_id_of(MESSAGE, of, number),
        outcome=Outcome(outcome),
        told_at=at(second),
        may_fall_back=may_fall_back,
        **where | {"root_id": root} | members,
    )


LONDON_NIGHT = QuietHours(start=time(9, 30), end=time(10, 30))
"""`T0` is ten o'clock."""
CANCEL = MessageCancelled(message_id=MESSAGE, account="shop", cancelled_at=T0)


def due(second: float) -> tuple[Due, float]:
    return Due(due_at=at(second)), second


def lived(*events: Any, around: Circumstances | None = None) -> tuple[MessageState | None, list[Any]]:
    """The state after all of it, each at the second given beside it, else at the second of the one before."""
    state, news, second = None, [], 0
    for one in events:
        event, second = one if isinstance(one, tuple) else (one, second)
        here = Here(MESSAGE, T0_MS + int(second * 1000), around or Circumstances())
        state, now = advance(state, event, here, RULES)
        state = None if state is None else decode_message(encode_message(state))
        news += now
    return state, news


def short(news: Iterable[Any]) -> list[str]:
    """`send 1: ended_badly`, and what was withdrawn."""
    return [
        f"withdraw {one.step}" if isinstance(one, SendWithdrawn) else f"{one.decision} {one.step}: {one.because}"
        for one in news
        if not isinstance(one, SendCommanded)
    ]


FIRST = "send 0: first_step"
ELSEWHERE = planned(sent=SENT)
TAKEN = came("accepted")
FALLEN = [planned(), TAKEN, curable("expired")]
