"""The plans of docs/fallback.md and the story below each, read from the page and played with what decides."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from api.admission.access import Caller
from api.admission.keys import Scope
from api.submissions.plan_rules import require_sound
from api.submissions.planning import World, as_asked
from api.submissions.plans import NewMessage
from contracts.codec import decode, encode
from contracts.plan_words import words_of
from contracts.plans import (
    DecisionMade,
    MessagePlanned,
    Outcome,
    SendCommanded,
    SendOutcome,
)
from contracts.records import Due
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers import load_providers
from runtime.policies import PolicyBook
from runtime.settings import Budget, Connection, Settings
from streams.engine.moments import ms_of
from streams.fallback.knowledge import About, Event, Heard
from streams.fallback.policy import Here, Rules, advance
from streams.fallback.state import MessageState

PAGE = Path(__file__).parents[2] / "docs" / "fallback.md"
DAY = date(2026, 11, 21)
_EXAMPLE = re.compile(r"^### (.+?)\n.*?```json\n(.*?)```\n\n```text\n(.*?)```", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"(?P<at>\d\d:\d\d:\d\d) > (?P<what>.+)")
_REPORTED = re.compile(r"reported (?P<status>\w+)(?: \((?P<code>\w+)\))?")
CALLER = Caller("docs", frozenset({Scope.SEND}), None)
SETTINGS = Settings(
    connections=tuple(
        Connection(provider=slug, name="main", **(load_providers()[slug].example or {}))
        for slug in ("telesign", "infobip", "routee", "decisiontelecom")
    ),
    budgets=(Budget(name="autumn-sale", most_sends_per_day=50_000),),
)


@dataclass(frozen=True)
class Example:
    """One plan, and what is said to come of it."""

    title: str
    body: dict[str, Any]
    lines: tuple[str, ...]

    @property
    def sentences(self) -> list[str]:
        """Those of the timeline."""
        return [line for line in self.lines if not _LINE.fullmatch(line)]


def examples() -> list[Example]:
    """All of the page."""
    return [
        Example(title, json.loads(body), tuple(filter(None, story.splitlines())))
        for title, body, story in _EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    ]


def planned(body: dict[str, Any], now: datetime) -> MessagePlanned:
    """What the API makes of a body, as it stands on the wire."""
    world = World(CALLER, SETTINGS, PolicyBook(), now)
    asked = as_asked(NewMessage.model_validate(body), world)
    require_sound(asked, world)
    return decode(MessagePlanned, encode(asked[0].record))


@dataclass
class Play:
    """One message on its way."""

    example: Example
    state: MessageState | None = None
    message: MessagePlanned | None = None
    sends: list[SendCommanded] = field(default_factory=list)

    def sentences(self) -> Iterator[str]:
        """What is decided, event by event."""
        for line in self.example.lines:
            if found := _LINE.fullmatch(line):
                at = datetime.combine(DAY, time.fromisoformat(found["at"]), UTC)
                yield from self._follow(found["what"], at)

    def _follow(self, what: str, at: datetime) -> Iterator[str]:
        if what == "planned":
            self.message = planned(self.example.body, at)
        event = self._event(what, at)
        assert self.message is not None
        here = Here(self.message.message_id, ms_of(at))
        self.state, told = advance(self.state, event, here, Rules())
        self.sends += [one for one in told if isinstance(one, SendCommanded)]
        yield from (words_of(one) for one in told if isinstance(one, DecisionMade))

    def _event(self, what: str, at: datetime) -> Event:
        if what == "planned":
            assert self.message is not None
            return self.message
        if what == "time passes":
            return Due(due_at=at)
        name, _, said = what.partition(" ")
        send = next(one for one in reversed(self.sends) if one.request.channel is Channel(name.lower()))
        if reported := _REPORTED.fullmatch(said):
            return _report(send, reported["status"], reported["code"], at)
        return _outcome(send, said, at)


def _root(send: SendCommanded) -> str:
    return f"root of {send.send_id}"


def _outcome(send: SendCommanded, said: str, at: datetime) -> SendOutcome:
    what, _, error = said.partition(": ")
    outcome = {"taken": Outcome.ACCEPTED, "refused": Outcome.REFUSED, "in doubt": Outcome.IN_DOUBT}[what]
    return SendOutcome(
        message_id=send.message_id,
        account=send.account,
        step=send.step,
        send_id=send.send_id,
        outcome=outcome,
        provider=send.provider,
        connection=send.connection,
        told_at=at,
        root_id=_root(send) if outcome is Outcome.ACCEPTED else None,
        error=error or ("SendInDoubt" if outcome is Outcome.IN_DOUBT else None),
        may_fall_back=outcome is Outcome.REFUSED,
    )


def _report(send: SendCommanded, status: str, code: str | None, at: datetime) -> Heard:
    """As the provider's own table of codes has it."""
    reached = DeliveryStatus(status)
    rows = load_providers()[send.provider].codes.rows
    about = About(
        provider=send.provider,
        connection=send.connection,
        root_id=_root(send),
        external_id=send.send_id,
        status=reached,
        provider_code=code or "",
        may_fall_back=any((row.code, row.status) == (code, reached) and row.may_fall_back for row in rows),
        channel=send.request.channel,
        occurred_at=at,
    )
    return Heard(status=reached, report=about)
