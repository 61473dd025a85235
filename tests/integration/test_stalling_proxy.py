"""What other tests rely on when they put the proxy before a broker."""

import asyncio
import time
from uuid import uuid4

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError

from tests.support.stalling_proxy import StallingProxy

pytestmark = pytest.mark.broker

STALL_S = 1.0


@pytest.fixture
def proxy(broker):
    with StallingProxy(broker) as proxy:
        yield proxy


@pytest_asyncio.fixture
async def topic(broker):
    name = f"proxied-{uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    await admin.close()
    return name


async def sent_after(producer, topic, delay_s, then):
    """How long one record took to be acknowledged when `then` is done after `delay_s`."""
    began = time.monotonic()
    sending = asyncio.create_task(producer.send_and_wait(topic, b"a record"))
    await asyncio.sleep(delay_s)
    then()
    await sending
    return time.monotonic() - began


async def test_a_client_behind_it_never_goes_past_it(proxy, topic):
    async with AIOKafkaProducer(bootstrap_servers=proxy.bootstrap) as producer:
        await producer.send_and_wait(topic, b"a record")

        assert {node.port for node in producer.client.cluster.brokers()} == {proxy.port}


async def test_what_is_sent_into_a_stall_arrives_once_behind_it(broker, proxy, topic):
    async with AIOKafkaProducer(bootstrap_servers=proxy.bootstrap) as producer:
        await producer.send_and_wait(topic, b"a record")
        proxy.stall()
        took_s = await sent_after(producer, topic, STALL_S, proxy.resume)
    async with AIOKafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest") as consumer:
        values = [(await consumer.getone()).value for _ in range(2)]

        assert took_s >= STALL_S
        assert values == [b"a record"] * 2
        assert sum((await consumer.end_offsets(consumer.assignment())).values()) == 2


async def test_nothing_new_passes_a_cut_and_all_passes_behind_it(proxy, topic):
    proxy.cut()
    refused = AIOKafkaProducer(bootstrap_servers=proxy.bootstrap)
    with pytest.raises(KafkaConnectionError):
        await refused.start()
    await refused.stop()

    proxy.resume()

    async with AIOKafkaProducer(bootstrap_servers=proxy.bootstrap) as producer:
        await producer.send_and_wait(topic, b"a record")


async def test_a_connection_breaks_when_it_is_cut_and_its_client_recovers(proxy, topic):
    async with AIOKafkaProducer(bootstrap_servers=proxy.bootstrap) as producer:
        await producer.send_and_wait(topic, b"a record")
        proxy.cut()

        took_s = await sent_after(producer, topic, STALL_S, proxy.resume)

        assert took_s >= STALL_S
