"""Dispatch's place in Kafka: a group that shares the commands, a reader of claims and outcomes, and a producer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.envelope import Headers
from contracts.topics import load_topics
from runtime.kafka import make_producer
from runtime.partitioner import partition_of
from runtime.settings import KafkaSettings, Settings

NAME = "dispatch"
CLOSE_LIMIT_S = 2.0


class Clients(NamedTuple):
    """Started."""

    commands: AIOKafkaConsumer
    """Of the group; subscribes to nothing yet."""
    log: AIOKafkaConsumer
    """Of no group."""
    producer: AIOKafkaProducer


def group_of(kafka: KafkaSettings) -> str:
    """The name of the group."""
    return f"{kafka.topic_prefix}{NAME}"


@asynccontextmanager
async def open_clients(settings: Settings) -> AsyncIterator[Clients]:
    """Raises `KafkaError` when nobody answers."""
    kafka, session_s = settings.kafka, settings.streams.session_timeout_s
    group = group_of(kafka)
    usual = {
        "bootstrap_servers": kafka.bootstrap_servers,
        "client_id": group,
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
    }
    commands = AIOKafkaConsumer(
        **usual,
        group_id=group,
        group_instance_id=settings.streams.instance_id or None,
        session_timeout_ms=int(session_s * 1000),
        heartbeat_interval_ms=int(session_s * 100),
    )
    clients = Clients(commands, AIOKafkaConsumer(**usual), make_producer(kafka, group))
    try:
        for client in clients:
            await client.start()
        yield clients
    finally:
        for client in clients:
            with suppress(KafkaError, TimeoutError):  # while the broker is away they wait for it, even to stop
                await asyncio.wait_for(client.stop(), CLOSE_LIMIT_S)


class Writer:
    """Writes to the partition of the key. The producer puts together what many tasks write to one partition."""

    def __init__(self, producer: AIOKafkaProducer, kafka: KafkaSettings) -> None:
        self._producer = producer
        self._kafka = kafka

    async def __call__(self, word: str, key: bytes, value: bytes, /, *, stamp_ms: int, headers: Headers) -> None:
        future = await self._producer.send(
            load_topics()[word].full_name(self._kafka.topic_prefix),
            value,
            key,
            partition=partition_of(key, self._kafka.partitions),
            timestamp_ms=stamp_ms,
            headers=headers,
        )
        await future
