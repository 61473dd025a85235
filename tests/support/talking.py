"""Conversations for tests: who says what, at which hour."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.conversations import (
    BusinessSent,
    Parties,
    SessionClosed,
    SessionCorrected,
    SessionOpened,
    SessionRuleBroken,
    Told,
    UserWrote,
)
from streams.session.machine import Event, TimePassed, hear
from streams.session.rules import Rules
from streams.session.state import ConversationState

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)
US = Parties(account="default", provider="example", connection="main", sender="ExampleShop", recipient="+447700900105")


def at(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def user(hours: float, *, name: str = "") -> UserWrote:
    return UserWrote(parties=US, event_id=name or f"user {hours}", at=at(hours))


def ours(hours: float, kind: str = "text", *, name: str = "") -> BusinessSent:
    return BusinessSent(parties=US, event_id=name or f"ours {hours}", at=at(hours), kind=kind)


def time(hours: float) -> TimePassed:
    return TimePassed(at=at(hours))


def lived(events: Iterable[Event], rules: Rules) -> tuple[ConversationState | None, list[Told]]:
    """What is known and what was told when these are heard in this order."""
    state, told = None, []
    for event in events:
        state, news = hear(state, event, rules)
        told += news
    return state, told


def book_of(told: Iterable[Told]) -> dict[str, Any]:
    """What a reader knows who takes down the last word about each session."""
    book: dict[str, Any] = {}
    for one in told:
        match one:
            case SessionOpened(session=session) | SessionClosed(session=session):
                book[session.session_id] = session
            case SessionCorrected(was=was, now=now):
                del book[was.session_id]
                if now is not None:
                    book[now.session_id] = now
    return book


def broken_in(told: Iterable[Told]) -> list[tuple[datetime, str]]:
    """The breaches that stand."""
    standing: list[tuple[datetime, str]] = []
    for one in told:
        if isinstance(one, SessionRuleBroken):
            (standing.remove if one.is_withdrawn else standing.append)((one.sent_at, one.rule.value))
    return sorted(standing)
