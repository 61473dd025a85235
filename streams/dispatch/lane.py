"""The sends of one connection: in their order, so many at once, and none while the connection rests.

A claim is written when the turn has come, so that whoever dies leaves few doubts behind.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from math import ceil

from providers._kit.settings import ConnectionSettings
from runtime.metrics import SENDS_WAITING
from streams.dispatch.breaker import Breaker
from streams.dispatch.errand import Errand, Place
from streams.dispatch.ledger import Standing
from streams.dispatch.runner import Runner, Spawn
from streams.dispatch.verdicts import QUEUE_FULL

LOOK_EVERY_S = 0.5
LONGEST_WAIT_S = 1.0
"""For a look at a connection that rests."""
AHEAD = 2
"""Sends in hand for each call that may be made at once: while one is answered the next is claimed."""


@dataclass(frozen=True, kw_only=True)
class Width:
    """How many sends may be in hand, and how many may wait."""

    workers: int = 8
    most_waiting: int = 10_000

    @classmethod
    def of(cls, own: ConnectionSettings, most_waiting: int) -> "Width":
        """No more in hand than have their turn within about a second, because a claim does not stay fresh."""
        workers = min(AHEAD * own.calls_at_once, ceil(own.calls_per_s))
        return cls(workers=max(1, workers), most_waiting=most_waiting)


class Lane:
    """One connection. A slow or ill provider is its own affair."""

    def __init__(self, place: Place, runner: Runner, breaker: Breaker, width: Width, *, spawn: Spawn) -> None:
        self._runner = runner
        self._breaker = breaker
        self._width = width
        self._spawn = spawn
        self._waiting: OrderedDict[str, Errand] = OrderedDict()
        self._is_waiting = asyncio.Event()
        self._in_hand: set[Errand] = set()
        self._gauge = SENDS_WAITING.labels(*place)

    @property
    def is_finishing(self) -> bool:
        """Whether something is between claim and outcome of which no more is begun."""
        return any(errand.tenure.is_closing for errand in self._in_hand)

    def put(self, errand: Errand) -> None:
        """Take it in hand when its turn comes; a doubt at once."""
        if errand.standing is Standing.THEIRS:
            self._runner.clear_up(errand)
        elif len(self._waiting) >= self._width.most_waiting:
            self._spawn(self._runner.withdraw(errand, QUEUE_FULL))
        else:
            self._waiting[errand.send_id] = errand
            self._gauge.set(len(self._waiting))
            self._is_waiting.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._width.workers):
                group.create_task(self._work())
            group.create_task(self._look_after())

    async def _work(self) -> None:
        while True:
            if (wait_s := self._breaker.wait_s()) > 0:
                await asyncio.sleep(min(wait_s, LONGEST_WAIT_S))
            elif (errand := self._next()) is None:
                self._is_waiting.clear()
                await self._is_waiting.wait()
            else:
                await self._run(errand)

    def _next(self) -> Errand | None:
        """The first that is still wanted here."""
        while self._waiting:
            _, errand = self._waiting.popitem(last=False)
            self._gauge.set(len(self._waiting))
            if not errand.tenure.is_closing and errand.standing is not Standing.DONE:
                return errand
        return None

    async def _run(self, errand: Errand) -> None:
        is_trying = self._breaker.begin()
        self._in_hand.add(errand)
        try:
            await self._runner.run(errand)
        finally:
            self._in_hand.discard(errand)
            if is_trying:
                self._breaker.end()

    async def _look_after(self) -> None:
        """Withdraw what cannot wait any longer, also while nothing is sent."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for send_id, errand in list(self._waiting.items()):
                if errand.tenure.is_closing or errand.standing is Standing.DONE:
                    del self._waiting[send_id]
                elif why := self._runner.reason_to_withdraw(errand):
                    del self._waiting[send_id]
                    self._spawn(self._runner.withdraw(errand, why))
            self._gauge.set(len(self._waiting))
