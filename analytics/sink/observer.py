"""Looks at Kafka for the horizon: where topics begin and end, and what the stages' groups have committed."""

from collections.abc import Callable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from analytics.freshness import Positions
from analytics.sink.horizon import BESIDE, BYWAY_READS, READS, STORED, World
from contracts.topics import load_topics
from runtime.clock import Clock
from runtime.settings import KafkaSettings

ALL_READS = (*READS, *BYWAY_READS)
WATCHED = tuple(sorted({*STORED, *BESIDE, *(topic for _, topic in ALL_READS)}))


class Observer:
    """One admin client and one consumer that reads nothing; both belong to the loop they were made in."""

    def __init__(self, kafka: KafkaSettings, clock: Clock, stored: Callable[[], Positions]) -> None:
        self._kafka = kafka
        self._clock = clock
        self._stored = stored
        self._names = {load_topics()[topic].full_name(kafka.topic_prefix): topic for topic in WATCHED}
        self._partitions = [
            TopicPartition(name, partition) for name in self._names for partition in range(kafka.partitions)
        ]
        self._admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers, client_id="tidings-horizon")
        self._consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, client_id="tidings-horizon")

    async def start(self) -> None:
        await self._admin.start()
        await self._consumer.start()

    async def stop(self) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def look(self) -> World:
        """The world as it is now; raises `KafkaError` when Kafka does not answer."""
        seen_at = self._clock.now()
        committed = {(stage, topic): await self._committed(stage, topic) for stage, topic in ALL_READS}
        starts = await self._consumer.beginning_offsets(self._partitions)
        ends = await self._consumer.end_offsets(self._partitions)
        stored = self._stored()
        return World(seen_at, self._by_topic(starts), self._by_topic(ends), committed, stored)

    async def _committed(self, stage: str, topic: str) -> dict[int, int]:
        wanted = [at for at in self._partitions if self._names[at.topic] == topic]
        found = await self._admin.list_consumer_group_offsets(f"{self._kafka.topic_prefix}{stage}", partitions=wanted)
        # -1: the group has committed nothing there yet.
        return {at.partition: max(0, committed.offset) for at, committed in found.items()}

    def _by_topic(self, offsets: Mapping[TopicPartition, int]) -> Positions:
        found: Positions = {}
        for at, offset in offsets.items():
            found.setdefault(self._names[at.topic], {})[at.partition] = offset
        return found
