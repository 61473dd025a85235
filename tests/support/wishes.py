"""Wishes, and what people write, for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.records import Cause, InboundMessage, Signal, Wish
from contracts.vocabulary import Channel, InboundKind, WishKind, WishReason

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)
PERSON, SHOP = "+447700900105", "ExampleShop"
CAUSE = Cause(partition=0, offset=7)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def wish(kind: str = "stop", *, at_s: float = 0, **members: Any) -> Wish:
    given: dict[str, Any] = {
        "event_id": f"{int(at_s):032x}",
        "account": "default",
        "recipient": PERSON,
        "sender": SHOP,
        "kind": WishKind(kind),
        "reason": WishReason.KEYWORD,
        "since": at(at_s),
    }
    return Wish(**given | members)


def message(text: str | None, *, at_s: float = 0, **members: Any) -> InboundMessage:
    given: dict[str, Any] = {
        "event_id": f"{int(at_s):032x}",
        "provider": "infobip",
        "connection": "main",
        "account": "default",
        "received_at": at(at_s + 1),
        "occurred_at": at(at_s),
        "cause": CAUSE,
        "kind": InboundKind.TEXT,
        "channel": Channel.VIBER,
        "author": PERSON,
        "addressee": SHOP,
        "text": text,
    }
    return InboundMessage(**given | members)


def signal(kind: str, *, at_s: float = 0, **members: Any) -> Signal:
    given: dict[str, Any] = {
        "event_id": f"{int(at_s):032x}",
        "provider": "infobip",
        "connection": "main",
        "account": "default",
        "received_at": at(at_s + 1),
        "occurred_at": at(at_s),
        "cause": CAUSE,
        "kind": kind,
        "channel": Channel.VIBER_BOT,
        "extras": {"user_id": "sIfkKMSIcYr+zhA="},
    }
    return Signal(**given | members)
