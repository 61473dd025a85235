"""Processes looked at from outside: started, charged with their CPU, and ended, whoever wrote them."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import confluent_kafka
import psutil

from bench.peers.parts import ROOT
from providers._kit.script import SimulatedCallback

PAUSE_S = 0.1
STOP_LIMIT_S = 20.0
END_TRIES = 100


class PeerFailed(Exception):
    """A process ended, or did not get ready or done in time; the text ends with what it said."""


def cpu_s(pid: int) -> float:
    """CPU of all threads of the process, and of its children that live."""
    watched = psutil.Process(pid)
    used = [one.cpu_times() for one in (watched, *watched.children(recursive=True))]
    return sum(one.user + one.system for one in used)


class Running:
    """One process and those it started."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process, self._log = process, log

    @property
    def cpu_s(self) -> float:
        """Raises `PeerFailed` when it has ended."""
        if self._process.poll() is not None:
            raise self.failed("a process that is measured")
        return cpu_s(self._process.pid)

    def wait_for(self, is_so: Callable[[], bool], *, limit_s: float, what: str) -> None:
        """Until it is so. Raises `PeerFailed` when the process ends before, or at the limit."""
        deadline = time.monotonic() + limit_s
        while not is_so():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise self.failed(what)
            time.sleep(PAUSE_S)

    def failed(self, what: str) -> PeerFailed:
        how = "took too long" if self._process.poll() is None else f"ended with {self._process.returncode}"
        said = self._log.read_text("utf-8", "replace")[-1500:]
        return PeerFailed(f"{what}: {self._process.args!r} {how}\n{said}")


@contextmanager
def running(command: Sequence[str], told: Mapping[str, str]) -> Iterator[Running]:
    """The process for the time of the block, with `told` in its environment; our own packages can be imported."""
    with tempfile.NamedTemporaryFile(prefix="tidings-peer-", suffix=".log") as log:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **told}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT)
        try:
            yield Running(process, Path(log.name))
        finally:
            process.terminate()
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class End:
    """How many records a topic has had."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        # It would tell every moment that its broker is gone when the run is over.
        settings = {"bootstrap.servers": bootstrap, "group.id": "bench", "log_level": 0}
        self._consumer = confluent_kafka.Consumer(settings)
        self._partitions = [confluent_kafka.TopicPartition(topic, number) for number in range(partitions)]

    @property
    def count(self) -> int:
        for tries_left in reversed(range(END_TRIES)):
            try:
                return self._sum()
            except confluent_kafka.KafkaException:
                # For a moment nobody knows a topic that was just made.
                if not tries_left:
                    raise
                time.sleep(PAUSE_S)
        raise AssertionError

    def _sum(self) -> int:
        return sum(self._consumer.get_watermark_offsets(one, timeout=20)[1] for one in self._partitions)

    def values(self) -> Iterator[bytes]:
        """All records, to the end that there is now."""
        left = self.count
        self._consumer.assign([confluent_kafka.TopicPartition(one.topic, one.partition, 0) for one in self._partitions])
        while left:
            for message in self._consumer.consume(5000, timeout=5):
                left -= 1
                yield message.value() or b""
        self._consumer.unassign()


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def answers(asked: str | Request) -> bool:
    """Whether something good comes from there."""
    try:
        with urlopen(asked, timeout=10):
            return True
    except (URLError, ConnectionError, TimeoutError):
        return False


def request_of(url: str, callback: SimulatedCallback) -> Request:
    return Request(url, callback.body, dict(callback.headers))
