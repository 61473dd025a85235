"""Single callbacks, read from Kafka at the places that an answer names."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from contracts.topics import load_topics
from runtime.settings import KafkaSettings

READERS = 2

EXPIRED = "Kafka keeps callbacks for {days} days and no longer has this one."
NO_SUCH_RECORD = "Kafka has no record at this position; the topic may have been made anew."
SILENT = "Kafka did not answer in time; ask again."
TOO_LARGE = "The callbacks before this one already fill the answer."

Place = tuple[int, int]
"""Partition and offset."""


class Found(NamedTuple):
    """The record at a place, or why there is none."""

    record: ConsumerRecord[bytes, bytes] | None
    absent_because: str = ""


class CallbackLog:
    """A consumer of its own for each answer, so that nothing is held between them."""

    def __init__(self, kafka: KafkaSettings) -> None:
        topic = load_topics()["callbacks"]
        self._kafka = kafka
        self.topic = topic.full_name(kafka.topic_prefix)
        self.expired = EXPIRED.format(days=topic.retention_days)
        self._lane = asyncio.Semaphore(READERS)

    async def read(self, places: Sequence[Place], *, bytes_limit: int, deadline_s: float) -> dict[Place, Found]:
        """What stands at each of `places`, up to some bytes in all."""
        found: dict[Place, Found] = {}
        try:
            async with asyncio.timeout(deadline_s), self._lane, self._consumer() as consumer:
                await self._collect(consumer, places, found, bytes_limit)
        except (TimeoutError, KafkaError):
            pass  # what was not found by now is told below
        return {place: found.get(place, Found(None, SILENT)) for place in places}

    async def _collect(
        self, consumer: AIOKafkaConsumer, places: Sequence[Place], found: dict[Place, Found], room: int
    ) -> None:
        partitions = sorted({TopicPartition(self.topic, partition) for partition, _ in places})
        consumer.assign(partitions)
        first = await consumer.beginning_offsets(partitions)
        end = await consumer.end_offsets(partitions)
        for place in places:
            at = TopicPartition(self.topic, place[0])
            if place[1] < first[at]:
                found[place] = Found(None, self.expired)
            elif place[1] >= end[at]:
                found[place] = Found(None, NO_SUCH_RECORD)
            elif room <= 0:
                found[place] = Found(None, TOO_LARGE)
            else:
                consumer.seek(at, place[1])
                record = await consumer.getone(at)
                found[place] = Found(record) if record.offset == place[1] else Found(None, NO_SUCH_RECORD)
                room -= len(record.value or b"")

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka.bootstrap_servers,
            client_id="tidings-api-evidence",
            enable_auto_commit=False,
            auto_offset_reset="none",
            # The broker answers with one whole batch however small this is, and one batch is all we want.
            max_partition_fetch_bytes=1,
        )
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()
