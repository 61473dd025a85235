"""Keeps the processes of one installation running, and stops them together."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import structlog

from contracts.errors import TidingsError
from runtime.clock import Clock
from tidings.back_off import QUIET_S, BackOff
from tidings.children import Child

EARLY_DEATHS = 3
"""A process that dies so often before it was ever ready, while all it needs is up, will not become so by itself."""
STOP_LIMIT_S = 10.0
PROBE_PAUSE_S = 0.1

T = TypeVar("T")

log = structlog.get_logger()


class ProcessFailed(TidingsError):
    """A process cannot be brought up; the text holds the end of its log."""


@dataclass
class _Ward:
    """A child and what is known of it."""

    child: Child
    back_off: BackOff
    pid: int = 0
    started_at: str = ""
    born_s: float = 0.0
    is_up: bool = False
    was_ever_ready: bool = False
    deaths: int = 0
    hopeless_deaths: int = 0
    """Before it was ever ready, and with nobody else to blame."""


class Supervisor:
    """Starts children, starts them again when they die, and stops all of them."""

    def __init__(self, data_dir: Path, clock: Clock, *, chance: Random | None = None, quiet_s: float = QUIET_S) -> None:
        self._file = data_dir / "processes.json"
        self._clock = clock
        self._chance = chance or Random()  # noqa: S311  # spreads restarts, protects nothing
        self._quiet_s = quiet_s
        self._groups: list[list[_Ward]] = []
        self._watches: list[asyncio.Task[None]] = []
        self._is_stopping = asyncio.Event()

    async def start(self, *children: Child) -> None:
        """Start `children` and keep them running from now on.

        Those of later calls need these: they are stopped before, and their early deaths are forgiven while one of
        these is down.
        """
        wards = [_Ward(child, BackOff(self._chance, self._quiet_s)) for child in children]
        self._groups.append(wards)
        for ward in wards:
            await self._launch(ward)
            self._watches.append(asyncio.create_task(self._keep(ward), name=f"keep-{ward.child.name}"))

    async def wait_until_ready(self, limit_s: float, on_ready: Callable[[str], object] = lambda _name: None) -> None:
        """Wait until all children are ready. Raises `ProcessFailed` when one keeps dying or takes too long."""
        all_ready = asyncio.create_task(self._all_ready(on_ready))
        try:
            await asyncio.wait({all_ready, *self._watches}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
            self._raise_failure()
            if not all_ready.done():
                raise ProcessFailed(self._lateness(limit_s))
        finally:
            all_ready.cancel()

    async def accompany(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`. Raises `ProcessFailed`, and ends the work, when supervision loses hope before."""
        doing = asyncio.create_task(work)
        try:
            await asyncio.wait({doing, *self._watches}, return_when=asyncio.FIRST_COMPLETED)
            self._raise_failure()
            return await doing
        finally:
            doing.cancel()

    async def stop(self, limit_s: float = STOP_LIMIT_S) -> None:
        """Stop all in the reverse order of their groups; what does not end within `limit_s` is killed."""
        self._is_stopping.set()
        for group in reversed(self._groups):
            await asyncio.gather(*(ward.child.stop(limit_s) for ward in group))
        await asyncio.gather(*self._watches, return_exceptions=True)
        self._file.unlink(missing_ok=True)

    @property
    def _wards(self) -> list[_Ward]:
        return [ward for group in self._groups for ward in group]

    async def _launch(self, ward: _Ward) -> None:
        ward.born_s = self._clock.monotonic()
        ward.started_at = self._clock.now().isoformat()
        ward.pid = await ward.child.start()
        ward.is_up = True
        self._write_file()

    async def _keep(self, ward: _Ward) -> None:
        while True:
            ending = await ward.child.wait()
            if self._is_stopping.is_set():
                return
            self._count_death(ward)
            if ward.hopeless_deaths >= EARLY_DEATHS:
                raise ProcessFailed(
                    f"{ward.child.name} {ending}, {ward.deaths} times, before it was ready; the end of its log:\n"
                    f"{ward.child.last_words()}"
                )
            if not await self._revive(ward, ending):
                return

    def _count_death(self, ward: _Ward) -> None:
        ward.is_up = False
        ward.deaths += 1
        groups = takewhile(lambda group: ward not in group, self._groups)
        if not ward.was_ever_ready and all(needed.is_up for group in groups for needed in group):
            ward.hopeless_deaths += 1

    async def _revive(self, ward: _Ward, ending: str) -> bool:
        """Start a dead child again, however often that takes; false when all is to stop instead."""
        while True:
            pause_s = ward.back_off.pause_after(self._clock.monotonic() - ward.born_s)
            log.warning("process_restarts", name=ward.child.name, ending=ending, pause_s=round(pause_s, 2))
            if await self._stops_within(pause_s):
                return False
            try:
                await self._launch(ward)
            except (TidingsError, OSError) as exc:
                ending = str(exc)
                continue
            if self._is_stopping.is_set():
                await ward.child.stop(STOP_LIMIT_S)
                return False
            return True

    async def _stops_within(self, pause_s: float) -> bool:
        try:
            await asyncio.wait_for(self._is_stopping.wait(), pause_s)
        except TimeoutError:
            return False
        return True

    async def _all_ready(self, on_ready: Callable[[str], object]) -> None:
        async with asyncio.TaskGroup() as waits:
            for ward in self._wards:
                if not ward.was_ever_ready:
                    waits.create_task(self._wait_for(ward, on_ready))

    async def _wait_for(self, ward: _Ward, on_ready: Callable[[str], object]) -> None:
        while not await ward.child.is_ready():  # noqa: ASYNC110  # another process has no event to wait for
            await asyncio.sleep(PROBE_PAUSE_S)
        ward.was_ever_ready = True
        on_ready(ward.child.name)

    def _raise_failure(self) -> None:
        for watch in self._watches:
            if watch.done() and not watch.cancelled() and (failure := watch.exception()):
                raise failure

    def _lateness(self, limit_s: float) -> str:
        late = [ward.child for ward in self._wards if not ward.was_ever_ready]
        words = "\n".join(f"{child.name}:\n{child.last_words()}" for child in late)
        return (
            f"not ready after {limit_s:.0f} s: {', '.join(child.name for child in late)}. The end of the logs:\n{words}"
        )

    def _write_file(self) -> None:
        """Replace the file in one step, so that a reader never sees half of it."""
        lives = {
            ward.child.name: {"pid": ward.pid, "started_at": ward.started_at, "restarts": ward.deaths}
            for ward in self._wards
            if ward.pid
        }
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(lives, indent=2) + "\n", encoding="utf-8")
        part.replace(self._file)
