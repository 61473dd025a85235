"""Writes the lives of made-up messages. The same seed, number and moment give the same life, on any machine.

All numbers are from ranges that regulators keep for fiction: +44 7700 900000-900999 and +1 XXX 555 0100-0199.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from math import log
from random import Random
from typing import NamedTuple

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.script import Script, Step
from tidings.simulation.repertoire import Repertoire

LONGEST_WAIT_S = 2400.0
"""No step is later than this after the one before it, so that a run's tail is bounded."""
LONGEST_TAIL_S = 2 * LONGEST_WAIT_S
"""No life of ours has more than two slow steps."""
TOGETHER = 0.05
"""How often two steps happen at one moment, so that a provider may tell them in one breath."""

_S = DeliveryStatus


@dataclass(frozen=True, slots=True)
class Life:
    """One way a message may go, and how many of a thousand go it."""

    weight: int
    path: tuple[DeliveryStatus, ...]
    then: tuple[DeliveryStatus, ...] = ()
    """By SMS, when the provider itself goes on to another channel."""


LIVES = (
    Life(520, (_S.ACCEPTED, _S.SENT, _S.DELIVERED)),
    Life(240, (_S.ACCEPTED, _S.SENT, _S.DELIVERED, _S.SEEN)),
    Life(60, (_S.ACCEPTED, _S.QUEUED, _S.SENT, _S.DELIVERED)),
    Life(20, (_S.ACCEPTED, _S.SENT)),
    Life(50, (_S.ACCEPTED, _S.SENT, _S.EXPIRED)),
    Life(40, (_S.ACCEPTED, _S.SENT, _S.UNDELIVERED)),
    Life(30, (_S.ACCEPTED, _S.REJECTED)),
    Life(20, (_S.ACCEPTED, _S.FAILED)),
    Life(10, (_S.ACCEPTED, _S.UNKNOWN, _S.SENT, _S.DELIVERED)),
    Life(40, (_S.ACCEPTED, _S.SENT, _S.EXPIRED), then=(_S.SENT, _S.DELIVERED)),
    Life(10, (_S.ACCEPTED, _S.UNDELIVERED), then=(_S.SENT, _S.UNDELIVERED)),
    # What providers ought not to say and do: a success after a bad end, and two bad ends.
    Life(12, (_S.ACCEPTED, _S.SENT, _S.EXPIRED, _S.DELIVERED)),
    Life(8, (_S.ACCEPTED, _S.SENT, _S.UNDELIVERED, _S.EXPIRED)),
)

WAITS: dict[DeliveryStatus, tuple[float, float]] = {
    # Median in seconds and spread of a log-normal, from the step before. Long right tails, as delivery times have.
    _S.ACCEPTED: (0.3, 0.4),
    _S.UNKNOWN: (1.0, 0.7),
    _S.QUEUED: (0.5, 0.6),
    _S.SENT: (1.0, 0.7),
    _S.UNDELIVERED: (12.0, 0.9),
    _S.EXPIRED: (900.0, 0.3),
    _S.REJECTED: (0.6, 0.5),
    _S.FAILED: (1.5, 0.8),
    _S.DELIVERED: (3.5, 1.0),
    _S.SEEN: (150.0, 1.1),
}

CHANNELS = ((Channel.VIBER, 7), (Channel.SMS, 3))
SENDERS = ("ExampleShop", "ExampleBank", "ExampleTaxi")


class Lines(NamedTuple):
    """A range of numbers that belong to nobody."""

    weight: int
    prefix: str
    suffixes: range
    digits: int


LINES = (
    Lines(5, "+447700900", range(1000), 3),
    Lines(2, "+1212555", range(100, 200), 4),
    Lines(1, "+1416555", range(100, 200), 4),
    Lines(1, "+1876555", range(100, 200), 4),
)


def write_script(seed: int, number: int, sent_at: datetime, repertoire: Repertoire) -> Script:
    """The life of message `number`, such as its provider can play it."""
    fate = Random(f"{seed}:{number}")  # noqa: S311  # a play, not a secret; seeded with text it is the same everywhere
    life = _drawn_life(fate, repertoire)
    channel = _drawn_channel(fate, life)
    path = [(status, channel) for status in life.path] + [(status, Channel.SMS) for status in life.then]
    return Script(
        number=number,
        seed=seed,
        recipient=drawn_recipient(fate),
        sender=fate.choice(SENDERS),
        sent_at=sent_at,
        steps=_timed(fate, path, sent_at),
    )


def write_life(
    name: str, sent_at: datetime, channels: Sequence[Channel], sayable: frozenset[DeliveryStatus]
) -> tuple[Step, ...]:
    """What becomes of the message called `name`, which goes over the first of `channels` and perhaps over the next."""
    fate = Random(name)  # noqa: S311  # likewise
    fit = [life for life in LIVES if sayable.issuperset(life.path + life.then) and _goes_over(life, channels)]
    life = fate.choices(fit, [life.weight for life in fit])[0]
    path = [(status, channels[0]) for status in life.path] + [(status, channels[-1]) for status in life.then]
    return _timed(fate, path, sent_at)


def _goes_over(life: Life, channels: Sequence[Channel]) -> bool:
    # Nobody learns of a text message that it was read.
    return (len(channels) > 1 or not life.then) and (channels[0] is not Channel.SMS or _S.SEEN not in life.path)


def _drawn_life(fate: Random, repertoire: Repertoire) -> Life:
    lives = _lives_for(repertoire)
    return fate.choices(lives, [life.weight for life in lives])[0]


@cache
def _lives_for(repertoire: Repertoire) -> list[Life]:
    return [
        life
        for life in LIVES
        if repertoire.sayable.issuperset(life.path + life.then) and (repertoire.is_cascading or not life.then)
    ]


def _drawn_channel(fate: Random, life: Life) -> Channel:
    # Nobody learns of a text message that it was read, and a cascade begins on Viber.
    if DeliveryStatus.SEEN in life.path or life.then:
        return Channel.VIBER
    return fate.choices([channel for channel, _ in CHANNELS], [weight for _, weight in CHANNELS])[0]


def drawn_recipient(fate: Random) -> str:
    """A number that belongs to nobody."""
    lines = fate.choices(LINES, [lines.weight for lines in LINES])[0]
    return f"{lines.prefix}{fate.choice(lines.suffixes):0{lines.digits}d}"


def _timed(fate: Random, path: Sequence[tuple[DeliveryStatus, Channel]], sent_at: datetime) -> tuple[Step, ...]:
    steps = []
    at = sent_at
    for status, channel in path:
        median_s, spread = WAITS[status]
        wait_s = min(fate.lognormvariate(log(median_s), spread), LONGEST_WAIT_S)
        if fate.random() >= TOGETHER:
            at += timedelta(milliseconds=int(1000 * wait_s))
        steps.append(Step(status, at, channel))
    return tuple(steps)
