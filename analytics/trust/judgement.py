"""What counts come to: how sure a share is, what is usual elsewhere, and which word is due. Pure."""

import math
from bisect import bisect_left
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from analytics.trust.signals import BOUNDS, SURE, USUAL_TIMES, Signal, Suspicion

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Count:
    """What was counted of one signal on one route."""

    signal: Signal
    n: int
    """Of how many it could be so."""
    hits: int | None = None
    """Of how many it is so; null where the value is no share."""
    measured: float | None = None
    """The value, where it is no share."""

    @property
    def value(self) -> float | None:
        """Null when nothing was seen."""
        if self.hits is None:
            return self.measured
        return self.hits / self.n if self.n else None

    @property
    def least(self) -> float | None:
        """The least that the value is, with 95 % confidence: the lower end of the Wilson interval of a share."""
        if self.hits is None or not self.n:
            return self.measured
        # People may answer more often than something arrived, and a share ends at one.
        share, z2 = min(self.hits / self.n, 1.0), SURE**2
        middle = share + z2 / (2 * self.n)
        spread = SURE * math.sqrt(share * (1 - share) / self.n + z2 / (4 * self.n**2))
        return max(0.0, (middle - spread) / (1 + z2 / self.n))


@dataclass(frozen=True)
class Judgement:
    """A count, what is usual on the other routes of its channel, and what follows."""

    count: Count
    usual: float | None
    """Null when there is nothing to compare with."""
    suspicion: Suspicion


def judged(counts: Mapping[K, Count], *, at_least: int) -> dict[K, Judgement]:
    """One signal on all routes of one channel, each beside the others."""
    if any(count.signal is Signal.ZERO_REPLIES for count in counts.values()):
        shares = _shares_elsewhere(counts)
        return {key: _judged_replies(count, shares[key]) for key, count in counts.items()}
    usual = _medians_elsewhere(counts, at_least)
    return {key: Judgement(count, usual[key], _suspicion(count, usual[key], at_least)) for key, count in counts.items()}


def _suspicion(count: Count, usual: float | None, at_least: int) -> Suspicion:
    """The least that the value can be decides, so that a few accuse nobody; what is so everywhere is not alarming."""
    bound, least, value = BOUNDS[count.signal], count.least, count.value
    if count.n < at_least or least is None or value is None:
        return Suspicion.TOO_FEW
    if least < bound.worth_a_look:
        return Suspicion.FINE
    if least >= bound.alarming and (usual is None or value >= USUAL_TIMES * usual):
        return Suspicion.ALARMING
    return Suspicion.WORTH_A_LOOK


def _judged_replies(count: Count, usual: float | None) -> Judgement:
    """Whether nobody answers where people should: by `usual`, n deliveries without an answer have a chance of
    (1 - usual) ** n.
    """
    if not usual or not count.n:
        return Judgement(count, usual, Suspicion.TOO_FEW)
    if count.hits:
        return Judgement(count, usual, Suspicion.FINE)
    bound, chance = BOUNDS[Signal.ZERO_REPLIES], (1 - min(usual, 1.0)) ** count.n
    if chance <= bound.alarming:
        return Judgement(count, usual, Suspicion.ALARMING)
    is_rare = chance <= bound.worth_a_look
    return Judgement(count, usual, Suspicion.WORTH_A_LOOK if is_rare else Suspicion.TOO_FEW)


def _shares_elsewhere(counts: Mapping[K, Count]) -> dict[K, float | None]:
    """The share on all other routes together: the median of many with few answers would be none."""
    hits = sum(count.hits or 0 for count in counts.values())
    n = sum(count.n for count in counts.values())
    return {key: (hits - (count.hits or 0)) / (n - count.n) if n > count.n else None for key, count in counts.items()}


def _medians_elsewhere(counts: Mapping[K, Count], at_least: int) -> dict[K, float | None]:
    """The median of the other routes on which enough was seen."""
    told = {key: value for key, count in counts.items() if count.n >= at_least and (value := count.value) is not None}
    ordered = sorted(told.values())
    return {key: _median_without(ordered, told.get(key)) for key in counts}


def _median_without(ordered: list[float], value: float | None) -> float | None:
    """The median of `ordered` without one `value`, in one look: there may be thousands of routes."""
    gone = len(ordered) if value is None else bisect_left(ordered, value)
    size = len(ordered) - (value is not None)
    if not size:
        return None

    def at(place: int) -> float:
        return ordered[place if place < gone else place + 1]

    return (at((size - 1) // 2) + at(size // 2)) / 2
