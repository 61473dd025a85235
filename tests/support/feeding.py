"""Changes written as the track stage writes them, and a client of the feed that can be killed."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from contracts.codec import encode
from contracts.envelope import VERDICT, Position, fixed_headers, with_id
from contracts.identity import attempt_id, derived_message_id
from contracts.records import AttemptRegistered, Cause, DeliveryReport, StatusChanged
from contracts.status import DeliveryStatus
from contracts.topics import load_topics
from contracts.vocabulary import Channel, Reason, Scope, Verdict
from runtime.kafka import Outgoing, make_producer, send_records
from runtime.partitioner import partition_of
from runtime.settings import KafkaSettings
from tests.support.patience import LIMIT_S

UPDATES = load_topics()["updates"]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """A change about one message, with the few members that a test cares about."""

    number: int = 0
    message: str = "m-0"
    verdict: Verdict = Verdict.APPLIED
    status: DeliveryStatus = DeliveryStatus.SENT
    account: str = "default"
    provider: str = "infobip"
    connection: str = "main"
    channel: Channel = Channel.VIBER
    country: str | None = "GB"
    campaign: str | None = None
    reason: Reason | None = None
    freed: int = 0
    at_ms: int | None = None

    @property
    def headers(self) -> list[tuple[str, bytes]]:
        place = Position("tidings-reports-v1", 0, self.number)
        return [*with_id(fixed_headers("update", "track"), place.event_id), (VERDICT, self.verdict.encode())]

    @property
    def message_id(self) -> str:
        return derived_message_id(0, self.message.encode())

    @property
    def update_id(self) -> str:
        return f"tidings-reports-v1/0/{self.number}/0"

    @property
    def record(self) -> StatusChanged:
        is_registration = self.verdict is Verdict.REGISTERED
        return StatusChanged(
            verdict=self.verdict,
            attempt_id=attempt_id(0, self.message.encode()),
            message_id=self.message_id,
            status=self.status,
            released_applied_count=self.freed,
            report=None if is_registration else self._report(),
            registration=self._registration() if is_registration else None,
        )

    def outgoing(self) -> Outgoing:
        return self.message_id.encode(), encode(self.record), self.at_ms, self.headers

    def _report(self) -> DeliveryReport:
        return DeliveryReport(
            event_id=f"{self.number:032x}",
            **self._origin(),
            provider_message_id=self.message,
            scope=Scope.CHANNEL,
            status=self.status,
            provider_code="5",
            received_at=NOON,
            cause=Cause(partition=0, offset=self.number),
            reason=self.reason,
            recipient="+447700900105",
        )

    def _registration(self) -> AttemptRegistered:
        return AttemptRegistered(**self._origin(), registered_at=NOON, recipient="+447700900105")

    def _origin(self) -> dict[str, Any]:
        names = ("account", "provider", "connection", "channel", "country", "campaign")
        return {"root_id": self.message} | {name: getattr(self, name) for name in names}


class Pen:
    """Writes changes to Kafka, those of a message to its partition."""

    def __init__(self, kafka: KafkaSettings, producer: AIOKafkaProducer) -> None:
        self._kafka = kafka
        self._producer = producer
        self.topic = UPDATES.full_name(kafka.topic_prefix)

    async def write(self, *said: Said) -> None:
        for partition in range(self._kafka.partitions):
            here = [one for one in said if self.partition_of(one) == partition]
            records = [one.outgoing() for one in here]
            await asyncio.gather(*await send_records(self._producer, self.topic, partition, records))

    def partition_of(self, said: Said) -> int:
        return partition_of(said.message_id.encode(), self._kafka.partitions)

    async def end_of(self, partition: int) -> int:
        place = TopicPartition(self.topic, partition)
        async with AIOKafkaConsumer(bootstrap_servers=self._kafka.bootstrap_servers) as consumer:
            return int((await consumer.end_offsets([place]))[place])

    async def forget(self, partition: int, before: int) -> None:
        """As retention does."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka.bootstrap_servers)
        await admin.start()
        await admin.delete_records({TopicPartition(self.topic, partition): RecordsToDelete(before_offset=before)})
        await admin.close()


@asynccontextmanager
async def pen(kafka: KafkaSettings) -> AsyncIterator[Pen]:
    async with make_producer(kafka, "test") as producer:
        yield Pen(kafka, producer)


@dataclass
class Heard:
    """One event, or what stands in its place: comments and ids without data."""

    event: str = ""
    data: Any = None
    id: str = ""
    comment: str = ""


@dataclass
class Client:
    """Reads the feed and remembers the last id, as an EventSource does."""

    url: str
    key: str
    parameters: dict[str, Any] = field(default_factory=dict)
    key_id: str = ""
    last_id: str = ""
    is_slow: bool = False
    """The system takes little for it that it does not read."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of the newest answer."""

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[AsyncIterator[Heard]]:
        headers = {"Authorization": f"Bearer {self.key}"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        narrow = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)] if self.is_slow else None
        way = httpx2.AsyncHTTPTransport(socket_options=narrow)
        asker = httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=30, transport=way)
        async with asker, asker.stream("GET", "/v1/feed", params=self.parameters) as answer:
            if answer.status_code != 200:
                await answer.aread()
                raise AssertionError(answer.text)
            self.headers = answer.headers
            yield self._heard(answer)

    async def listen(self, count: int) -> list[Heard]:
        """The next `count` events with data; the connection is then cut."""
        found: list[Heard] = []
        if not count:
            return found
        async with asyncio.timeout(LIMIT_S), self.connected() as heard:
            found += [one async for one in self.changes(heard, count)]
        return found

    @staticmethod
    async def changes(heard: AsyncIterator[Heard], count: int) -> AsyncIterator[Heard]:
        """The next `count` events with data."""
        async for one in heard:
            if one.data is not None:
                yield one
                count -= 1
            if not count:
                return

    async def _heard(self, answer: httpx2.Response) -> AsyncIterator[Heard]:
        one = Heard()
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            match name:
                case "data":
                    one.data = json.loads(value)
                case "event":
                    one.event = value
                case "id":
                    one.id = value
                case "":
                    if not line:
                        self.last_id = one.id or self.last_id
                        yield one
                        one = Heard()
                    else:
                        one.comment = value


def numbers(heard: Sequence[Heard]) -> list[int]:
    """Of which changes they tell."""
    return [int(one.data["update_id"].split("/")[2]) for one in heard if one.event == "status-changed"]


def some(count: int, *, first: int = 0, messages: int = 7, **members: Any) -> list[Said]:
    """Changes numbered in order, about a few messages in turn."""
    salt = members.pop("salt", uuid4().hex[:6])
    return [Said(number, f"{salt}-{number % messages}", **members) for number in range(first, first + count)]
