"""One Kafka, started, watched and stopped by us."""

import asyncio
import os
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from contracts.errors import BrokerUnavailable
from runtime.broker.fetcher import broker_classpath
from runtime.broker.installation import Installation, java_command
from runtime.broker.java import find_java
from runtime.broker.leash import Leash
from runtime.broker.lock import DirectoryLock
from runtime.broker.ports import HOST, free_port, is_free
from runtime.broker.probe import answers
from runtime.broker.settings import BrokerSettings

START_LIMIT_S = 90.0
STOP_LIMIT_S = 20.0
PAUSE_S = 0.05

log = structlog.get_logger()


class LocalBroker:
    """A single Kafka under `data_dir`, in the shape `with LocalBroker(path) as broker: broker.bootstrap`.

    It answers when `start` returns, keeps its data and its port over `stop` or `kill` and another `start`, and never
    outlives the process that started it. Use from one thread at a time.
    """

    def __init__(
        self, data_dir: Path, *, heap: str = "512m", port: int | None = None, settings: BrokerSettings | None = None
    ) -> None:
        self.installation = Installation(data_dir.absolute())
        self.heap = heap
        self.port = port
        self._settings = settings or BrokerSettings()
        self._lock = DirectoryLock(self.installation.directory)
        self._process: subprocess.Popen[bytes] | None = None
        self._leash: Leash | None = None

    @property
    def bootstrap(self) -> str:
        """What clients connect to; known from the first start on."""
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        """The broker's process. Raises `BrokerUnavailable` when it was not started."""
        return self._started().pid

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers. Raises `BrokerUnavailable` with what to do, or the end of its log."""
        if self.is_running:
            raise BrokerUnavailable(f"this broker runs already at {self.bootstrap}; stop it first")
        self.kill()  # what is left of one that ended by itself
        java = java_command(find_java(self._settings), broker_classpath(self._settings), heap=self.heap)
        began = time.monotonic()
        try:
            self._launch(java)
            self._wait_until_it_answers()
        except BaseException:
            self.kill()
            raise
        log.info("broker_started", bootstrap=self.bootstrap, took_s=round(time.monotonic() - began, 1))

    def stop(self, limit_s: float = STOP_LIMIT_S) -> None:
        """Let it end in order; kill it when that takes longer than `limit_s`. Does nothing when it is not running."""
        if self.is_running:
            self._end_in_order(self._started(), limit_s)
        self.kill()

    def kill(self) -> None:
        """End it at once, as a crash would. Its data stays, as far as it was written."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._leash is not None:
            self._leash.let_go()
            self._leash = None
        self._lock.release()

    def watch(self) -> None:
        """Wait for as long as it runs. Raises `BrokerUnavailable` with the end of its log when it ends unasked."""
        raise self._failed(f"ended with status {self._started().wait()}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise BrokerUnavailable("this broker is not running; start it first")
        return self._process

    def _launch(self, java: list[str]) -> None:
        self.installation.make()
        self.port = self.port or free_port()
        descriptor = self._lock.take(f"started by process {os.getpid()}, address {self.bootstrap}")
        if not is_free(self.port):
            raise BrokerUnavailable(f"port {self.port} is taken; give another one, or none to have one chosen")
        self.installation.write_properties(self.port, free_port(besides=self.port))
        self.installation.format(java, descriptor)
        self._process = self.installation.launch(java, descriptor)
        self._leash = Leash(self._process.pid)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        broker, port = self._started(), self.port or 0
        while not answers(HOST, port):
            if (status := broker.poll()) is not None:
                raise self._failed(f"ended with status {status}")
            if time.monotonic() > deadline:
                raise self._failed(f"did not answer within {START_LIMIT_S:.0f} s")
            time.sleep(PAUSE_S)

    def _end_in_order(self, broker: subprocess.Popen[bytes], limit_s: float) -> None:
        broker.terminate()
        try:
            broker.wait(limit_s)
        except subprocess.TimeoutExpired:
            log.warning("broker_hangs", bootstrap=self.bootstrap, waited_s=limit_s)
        else:
            log.info("broker_stopped", bootstrap=self.bootstrap)

    def _failed(self, what: str) -> BrokerUnavailable:
        installation = self.installation
        return BrokerUnavailable(
            f"the broker in {installation.directory} {what}. The end of its logs in {installation.log_file.parent}:\n"
            f"{installation.log_end()}"
        )
