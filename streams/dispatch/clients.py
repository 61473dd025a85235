"""Dispatch's place in Kafka: a group that shares the commands, a reader of claims and outcomes, and a producer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts.envelope import Headers
from contracts.topics import load_topics
from runtime.kafka import make_member, make_producer, make_reader, started
from runtime.partitioner import partition_of
from runtime.settings import KafkaSettings, Settings

NAME = "dispatch"


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
    kafka, streams = settings.kafka, settings.streams
    group = group_of(kafka)
    clients = Clients(
        commands=make_member(kafka, group, instance_id=streams.instance_id, session_s=streams.session_timeout_s),
        log=make_reader(kafka, group),
        producer=make_producer(kafka, group),
    )
    async with started(*clients):
        yield clients


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
