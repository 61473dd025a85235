"""A client that has more to take than it takes at once, of a busy topic and of a quiet one, on a real Kafka."""

import asyncio
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from runtime.fetching import Pace
from runtime.kafka import started

pytestmark = pytest.mark.broker

FOR_EVER_MS, LIMIT_S = 600_000, 30
RECORDS, AT_ONCE, WORKS_S = 600, 100, 0.2
"""Longer than the client keeps records before it asks for those of other partitions."""


async def test_whoever_waits_for_a_quiet_topic_does_not_keep_a_busy_one_waiting(broker):
    busy, quiet = (f"{name}-{uuid4().hex[:8]}" for name in ("busy", "quiet"))
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1) for name in (busy, quiet)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest", fetch_max_wait_ms=FOR_EVER_MS)
    async with started(producer, consumer):
        consumer.assign([TopicPartition(name, 0) for name in (busy, quiet)])
        pace, taken = Pace(consumer, gather_ms=10), 0
        for wanted in (RECORDS, 2 * RECORDS):
            await asyncio.gather(*[await producer.send(busy, b"record") for _ in range(RECORDS)])
            async with asyncio.timeout(LIMIT_S):
                while taken < wanted:
                    fetched = await consumer.getmany(timeout_ms=1000, max_records=AT_ONCE)
                    taken += sum(map(len, fetched.values()))
                    pace.follow(has_come=bool(fetched))
                    await asyncio.sleep(WORKS_S)

    assert taken == 2 * RECORDS
