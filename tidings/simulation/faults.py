"""How providers err, as small functions that can be put one behind the other; chance is handed in, so runs repeat.

Three places: what they tell of a life, how their callbacks come, and how their API answers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple, Self

from contracts.errors import ConfigurationInvalid
from contracts.status import BAD_ENDS, DeliveryStatus
from providers._kit.script import SimulatedCallback, Step

STRAY = timedelta(seconds=30)
"""How far reordered callbacks and copies stray, in seconds of the messages' lives."""
LATE = timedelta(minutes=10), timedelta(hours=1)
SPOKEN_ELSEWHERE = frozenset({"content-type", "content-length", "host", "user-agent", "accept"})
"""Headers that let nobody in."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """The share of messages, callbacks or calls that each fault befalls; any of them together."""

    lie: float = 0.0
    """Messages that are called delivered and never were."""
    contradict: float = 0.0
    """Messages of which a second end is told that cannot be true beside the first."""
    silence: float = 0.0
    """Messages of which nothing more is told from somewhere on; who asks is told."""
    reorder: float = 0.0
    """Callbacks that stray from their time."""
    delay: float = 0.0
    """Callbacks that come ten minutes to an hour late."""
    duplicate: float = 0.0
    """Callbacks that come twice."""
    forge: float = 0.0
    """Callbacks of which somebody else sends a copy with a wrong signature, or token."""
    slow: float = 0.0
    """Calls that are answered late."""
    throttle: float = 0.0
    """Calls that are answered with 429 and not taken."""
    fail: float = 0.0
    """Calls that are answered with 503 and not taken."""
    cut: float = 0.0
    """Calls whose connection is cut after they were taken."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `duplicate=3%,lie=0.01`; raises `ConfigurationInvalid` naming what is wrong."""
        told: dict[str, float] = {}
        for part in filter(None, text.replace(" ", "").split(",")):
            name, _, share = part.partition("=")
            if name not in FAULTS:
                raise ConfigurationInvalid(f"no such fault: {name}; there are {', '.join(FAULTS)}")
            told[name] = _share(name, share)
        return cls(**told)


FAULTS = tuple(field.name for field in fields(Faults))


class Due(NamedTuple):
    """A callback and when it comes, which need not be when it was written."""

    at: datetime
    callback: SimulatedCallback
    is_forged: bool = False


Telling = Callable[[Sequence[Step], frozenset[DeliveryStatus], Random], Sequence[Step]]
Sending = Callable[[Sequence[Due], Random], Sequence[Due]]


def lie(steps: Sequence[Step], sayable: frozenset[DeliveryStatus], fate: Random) -> Sequence[Step]:  # noqa: ARG001  # all tellings look alike
    """A life without success is told as if it had had one."""
    if DeliveryStatus.DELIVERED not in sayable or not steps or any(step.status.is_success for step in steps):
        return steps
    *before, last = steps
    if last.status in BAD_ENDS:
        return [*before, replace(last, status=DeliveryStatus.DELIVERED)]
    return [*steps, replace(last, status=DeliveryStatus.DELIVERED, at=last.at + timedelta(seconds=2))]


def contradict(steps: Sequence[Step], sayable: frozenset[DeliveryStatus], fate: Random) -> Sequence[Step]:
    """Behind its end another end is told."""
    if not steps or not steps[-1].status.is_final:
        return steps
    last = steps[-1]
    others = sorted((BAD_ENDS | {DeliveryStatus.DELIVERED}) & sayable - {last.status})
    if last.status is DeliveryStatus.SEEN:
        others = [status for status in others if status in BAD_ENDS]
    wait = timedelta(seconds=fate.uniform(1, 60))
    return [*steps, replace(last, status=fate.choice(others), at=last.at + wait)] if others else steps


def silence(due: Sequence[Due], fate: Random) -> Sequence[Due]:
    """From somewhere on nothing comes, perhaps from the beginning."""
    return due[: fate.randrange(len(due))] if due else due


def reorder(due: Sequence[Due], fate: Random) -> Sequence[Due]:
    return [one._replace(at=one.at + STRAY * fate.random()) for one in due]


def delay(due: Sequence[Due], fate: Random) -> Sequence[Due]:
    shortest, longest = LATE
    return [one._replace(at=one.at + shortest + (longest - shortest) * fate.random()) for one in due]


def duplicate(due: Sequence[Due], fate: Random) -> Sequence[Due]:
    return [*due, *(one._replace(at=one.at + STRAY * fate.random()) for one in due)]


def forge(due: Sequence[Due], fate: Random) -> Sequence[Due]:
    """Copies that nobody may let in: headers that could be credentials are others, and the address has no token."""
    return [*due, *(Due(one.at + STRAY * fate.random(), _forged(one.callback), is_forged=True) for one in due)]


def _forged(callback: SimulatedCallback) -> SimulatedCallback:
    spoilt = {
        name: value if name.lower() in SPOKEN_ELSEWHERE else value[::-1] for name, value in callback.headers.items()
    }
    return replace(callback, headers=spoilt)


TELLINGS: dict[str, Telling] = {"lie": lie, "contradict": contradict}
OF_MESSAGES: dict[str, Sending] = {"silence": silence}
OF_CALLBACKS: dict[str, Sending] = {"reorder": reorder, "delay": delay, "duplicate": duplicate, "forge": forge}


def told(
    steps: Sequence[Step], faults: Faults, sayable: frozenset[DeliveryStatus], fate: Random
) -> tuple[tuple[Step, ...], list[str]]:
    """What is told of a life, and which faults made it another than the true one."""
    erred = []
    for name, telling in TELLINGS.items():
        if fate.random() < getattr(faults, name) and (changed := telling(steps, sayable, fate)) is not steps:
            steps = changed
            erred.append(name)
    return tuple(steps), erred


def sent(due: Sequence[Due], faults: Faults, fate: Random, *, speed: float) -> tuple[list[Due], list[str]]:
    """When what comes, and which faults there are in it; at `speed` all that strays strays less far."""
    erred = []
    for name, sending in OF_MESSAGES.items():
        if fate.random() < getattr(faults, name):
            due = sending(due, fate)
            erred.append(name)
    coming: list[Due] = []
    for one in due:
        own: Sequence[Due] = [one]
        for name, sending in OF_CALLBACKS.items():
            if fate.random() < getattr(faults, name):
                own = sending(own, fate)
                erred.append(name)
        coming += [other._replace(at=one.at + (other.at - one.at) / speed) for other in own]
    return sorted(coming, key=lambda one: one.at), sorted(set(erred))


def hindrances(faults: Faults, fate: Random) -> list[str]:
    """What befalls one call of the API: any of `slow`, `throttle`, `fail`, `cut`."""
    return [name for name in ("slow", "throttle", "fail", "cut") if fate.random() < getattr(faults, name)]


def _share(name: str, text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ConfigurationInvalid(f"{name}={text} is not a share such as {name}=3% or {name}=0.03")
    return share
