"""Made-up conversations: who wrote when, what of it was heard late, and over which connection.

What a report about sessions must say is computed from who wrote when, in plain Python and in the order of time; what is
told of it is what the session stage makes of the order in which it was heard.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contracts.conversations import BusinessSent, Parties, UserWrote
from streams.session.machine import hear_and_stand
from streams.session.rules import Rules, rules_named
from tests.support.store_line import Line
from tests.support.talking import at, time

HOURS = 36
WINDOW_S = 5 * 3600
MOST_MESSAGES = 4
PRICES: dict[str, dict[str, Any]] = {
    "euros": {"price": "0.05", "currency": "EUR"},
    "dollars": {"price": "0.070001", "currency": "USD"},
    "unpriced": {},
}
"""By connection."""


@dataclass(frozen=True)
class Word:
    """One message: when it was written, by whom, and how much later it was heard."""

    at_s: int
    is_ours: bool
    late_s: int

    @property
    def heard_s(self) -> int:
        """Before the last hour is over, however late."""
        return min(self.at_s + self.late_s, HOURS * 3600)


@dataclass(frozen=True)
class Talk:
    """All that one person and one sender wrote to each other."""

    parties: Parties
    words: tuple[Word, ...]

    @property
    def rules(self) -> Rules:
        """Small ones, so that a day has many sessions, and some that are full."""
        small = {"window_s": WINDOW_S, "most_messages": MOST_MESSAGES}
        return rules_named("viber", small | PRICES[self.parties.connection])


@dataclass
class Lived:
    """A session as it was: opened by the person, running from their first reply to us."""

    parties: Parties
    opened_s: int
    started_s: int | None = None
    ours: int = 0
    theirs: int = 0
    is_full: bool = False

    @property
    def ends_s(self) -> int:
        return (self.opened_s if self.started_s is None else self.started_s) + WINDOW_S

    @property
    def is_closed(self) -> bool:
        """When the last hour is over."""
        return self.is_full or self.ends_s <= HOURS * 3600

    @property
    def is_billed(self) -> bool:
        return self.is_closed and self.started_s is not None and self.ours > 0

    @property
    def cost(self) -> dict[str, Decimal]:
        """By currency; nothing where nobody has told a price."""
        priced = PRICES[self.parties.connection]
        return {priced["currency"]: Decimal(priced["price"])} if self.is_billed and priced else {}


def talks(count: int, *, seed: int) -> list[Talk]:
    """So many, of any sort; the same for the same seed."""
    chance = random.Random(seed)
    return [_talk(number, chance) for number in range(count)]


def lived_sessions(told: Iterable[Talk]) -> list[Lived]:
    """Every session that there was, by when each message was written."""
    return [session for talk in told for session in _sessions(talk)]


def tell_talks(line: Line, told: Iterable[Talk]) -> None:
    """As the session stage tells of it: what was heard late corrects what was told before."""
    for talk in told:
        state = None
        for event in _heard(talk):
            state, words, _ = hear_and_stand(state, event, talk.rules)
            if words:
                line.tell(*words)


def _sessions(talk: Talk) -> Iterator[Lived]:
    now: Lived | None = None
    for word in sorted(talk.words, key=lambda one: one.at_s):
        if now is not None and word.at_s >= now.ends_s:
            now = None
        if word.is_ours and now is not None:
            if now.ours == MOST_MESSAGES:
                now.is_full = True
                now = Lived(talk.parties, word.at_s, started_s=word.at_s)
                yield now
            now.ours += 1
        elif not word.is_ours:
            if now is None:
                now = Lived(talk.parties, word.at_s)
                yield now
            elif now.ours and now.started_s is None:
                now.started_s = word.at_s
            now.theirs += 1


def _talk(number: int, chance: random.Random) -> Talk:
    parties = Parties(
        account=chance.choice(["acme", "acme", "globex"]),
        provider=chance.choice(["infobip", "routee"]),
        connection=chance.choice(sorted(PRICES)),
        sender=chance.choice(["ExampleShop", "ExampleBank"]),
        recipient=f"+4477009{number:05d}",
    )
    moments = sorted(chance.sample(range(HOURS * 3600), chance.randrange(1, 40)))
    return Talk(parties, tuple(_word(at_s, chance) for at_s in moments))


def _word(at_s: int, chance: random.Random) -> Word:
    is_late = chance.random() < 0.15
    return Word(at_s, is_ours=chance.random() < 0.6, late_s=chance.choice([600, 7200, 30_000]) if is_late else 0)


def _heard(talk: Talk) -> Iterator[Any]:
    """In the order of hearing, some twice; with the times at which the stage looks at the clock between them."""
    for word in sorted(talk.words, key=lambda one: one.heard_s):
        said = BusinessSent if word.is_ours else UserWrote
        kind = {"kind": "text"} if word.is_ours else {}
        event = said(parties=talk.parties, event_id=f"word {word.at_s}", at=at(word.at_s / 3600), **kind)
        if word.late_s:
            yield time(word.heard_s / 3600)
        yield event
        if word.late_s == 7200:
            yield event
    yield time(HOURS)
