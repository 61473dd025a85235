"""The two kinds of child that a supervisor keeps: one of our processes, and the broker of one's own."""

import asyncio
import os
import shutil
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import aiohttp
import structlog

from contracts.errors import BrokerUnavailable, TidingsError
from runtime.broker import LocalBroker
from runtime.broker.leash import Leash

LARGEST_LOG_BYTES = 20 * 1024 * 1024
LOG_LOOK_S = 60.0
"""How often a log is looked at while its process runs."""
LOG_END_LINES = 12
PROBE_LIMIT_S = 2.0

log = structlog.get_logger()


class NotRunning(TidingsError):
    """Asked of a child that was not started."""


class Child(Protocol):
    """Something that runs until it is told to stop, or dies."""

    name: str

    async def start(self) -> int:
        """Start it and give the number of its process."""

    async def wait(self) -> str:
        """Wait until it ends by itself, and say how it ended."""

    async def is_ready(self) -> bool:
        """Whether it is up to its work."""

    async def stop(self, limit_s: float) -> None:
        """Ask it to end, and end it when that takes longer than `limit_s`. Harmless when it is not running."""

    def last_words(self) -> str:
        """The end of its log, since it was started last."""


class OwnProcess:
    """`python -m <module>` with its output in a file. It does not outlive us, whatever ends us."""

    def __init__(self, module: str, *, logs: Path, environment: Mapping[str, str], ready_url: str) -> None:
        self.name = module
        self._log = logs / f"{module}.log"
        self._environment = environment
        self._ready_url = ready_url
        self._process: Process | None = None
        self._leash: Leash | None = None
        self._newest_life = 0
        """Where in the log it begins."""

    async def start(self) -> int:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        _keep_small(self._log)
        with self._log.open("ab") as log:
            self._newest_life = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self.name,
                env={**os.environ, **self._environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us: we stop the children in order
            )
        self._leash = Leash(self._process.pid)
        return self._process.pid

    async def wait(self) -> str:
        if self._process is None or self._leash is None:
            raise NotRunning(f"{self.name} is not running; start it first")
        status = await self._ended(self._process)
        self._leash.let_go()
        return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"

    async def _ended(self, process: Process) -> int:
        while True:
            try:
                return await asyncio.wait_for(process.wait(), LOG_LOOK_S)
            except TimeoutError:
                await asyncio.to_thread(_keep_small, self._log)

    async def is_ready(self) -> bool:
        limit = aiohttp.ClientTimeout(total=PROBE_LIMIT_S)
        try:
            async with aiohttp.request("GET", self._ready_url, timeout=limit) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def stop(self, limit_s: float) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), limit_s)
        except TimeoutError:
            log.warning("process_killed", name=self.name, limit_s=limit_s)
            with suppress(ProcessLookupError):  # it may have ended in the same instant
                self._process.kill()
            await self._process.wait()

    def last_words(self) -> str:
        told = self._log.read_bytes() if self._log.is_file() else b""
        newest = told[self._newest_life :] if len(told) >= self._newest_life else told  # else it was begun anew since
        return "\n".join(newest.decode(errors="replace").splitlines()[-LOG_END_LINES:])


class OwnBroker:
    """The broker under our data directory. It keeps its port and its data when it is started again."""

    name = "broker"

    def __init__(self, broker: LocalBroker) -> None:
        self._broker = broker
        self._last_words = ""

    async def start(self) -> int:
        await asyncio.to_thread(self._broker.kill)  # what is left of a broker that died
        await asyncio.to_thread(self._broker.start)
        return self._broker.pid

    async def wait(self) -> str:
        try:
            await asyncio.to_thread(self._broker.watch)
        except BrokerUnavailable as exc:
            self._last_words = str(exc)
        return "ended"

    async def is_ready(self) -> bool:
        return True  # its start returns when it answers

    async def stop(self, limit_s: float) -> None:
        await asyncio.to_thread(self._broker.stop, limit_s)

    def last_words(self) -> str:
        return self._last_words


def _keep_small(log: Path) -> None:
    """Begin a log anew when it has grown large; one old one is kept.

    Its process goes on writing to the same file, so the old lines are copied. What is written between the copy and the
    cut is gone: a line or two of a log, and no process has to be told.
    """
    if log.is_file() and log.stat().st_size > LARGEST_LOG_BYTES:
        shutil.copyfile(log, log.with_suffix(".log.old"))
        os.truncate(log, 0)
