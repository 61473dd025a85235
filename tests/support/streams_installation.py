"""An installation of its own on the shared broker: topics under a prefix that no other test has, and stages on them."""

import asyncio
import json
import os
import signal
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.error import URLError
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from contracts.codec import decode, encode
from contracts.envelope import fixed_headers, with_id
from contracts.identity import attempt_key
from contracts.raw import origin_headers
from contracts.records import AttemptRegistered, StatusChanged
from contracts.topics import load_topics
from runtime.broker.ports import free_port
from runtime.kafka import Outgoing, ensure_topics, make_producer, send_records
from runtime.partitioner import partition_of
from runtime.settings import KafkaSettings
from tests.support.forked import Forked, start_module
from tests.support.marked import without_repeats
from tests.support.patience import LIMIT_S

SESSION_S = 6.0
OBSERVED, REGISTERED = "watched", "main"


@dataclass
class Stages:
    """A process of stages."""

    process: Forked
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of its admin port; status 0 while nobody serves there."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=3) as answer:
                return answer.status, json.load(answer)
        except URLError as exc:
            status = getattr(exc, "code", 0)
            return status, {}
        except OSError:
            return 0, {}

    async def ready(self) -> "Stages":
        await until(lambda: self.get("/readyz")[0] == 200, of=self)
        return self

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    async def ended(self, within_s: float = 60) -> int:
        return await asyncio.to_thread(self.process.wait, within_s)


async def until(condition: Callable[[], bool], *, limit_s: float = LIMIT_S, of: Stages | None = None) -> None:
    """Wait for what must come; a test that waits in vain fails with the end of the log."""
    deadline = time.monotonic() + limit_s
    while not await asyncio.to_thread(condition):
        log = of.log.read_text()[-3000:] if of else ""
        if of is not None and of.process.poll() is not None:
            raise AssertionError(f"the stages ended with {of.process.returncode}:\n{log}")
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit_s} s in vain\n{log}")
        await asyncio.sleep(0.1)


@dataclass
class Installation:
    """Use as an async context; whatever it started is gone afterwards."""

    bootstrap: str
    directory: Path
    partitions: int
    prefix: str = field(default_factory=lambda: f"t{uuid4().hex[:8]}-")
    started: list[Stages] = field(default_factory=list)

    @property
    def kafka(self) -> KafkaSettings:
        return KafkaSettings(bootstrap_servers=self.bootstrap, topic_prefix=self.prefix, partitions=self.partitions)

    def name(self, word: str) -> str:
        return load_topics()[word].full_name(self.prefix)

    async def __aenter__(self) -> Self:
        await ensure_topics(self.kafka, list(load_topics().values()))
        self.producer: AIOKafkaProducer = make_producer(self.kafka, "test")
        await self.producer.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for stages in self.started:
            stages.kill()
        await self.producer.stop()

    def start(self, *names: str, replica: str = "", **settings: str) -> Stages:
        """Stages in a process of their own, a static member of their groups when `replica` is given."""
        port, number = free_port(), len(self.started)
        connections = [
            {"provider": "ledger", "name": OBSERVED, "observe_only": True},
            {"provider": "ledger", "name": REGISTERED},
        ]
        told = {
            "TIDINGS_DATA_DIR": str(self.directory),
            "TIDINGS_KAFKA__BOOTSTRAP_SERVERS": self.bootstrap,
            "TIDINGS_KAFKA__TOPIC_PREFIX": self.prefix,
            "TIDINGS_KAFKA__PARTITIONS": str(self.partitions),
            "TIDINGS_STREAMS__ADMIN_PORT": str(port),
            "TIDINGS_STREAMS__SESSION_TIMEOUT_S": str(SESSION_S),
            "TIDINGS_STREAMS__INSTANCE_ID": replica,
            "TIDINGS_CONNECTIONS": json.dumps(connections),
        }
        log = self.directory / f"stages-{number}.log"
        environment = os.environ | told | settings
        process = start_module("tests.support.streams_process", *names, environment=environment, log=log)
        self.started.append(Stages(process, port, log))
        return self.started[-1]

    async def call_back(self, *bodies: bytes, connection: str = OBSERVED, partition: int | None = None) -> None:
        """Callbacks as ingest writes them, spread over the partitions when none is given."""
        headers = with_id(origin_headers("ledger", connection), b"a request")
        now_ms = int(time.time() * 1000)
        spread: dict[int, list[Outgoing]] = defaultdict(list)
        for number, body in enumerate(bodies):
            spread[number % self.partitions if partition is None else partition].append((None, body, now_ms, headers))
        for number, rows in spread.items():
            await self.write("callbacks", number, rows)

    async def register(self, message_ids: Mapping[str, str], *, sent_at: datetime | None = None) -> None:
        """Registrations as the API writes them; message ids by root id."""
        spread: dict[int, list[Outgoing]] = defaultdict(list)
        for root_id, message_id in message_ids.items():
            key = attempt_key("ledger", REGISTERED, root_id)
            record = AttemptRegistered(
                provider="ledger",
                connection=REGISTERED,
                account="default",
                root_id=root_id,
                registered_at=datetime(2026, 11, 21, 10, tzinfo=UTC),
                message_id=message_id,
                sent_at=sent_at,
            )
            row = (key, encode(record), None, with_id(fixed_headers("attempt", "api"), b"a request"))
            spread[partition_of(key, self.partitions)].append(row)
        for number, rows in spread.items():
            await self.write("attempts", number, rows)

    async def write(self, word: str, partition: int, rows: Iterable[Outgoing]) -> None:
        await asyncio.gather(*await send_records(self.producer, self.name(word), partition, rows))

    async def read(self, word: str) -> list[ConsumerRecord]:
        """All that a topic holds, in the order of each partition."""
        places = [TopicPartition(self.name(word), number) for number in range(self.partitions)]
        records: list[ConsumerRecord] = []
        async with AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest") as consumer:
            ends = await consumer.end_offsets(places)
            left = {place for place in places if ends[place]}
            consumer.assign(places)
            while left:
                for found in (await consumer.getmany(*left, timeout_ms=500)).values():
                    records += found
                left = {place for place in left if await consumer.position(place) < ends[place]}
        return sorted(records, key=lambda record: (record.partition, record.offset))

    async def updates(self, *, at_least: int, limit_s: float = 90) -> list[ConsumerRecord]:
        """The updates without repeats, once there are so many."""
        deadline = time.monotonic() + limit_s
        while True:
            taken = without_repeats(await self.read("updates"))
            if len(taken) >= at_least or time.monotonic() > deadline:
                return taken
            await asyncio.sleep(0.3)

    async def committed(self, stage: str, word: str) -> dict[int, int]:
        """How far the stage's group has committed."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=f"{self.prefix}{stage}")
        async with consumer:
            places = [TopicPartition(self.name(word), number) for number in range(self.partitions)]
            return {place.partition: await consumer.committed(place) or 0 for place in places}


def told(records: Iterable[ConsumerRecord]) -> list[StatusChanged]:
    return [decode(StatusChanged, record.value) for record in records]
