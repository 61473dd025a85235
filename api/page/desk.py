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
"""Watching costs the store at most one part of its time in this many."""
LASTS_S = 1.0
"""What is made again when its mark has moved is made so often at least: it tells of times, too."""
MOST_KEPT = 64
"""Views that are remembered; beyond that the one that was asked for longest ago goes."""


@dataclass
class _Slot(Generic[Made]):
    """What was made last; whoever comes while it is being made waits for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    due_at: float = 0.0
    stale_at: float = 0.0
    mark: Hashable = None
    made: list[Made] = field(default_factory=list)


class Desk(Generic[Made]):
    """Hands out what is as old as the time between two questions; older when it takes long to make."""

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
        slot = self._slot(name)
        async with slot.lock:
            began = self._clock.monotonic()
            is_new = mark is not None and mark == slot.mark and began < slot.stale_at
            if not slot.made or (began >= slot.due_at and not is_new):
                slot.made, slot.mark = [await make()], mark
                took_s = self._clock.monotonic() - began
                slot.due_at = began + max(FRESH * every_s, took_s * SHARE)
                slot.stale_at = began + LASTS_S
            return slot.made[0]

    async def last(self, name: Hashable, make: Callable[[], Awaitable[Made]], *, every_s: float) -> Made:
        """What was made last, at once; when it is due it is made anew behind that, for whoever comes then."""
        slot = self._slot(name)
        if not slot.made:
            return await self.get(name, make, every_s=every_s)
        if self._clock.monotonic() >= slot.due_at and not slot.lock.locked():
            renewal = asyncio.create_task(self.get(name, make, every_s=every_s))
            self._renewals.add(renewal)
            renewal.add_done_callback(self._renewed)
        return slot.made[0]

    def _renewed(self, renewal: asyncio.Task[Made]) -> None:
        self._renewals.discard(renewal)
        if not renewal.cancelled() and (failure := renewal.exception()):
            log.warning("page_not_renewed", reason=str(failure))

    def _slot(self, name: Hashable) -> _Slot[Made]:
        slot = self._slots.setdefault(name, _Slot())
        self._slots.move_to_end(name)
        while len(self._slots) > MOST_KEPT:
            self._slots.popitem(last=False)
        return slot
