"""Made-up attempts over many routes: which of them tried for the same message, what was heard of each, who answered.

What the report about trust must say is computed from the list of attempts, in plain Python.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from contracts.vocabulary import Channel
from tests.support.store_line import MESSAGE, Line, at

HOURS = 2
AFTER_S = 3600
"""How long after the span something may still follow what began in it."""
GOOD = {"delivered", "seen"}


@dataclass(frozen=True)
class Heard:
    """A report: what it says, when it came, and when it says that it happened."""

    said: str
    at_s: float
    occurred_s: float | None
    channel: str | None
    country: str | None
    is_pushed: bool = True

    @property
    def delay_ms(self) -> int | None:
        """How long it took to come; unknown of what we asked for ourselves."""
        if self.occurred_s is None or not self.is_pushed:
            return None
        return int((at(self.at_s) - at(self.occurred_s)) / timedelta(milliseconds=1))


@dataclass(frozen=True)
class Attempted:
    """One try for a message, with what its registration says and all that was heard of it."""

    name: str
    message: int
    provider: str
    connection: str
    channel: str | None
    country: str | None
    begun_s: float
    sent_s: float
    heard: tuple[Heard, ...]
    repeats: tuple[int, ...] = ()
    """Which of the reports came once more."""

    @property
    def route(self) -> tuple[str, str, str | None, str | None]:
        """Of several channels and countries that are told the first and the last by name."""
        channels = filter(None, (self.channel, *(one.channel for one in self.heard)))
        countries = filter(None, (self.country, *(one.country for one in self.heard)))
        return self.provider, self.connection, min(channels, default=None), max(countries, default=None)

    @property
    def arrived_s(self) -> float | None:
        return min((one.at_s for one in self.heard if one.said in GOOD), default=None)


@dataclass(frozen=True)
class Answered:
    """What a person wrote to a connection, as far as it says where it came from."""

    at_s: float
    provider: str
    connection: str
    channel: str | None
    country: str | None

    def may_be_to(self, route: tuple[str, str, str | None, str | None]) -> bool:
        """What one of both does not know may be the same."""
        _, _, channel, country = route
        return (self.provider, self.connection) == route[:2] and all(
            None in pair or len(pair) == 1 for pair in ({self.channel, channel}, {self.country, country})
        )


def attempted(count: int, *, seed: int) -> list[Attempted]:
    """All tries for so many messages; the same for the same seed."""
    chance = random.Random(seed)
    return [one for number in range(count) for one in _tries(number, chance)]


def answered(count: int, *, seed: int) -> list[Answered]:
    """So many replies."""
    chance = random.Random(seed)
    return [_answer(chance) for _ in range(count)]


def tell_routes(line: Line, tries: Iterable[Attempted], answers: Iterable[Answered]) -> None:
    """All of it, in the order of time."""
    told = [*_told(tries), *((one.at_s, "answer", one, None) for one in answers)]
    for number, (at_s, kind, one, report) in enumerate(sorted(told, key=lambda each: each[0])):
        if kind == "answer":
            line.inbound(f"{number:032x}", at_s=at_s, author=None, **_place(one))
        elif kind == "begin":
            about: dict[str, Any] = {"message_id": MESSAGE.format(one.message), "sent_at": at(one.sent_s)}
            line.register(of=one.name, at_s=at_s, **about, **_place(one))
        else:
            assert report is not None
            about = {"occurred_at": None if report.occurred_s is None else at(report.occurred_s)}
            about |= {"source": "push" if report.is_pushed else "poll"}
            about |= {"provider": one.provider, "connection": one.connection}
            line.report(report.said, of=one.name, at_s=at_s, **about, **_where(report))


def _tries(number: int, chance: random.Random) -> Iterator[Attempted]:
    begun_s = chance.uniform(0, (HOURS + 1.5) * 3600)
    for place in range(chance.choice([1, 1, 2, 3])):
        yield _attempt(f"try-{number}-{place}", number, begun_s, chance)
        begun_s += chance.choice([20.5, 300.25, 2400, 4000])


def _attempt(name: str, number: int, begun_s: float, chance: random.Random) -> Attempted:
    channel, country = chance.choice(["viber", "sms", None]), chance.choice(["GB", "GR", None])
    sent_s, ahead_s = begun_s - chance.uniform(0, 2), chance.choice([0, 0, 0, 5])
    ends = [chance.choice(["delivered", "delivered", "undelivered", "seen"]), *chance.choice([[], [], ["delivered"]])]
    heard, now_s = [], sent_s
    for said in dict.fromkeys(["sent", *ends][: chance.choice([0, 1, 2, 2, 3, 3])]):
        now_s += chance.choice([0.75, 4, 25, 500, 3000])
        heard.append(
            Heard(
                said=said,
                at_s=now_s + 2 + chance.choice([0.1, 0.5, 3, 90, 1200]),
                occurred_s=now_s + ahead_s if chance.random() < 0.9 else None,
                channel=chance.choice([channel, channel, channel, "sms"]),
                country=chance.choice([country, country, None, "GR"]),
                is_pushed=chance.random() < 0.8,
            )
        )
    heard.sort(key=lambda one: one.at_s)
    return Attempted(
        name=name,
        message=number,
        provider=chance.choice(["infobip", "routee"]),
        connection=chance.choice(["main", "other"]),
        channel=channel,
        country=country,
        begun_s=begun_s,
        sent_s=sent_s,
        heard=tuple(heard),
        repeats=tuple(place for place in range(len(heard)) if chance.random() < 0.2),
    )


def _answer(chance: random.Random) -> Answered:
    return Answered(
        at_s=chance.uniform(-600, (HOURS + 1) * 3600),
        provider=chance.choice(["infobip", "routee"]),
        connection=chance.choice(["main", "other"]),
        channel=chance.choice(["viber", "sms", None]),
        country=chance.choice(["GB", "GR", None]),
    )


def _told(tries: Iterable[Attempted]) -> Iterator[tuple[float, str, Any, Heard | None]]:
    for one in tries:
        yield one.begun_s, "begin", one, None
        for place, report in enumerate(one.heard):
            yield report.at_s, "report", one, report
            if place in one.repeats:
                yield report.at_s + 700, "report", one, report


def _place(one: Attempted | Answered) -> dict[str, Any]:
    return {"provider": one.provider, "connection": one.connection} | _where(one)


def _where(one: Attempted | Answered | Heard) -> dict[str, Any]:
    return {"channel": one.channel and Channel(one.channel), "country": one.country}
