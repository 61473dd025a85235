"""Pages that many people watch, each made once for all who may see the same, as often as one of them asks."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from runtime.clock import Clock

Made = TypeVar("Made")

FRESH = 0.9
"""The share of the time between two questions for which an answer is new: the next question gets another."""
SHARE = 8
"""Watching costs the store at most one part of its time in this many."""
MOST_KEPT = 64
"""Views that are remembered; beyond that the one that was asked for longest ago goes."""


@dataclass
class _Slot(Generic[Made]):
    """What was made last; whoever comes while it is being made waits for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    due_at: float = 0.0
    made: list[Made] = field(default_factory=list)


class Desk(Generic[Made]):
    """Hands out what is as old as the time between two questions; older when it takes long to make."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slots: OrderedDict[Hashable, _Slot[Made]] = OrderedDict()

    async def get(self, name: Hashable, make: Callable[[], Awaitable[Made]], *, every_s: float) -> Made:
        """What `make` gives, or gave a moment ago to somebody who asked under that name; each asks every `every_s`."""
        slot = self._slot(name)
        async with slot.lock:
            began = self._clock.monotonic()
            if not slot.made or began >= slot.due_at:
                slot.made = [await make()]
                took_s = self._clock.monotonic() - began
                slot.due_at = began + max(FRESH * every_s, took_s * SHARE)
            return slot.made[0]

    def _slot(self, name: Hashable) -> _Slot[Made]:
        slot = self._slots.setdefault(name, _Slot())
        self._slots.move_to_end(name)
        while len(self._slots) > MOST_KEPT:
            self._slots.popitem(last=False)
        return slot
