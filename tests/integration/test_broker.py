"""The broker that the launcher starts is a Kafka in every respect that the product counts on."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from contracts.errors import BrokerUnavailable
from runtime.broker import LocalBroker
from runtime.broker.lock import DirectoryLock
from runtime.broker.ports import is_free

pytestmark = pytest.mark.broker

ONE_MIB = 1024 * 1024
START_AND_BE_KILLED = """
import os, signal, sys
from pathlib import Path
from runtime.broker import LocalBroker
LocalBroker(Path(sys.argv[1])).start()
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def mine(shared: LocalBroker) -> LocalBroker:
    """A running broker that a test may end."""
    if not shared.is_running:
        shared.start()
    return shared


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBroker]:
    with LocalBroker(tmp_path_factory.mktemp("mine")) as started:
        yield started


async def make_topic(bootstrap: str) -> str:
    name = f"topic-{uuid4()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()
    return name


async def write(bootstrap: str, topic: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", max_request_size=2 * ONE_MIB)
    async with producer:
        await producer.send_and_wait(topic, value, headers=[("signature", b"x" * 1000)])


async def read_all(bootstrap: str, topic: str) -> list[bytes]:
    """The values of partition 0."""
    partition = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        return [(await consumer.getone()).value for _ in range(end)]


async def test_a_body_of_one_mib_passes_with_its_headers(broker: str) -> None:
    body = os.urandom(ONE_MIB)
    topic = await make_topic(broker)

    await write(broker, topic, body)

    assert await read_all(broker, topic) == [body]


async def test_a_topic_that_nobody_made_takes_nothing(broker: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker, request_timeout_ms=3000) as producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.send_and_wait(f"misspelt-{uuid4()}", b"lost")


@pytest.mark.long
async def test_data_outlive_a_stop_and_a_kill(own_broker: Callable[[], LocalBroker]) -> None:
    mine = own_broker()
    address = mine.bootstrap
    topic = await make_topic(address)
    await write(address, topic, b"before the stop")

    mine.stop()
    mine.start()
    await write(address, topic, b"before the kill")
    mine.kill()
    mine.start()

    assert mine.bootstrap == address
    assert await read_all(address, topic) == [b"before the stop", b"before the kill"]


@pytest.mark.long
async def test_the_port_is_free_and_the_log_stays_after_a_stop(tmp_path: Path) -> None:
    async with LocalBroker(tmp_path) as mine:
        assert mine.port is not None
        assert not is_free(mine.port)

    assert is_free(mine.port)
    assert not mine.is_running
    assert "App info kafka.server for 1 unregistered" in mine.installation.log_file.read_text()  # its very last act


def test_one_directory_carries_one_broker(mine: LocalBroker) -> None:
    with pytest.raises(BrokerUnavailable, match=rf"address {mine.bootstrap}\); set KAFKA_BOOTSTRAP_SERVERS"):
        LocalBroker(mine.installation.directory).start()

    assert mine.is_running


def test_a_broker_that_ends_unasked_is_told_with_its_log(mine: LocalBroker) -> None:
    os.kill(mine.pid, signal.SIGKILL)

    with pytest.raises(BrokerUnavailable, match=r"ended with status -9\. The end of its logs in .*:\n(?s:.)*Kafka"):
        mine.watch()


@pytest.mark.long
def test_the_broker_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START_AND_BE_KILLED, str(tmp_path)]

    ended = subprocess.run(command, check=False, capture_output=True)

    assert ended.returncode == -signal.SIGKILL
    assert (tmp_path / "data").is_dir()
    DirectoryLock(tmp_path).take("the broker has let go of its directory")
