"""When waiting longer for a message stops being worth it. Pure.

With `open` messages at some moment, the next second is worth `spared x price`, of fallbacks that turn out not to be
needed, and costs `open x value`, because everybody whose message is still open waits for it. While the hazard, which is
spared / open, is above value / price, wait. The wait that costs least in all is

    min over w of   price x P(a fallback leaves, when one waits w)  +  value x E[time until spared, called for, or w]

and where it lies inside, the hazard passes value / price there. Messages that are still open count as long as they were
seen (product-limit estimate), so a span that ends today does not make channels look worse.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple

GROWTH = 1.04
"""Of the histogram's buckets, as the store has them."""
LEAST_SPARED = 30
DRAWS = 100
SEED = 20_261_122
"""Any; the same counts give the same range."""
LEFT_OUT = DRAWS // 20
"""At each end, so that nine in ten remain."""


class WaitVerdict(StrEnum):
    """What can be said of a wait."""

    ADVISED = "advised"
    AT_ONCE = "at_once"
    """Not even a second pays."""
    LONGER_THAN_SEEN = "longer_than_seen"
    """Waiting still paid where the last message ended."""
    TOO_FEW = "too_few"
    PRICE_UNKNOWN = "price_unknown"
    """The value of a minute was given as money, and the fallback has no price in any currency."""


class Bin(NamedTuple):
    """How many stopped being open within (1.04^(bucket-1), 1.04^bucket] ms, and why."""

    bucket: int
    spared: float
    called: float
    still_open: float

    @property
    def end_s(self) -> float:
        return float(GROWTH**self.bucket) / 1000

    @property
    def leaving(self) -> float:
        return self.spared + self.called + self.still_open


class Point(NamedTuple):
    """One wait, and what it comes to for each message."""

    wait_s: float
    cost_s: float
    """Of fallbacks and time together, in seconds of waiting."""
    open_share: float
    """Of messages about which nothing is decided by then; all of them call for a fallback."""
    spared_share: float
    """Of messages that needed none by then."""
    hazard_per_s: float


@dataclass(frozen=True)
class Advice:
    """A wait, with what it rests on."""

    verdict: WaitVerdict
    observations: int
    spared: int
    still_open: int
    wait_s: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    """Between these lies the best wait in nine of ten redraws of the counts."""
    spared_share: float | None = None
    spared_later_share: float | None = None
    """Of messages that would have needed none, had one waited as long as was seen: needless fallbacks."""
    hazard_per_s: float | None = None


def by_place(rows: Iterable[Mapping[str, Any]]) -> list[tuple[tuple[str, str, str | None], list[Bin]]]:
    """The histogram of each provider, channel and country, from the rows of `waits.sql`, which are in that order."""
    groups = groupby(rows, key=lambda row: (row["provider"], row["channel"], row["country"]))
    return [
        (place, [Bin(row["bucket"], row["spared"], row["called"], row["still_open"]) for row in members])
        for place, members in groups
    ]


def advise(bins: Sequence[Bin], *, price_in_s: float, least_observations: int) -> Advice:
    """The best wait for messages that end as in `bins`, in the order of their buckets.

    `price_in_s` is how many seconds of one message's waiting a fallback is worth.
    """
    observations = int(sum(one.leaving for one in bins))
    spared = int(sum(one.spared for one in bins))
    still_open = int(sum(one.still_open for one in bins))
    if observations < least_observations or spared < LEAST_SPARED:
        return Advice(WaitVerdict.TOO_FEW, observations, spared, still_open)
    points = curve(bins, price_in_s)
    best = min(points, key=lambda point: point.cost_s)
    if best is points[0]:
        return Advice(WaitVerdict.AT_ONCE, observations, spared, still_open)
    low, high = _range(bins, price_in_s)
    return Advice(
        verdict=WaitVerdict.LONGER_THAN_SEEN if best is points[-1] else WaitVerdict.ADVISED,
        observations=observations,
        spared=spared,
        still_open=still_open,
        wait_s=best.wait_s,
        low_s=low,
        high_s=high,
        spared_share=best.spared_share,
        spared_later_share=points[-1].spared_share - best.spared_share,
        hazard_per_s=best.hazard_per_s,
    )


def curve(bins: Sequence[Bin], price_in_s: float) -> list[Point]:
    """What each wait comes to, from none to the longest seen; pieces in which nothing ended are not taken apart."""
    open_share, spared_share, called_share, waited_s, before_s = 1.0, 0.0, 0.0, 0.0, 0.0
    at_risk = sum(one.leaving for one in bins)
    points = [Point(0.0, price_in_s, 1.0, 0.0, 0.0)]
    for one in bins:
        spared, called = open_share * one.spared / at_risk, open_share * one.called / at_risk
        after = max(0.0, open_share - spared - called)
        took_s = one.end_s - before_s
        # Most of a gap between buckets passes before anything of this bucket ends.
        width_s = min(took_s, one.end_s * (1 - 1 / GROWTH))
        waited_s += open_share * (took_s - width_s) + (open_share + after) / 2 * width_s
        spared_share, called_share = spared_share + spared, called_share + called
        cost_s = price_in_s * (after + called_share) + waited_s
        hazard = one.spared / at_risk / width_s
        points.append(Point(one.end_s, cost_s, after, spared_share, hazard))
        open_share, before_s = after, one.end_s
        at_risk -= one.leaving
    return points


def _range(bins: Sequence[Bin], price_in_s: float) -> tuple[float, float]:
    """How far the best wait moves when the counts are drawn again, each by itself (Poisson bootstrap)."""
    draw = random.Random(SEED)  # noqa: S311  # a repeatable sample, no secret
    waits = sorted(
        min(curve(_redrawn(bins, draw), price_in_s), key=lambda point: point.cost_s).wait_s for _ in range(DRAWS)
    )
    return waits[LEFT_OUT], waits[-1 - LEFT_OUT]


def _redrawn(bins: Sequence[Bin], draw: random.Random) -> list[Bin]:
    redrawn = [Bin(one.bucket, *(_poisson(count, draw) for count in one[1:])) for one in bins]
    return [one for one in redrawn if one.leaving] or list(bins)


def _poisson(mean: float, draw: random.Random) -> int:
    """A draw with this mean; above 30 the normal law is as good."""
    if not mean:
        return 0
    if mean > 30:
        return max(0, round(draw.gauss(mean, mean**0.5)))
    # Arrivals at rate 1 until `mean` has passed.
    count, passed = 0, draw.expovariate(1.0)
    while passed < mean:
        count, passed = count + 1, passed + draw.expovariate(1.0)
    return count
