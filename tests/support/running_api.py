"""`python -m api` as a process, and two short lives of messages for it to know, written as the stages would."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiokafka import AIOKafkaProducer

from api.admission.keys import EVERYTHING, KeyRing, Scope
from contracts.codec import encode
from contracts.envelope import Position, fixed_headers, with_id
from contracts.identity import attempt_id, attempt_key, derived_message_id, new_message_id
from contracts.raw import origin_headers, request_headers
from contracts.records import Cause, DeliveryReport, RawCallback, StatusChanged
from contracts.status import DeliveryStatus
from contracts.topics import load_topics
from contracts.vocabulary import Channel, Reason, Verdict
from contracts.vocabulary import Scope as ReportScope
from runtime.broker.ports import free_port
from runtime.clock import SystemClock
from runtime.kafka import Outgoing, ensure_topics, make_producer, send_records
from runtime.partitioner import partition_of
from runtime.settings import KafkaSettings
from tests.support.forked import Forked, start_module
from tests.support.patience import LIMIT_S, once

TOPICS = load_topics()
PARTITIONS = 3
NOW = datetime.now(UTC).replace(microsecond=0)
HEARD = NOW - timedelta(seconds=30)

SETTINGS = """
data_dir = "{data_dir}"
[kafka]
bootstrap_servers = "{bootstrap}"
topic_prefix = "{prefix}"
partitions = {partitions}
[api]
port = {port}
[[connections]]
provider = "infobip"
name = "main"
observe_only = true
[[connections]]
provider = "infobip"
name = "other"
account = "other"
observe_only = true
"""


@dataclass(frozen=True)
class Story:
    """One message of one account: two reports in two callbacks, `accepted` and then a bad end or a good one."""

    connection: str
    account: str
    root_id: str
    partition: int
    end: DeliveryStatus

    @property
    def key(self) -> bytes:
        return attempt_key("infobip", self.connection, self.root_id)

    @property
    def attempt_id(self) -> str:
        return attempt_id(ms(HEARD), self.key)

    @property
    def message_id(self) -> str:
        return derived_message_id(ms(HEARD), self.key)

    @property
    def statuses(self) -> tuple[DeliveryStatus, DeliveryStatus]:
        return DeliveryStatus.ACCEPTED, self.end

    def body(self, index: int) -> bytes:
        return f'{{"messageId":"{self.root_id}","status":"{self.statuses[index]}"}}'.encode()

    def update(self, index: int) -> StatusChanged:
        status, received_at = self.statuses[index], HEARD + timedelta(seconds=index)
        is_good = status is DeliveryStatus.DELIVERED
        return StatusChanged(
            verdict=Verdict.APPLIED,
            attempt_id=self.attempt_id,
            message_id=self.message_id,
            status=status,
            previous_status=self.statuses[0] if index else None,
            item_status=status,
            sent_at=HEARD - timedelta(seconds=1),
            delivered_at=received_at if is_good else None,
            latency_ms=2000 if is_good else None,
            report=DeliveryReport(
                event_id=f"{self.partition:016x}{index:016x}",
                provider="infobip",
                connection=self.connection,
                account=self.account,
                root_id=self.root_id,
                provider_message_id=self.root_id,
                scope=ReportScope.CHANNEL,
                status=status,
                provider_code=str(5 + index),
                description=f"words about {self.root_id}",
                reason=Reason.ABSENT_RECIPIENT if status.is_bad_end else None,
                received_at=received_at,
                occurred_at=received_at - timedelta(seconds=0.25),
                cause=Cause(partition=self.partition, offset=index),
                channel=Channel.VIBER,
                recipient="+447700900105",
                country="GB",
                sender=f"sender of {self.account}",
                campaign=f"campaign of {self.account}",
            ),
        )


OURS = Story("main", "default", "vb-ours", 0, DeliveryStatus.DELIVERED)
THEIRS = Story("other", "other", "vb-theirs", 1, DeliveryStatus.UNDELIVERED)
STORIES = (OURS, THEIRS)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


IsSo = Callable[[httpx2.Response], bool]
"""Whether an answer is what was waited for."""


@dataclass
class RunningApi:
    """A process and what one needs to talk to it."""

    kafka: KafkaSettings
    data_dir: Path
    port: int
    process: Forked = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ring(self) -> KeyRing:
        return KeyRing(self.data_dir)

    def configure(self, bootstrap: str) -> None:
        text = SETTINGS.format(
            data_dir=self.data_dir,
            bootstrap=bootstrap,
            prefix=self.kafka.topic_prefix,
            partitions=self.kafka.partitions,
            port=self.port,
        )
        (self.data_dir / "tidings.toml").write_text(text, "utf-8")

    def launch(self) -> None:
        environment = os.environ | {"TIDINGS_CONFIG": str(self.data_dir / "tidings.toml")}
        environment.pop("KAFKA_BOOTSTRAP_SERVERS", None)
        self.process = start_module("api", environment=environment)

    def start(self) -> None:
        self.launch()
        self.wait_for("/readyz", lambda answer: answer.status_code == 200)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(15)

    def client(self, *scopes: Scope, accounts: tuple[str, ...] | None = None) -> httpx2.Client:
        _, text = self.ring.create(SystemClock(), name="test", scopes=scopes or EVERYTHING, accounts=accounts)
        return httpx2.Client(base_url=self.url, headers={"Authorization": f"Bearer {text}"}, timeout=30)

    def wait_for(self, path: str, is_so: IsSo, client: httpx2.Client | None = None) -> httpx2.Response:
        deadline = time.monotonic() + LIMIT_S
        asker = client or httpx2.Client(base_url=self.url, timeout=30)
        answer = None
        while time.monotonic() < deadline:
            assert self.process.poll() is None, f"the api ended with status {self.process.returncode}"
            try:
                answer = asker.get(path)
            except httpx2.TransportError:
                answer = None
            if answer is not None and is_so(answer):
                return answer
            time.sleep(0.1)
        pytest.fail(f"{path} never came to be: {answer and answer.text}")


async def asked(client: httpx2.Client, path: str, is_so: Callable[[Any], object]) -> Any:
    """What the api answers, once it is so."""

    async def look() -> Any:
        return (await asyncio.to_thread(client.get, path)).json()

    return await once(look, is_so, every_s=0.2)


async def tell(kafka: KafkaSettings, *stories: Story) -> None:
    """Write the stories as ingest and track would have."""
    async with make_producer(kafka, "test") as producer:
        for story in stories:
            await _send(producer, kafka, "callbacks", story.partition, [_callback(story, index) for index in (0, 1)])
            place = partition_of(story.message_id.encode(), PARTITIONS)
            await _send(producer, kafka, "updates", place, [_update(kafka, story, index) for index in (0, 1)])


def applied(count: int) -> IsSo:
    return lambda answer: bool(answer.json()["total"]["applied"] == count)


async def _send(
    producer: AIOKafkaProducer, kafka: KafkaSettings, topic: str, partition: int, records: list[Outgoing]
) -> None:
    name = TOPICS[topic].full_name(kafka.topic_prefix)
    await asyncio.gather(*await send_records(producer, name, partition, records))


def _callback(story: Story, index: int) -> Outgoing:
    said = RawCallback(
        provider="infobip",
        connection=story.connection,
        method="POST",
        received_at=HEARD,
        body=story.body(index),
        content_type="application/json",
    )
    headers = origin_headers("infobip", story.connection) + request_headers(said)
    return None, said.body, ms(HEARD) + index * 1000, headers


def _update(kafka: KafkaSettings, story: Story, index: int) -> Outgoing:
    source = Position(TOPICS["reports"].full_name(kafka.topic_prefix), story.partition, index)
    headers = with_id(fixed_headers("update", "track"), source.event_id)
    headers.append(("verdict", b"applied"))
    return story.message_id.encode(), encode(story.update(index)), ms(HEARD) + index * 1000, headers


@contextmanager
def running_api(bootstrap: str, data_dir: Path) -> Iterator[RunningApi]:
    """An API that knows the stories."""
    prefix = f"api-{new_message_id(0)[-8:]}-"
    kafka = KafkaSettings(bootstrap_servers=bootstrap, topic_prefix=prefix, partitions=PARTITIONS)
    asyncio.run(ensure_topics(kafka, list(TOPICS.values())))
    asyncio.run(tell(kafka, *STORIES))
    running = RunningApi(kafka, data_dir, free_port())
    running.configure(bootstrap)
    running.start()
    try:
        with running.client() as client:
            running.wait_for("/v1/conservation", applied(4), client)
        yield running
    finally:
        running.process.kill()
        running.process.wait()
