"""Looks whether the stages get on, and says so when one does not, because a stuck member looks alive to Kafka."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol

from faust.types import TP

from contracts.errors import WorldMoved
from runtime.clock import Clock
from streams.engine.line import Progress

LOOK_EVERY_S = 1.0
REFUSED_COMMITS = 5
REBALANCE_LIMIT_S = 60.0
OUTSIDE_LIMIT_S = 180.0
"""Longer than a group waits for a member that has a batch in its hands, and than the largest state takes to load."""


class Watched(Protocol):
    """What the watchdog asks of a line."""

    @property
    def name(self) -> str: ...
    @property
    def is_joined(self) -> bool: ...
    @property
    def is_idle(self) -> bool:
        """Whether no batch is under way; one that is has a deadline of its own."""

    @property
    def refused_commits(self) -> int: ...
    def failure(self) -> BaseException | None: ...
    async def progress(self) -> Mapping[TP, Progress]: ...
    async def is_reachable(self) -> bool:
        """Whether the brokers answer."""


class Watchdog:
    """`watch` raises what it finds. Until then `last_look_at` moves, and `ill` is empty."""

    def __init__(self, lines: Sequence[Watched], *, stall_timeout_s: float, clock: Clock) -> None:
        self.last_look_at = clock.monotonic()
        self._lines = lines
        self._stall_timeout_s = stall_timeout_s
        self._clock = clock
        self._moved: dict[tuple[str, TP], tuple[int, float]] = {}
        self._joined_at = {line.name: clock.monotonic() for line in lines}
        self._outside_since = dict(self._joined_at)
        """The same, but the time in which no broker answered does not count."""

    async def watch(self) -> None:
        """For ever. Raises `WorldMoved`, or the error that ended a stage."""
        while True:
            for line in self._lines:
                await self.look(line)
            self.last_look_at = self._clock.monotonic()
            await asyncio.sleep(LOOK_EVERY_S)

    def ill(self) -> list[str]:
        """What is wrong and may still mend itself, in words; empty when all is well."""
        now = self._clock.monotonic()
        outside = [name for name, at in self._joined_at.items() if now - at > REBALANCE_LIMIT_S]
        silent = ["the loop is blocked"] if now - self.last_look_at > 10 * LOOK_EVERY_S else []
        return silent + [
            f"{name} has been outside its group for more than {REBALANCE_LIMIT_S:.0f} s" for name in outside
        ]

    async def look(self, line: Watched) -> None:
        """One look at one line."""
        if failure := line.failure():
            raise failure
        if line.refused_commits >= REFUSED_COMMITS:
            raise WorldMoved(
                f"{line.name}: {REFUSED_COMMITS} commits in a row were refused; another process holds this membership. "
                "Give each replica its own streams.instance_id"
            )
        if not line.is_joined:
            self._forget(line)
            await self._look_for_return(line)
            return
        self._joined_at[line.name] = self._outside_since[line.name] = self._clock.monotonic()
        if not line.is_idle:
            self._forget(line)
            return
        await self._look_for_stall(line)

    async def _look_for_return(self, line: Watched) -> None:
        if self._clock.monotonic() - self._outside_since[line.name] <= OUTSIDE_LIMIT_S:
            return
        if not await line.is_reachable():
            self._outside_since[line.name] = self._clock.monotonic()
            return
        raise WorldMoved(
            f"{line.name} has been outside its group for more than {OUTSIDE_LIMIT_S:.0f} s although brokers answer; "
            "beginning again"
        )

    def _forget(self, line: Watched) -> None:
        self._moved = {key: seen for key, seen in self._moved.items() if key[0] != line.name}

    async def _look_for_stall(self, line: Watched) -> None:
        now = self._clock.monotonic()
        for place, progress in (await line.progress()).items():
            position, since = self._moved.get((line.name, place), (-1, now))
            if progress.position >= progress.end or progress.position != position:
                self._moved[line.name, place] = (progress.position, now)
            elif now - since > self._stall_timeout_s:
                await self._stalled(line, place, progress)

    async def _stalled(self, line: Watched, place: TP, progress: Progress) -> None:
        if not await line.is_reachable():  # then nobody can move, and a restart would not help
            self._forget(line)
            return
        raise WorldMoved(
            f"{line.name} has stood at {place.topic}/{place.partition}/{progress.position} for more than "
            f"{self._stall_timeout_s:.0f} s although records up to {progress.end} wait there; beginning again"
        )
