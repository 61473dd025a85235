"""What is told of messages with plans, with as little said as a test needs."""

from datetime import timedelta
from typing import Any

from contracts.plans import (
    Because,
    Decision,
    DecisionMade,
    Facts,
    InDoubt,
    MessageCancelled,
    MessagePlanned,
    Outcome,
    Plan,
    PlanStep,
    SendCommanded,
    SendOutcome,
    send_id_of,
)
from contracts.sends import SendRequest, TextContent
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from tests.support.store_line import MESSAGE, at

SECRET = "Your code is 123456"
PERSON = "+447700900105"


def message(number: int = 1) -> str:
    return MESSAGE.format(number)


def step(channel: str = "viber", provider: str = "routee", **members: Any) -> PlanStep:
    given: dict[str, Any] = {
        "channel": Channel(channel),
        "provider": provider,
        "connection": "main",
        "sender": "ExampleShop",
    }
    return PlanStep(**given | {"wait_s": 60, "content": TextContent(text=SECRET)} | members)


def planned(number: int = 1, *, at_s: float = 0, **members: Any) -> MessagePlanned:
    given: dict[str, Any] = {
        "message_id": message(number),
        "account": "default",
        "recipient": PERSON,
        "planned_at": at(at_s),
    }
    return MessagePlanned(**given | {"plan": Plan(steps=(step(), step("sms", "telesign")))} | members)


def cancelled(number: int = 1, *, at_s: float = 0) -> MessageCancelled:
    return MessageCancelled(message_id=message(number), account="default", cancelled_at=at(at_s))


def commanded(number: int = 1, place: int = 1, attempt: int = 0, **members: Any) -> SendCommanded:
    send_id = send_id_of(message(number), place, attempt)
    request = SendRequest(
        send_id=send_id,
        channel=Channel.SMS,
        recipient=PERSON,
        sender="ExampleShop",
        content=TextContent(text=SECRET),
        campaign="autumn",
    )
    given: dict[str, Any] = {"message_id": message(number), "step": place, "send_id": send_id, "account": "default"}
    given |= {"provider": "telesign", "connection": "main", "request": request, "in_doubt": InDoubt.HOLD}
    return SendCommanded(**given | {"give_up_at": at(60)} | members)


def outcome(
    told: str, number: int = 1, place: int = 1, attempt: int = 0, *, at_s: float = 1, **members: Any
) -> SendOutcome:
    given: dict[str, Any] = {"message_id": message(number), "account": "default", "step": place}
    given |= {"send_id": send_id_of(message(number), place, attempt), "outcome": Outcome(told)}
    return SendOutcome(**given | {"provider": "telesign", "connection": "main", "told_at": at(at_s)} | members)


def decided(
    decision: str, because: str, number: int = 1, *, place: int = 1, at_s: float = 0, **members: Any
) -> DecisionMade:
    facts = Facts(
        step=0,
        channel=Channel.VIBER,
        at=at(at_s) - timedelta(seconds=2),
        status=DeliveryStatus.EXPIRED,
        provider_code="3056",
    )
    given: dict[str, Any] = {"message_id": message(number), "account": "default", "decision": Decision(decision)}
    given |= {"because": Because(because), "decided_at": at(at_s), "step": place, "channel": Channel.SMS}
    return DecisionMade(**given | {"policy": "", "version": 1, "facts": facts} | members)
