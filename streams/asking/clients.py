"""The asker's place in Kafka: a group of its own, so that several processes share the questions."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from contracts.topics import load_topics
from runtime.kafka import make_producer
from runtime.settings import Settings

NAME = "asker"
MOST = 500
"""Questions that are taken at once."""
POLL_MS = 1000
LINGER_S = 2.0
"""Questions come one by one as their times do; who takes many at once is asked about many at once."""
CLOSE_LIMIT_S = 2.0

Clients = tuple[AIOKafkaConsumer, AIOKafkaProducer]
OpenClients = Callable[[Settings], AbstractAsyncContextManager[Clients]]


@asynccontextmanager
async def open_clients(settings: Settings) -> AsyncIterator[Clients]:
    """A consumer of the questions, which commits only what it is told to, and a producer. Raises `KafkaError`."""
    kafka, session_s = settings.kafka, settings.streams.session_timeout_s
    group = f"{kafka.topic_prefix}{NAME}"
    consumer = AIOKafkaConsumer(
        load_topics()["look-ups"].full_name(kafka.topic_prefix),
        bootstrap_servers=kafka.bootstrap_servers,
        client_id=group,
        group_id=group,
        group_instance_id=settings.streams.instance_id or None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=int(session_s * 1000),
        heartbeat_interval_ms=int(session_s * 100),
    )
    producer = make_producer(kafka, group)
    try:
        await consumer.start()
        await producer.start()
        yield consumer, producer
    finally:
        for client in (consumer, producer):
            with suppress(KafkaError, TimeoutError):  # while the broker is away they wait for it, even to stop
                await asyncio.wait_for(client.stop(), CLOSE_LIMIT_S)


async def fetch(consumer: AIOKafkaConsumer, *, linger_s: float) -> dict[TopicPartition, list[ConsumerRecord]]:
    """What is there, and what comes in the moment after it; nothing when nothing comes."""
    fetched: dict[TopicPartition, list[ConsumerRecord]] = await consumer.getmany(timeout_ms=POLL_MS, max_records=MOST)
    missing = MOST - sum(map(len, fetched.values()))
    if fetched and missing:
        await asyncio.sleep(linger_s)
        for place, records in (await consumer.getmany(timeout_ms=0, max_records=missing)).items():
            fetched[place] = [*fetched.get(place, ()), *records]
    return fetched
