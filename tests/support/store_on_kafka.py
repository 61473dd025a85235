"""The line in memory, poured into a real Kafka."""

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from analytics.service import Analytics
from analytics.sink.batch import TOPICS
from contracts.topics import Topic, load_topics
from runtime.clock import SystemClock
from runtime.kafka import ensure_topics, make_producer, send_records
from runtime.settings import KafkaSettings, Settings
from tests.support.store_line import Line


class Pour:
    """Writes what a line has that Kafka does not have yet."""

    def __init__(self, kafka: KafkaSettings, producer: AIOKafkaProducer) -> None:
        self.kafka = kafka
        self._producer = producer
        self._poured: dict[tuple[str, int], int] = defaultdict(int)

    async def pour(self, line: Line) -> None:
        sent = []
        for (topic, partition), log in line.logs.items():
            begin = self._poured[topic, partition]
            rows = [(None, record.value, record.timestamp, list(record.headers)) for record in log[begin:]]
            self._poured[topic, partition] = len(log)
            sent += await send_records(self._producer, self.name(topic), partition, rows)
        for batch in sent:
            await batch

    async def commit_as_stages(self, line: Line) -> None:
        """Say for normalise and track that they have read all there is."""
        for stage, topics in (("normalise", ["callbacks"]), ("track", ["reports", "attempts"])):
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self.kafka.bootstrap_servers,
                group_id=f"{self.kafka.topic_prefix}{stage}",
                enable_auto_commit=False,
            )
            async with consumer:
                ends = {
                    TopicPartition(self.name(topic), part): len(line.logs[topic, part])
                    for topic in topics
                    for part in range(line.partitions)
                }
                consumer.assign(list(ends))
                await consumer.commit(ends)

    async def forget(self, topic: str, partition: int, before: int) -> None:
        """Remove the records below an offset, as retention does."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.bootstrap_servers)
        await admin.start()
        await admin.delete_records({TopicPartition(self.name(topic), partition): RecordsToDelete(before_offset=before)})
        await admin.close()

    def name(self, topic: str) -> str:
        return load_topics()[topic].full_name(self.kafka.topic_prefix)


def lasting(*words: str) -> list[Topic]:
    """The topics, in which records of a day that is long past stay."""
    return [msgspec.structs.replace(load_topics()[word], retention_days=10_000) for word in words]


@asynccontextmanager
async def storing(settings: Settings) -> AsyncIterator[Analytics]:
    """The store and the archive of an installation at work; not one thread of theirs is left when a test fails."""
    analytics = Analytics(settings, SystemClock())
    await analytics.start()
    try:
        yield analytics
    finally:
        await analytics.stop()


@asynccontextmanager
async def pouring(kafka: KafkaSettings) -> AsyncIterator[Pour]:
    """Topics made, a producer started."""
    await ensure_topics(kafka, lasting(*TOPICS, "reports", "attempts", "wishes", "talk"))
    producer = make_producer(kafka, "pour")
    async with producer:
        yield Pour(kafka, producer)
