"""The asker's place in Kafka: a group of its own, so that several processes share the questions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from contracts.topics import load_topics
from runtime.kafka import make_member, make_producer, started
from runtime.settings import Settings

NAME = "asker"
MOST = 500
"""Questions that are taken at once."""
POLL_MS = 1000
LINGER_S = 2.0
"""Questions come one by one as their times do; who takes many at once is asked about many at once."""

Clients = tuple[AIOKafkaConsumer, AIOKafkaProducer]
OpenClients = Callable[[Settings], AbstractAsyncContextManager[Clients]]


@asynccontextmanager
async def open_clients(settings: Settings) -> AsyncIterator[Clients]:
    """A consumer of the questions, which commits only what it is told to, and a producer. Raises `KafkaError`."""
    kafka, streams = settings.kafka, settings.streams
    group = f"{kafka.topic_prefix}{NAME}"
    consumer = make_member(kafka, group, instance_id=streams.instance_id, session_s=streams.session_timeout_s)
    consumer.subscribe([load_topics()["look-ups"].full_name(kafka.topic_prefix)])
    producer = make_producer(kafka, group)
    async with started(consumer, producer):
        yield consumer, producer


async def fetch(consumer: AIOKafkaConsumer, *, linger_s: float) -> dict[TopicPartition, list[ConsumerRecord]]:
    """What is there, and what comes in the moment after it; nothing when nothing comes."""
    fetched: dict[TopicPartition, list[ConsumerRecord]] = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST)
    missing = MOST - sum(map(len, fetched.values()))
    if fetched and missing:
        await asyncio.sleep(linger_s)
        for place, records in (await consumer.getmany(timeout_ms=0, max_records=missing)).items():
            fetched[place] = [*fetched.get(place, ()), *records]
    return fetched
