"""The installation under test: what `tidings up` runs, and further stage workers that come and go."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
from psutil import pid_exists

from runtime.broker.ports import free_port
from runtime.broker.probe import answers
from runtime.settings import Settings
from tests.chaos.plan import API, BROKER, INGEST, STREAMS
from tidings.children import OwnProcess
from tidings.installation import Installation, running

QUIET_S = 0.0
"""We kill on purpose, so nobody is made to wait longer and longer for having died."""
REVIVAL_PAUSE_S = 0.25
STOP_LIMIT_S = 15.0
PROBE_LIMIT_S = 2.0
POLL_S = 0.02


class Worker:
    """One more process of stages; it is started again whenever it dies, until it is sent away."""

    def __init__(self, number: int, installation: Installation) -> None:
        self.name = f"{STREAMS}-{number}"
        port = free_port()
        told = {"TIDINGS_STREAMS__INSTANCE_ID": f"chaos-{number}", "TIDINGS_STREAMS__ADMIN_PORT": str(port)}
        self.ready_url = f"http://127.0.0.1:{port}/readyz"
        self._child = OwnProcess(
            STREAMS,
            logs=installation.data_dir / "logs" / self.name,
            environment=installation.environment | told,
            ready_url=self.ready_url,
        )
        self.pid = 0

    async def start(self) -> None:
        self.pid = await self._child.start()
        self._keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        self._keeping.cancel()
        await asyncio.wait({self._keeping})
        await self._child.stop(STOP_LIMIT_S)
        self.pid = 0

    async def _keep(self) -> None:
        while True:
            await self._child.wait()
            self.pid = 0
            await asyncio.sleep(REVIVAL_PAUSE_S)
            self.pid = await self._child.start()


class Line:
    """Knows every process, and changes how many stage workers there are."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.workers: list[Worker] = []
        """Those beside the one that the supervisor keeps."""
        self._changing = asyncio.Lock()
        self._number = 1

    def pid(self, name: str) -> int:
        """Of the process called `name`, 0 while there is none."""
        for worker in self.workers:
            if worker.name == name:
                return worker.pid
        with suppress(FileNotFoundError):
            told = json.loads((self.installation.data_dir / "processes.json").read_text(encoding="utf-8"))
            return int(told.get(name, {}).get("pid", 0))
        return 0

    def stage_names(self) -> list[str]:
        """The stage workers."""
        return [STREAMS, *(worker.name for worker in self.workers)]

    def names(self) -> list[str]:
        """Everybody."""
        return [BROKER, INGEST, API, *self.stage_names()]

    def send(self, name: str, number: signal.Signals) -> int:
        """Send a signal and tell to whom; 0 when nobody is there."""
        if pid := self.pid(name):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
                return pid
        return 0

    def damage_store(self) -> None:
        """Overwrite the beginning of the store's file, where it says what it is; for when nobody has it open."""
        with (self.installation.data_dir / self.installation.settings.store.path).open("r+b") as file:
            file.write(b"\xff" * 16384)

    async def is_ready(self, name: str) -> bool:
        if name == BROKER:
            host, _, port = self.installation.bootstrap.rpartition(":")
            return await asyncio.to_thread(answers, host, int(port))
        limit = aiohttp.ClientTimeout(total=PROBE_LIMIT_S)
        try:
            async with aiohttp.request("GET", self._ready_url(name), timeout=limit) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def scale(self, count: int) -> None:
        """Let stage workers join or leave, until there are `count` with the one that always stays."""
        async with self._changing:
            while len(self.workers) < count - 1:
                self._number += 1
                worker = Worker(self._number, self.installation)
                await worker.start()
                self.workers.append(worker)
            while len(self.workers) > max(count - 1, 0):
                await self.workers.pop().stop()

    def _ready_url(self, name: str) -> str:
        for worker in self.workers:
            if worker.name == name:
                return worker.ready_url
        settings = self.installation.settings
        ports = {
            INGEST: settings.ingest.admin_port,
            STREAMS: settings.streams.admin_port,
            API: settings.api.port,
        }
        return f"http://127.0.0.1:{ports.get(name, 1)}/readyz"


async def gone(pid: int) -> None:
    """Wait until a child of ours has ended; it is not started again in the same instant."""
    while pid_exists(pid):  # noqa: ASYNC110  # another process has no event to wait for
        await asyncio.sleep(POLL_S)


@asynccontextmanager
async def standing(settings: Settings, config: Path) -> AsyncIterator[Line]:
    """The line, up and ready with one stage worker; all of it is stopped behind the block."""
    async with running(settings, config, quiet_s=QUIET_S) as (installation, _supervisor):
        line = Line(installation)
        try:
            yield line
        finally:
            for name in line.names():
                line.send(name, signal.SIGCONT)
            await line.scale(1)
