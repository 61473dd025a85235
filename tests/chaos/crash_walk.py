"""Every place where a process can be told to die: it dies there, in the whole line, and everything is accounted for."""

import asyncio
import os
import re
import signal
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from time import monotonic

from runtime.crash_points import VARIABLE
from streams.topology import STAGES
from tests.chaos.diary import Diary
from tests.chaos.line import Line, gone
from tests.chaos.plan import API, BROKER, INGEST, STREAMS

ROOT = Path(__file__).parents[2]
PACKAGES = ("analytics", "api", "ingest", "runtime", "streams", "tidings")
PLACED = re.compile(r"crash_point\(\s*f?\"([^\"]+)\"")
STAGE = re.compile(r"\{[\w.]+\}\.")
"""The engine's places carry the name of whichever stage passes them."""

DEATH_LIMIT_S, READY_LIMIT_S = 90.0, 120.0
POLL_S = 0.02
OUTAGE_S = 3.0


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
    times: int = 1
    """It dies when it passes there for the so-manieth time."""


AT_WORK = 20
"""The first batches of a stage's new life are what was not committed, most of it known: nothing is at stake in them."""

WALK = (
    Stop("normalise.decided", STREAMS, times=AT_WORK),
    Stop("normalise.outputs_written", STREAMS, times=AT_WORK),
    Stop("normalise.committed", STREAMS),
    Stop("track.decided", STREAMS, times=AT_WORK),
    Stop("track.outputs_written", STREAMS, times=AT_WORK),
    # State is written as well when only the turn passes from one topic to the next, and then no output is at stake.
    Stop("track.state_written", STREAMS, times=AT_WORK),
    Stop("track.state_written", STREAMS, times=AT_WORK + 1),
    Stop("track.state_written", STREAMS, times=AT_WORK + 2),
    Stop("track.committed", STREAMS),
    Stop("fallback.decided", STREAMS, times=AT_WORK),
    Stop("fallback.outputs_written", STREAMS, times=AT_WORK),
    Stop("fallback.state_written", STREAMS, times=AT_WORK),
    Stop("fallback.committed", STREAMS),
    Stop("dispatch.claimed", STREAMS, times=AT_WORK),
    Stop("dispatch.called", STREAMS, times=AT_WORK),
    Stop("dispatch.registered", STREAMS, times=AT_WORK),
    Stop("dispatch.outcome_written", STREAMS, times=AT_WORK),
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

RARE = "few people write while it runs: tests/unit/streams/test_consent_crashes.py"
SILENT = "nobody is silent for long enough: tests/unit/streams/test_reconcile_crashes.py"
UNASKED = "no provider is asked there: tests/integration/test_reconcile.py"
UNHEARD = "nobody writes to a sender while it runs: tests/unit/streams/test_session_crashes.py"
UNORDERED = "nobody orders an export: tests/unit/analytics/test_export_crashes.py"
YOUNG = "nothing is old enough to be forgotten: tests/unit/analytics/test_forgetting.py"
ELSEWHERE = {
    **{f"sink.{place}": YOUNG for place in ("forgetting", "forgot")},
    **{f"export.{place}": UNORDERED for place in ("written", "renamed", "recorded")},
    "archive.merged": "a day has to be over: tests/unit/analytics_archive",
    **{f"consent.{place}": RARE for place in ("decided", "outputs_written", "state_written", "committed")},
    **{f"reconcile.{place}": SILENT for place in ("decided", "outputs_written", "state_written", "committed")},
    **{f"session.{place}": UNHEARD for place in ("decided", "outputs_written", "state_written", "committed")},
    **{f"asker.{place}": UNASKED for place in ("answered", "answers_written")},
}
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


class CrashWalk:
    """Lets every process die at one of its stops after the other; each life ends at the next stop."""

    def __init__(self, stops: tuple[Stop, ...] = WALK) -> None:
        self._ways: defaultdict[str, list[Stop]] = defaultdict(list)
        for stop in stops:
            self._ways[stop.process].append(stop)
        self._armed: dict[str, str] = {}

    async def __call__(self, line: Line, diary: Diary) -> None:
        try:
            async with asyncio.TaskGroup() as walks:
                for process, stops in self._ways.items():
                    walks.create_task(self._walk(process, stops, line, diary))
        finally:
            self._armed.clear()
            self._tell_children()
        for name in line.names():
            await _until_ready(line, name)

    async def _walk(self, process: str, stops: list[Stop], line: Line, diary: Diary) -> None:
        await _until_ready(line, process)
        pid = line.send(process, signal.SIGKILL)
        for stop in stops:
            began = monotonic()
            await gone(pid)
            # It is started again after a pause, and what is set now holds for that life only.
            self._arm(stop)
            if stop.need is Need.DAMAGE:
                line.damage_store()
            pid = await _next_pid(process, pid, line)
            if stop.need is Need.OUTAGE:
                await _be_away(pid, line)
            await self._died(stop, pid)
            diary.kills[process] += 1
            diary.note(f"{process} died at {stop.name}, {monotonic() - began:.1f} s after the last time", mark="fault")
        self._armed.pop(process)
        self._tell_children()

    def _arm(self, stop: Stop) -> None:
        self._armed[stop.process] = f"{stop.name}:{stop.times}"
        self._tell_children()

    def _tell_children(self) -> None:
        """All learn of all places, because a child inherits our environment; a place is passed by one process only."""
        if self._armed:
            os.environ[VARIABLE] = ",".join(self._armed.values())
        else:
            os.environ.pop(VARIABLE, None)

    async def _died(self, stop: Stop, pid: int) -> None:
        try:
            async with asyncio.timeout(DEATH_LIMIT_S):
                await gone(pid)
        except TimeoutError:
            raise NotPassed(f"{stop.process} has not died at {stop.name} within {DEATH_LIMIT_S:.0f} s") from None


async def _be_away(pid: int, line: Line) -> None:
    """Let the broker be away for a while, or until the process has died of it."""
    dying = asyncio.create_task(gone(pid))
    ready = asyncio.create_task(_until_ready(line, INGEST))
    await asyncio.wait({dying, ready}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    line.send(BROKER, signal.SIGSTOP)
    try:
        await asyncio.wait({dying}, timeout=OUTAGE_S)
    finally:
        line.send(BROKER, signal.SIGCONT)
        dying.cancel()


async def _next_pid(name: str, before: int, line: Line) -> int:
    async with asyncio.timeout(DEATH_LIMIT_S):
        while (pid := line.pid(name)) in {before, 0}:  # noqa: ASYNC110  # likewise
            await asyncio.sleep(POLL_S)
    return pid


async def _until_ready(line: Line, name: str) -> None:
    async with asyncio.timeout(READY_LIMIT_S):
        while not await line.is_ready(name):  # noqa: ASYNC110  # likewise
            await asyncio.sleep(POLL_S)
