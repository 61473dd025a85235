"""Made-up messages with plans: which of their later steps left, how often each was tried, and what came of every try.

What a report about fallbacks must say is computed from the list of messages, in plain Python.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from contracts.plans import Facts, send_id_of
from contracts.vocabulary import Channel
from tests.support.plans import commanded, decided, message, outcome
from tests.support.store_line import OBSERVED, Line, at

HOURS = 4
CHANNELS = {"infobip": "viber", "telesign": "sms", "routee": "sms"}
CAUSES = ("ended_badly", "not_taken", "no_success_in_time", "not_sent_in_time")
ENDS = ("delivered", "seen", "failed", "sent")
GOOD = {"delivered", "seen"}


@dataclass(frozen=True)
class Try:
    """One send of a step: what its caller told of it, and what its provider reported."""

    number: int
    commanded_s: float
    told: tuple[str, ...]
    """Outcomes, in the order in which they were told."""
    end: str | None = None
    """What was reported last; null when nothing was."""
    is_root_told: bool = True
    """Whether an outcome says what the provider calls it."""
    is_named: bool = False
    """Whether the reports name the send by its id."""

    @property
    def is_taken(self) -> bool:
        return "accepted" in self.told or (self.is_named and self.end is not None)

    @property
    def has_arrived(self) -> bool:
        """As far as anybody can know: a report that names neither the send nor its root is about nobody's send."""
        is_known = self.is_named or ("accepted" in self.told and self.is_root_told)
        return is_known and self.end in GOOD


@dataclass(frozen=True)
class LaterStep:
    """A step behind the first, and why it was its turn."""

    place: int
    provider: str
    connection: str
    sender: str
    because: str
    after_channel: str
    tries: tuple[Try, ...]

    @property
    def channel(self) -> str:
        return CHANNELS[self.provider]

    @property
    def begun_s(self) -> float:
        return self.tries[0].commanded_s

    @property
    def is_taken(self) -> bool:
        return any(one.is_taken for one in self.tries)

    @property
    def has_arrived(self) -> bool:
        return any(one.has_arrived for one in self.tries)


@dataclass(frozen=True)
class PlannedLife:
    """A message, its later steps, and which of all steps was seen to arrive behind a later one."""

    number: int
    account: str
    campaign: str | None
    steps: tuple[LaterStep, ...]
    doubled_at: int | None

    def is_double(self, step: LaterStep) -> bool:
        return self.doubled_at is not None and self.doubled_at < step.place and step.is_taken


def planned_lives(count: int, *, seed: int) -> list[PlannedLife]:
    """So many, of any sort; the same for the same seed."""
    chance = random.Random(seed)
    return [_life(number, chance) for number in range(count)]


def tell_plans(line: Line, lives: Iterable[PlannedLife]) -> None:
    """All that is heard of them, in the order of time."""
    for at_s, _, say, record, members in sorted(_heard(lives), key=lambda one: one[:2]):
        if say == "report":
            line.report(record, at_s=at_s, connection=OBSERVED, **members)
        else:
            line.say(say, record, at_s=at_s)


def _life(number: int, chance: random.Random) -> PlannedLife:
    began_s = chance.uniform(0, (HOURS - 2) * 3600)
    steps: list[LaterStep] = []
    for place in range(1, chance.choice([1, 1, 2, 3]) + 1):
        began_s += chance.choice([20, 300, 1800])
        steps.append(_step(place, began_s, chance, steps))
    is_doubled = chance.random() < 0.2
    return PlannedLife(
        number=number,
        account=chance.choice(["acme", "acme", "globex"]),
        campaign=chance.choice(["spring", "autumn", None]),
        steps=tuple(steps),
        doubled_at=chance.randrange(len(steps)) if is_doubled else None,
    )


def _step(place: int, began_s: float, chance: random.Random, before: list[LaterStep]) -> LaterStep:
    provider = chance.choice(sorted(CHANNELS))
    return LaterStep(
        place=place,
        provider=provider,
        connection=OBSERVED,
        sender=chance.choice(["ExampleShop", "ExampleBank"]),
        because=chance.choice(CAUSES),
        after_channel=before[-1].channel if before else chance.choice(["viber", "sms"]),
        tries=tuple(_tries(began_s, chance)),
    )


def _tries(began_s: float, chance: random.Random) -> Iterator[Try]:
    """The first, and while nobody knows what came of one, perhaps another, up to half an hour later."""
    for number in range(3):
        told = chance.choice(
            [("accepted",), ("accepted",), ("in_doubt",), ("in_doubt", "accepted"), ("refused",), ("throttled",), ()]
        )
        is_named = chance.random() < 0.3
        may_be_reported = "accepted" in told or (is_named and told == ("in_doubt",))
        yield Try(
            number=number,
            commanded_s=began_s,
            told=told,
            end=chance.choice([*ENDS, None]) if may_be_reported else None,
            is_root_told=chance.random() < 0.8,
            is_named=is_named,
        )
        if told != ("in_doubt",) or chance.random() < 0.3:
            return
        began_s += chance.choice([1, 60, 1800])


def _heard(lives: Iterable[PlannedLife]) -> Iterator[tuple[float, int, str, Any, dict[str, Any]]]:
    """When, in which order, on which topic or as a report, what, and with which members."""
    order = iter(range(1_000_000))
    for life in lives:
        for step in life.steps:
            for one in step.tries:
                for at_s, say, record, members in _of_try(life, step, one):
                    yield at_s, next(order), say, record, members
        if life.doubled_at is not None:
            late_s = life.steps[-1].tries[-1].commanded_s + 900
            facts = Facts(step=life.doubled_at, channel=Channel.VIBER, at=at(late_s))
            about = {"place": life.steps[-1].place, "at_s": late_s, "account": life.account, "facts": facts}
            yield late_s, next(order), "decisions", _decided("double_delivery", "earlier_arrived", life, about), {}


def _of_try(life: PlannedLife, step: LaterStep, one: Try) -> Iterator[tuple[float, str, Any, dict[str, Any]]]:
    place: dict[str, Any] = {"place": step.place, "account": life.account}
    over: dict[str, Any] = {"provider": step.provider, "connection": step.connection}
    because, after = (step.because, step.after_channel) if one.number == 0 else ("in_doubt", step.channel)
    facts = Facts(step=step.place - 1, channel=Channel(after), at=at(one.commanded_s))
    send_id, begun_s = send_id_of(message(life.number), step.place, one.number), one.commanded_s
    about = place | {"at_s": begun_s, "send_id": send_id, "facts": facts, "channel": Channel(step.channel)}
    yield begun_s, "decisions", _decided("send", because, life, about), {}
    yield begun_s, "commands", _commanded(life, step, one), {}
    root = f"{send_id}-root"
    for number, told in enumerate(one.told, start=1):
        root_id = root if told == "accepted" and one.is_root_told else None
        answer = outcome(told, life.number, attempt=one.number, at_s=begun_s + number, root_id=root_id, **place, **over)
        yield begun_s + number, "outcomes", answer, {}
    if one.end is not None:
        about = {"of": root, "provider": step.provider, "account": life.account}
        about |= {"channel": Channel(step.channel), "external_id": send_id if one.is_named else None}
        for number, said in enumerate(dict.fromkeys(["sent", one.end]), start=5):
            yield begun_s + number, "report", said, about


def _decided(decision: str, because: str, life: PlannedLife, about: dict[str, Any]) -> Any:
    return decided(decision, because, life.number, **about)


def _commanded(life: PlannedLife, step: LaterStep, one: Try) -> Any:
    told = commanded(
        life.number,
        step.place,
        one.number,
        account=life.account,
        provider=step.provider,
        connection=step.connection,
    )
    request = {"channel": Channel(step.channel), "sender": step.sender, "campaign": life.campaign}
    return structs.replace(told, request=structs.replace(told.request, **request))
