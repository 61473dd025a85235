"""The Kafka topic that callbacks are written to, opened again and again until it answers."""

import asyncio
from contextlib import suppress

import stamina
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from contracts.topics import load_topics
from runtime.kafka import Outgoing, make_producer, send_records
from runtime.settings import KafkaSettings

LOOK_S = 5.0
LONGEST_PAUSE_S = 3.0
CLOSE_LIMIT_S = 2.0


class CallbackTopic:
    """`callbacks`, behind one producer at a time."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._name = load_topics()["callbacks"].full_name(kafka.topic_prefix)
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> int:
        """Wait until Kafka answers and has the topic; the number of its partitions."""
        partition_count = 0
        async for attempt in stamina.retry_context(
            on=KafkaError, attempts=None, timeout=None, wait_max=LONGEST_PAUSE_S
        ):
            with attempt:
                partition_count = await self._open()
        return partition_count

    async def write(self, partition: int, records: list[Outgoing]) -> None:
        """Returns when all are acknowledged. Raises `KafkaError` when that is not known and not to be waited for."""
        await asyncio.gather(*await send_records(self._producer, self._name, partition, records))

    async def close(self) -> None:
        """Let go of the connection, whatever its state."""
        producer, self._producer = self._producer, None
        if producer is not None:
            # While the broker is away a producer waits for it for ever, even to stop.
            with suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(producer.stop(), CLOSE_LIMIT_S)

    async def _open(self) -> int:
        await self.close()
        self._producer = make_producer(self._kafka, "tidings-ingest")
        await self._producer.start()
        try:
            async with asyncio.timeout(LOOK_S):
                return len(await self._producer.partitions_for(self._name))
        except TimeoutError:
            raise UnknownTopicOrPartitionError(
                f"there is no topic {self._name}; run `tidings topics --create`"
            ) from None
