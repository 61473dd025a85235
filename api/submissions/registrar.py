"""Writes what callers tell us to Kafka: plans, registrations, outcomes and wishes; done when all replicas have it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import count
from uuid import uuid4

import stamina
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata

from contracts.alarms import Alarm
from contracts.codec import encode
from contracts.envelope import fixed_headers, with_id
from contracts.errors import BrokerUnavailable
from contracts.identity import attempt_key
from contracts.plans import MessagePlanned, MessageTold, SendOutcome
from contracts.records import AttemptRegistered, Wish
from contracts.suppressions import key_of
from contracts.topics import load_topics
from runtime.kafka import Outgoing, make_producer, send_records, stop
from runtime.partitioner import partition_of
from runtime.settings import KafkaSettings

ACKNOWLEDGED_WITHIN_S = 5.0

ATTEMPTS, WISHES, MESSAGES, OUTCOMES, ALARMS = "attempts", "wishes", "messages", "outcomes", "alarms"
HEADERS = {word: fixed_headers(word.removesuffix("s"), "api") for word in (ATTEMPTS, MESSAGES, OUTCOMES, ALARMS)}
HEADERS[WISHES] = fixed_headers("wish", "api")

Row = tuple[bytes, bytes, int]
"""Key, value, time in ms."""

log = structlog.get_logger()


class Registrar:
    """The writer of `messages`, `attempts` and `alarms`, and of those `wishes` and `outcomes` that our own side has.

    Of `callbacks` it writes those that are tried again.

    It starts without Kafka and connects as soon as Kafka is there.
    """

    def __init__(self, kafka: KafkaSettings, *, acknowledged_within_s: float = ACKNOWLEDGED_WITHIN_S) -> None:
        self._kafka = kafka
        self._names = {word: load_topics()[word].full_name(kafka.topic_prefix) for word in HEADERS}
        self._callbacks = load_topics()["callbacks"].full_name(kafka.topic_prefix)
        self._turns = count()
        self._within_s = acknowledged_within_s
        self._producer: AIOKafkaProducer | None = None
        self._connecting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._connecting = asyncio.create_task(self._connect())

    async def stop(self) -> None:
        """Let go of Kafka, within a second even when it is silent."""
        if self._connecting:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        await self._drop()

    @property
    def is_ready(self) -> bool:
        return self._producer is not None

    async def write(self, registrations: Sequence[AttemptRegistered]) -> None:
        """Returns when every registration is acknowledged.

        Raises `BrokerUnavailable` when that takes too long; whether they are stored is then not known.
        """
        await self._write(ATTEMPTS, [(_key(one), encode(one), _ms(one.registered_at)) for one in registrations])

    async def write_wish(self, wish: Wish) -> None:
        """Likewise, when the wish is."""
        await self._write(WISHES, [(key_of(wish), encode(wish), _ms(wish.since))])

    async def write_messages(self, told: Sequence[MessageTold]) -> None:
        """Likewise, when all that is told of messages is."""
        await self._write(MESSAGES, [(one.message_id.encode(), encode(one), _ms(_told_at(one))) for one in told])

    async def write_outcome(self, outcome: SendOutcome) -> None:
        """Likewise, when the outcome is."""
        await self._write(OUTCOMES, [(outcome.message_id.encode(), encode(outcome), _ms(outcome.told_at))])

    async def write_alarm(self, alarm: Alarm) -> None:
        """Likewise, when the alarm is."""
        await self._write(ALARMS, [(alarm.subject.key, encode(alarm), _ms(alarm.told_at))])

    async def write_callbacks(self, callbacks: Sequence[Outgoing]) -> list[tuple[int, int]]:
        """Likewise, when all callbacks are, spread over the partitions; where each of them stands."""
        async with self._acknowledged("callbacks") as producer:
            sent = []
            for callback in callbacks:
                partition = next(self._turns) % self._kafka.partitions
                # One by one, because only the first place of a batch is told.
                sent += await send_records(producer, self._callbacks, partition, [callback])
            places: list[RecordMetadata] = await asyncio.gather(*sent)
            return [(one.partition, one.offset) for one in places]

    async def _write(self, word: str, rows: Sequence[Row]) -> None:
        async with self._acknowledged(word) as producer:
            await asyncio.gather(*await self._send(producer, word, rows))

    @asynccontextmanager
    async def _acknowledged(self, word: str) -> AsyncIterator[AIOKafkaProducer]:
        """The producer, for what has to be acknowledged in time; raises `BrokerUnavailable` else."""
        if self._producer is None:
            raise BrokerUnavailable(f"no connection to Kafka at {self._kafka.bootstrap_servers} yet")
        try:
            async with asyncio.timeout(self._within_s):
                yield self._producer
        except TimeoutError as exc:
            raise BrokerUnavailable(f"Kafka has not acknowledged within {self._within_s:g} s") from exc
        except KafkaError as exc:
            # Such a producer may refuse for ever (a lost sequence); the next one starts clean.
            log.warning("records_refused_by_kafka", topic=word, error=repr(exc))
            await self._drop()
            self.start()
            raise BrokerUnavailable(f"Kafka has refused the {word}") from exc

    async def _send(self, producer: AIOKafkaProducer, word: str, rows: Sequence[Row]) -> list["asyncio.Future[object]"]:
        by_partition: dict[int, list[Outgoing]] = defaultdict(list)
        for key, value, timestamp_ms in rows:
            outgoing = (key, value, timestamp_ms, with_id(HEADERS[word], uuid4().hex.encode()))
            by_partition[partition_of(key, self._kafka.partitions)].append(outgoing)
        sent = []
        for partition, records in by_partition.items():
            sent += await send_records(producer, self._names[word], partition, records)
        return sent

    async def _connect(self) -> None:
        async for attempt in stamina.retry_context(on=KafkaError, attempts=None, timeout=None, wait_max=5.0):
            with attempt:
                producer = make_producer(self._kafka, "tidings-api")
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer

    async def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await stop(producer)


def _key(registration: AttemptRegistered) -> bytes:
    return attempt_key(registration.provider, registration.connection, registration.root_id)


def _told_at(told: MessageTold) -> datetime:
    return told.planned_at if isinstance(told, MessagePlanned) else told.cancelled_at


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
