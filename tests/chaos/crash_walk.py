"""Every place where a process can be told to die: it dies there, in the whole line, and everything is accounted for."""

import asyncio
import os
import re
import signal
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import zip_longest
from pathlib import Path
from time import monotonic

from runtime.crash_points import VARIABLE
from streams.topology import STAGES
from tests.chaos.diary import Diary
from tests.chaos.line import Line
from tests.chaos.plan import API, BROKER, INGEST, STREAMS

ROOT = Path(__file__).parents[2]
PACKAGES = ("analytics", "api", "ingest", "runtime", "streams", "tidings")
PLACED = re.compile(r"crash_point\(\s*f?\"([^\"]+)\"")
STAGE = re.compile(r"\{[\w.]+\}\.")
"""The engine's places carry the name of whichever stage passes them."""

DEATH_LIMIT_S, READY_LIMIT_S = 45.0, 60.0
POLL_S = 0.05
OUTAGE_S = 4.0


class Need(Enum):
    """What has to happen for a place to be passed, beside traffic."""

    NOTHING = auto()
    OUTAGE = auto()
    """The broker is away for a while."""
    DAMAGE = auto()
    """The store's file is damaged."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place to die at."""

    name: str
    process: str
    need: Need = Need.NOTHING


WALK = (
    Stop("normalise.decided", STREAMS),
    Stop("normalise.outputs_written", STREAMS),
    Stop("normalise.committed", STREAMS),
    Stop("track.decided", STREAMS),
    Stop("track.outputs_written", STREAMS),
    Stop("track.state_written", STREAMS),
    Stop("track.committed", STREAMS),
    Stop("sink.begun", API),
    Stop("sink.inserted", API),
    Stop("sink.committed", API),
    Stop("sink.checkpointed", API),
    Stop("sink.snapshot_copied", API),
    Stop("sink.snapshot_renamed", API),
    Stop("archive.written", API),
    Stop("archive.renamed", API),
    Stop("archive.recorded", API),
    Stop("store.moved_aside", API, Need.DAMAGE),
    Stop("spool.appended", INGEST, Need.OUTAGE),
    Stop("spool.synced", INGEST, Need.OUTAGE),
    Stop("spool.drained", INGEST, Need.OUTAGE),
    Stop("ingest.acknowledged", INGEST),
)

ELSEWHERE = {"archive.merged": "a day has to be over: tests/unit/analytics_archive"}
"""Places that a short run cannot come to, and where they are passed instead."""


class NotPassed(AssertionError):
    """A process did not die where it was told to."""


def placed() -> set[str]:
    """Every place in the code."""
    names: set[str] = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for name in PLACED.findall(file.read_text(encoding="utf-8")):
                names |= set(_spelt_out(name))
    return names


def _spelt_out(name: str) -> Iterator[str]:
    if not STAGE.match(name):
        yield name
        return
    what = STAGE.sub("", name)
    for stage in STAGES:
        if stage.state or what != "state_written":
            yield f"{stage.name}.{what}"


def rounds(stops: tuple[Stop, ...]) -> list[list[Stop]]:
    """One stop of each process at a time, so that they die together."""
    by_process: defaultdict[str, list[Stop]] = defaultdict(list)
    for stop in stops:
        by_process[stop.process].append(stop)
    return [[stop for stop in row if stop] for row in zip_longest(*by_process.values())]


class CrashWalk:
    """Visits the given stops in as few rounds as there are processes for."""

    def __init__(self, stops: tuple[Stop, ...] = WALK) -> None:
        self._rounds = rounds(stops)

    async def __call__(self, line: Line, diary: Diary) -> None:
        for stops in self._rounds:
            await self._die_together(stops, line, diary)

    async def _die_together(self, stops: list[Stop], line: Line, diary: Diary) -> None:
        began = monotonic()
        armed = {stop: await self._arm(stop, line) for stop in stops}
        diary.note(f"to die at {', '.join(stop.name for stop in stops)}", mark="fault")
        if any(stop.need is Need.OUTAGE for stop in stops):
            await self._be_away(line)
        for stop, pid in armed.items():
            await self._died(stop, pid, line)
            diary.kills[stop.process] += 1
        for stop in stops:
            await _until_ready(line, stop.process)
            diary.recovered(stop.process, monotonic() - began)

    async def _arm(self, stop: Stop, line: Line) -> int:
        """Start the process anew, with the place to die at; for this life only."""
        os.environ[VARIABLE] = stop.name
        try:
            before = line.send(stop.process, signal.SIGKILL)
            if stop.need is Need.DAMAGE:
                _damage(line.installation.settings.data_dir / line.installation.settings.store.path)
            return await _next_pid(stop.process, before, line)
        finally:
            del os.environ[VARIABLE]

    async def _be_away(self, line: Line) -> None:
        await _until_ready(line, INGEST)
        line.send(BROKER, signal.SIGSTOP)
        try:
            await asyncio.sleep(OUTAGE_S)
        finally:
            line.send(BROKER, signal.SIGCONT)

    async def _died(self, stop: Stop, pid: int, line: Line) -> None:
        try:
            await _next_pid(stop.process, pid, line)
        except TimeoutError:
            raise NotPassed(
                f"{stop.process} lives on after {DEATH_LIMIT_S:.0f} s and never passed {stop.name}"
            ) from None


async def _next_pid(name: str, before: int, line: Line) -> int:
    async with asyncio.timeout(DEATH_LIMIT_S):
        while (pid := line.pid(name)) in {before, 0}:  # noqa: ASYNC110  # another process has no event to wait for
            await asyncio.sleep(POLL_S)
    return pid


async def _until_ready(line: Line, name: str) -> None:
    async with asyncio.timeout(READY_LIMIT_S):
        while not await line.is_ready(name):  # noqa: ASYNC110  # likewise
            await asyncio.sleep(POLL_S)


def _damage(file: Path) -> None:
    """Overwrite the beginning, where the file says what it is."""
    with file.open("r+b") as opened:
        opened.write(b"\xff" * 16384)
