"""A replay in earnest: archived callbacks written to Kafka once more, at a gentle rate."""

import asyncio
from collections.abc import Callable, Iterable
from itertools import count

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from analytics.archive.again import again
from analytics.replays.pace import paced
from contracts.archived import Archived
from contracts.errors import BrokerUnavailable
from contracts.topics import load_topics
from runtime.kafka import Outgoing, make_producer, send_records, stop
from runtime.settings import KafkaSettings

BATCHES_A_S = 10
PATIENCE_S = 30.0


async def perform(
    kafka: KafkaSettings, callbacks: Iterable[Archived], *, rate_per_s: float, on_written: Callable[[int], object]
) -> int:
    """Write `callbacks` once more; how many there were. What `on_written` raises ends it.

    Raises `BrokerUnavailable` when Kafka is not there or goes away. What was written by then is written; it does no
    harm to begin again, because each fact counts once.
    """
    topic = load_topics()["callbacks"].full_name(kafka.topic_prefix)
    producer = make_producer(kafka, "tidings-replay")
    written, turns = 0, count()
    try:
        await producer.start()
        async for batch in paced(callbacks, rate_per_s=rate_per_s, most=max(1, int(rate_per_s / BATCHES_A_S))):
            await _write(producer, topic, next(turns) % kafka.partitions, [again(topic, one) for one in batch])
            written += len(batch)
            on_written(len(batch))
    except (KafkaError, TimeoutError) as exc:
        raise BrokerUnavailable(
            f"Kafka at {kafka.bootstrap_servers} does not take callbacks ({exc!r}); {written} were written. Begin "
            "again when it is back, no fact counts twice"
        ) from exc
    finally:
        await stop(producer)
    return written


async def _write(producer: AIOKafkaProducer, topic: str, partition: int, records: list[Outgoing]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*await send_records(producer, topic, partition, records))
