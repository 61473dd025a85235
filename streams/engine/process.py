"""One process with any number of stages: one faust app each, one loop, one way to stop and one way to fail."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Protocol

import structlog
from aiohttp import web

from contracts.errors import TidingsError
from runtime.clock import SystemClock
from runtime.collector import spare_the_collector
from runtime.exits import Exit, exit_of
from runtime.heap import keep_giving_back
from runtime.settings import Settings
from runtime.traces import open_traces
from streams.engine.admin import Admin, Member
from streams.engine.exits import AFTER_FAILURE_S, arm_hard_exit
from streams.engine.guard import SleepGuard
from streams.engine.line import Line
from streams.engine.stage import Stage
from streams.engine.watchdog import Watchdog

TICK_S = 0.5
CANCEL_LIMIT_S = 5.0
"""What stands beside the stages may have calls in hand; to finish them leaves no doubt behind."""

log = structlog.get_logger()


class Companion(Protocol):
    """Something that runs beside the stages and never ends them."""

    async def run(self) -> None:
        """Until cancelled. Raises nothing that does not concern the stages too."""


async def run_stages(
    stages: Sequence[Stage],
    settings: Settings,
    companions: Sequence[Companion] = (),
    *,
    routes: Sequence[web.RouteDef] = (),
) -> Exit:
    """Run until told to stop, or until a stage cannot go on. `routes` are answered on the local port."""
    guard = SleepGuard(settings.streams.session_timeout_s)
    traces = open_traces(settings.traces, "streams")
    lines = [Line(stage, settings, guard, traces=traces) for stage in stages]
    watchdog = Watchdog(lines, stall_timeout_s=settings.streams.stall_timeout_s, clock=SystemClock())
    members = [companion for companion in companions if isinstance(companion, Member)]
    admin = Admin(settings.streams, lines, watchdog, members=members, routes=routes)
    work = asyncio.create_task(_work(lines, watchdog, guard, admin=admin, companions=companions))
    stopped = asyncio.create_task(_told_to_stop())
    await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
    failure = _innermost(work.exception()) if work.done() else None
    if failure is not None:
        _report(failure)
        arm_hard_exit(AFTER_FAILURE_S)
    work.cancel()
    stopped.cancel()
    await asyncio.wait({work, stopped}, timeout=CANCEL_LIMIT_S)
    ends = await asyncio.gather(*(line.stop() for line in lines), admin.stop(), return_exceptions=True)
    for error in filter(None, ends):
        log.warning("stop_failed", exc_info=error)
    log.info("stages_stopped", stages=[line.name for line in lines])
    return Exit.DONE if failure is None else exit_of(failure)


async def _work(
    lines: Sequence[Line], watchdog: Watchdog, guard: SleepGuard, *, admin: Admin, companions: Sequence[Companion]
) -> None:
    """Start all, then watch them; returns by raising only."""
    await admin.start()
    async with asyncio.TaskGroup() as group:
        group.create_task(_stay_awake(guard))
        group.create_task(watchdog.watch())
        group.create_task(keep_giving_back())
        await asyncio.gather(*(line.start() for line in lines))
        log.info("stages_started", stages=[line.name for line in lines])
        for companion in companions:
            group.create_task(companion.run())
        spare_the_collector()


async def _stay_awake(guard: SleepGuard) -> None:
    while True:
        guard.check()
        await asyncio.sleep(TICK_S)


async def _told_to_stop() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    arm_hard_exit()


def _innermost(failure: BaseException | None) -> BaseException | None:
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure


def _report(failure: BaseException) -> None:
    if isinstance(failure, TidingsError):
        log.critical("stages_failed", reason=str(failure), kind=type(failure).__name__)
    else:
        log.critical("stages_failed", exc_info=failure)
