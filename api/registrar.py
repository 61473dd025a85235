"""Writes registrations to Kafka; done only when all replicas have them."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

import stamina
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.codec import encode
from contracts.envelope import fixed_headers, with_id
from contracts.errors import BrokerUnavailable
from contracts.identity import attempt_key
from contracts.records import AttemptRegistered
from contracts.topics import load_topics
from runtime.kafka import Outgoing, make_producer, send_records
from runtime.partitioner import partition_of
from runtime.settings import KafkaSettings

ACKNOWLEDGED_WITHIN_S = 5.0

HEADERS = fixed_headers("attempt", "api")

log = structlog.get_logger()


class Registrar:
    """The writer of `attempts`. It starts without Kafka and connects as soon as Kafka is there."""

    def __init__(self, kafka: KafkaSettings, *, acknowledged_within_s: float = ACKNOWLEDGED_WITHIN_S) -> None:
        self._kafka = kafka
        self._topic = load_topics()["attempts"].full_name(kafka.topic_prefix)
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
        if self._producer is None:
            raise BrokerUnavailable(f"no connection to Kafka at {self._kafka.bootstrap_servers} yet")
        try:
            async with asyncio.timeout(self._within_s):
                await asyncio.gather(*await self._send(self._producer, registrations))
        except TimeoutError as exc:
            raise BrokerUnavailable(f"Kafka has not acknowledged within {self._within_s:g} s") from exc
        except KafkaError as exc:
            # Such a producer may refuse for ever (a lost sequence); the next one starts clean.
            log.warning("registrations_refused_by_kafka", error=repr(exc))
            await self._drop()
            self.start()
            raise BrokerUnavailable("Kafka has refused the registrations") from exc

    async def _send(
        self, producer: AIOKafkaProducer, registrations: Sequence[AttemptRegistered]
    ) -> list["asyncio.Future[object]"]:
        by_partition: dict[int, list[Outgoing]] = defaultdict(list)
        for registration in registrations:
            key = attempt_key(registration.provider, registration.connection, registration.root_id)
            timestamp_ms = int(registration.registered_at.timestamp() * 1000)
            outgoing = (key, encode(registration), timestamp_ms, with_id(HEADERS, uuid4().hex.encode()))
            by_partition[partition_of(key, self._kafka.partitions)].append(outgoing)
        sent = []
        for partition, records in by_partition.items():
            sent += await send_records(producer, self._topic, partition, records)
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
            # A stopping producer waits for what it holds, and for ever when Kafka is away.
            with suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(producer.stop(), 1.0)
