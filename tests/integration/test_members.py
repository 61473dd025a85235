"""Members of a group on the real Kafka."""

import asyncio
from uuid import uuid4

import pytest

from runtime.kafka import ensure_topics, make_member, make_producer, started
from runtime.settings import KafkaSettings
from tests.support.patience import LIMIT_S
from tests.support.store_on_kafka import lasting

pytestmark = pytest.mark.broker


async def test_what_a_leader_knew_nothing_of_is_given_out_once_it_has_heard_of_it(broker: str) -> None:
    """As while a broker comes back; left to itself the client asks again after five minutes."""
    kafka = KafkaSettings(bootstrap_servers=broker, topic_prefix=f"members-{uuid4().hex[:8]}-", partitions=2)
    member = make_member(kafka, f"{kafka.topic_prefix}dispatch", instance_id="", session_s=10)
    producer = make_producer(kafka, "test")
    (topic,) = lasting("commands")
    name = topic.full_name(kafka.topic_prefix)
    async with started(member, producer), asyncio.timeout(LIMIT_S):
        member.subscribe([name])
        await asyncio.sleep(5)  # it joins, and is given nothing
        at_first = member.assignment()
        await ensure_topics(kafka, [topic])
        await producer.send_and_wait(name, b"1", partition=1)
        record = await member.getone()

    assert not at_first
    assert record.value == b"1"
