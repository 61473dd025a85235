"""Carries the plan out, and watches how everything comes back."""

import asyncio
import signal
from time import monotonic

from tests.chaos.diary import Diary
from tests.chaos.line import Line, gone
from tests.chaos.plan import BROKER, MOST_WORKERS, STREAMS, Deed, Fault

RECOVERY_LIMIT_S = 150.0
POLL_S = 0.1


class NeverReady(AssertionError):
    """Something did not come back."""


class Saboteur:
    """One run's. Faults overlap as the plan has it; what is paused or gone already is left alone."""

    def __init__(self, line: Line, diary: Diary) -> None:
        self._line = line
        self._diary = diary
        self._paused: set[str] = set()
        self._hit: dict[str, float] = {}
        """When each part was last broken."""
        self._is_changing_workers = False

    async def carry_out(self, faults: list[Fault]) -> None:
        """All of the plan; ends when everything that it broke is ready again."""
        async with asyncio.TaskGroup() as doings:
            for fault in faults:
                await asyncio.sleep(max(0.0, fault.at_s - self._diary.elapsed_s))
                doings.create_task(self._inflict(fault))
        for name in self._line.names():
            await self._ready(name)

    async def _inflict(self, fault: Fault) -> None:
        match fault.deed:
            case Deed.KILL | Deed.DAMAGE:
                await self._end(fault, signal.SIGKILL)
            case Deed.TERM:
                await self._end(fault, signal.SIGTERM)
            case Deed.PAUSE:
                await self._pause(fault)
            case Deed.SCALE:
                await self._change_workers(fault, [fault.workers])
            case Deed.STORM:
                await self._change_workers(fault, [MOST_WORKERS, 1, fault.workers])
            case Deed.ROLL:
                await self._roll(fault)

    async def _end(self, fault: Fault, number: signal.Signals) -> None:
        name = self._victim(fault)
        began = monotonic()
        if name in self._paused and number is signal.SIGTERM:
            return
        if not (pid := self._line.send(name, number)):
            self._diary.note(f"{name} is down already, so nothing is done to it")
            return
        if fault.deed is Deed.DAMAGE:
            await gone(pid)
            self._line.damage_store()
        self._tell(fault, name, pid)
        if number is signal.SIGKILL:
            self._diary.kills[fault.victim] += 1
        with self._diary.phase(fault.kind):
            await self._back(name, pid)
            self._diary.recovered(name, monotonic() - began, behind=fault.kind)

    async def _pause(self, fault: Fault) -> None:
        name = self._victim(fault)
        if name in self._paused or not (pid := self._line.send(name, signal.SIGSTOP)):
            return
        self._tell(fault, name, pid)
        self._paused.add(name)
        with self._diary.phase(fault.kind):
            try:
                await asyncio.sleep(fault.lasts_s)
            finally:
                self._paused.discard(name)
                if self._line.pid(name) == pid:
                    self._line.send(name, signal.SIGCONT)
            began = monotonic()
            await self._ready(name)
            self._diary.recovered(name, monotonic() - began, behind=fault.kind)

    async def _change_workers(self, fault: Fault, counts: list[int]) -> None:
        if self._is_changing_workers:
            return
        self._is_changing_workers = True
        self._tell(fault, STREAMS, 0)
        try:
            with self._diary.phase(fault.kind):
                began = monotonic()
                for count in counts:
                    await self._line.scale(count)
                    await asyncio.sleep(fault.lasts_s)
                for name in self._line.stage_names():
                    await self._ready(name)
                workers = f"{STREAMS} x {len(self._line.stage_names())}"
                self._diary.recovered(workers, monotonic() - began, behind=fault.kind)
        finally:
            self._is_changing_workers = False

    async def _roll(self, fault: Fault) -> None:
        self._tell(fault, STREAMS, 0)
        with self._diary.phase(fault.kind):
            for name in self._line.stage_names():
                if name not in self._paused and (pid := self._line.send(name, signal.SIGTERM)):
                    began = monotonic()
                    await self._back(name, pid)
                    self._diary.recovered(name, monotonic() - began, behind=fault.kind)

    def _victim(self, fault: Fault) -> str:
        names = self._line.stage_names()
        return names[fault.choice % len(names)] if fault.victim == STREAMS else fault.victim

    def _tell(self, fault: Fault, name: str, pid: int) -> None:
        self._hit[fault.victim] = monotonic()
        self._diary.faults[str(fault.deed)] += 1
        whom = f" ({name}, process {pid})" if pid else ""
        self._diary.note(f"{fault}{whom}", mark="fault", deed=fault.deed, victim=name, pid=pid)

    async def _back(self, name: str, pid: int) -> None:
        """Wait until another process has taken the place of `pid` and is ready."""
        began = monotonic()
        while self._line.pid(name) in {pid, 0} and name in self._line.names():
            if monotonic() > began + RECOVERY_LIMIT_S:
                raise NeverReady(f"{name} was not started again within {RECOVERY_LIMIT_S:.0f} s")
            await asyncio.sleep(POLL_S)
        await self._ready(name)

    async def _ready(self, name: str) -> None:
        began = monotonic()
        while name in self._line.names() and not await self._line.is_ready(name):
            if monotonic() > max(began, self._last_hit(name)) + RECOVERY_LIMIT_S:
                raise NeverReady(f"{name} was not ready within {RECOVERY_LIMIT_S:.0f} s; its log says why")
            await asyncio.sleep(POLL_S)

    def _last_hit(self, name: str) -> float:
        """When that part, another of its group, or the broker that it needs was last broken: nobody is quicker."""
        part = STREAMS if name in self._line.stage_names() else name
        return max(self._hit.get(part, 0.0), self._hit.get(BROKER, 0.0))
