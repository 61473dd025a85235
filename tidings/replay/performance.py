"""A replay in earnest: archived callbacks written to Kafka once more, at a gentle rate."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

from analytics.archive.again import again
from contracts.archived import Archived
from contracts.errors import BrokerUnavailable
from contracts.topics import load_topics
from runtime.kafka import Outgoing, make_producer, send_records
from runtime.settings import KafkaSettings

BATCHES_A_S = 10
LARGEST_BATCH_BYTES = 1024 * 1024
PATIENCE_S = 30.0


async def perform(
    kafka: KafkaSettings, callbacks: Iterable[Archived], *, rate_per_s: float, on_written: Callable[[int], object]
) -> int:
    """Write `callbacks` once more; how many there were.

    Raises `BrokerUnavailable` when Kafka is not there or goes away. What was written by then is written; it does no
    harm to begin again, because each fact counts once.
    """
    topic = load_topics()["callbacks"].full_name(kafka.topic_prefix)
    producer = make_producer(kafka, "tidings-replay")
    written, begun = 0, time.monotonic()
    try:
        await producer.start()
        for turn, batch in enumerate(_batches(callbacks, max(1, int(rate_per_s / BATCHES_A_S)))):
            await _write(producer, topic, turn % kafka.partitions, [again(topic, callback) for callback in batch])
            written += len(batch)
            on_written(len(batch))
            await asyncio.sleep(max(0.0, begun + written / rate_per_s - time.monotonic()))
    except (KafkaConnectionError, KafkaError, TimeoutError) as exc:
        raise BrokerUnavailable(
            f"Kafka at {kafka.bootstrap_servers} does not take callbacks ({exc!r}); {written} were written. Begin "
            "again when it is back, no fact counts twice"
        ) from exc
    finally:
        await _close(producer)
    return written


async def _write(producer: AIOKafkaProducer, topic: str, partition: int, records: list[Outgoing]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*await send_records(producer, topic, partition, records))


async def _close(producer: AIOKafkaProducer) -> None:
    """While the broker is away a producer waits for it for ever, even to stop."""
    try:
        await asyncio.wait_for(producer.stop(), 2.0)
    except (TimeoutError, KafkaError):
        return


def _batches(callbacks: Iterable[Archived], most: int) -> Iterator[list[Archived]]:
    batch: list[Archived] = []
    size = 0
    for callback in callbacks:
        batch.append(callback)
        size += len(callback.value or b"")
        if len(batch) >= most or size >= LARGEST_BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
