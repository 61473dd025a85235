"""A few hours of made-up traffic: what was meant to happen to each message, and the same told to a line in memory.

What a report must say is computed from the list of lives, in plain Python.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from contracts.vocabulary import Channel, Reason
from tests.support.store_line import OBSERVED, Line

ENDS = ("delivered", "seen", "undelivered", "expired", "rejected", "failed", "sent", "unknown")
HOURS = 4
BAD = {"undelivered", "expired", "rejected", "failed"}
GOOD = {"delivered", "seen"}


@dataclass(frozen=True)
class Life:
    """One message: who carried it, when it left, what became of it and when."""

    name: str
    provider: str
    channel: str
    country: str | None
    campaign: str | None
    left_s: float
    end: str
    took_s: float
    reason: str | None = None
    replies: int = 0
    price: Decimal | None = None
    currency: str | None = None

    @property
    def hour(self) -> int:
        return int(self.left_s // 3600)

    @property
    def has_arrived(self) -> bool:
        return self.end in GOOD

    @property
    def has_ended(self) -> bool:
        return self.has_arrived or self.end in BAD


def lives(count: int, *, seed: int = 7, hours: int = HOURS) -> list[Life]:
    """So many, of any sort; the same for the same seed."""
    chance = random.Random(seed)
    return [_life(f"life-{number}", chance, hours) for number in range(count)]


def tell(line: Line, told: Iterable[Life]) -> None:
    """All that is heard of them, in the order of time."""
    for number, (at_s, said, life) in enumerate(sorted(_heard(told), key=lambda one: one[:2])):
        if said == "reply":
            line.inbound(
                f"{number:032x}",
                at_s=at_s,
                provider=life.provider,
                connection=OBSERVED,
                reply_to=life.name,
                author=None,
            )
        else:
            line.report(said, of=life.name, at_s=at_s, **_members(life, said))


def _life(name: str, chance: random.Random, hours: int) -> Life:
    provider = chance.choices(["infobip", "telesign", "routee"], [6, 5, 1])[0]
    end = chance.choices(ENDS, [8, 4, 2, 1, 1, 1, 1, 1])[0]
    is_priced = end in GOOD and chance.random() < 0.8
    return Life(
        name=name,
        provider=provider,
        channel=chance.choice(["viber", "sms"]),
        country=chance.choice(["GB", "GR", None]),
        campaign=chance.choice(["spring", "autumn", None]),
        left_s=chance.randrange(hours * 3600),
        end=end,
        took_s=chance.choice([1, 2.5, 7, 30, 400]),
        reason=chance.choice([Reason.NO_ROUTE, Reason.ABSENT_RECIPIENT, None]) if end in BAD else None,
        replies=chance.choice([0, 0, 1, 2]) if end in GOOD else 0,
        price=Decimal(chance.randrange(1, 99_999)) / 1_000_000 if is_priced else None,
        currency=chance.choice(["EUR", "USD"]) if is_priced else None,
    )


def _heard(told: Iterable[Life]) -> Iterator[tuple[float, str, Life]]:
    for life in told:
        yield life.left_s, "unknown" if life.end == "unknown" else "sent", life
        if life.end not in {"sent", "unknown"}:
            yield life.left_s + life.took_s, "delivered" if life.has_arrived else life.end, life
        if life.end == "seen":
            yield life.left_s + life.took_s + 1, "seen", life
        for number in range(life.replies):
            yield life.left_s + life.took_s + 60 + number, "reply", life


def _members(life: Life, said: str) -> dict[str, Any]:
    return {
        "provider": life.provider,
        "connection": OBSERVED,
        "channel": Channel(life.channel),
        "country": life.country,
        "campaign": life.campaign,
        "reason": life.reason if said in BAD else None,
        "price": life.price if said == "delivered" else None,
        "currency": life.currency if said == "delivered" else None,
    }


LIVES = lives(500)
