"""Under which ids the API knows the attempts that nobody registered: the track stage made them, and `updates` tells."""

from collections.abc import AsyncIterator

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import load_topics
from runtime.kafka import MAX_REQUEST_BYTES
from runtime.settings import KafkaSettings

Attempt = tuple[str, str, str]
"""Provider, connection, root id."""


class _Report(msgspec.Struct, frozen=True):
    provider: str
    connection: str
    root_id: str


class _Update(msgspec.Struct, frozen=True):
    """Of a `StatusChanged`, what is needed here."""

    attempt_id: str
    report: _Report | None = None
    registration: _Report | None = None


async def read_attempt_ids(kafka: KafkaSettings) -> dict[Attempt, set[str]]:
    """The ids of every attempt in `updates`. An attempt with two of them is one too many."""
    decode = msgspec.json.Decoder(_Update).decode
    found: dict[Attempt, set[str]] = {}
    async for value in _read_all(kafka, load_topics()["updates"].full_name(kafka.topic_prefix)):
        update = decode(value)
        if subject := update.report or update.registration:
            attempt = (subject.provider, subject.connection, subject.root_id)
            found.setdefault(attempt, set()).add(update.attempt_id)
    return found


async def _read_all(kafka: KafkaSettings, topic: str) -> AsyncIterator[bytes]:
    """Every value that the topic holds now."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap_servers,
        group_id=None,
        auto_offset_reset="earliest",  # seeking there races with the reset to the end, which is the default
        max_partition_fetch_bytes=MAX_REQUEST_BYTES,
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, partition) for partition in range(kafka.partitions)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    yield record.value
    finally:
        await consumer.stop()


async def delete_topics(kafka: KafkaSettings) -> None:
    """Remove all topics of an installation that was only for a moment."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await admin.start()
    try:
        await admin.delete_topics([topic.full_name(kafka.topic_prefix) for topic in load_topics().values()])
    finally:
        await admin.close()
