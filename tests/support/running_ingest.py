"""A running ingest with the postbox as its provider, and what it has written."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen
from uuid import uuid4

import confluent_kafka
import stamina

from contracts.raw import read_callback
from contracts.records import RawCallback
from contracts.topics import load_topics
from runtime.broker.ports import free_port
from runtime.crash_points import VARIABLE
from runtime.kafka import ensure_topics
from runtime.settings import KafkaSettings
from tests.support.fake_provider import KEY
from tests.support.forked import Forked, start_module
from tests.support.patience import LIMIT_S

STOP_LIMIT_S = 20.0
PARTITIONS = 3


@dataclass
class RunningIngest:
    """One process. `url` is that of one connection of the postbox."""

    process: Forked
    kafka: KafkaSettings
    port: int
    admin_port: int
    settings: Path
    connection: str = "main"

    @property
    def spool(self) -> Path:
        return self.settings.parent / "data" / "spool"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/callbacks/postbox/{self.connection}"

    def admin(self, path: str) -> tuple[int, str]:
        """Status and text of a page on the local port; status 0 while nobody listens."""
        try:
            with urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as exc:
            return exc.code, exc.read().decode()
        except (URLError, ConnectionError, TimeoutError):
            return 0, ""

    def wait_until(self, path: str, status: int) -> None:
        deadline = time.monotonic() + LIMIT_S
        while self.admin(path)[0] != status:
            assert self.process.poll() is None, f"ingest ended with status {self.process.returncode}"
            assert time.monotonic() < deadline, f"{path} never answered {status}"
            time.sleep(0.05)

    def start_again(self, crash_at: str = "") -> None:
        """After its end. It has what it had before, but the memory; `crash_at` is where it is to die."""
        self.process.kill()
        self.process.wait()
        self.process = _start(self.settings, crash_at)

    def drained(self) -> list[RawCallback]:
        """All callbacks in the topic, once the spool is empty."""
        deadline = time.monotonic() + LIMIT_S
        while "tidings_spool_records 0.0" not in (page := self.admin("/metrics")[1]) or any(
            self.spool.rglob("*.segm*")
        ):
            assert self.process.poll() is None, f"ingest ended with status {self.process.returncode}"
            assert time.monotonic() < deadline, f"the spool was never drained: {page[-2000:]}"
            time.sleep(0.05)
        return self.written()

    def terminate(self) -> int:
        """Ask it to end; its status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_LIMIT_S)

    def written_by_partition(self) -> list[list[RawCallback]]:
        """All callbacks in the topic, as they stand there."""
        return [read_callbacks(self.kafka, [number]) for number in range(PARTITIONS)]

    def written(self) -> list[RawCallback]:
        """All callbacks in the topic."""
        return read_callbacks(self.kafka)


@contextmanager
def running_ingest(
    bootstrap: str,
    directory: Path,
    *,
    ingest: str = "",
    connection: str = "",
    is_ready: bool = True,
    crash_at: str = "",
    kafka: KafkaSettings | None = None,
) -> Iterator[RunningIngest]:
    """Start it on topics of its own, or on those of `kafka`, which are there already.

    `ingest` and `connection` are further lines for those parts of the settings. Processes in one directory share it.
    """
    is_first = kafka is None
    if kafka is None:
        prefix = f"test-{uuid4().hex[:8]}-"
        kafka = KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=prefix, partitions=PARTITIONS)
    port = free_port()
    admin_port = free_port(besides=port)
    settings = directory / f"{port}-tidings.toml"
    settings.write_text(
        f'data_dir = "{directory / "data"}"\n[kafka]\n'
        f'bootstrap_servers = "{bootstrap}"\ntopic_prefix = "{kafka.topic_prefix}"\npartitions = {PARTITIONS}\n'
        f"[ingest]\nport = {port}\nadmin_port = {admin_port}\n{ingest}\n"
        f'[[connections]]\nprovider = "postbox"\nname = "main"\nkey = "{KEY}"\n{connection}\n'
    )
    if is_ready and is_first:
        create_topic(kafka)
    running = RunningIngest(_start(settings, crash_at), kafka, port, admin_port, settings)
    try:
        running.wait_until("/readyz", 200 if is_ready else 503)
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def _start(settings: Path, crash_at: str) -> Forked:
    environment = {**os.environ, "TIDINGS_CONFIG": str(settings), VARIABLE: crash_at}
    return start_module("tests.support.ingest_process", environment=environment)


def create_topic(kafka: KafkaSettings) -> None:
    # On a thread of its own, because some tests run on a loop already.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, ensure_topics(kafka, [load_topics()["callbacks"]])).result()


def read_callbacks(kafka: KafkaSettings, partitions: Sequence[int] = range(PARTITIONS)) -> list[RawCallback]:
    topic = load_topics()["callbacks"].full_name(kafka.topic_prefix)
    consumer = confluent_kafka.Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": "none"})
    try:
        places = [confluent_kafka.TopicPartition(topic, number, 0) for number in partitions]
        ends = [_end(consumer, place) for place in places]
        consumer.assign(places)
        return [_callback(_next(consumer)) for _ in range(sum(ends))]
    finally:
        consumer.close()


@stamina.retry(on=confluent_kafka.KafkaException, attempts=None, timeout=20)
def _end(consumer: confluent_kafka.Consumer, place: confluent_kafka.TopicPartition) -> int:
    """A broker that has just come back may not know for a moment who leads the partition."""
    return consumer.get_watermark_offsets(place, timeout=20)[1]


def _next(consumer: confluent_kafka.Consumer) -> Any:
    message = consumer.poll(20)
    assert message is not None, "the topic ends too early"
    assert message.error() is None, message.error()
    return message


def _callback(message: Any) -> RawCallback:
    return read_callback(message.value(), message.timestamp()[1], message.headers())
