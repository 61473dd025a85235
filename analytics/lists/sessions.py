"""What can be asked about sessions with people. `accounts` is null for all, else only what is theirs is seen."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from analytics.asking.reader import Answer, Reader
from analytics.freshness import Freshness
from analytics.lists.inbound import Place, further_back
from contracts.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class SessionsQuestion:
    """Sessions, the newest first; a null leaves a filter out. `recipient` is a pseudonym."""

    accounts: tuple[str, ...] | None = None
    sender: str | None = None
    recipient: int | None = None
    is_open: bool | None = None
    near: str | None = None
    """About to run out of this."""
    from_: datetime | None = None
    to: datetime | None = None
    """Opened within these."""
    before: Place | None = None
    limit: int = 50

    def parameters(self, at: datetime) -> dict[str, Any]:
        """As `sessions.sql` names them."""
        return {
            "accounts": self.accounts,
            "sender": self.sender,
            "recipient": self.recipient,
            "is_open": self.is_open,
            "near": self.near,
            "from": self.from_,
            "to": self.to,
            "at": at,
            "limit": self.limit,
            **further_back(self.before),
        }


@dataclass(frozen=True)
class Conversation(Answer):
    """The sessions of one person with one sender, the newest first, in whatever account."""

    standings: list[dict[str, Any]]
    """One an account: where the conversation stands."""
    breaks: list[dict[str, Any]]
    """Messages that went out although the rules forbid it."""


async def sessions(reader: Reader, question: SessionsQuestion) -> Answer:
    """As of when all that people wrote is in it; what we sent follows a moment after it was accepted."""
    answer = await reader.ask("sessions", question.parameters(reader.clock.now()))
    return Answer(answer.rows, _fresh(reader, answer.freshness))


async def conversation(reader: Reader, question: SessionsQuestion) -> Conversation:
    """Raises `NotFound` when nothing of these accounts is known of it; sender and recipient must be given."""
    parameters = question.parameters(reader.clock.now())
    about = {name: parameters[name] for name in ("accounts", "sender", "recipient")}
    (standings, breaks, rows), fresh = await reader.ask_together(
        ("session_standings", about),
        ("session_rule_breaks", about),
        ("sessions", parameters),
    )
    if not standings:
        raise NotFound(
            "nothing is known of a conversation of this person with this sender: a session opens when they write"
        )
    return Conversation(rows, _fresh(reader, fresh), standings, breaks)


def with_sessions(reader: Reader, fresh: Freshness) -> Freshness:
    """As of when all is in an answer that tells of sessions and of what callbacks say."""
    moments = (fresh.as_of, reader.horizon.sessions_as_of)
    as_of = None if None in moments else min(moment for moment in moments if moment)
    lag_s = None if as_of is None else (reader.clock.now() - as_of).total_seconds()
    return replace(fresh, as_of=as_of, lag_s=lag_s)


def _fresh(reader: Reader, fresh: Freshness) -> Freshness:
    as_of = reader.horizon.sessions_as_of
    lag_s = None if as_of is None else (reader.clock.now() - as_of).total_seconds()
    return replace(fresh, as_of=as_of, lag_s=lag_s)
