"""Pages that many people watch, each made once for all who may see the same, as often as one of them asks."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import structlog

from runtime.clock import Clock

log = structlog.get_logger()

Made = TypeVar("Made")

FRESH = 0.9
"""The share of the time between two questions for which an answer is new: the next question gets another."""
SHARE = 8
"""Watching costs at most one part of the time in this many, all that is watched taken together."""
NEWS_S = 0.4
"""Something new is stored about so often."""
WATCHED_FOR_S = 10.0
"""So long after somebody has asked for it they are taken to watch it."""
LASTS_S = 1.0
"""What is made again when its mark has moved is made so often at least: it tells of times, too."""
MOST_KEPT = 64
"""Views that are remembered; beyond that the one that was asked for longest ago goes."""


@dataclass
class _Slot(Generic[Made]):
    """What was made last; whoever comes while it is being made waits for it."""

    every_s: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    asked_at: float = 0.0
    took_s: float = 0.0
    due_at: float = 0.0
    stale_at: float = 0.0
    mark: Hashable = None
    made: list[Made] = field(default_factory=list)

    @property
    def wanted_after_s(self) -> float:
        """When there is time enough it is made so long after the last time."""
        return max(FRESH * self.every_s, NEWS_S)

    @property
    def load(self) -> float:
        """The part of the time that it takes then."""
        return self.took_s / self.wanted_after_s


class Desk(Generic[Made]):
    """Hands out what is as old as the time between two questions.

    It is older when it takes long to make, or when so much else is watched that all together would take too much of
    the time: then each gets an equal share of it, unless it wants less. So watching costs no more however many look at
    however much, less on a machine that is busy, where making takes longer; and what takes long holds up little.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slots: OrderedDict[Hashable, _Slot[Made]] = OrderedDict()
        self._renewals: set[asyncio.Task[Made]] = set()

    async def get(
        self, name: Hashable, make: Callable[[], Awaitable[Made]], *, every_s: float, mark: Hashable = None
    ) -> Made:
        """What `make` gives, or gave a moment ago to somebody who asked under that name; each asks every `every_s`.

        While `mark` is what it was then, and not null, it is taken for new a while longer.
        """
        slot = self._slot(name, every_s)
        async with slot.lock:
            began = self._clock.monotonic()
            is_new = mark is not None and mark == slot.mark and began < slot.stale_at
            if not slot.made or (began >= slot.due_at and not is_new):
                is_first = not slot.made
                slot.made, slot.mark = [await make()], mark
                slot.asked_at = self._clock.monotonic()
                # The first time it waits for code, and for parts of it that are kept: that is no measure.
                slot.took_s = 0.0 if is_first else slot.asked_at - began
                slot.due_at = began + max(FRESH * every_s, slot.took_s / self._share())
                slot.stale_at = began + LASTS_S
            return slot.made[0]

    async def last(self, name: Hashable, make: Callable[[], Awaitable[Made]], *, every_s: float) -> Made:
        """What was made last, at once; when it is due it is made anew behind that, for whoever comes then.

        Of what nobody has watched for a while nothing is told that is old.
        """
        if (known := self._slots.get(name)) is None or not self._is_watched(known):
            return await self.get(name, make, every_s=every_s)
        slot = self._slot(name, every_s)
        if self._clock.monotonic() >= slot.due_at and not slot.lock.locked():
            renewal = asyncio.create_task(self.get(name, make, every_s=every_s))
            self._renewals.add(renewal)
            renewal.add_done_callback(self._renewed)
        return slot.made[0]

    def _renewed(self, renewal: asyncio.Task[Made]) -> None:
        self._renewals.discard(renewal)
        if not renewal.cancelled() and (failure := renewal.exception()):
            log.warning("page_not_renewed", reason=str(failure))

    def _share(self) -> float:
        """The part of the time that each may take of all that is watched; what some do not want the others have."""
        loads = sorted(slot.load for slot in self._slots.values() if self._is_watched(slot))
        left = share = 1 / SHARE
        for served, load in enumerate(loads):
            share = left / (len(loads) - served)
            if load >= share:
                break
            left -= load
        return share

    def _is_watched(self, slot: _Slot[Made]) -> bool:
        return bool(slot.made) and self._clock.monotonic() < slot.asked_at + WATCHED_FOR_S

    def _slot(self, name: Hashable, every_s: float) -> _Slot[Made]:
        slot = self._slots.setdefault(name, _Slot(every_s))
        slot.asked_at = self._clock.monotonic()
        self._slots.move_to_end(name)
        while len(self._slots) > MOST_KEPT:
            self._slots.popitem(last=False)
        return slot
