"""What becomes of each send of a message with a plan: drawn from a seed, by the mark that stands in its text.

A mark names the message and the step, so the simulator needs none of our ids to know which send it has before it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from typing import NamedTuple, assert_never

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.script import Step

_S = DeliveryStatus
_MARK = re.compile(rb"ref-(\d{1,9})-(\d)(?!\d)")
BAD_ENDS_TOLD = (_S.EXPIRED, _S.UNDELIVERED)
"""How providers say that a message did not arrive; of some of the reasons beside it no other way is the cure."""


class Mark(NamedTuple):
    """Which step of which message a send is."""

    number: int
    step: int

    def __str__(self) -> str:
        return f"ref-{self.number}-{self.step}"


def mark_in(body: bytes) -> Mark | None:
    """The mark in the body of a call; null when it is no send of a message with a plan."""
    found = _MARK.search(body)
    return Mark(int(found[1]), int(found[2])) if found else None


class Fate(StrEnum):
    """What becomes of a send."""

    ARRIVES = "arrives"
    FAILS = "fails"
    """It is taken and ends badly."""
    SILENT = "silent"
    """It is taken, and no end of it is ever told."""
    LATE = "late"
    """It arrives when nobody waits for it any more."""
    BUSY = "busy"
    """The first call is answered with 429 and not taken; behind that it arrives."""
    CUT = "cut"
    """It is taken and arrives, but the connection is cut before the answer."""
    LOST = "lost"
    """It is not taken, and the connection is cut before the answer; the same call made again would be taken."""

    @property
    def is_taken(self) -> bool:
        """Whether the first call that is not answered with 429 makes a message."""
        return self is not Fate.LOST


FIRST = {Fate.ARRIVES: 55, Fate.FAILS: 18, Fate.SILENT: 8, Fate.LATE: 5, Fate.BUSY: 6, Fate.CUT: 5, Fate.LOST: 3}
LAST = {Fate.ARRIVES: 85, Fate.FAILS: 10, Fate.BUSY: 5}


@dataclass(frozen=True)
class Fates:
    """How many of a hundred first and later sends meet what, and how long a late one takes."""

    seed: int
    first: Mapping[Fate, int] = field(default_factory=lambda: FIRST)
    later: Mapping[Fate, int] = field(default_factory=lambda: LAST)
    late_s: float = 30.0

    def of(self, mark: Mark) -> Fate:
        """Always the same for the same send."""
        weights = self.later if mark.step else self.first
        chance = Random(f"{self.seed}:{mark}:fate")  # noqa: S311  # a play, not a secret; the same everywhere
        return chance.choices(list(weights), list(weights.values()))[0]

    def life(
        self, mark: Mark, taken_at: datetime, channel: Channel, sayable: frozenset[DeliveryStatus]
    ) -> tuple[Step, ...]:
        """The life of the send, in real time; of an end that the provider has no word for nothing is told."""
        chance = Random(f"{self.seed}:{mark}:life")  # noqa: S311  # likewise
        steps = [(_S.ACCEPTED, chance.uniform(0.02, 0.2)), (_S.SENT, chance.uniform(0.2, 0.5))]
        steps += self._end(self.of(mark), chance, sayable)
        return tuple(Step(status, taken_at + timedelta(seconds=at_s), channel) for status, at_s in steps)

    def _end(
        self, fate: Fate, chance: Random, sayable: frozenset[DeliveryStatus]
    ) -> list[tuple[DeliveryStatus, float]]:
        soon_s = chance.uniform(0.6, 2.0)
        match fate:
            case Fate.ARRIVES | Fate.BUSY | Fate.CUT | Fate.LOST:
                return [(_S.DELIVERED, soon_s)]
            case Fate.FAILS:
                ends = [status for status in BAD_ENDS_TOLD if status in sayable]
                return [(chance.choice(ends), soon_s)] if ends else []
            case Fate.SILENT:
                return []
            case Fate.LATE:
                return [(_S.DELIVERED, self.late_s + soon_s)]
        assert_never(fate)


@dataclass
class Calls:
    """How often each send was tried at the simulated providers' doors, and what befalls the next try."""

    fates: Fates
    tried: Counter[Mark] = field(default_factory=Counter)

    def befalls(self, mark: Mark) -> Sequence[str]:
        """Of this call, as the stand-in names its hindrances: `throttle`, `cut`, and `lose`, a cut before taking."""
        self.tried[mark] += 1
        is_first = self.tried[mark] == 1
        match self.fates.of(mark):
            case Fate.BUSY if is_first:
                return ["throttle"]
            case Fate.CUT if is_first:
                return ["cut"]
            case Fate.LOST if is_first:
                return ["lose"]
        return []
