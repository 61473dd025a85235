"""Tells a stage what topics say of the world: all their partitions, in each process, of no group.

Before the stage decides anything, all is read that was told until then. Later the world is as old as a record takes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import datetime

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from contracts.errors import PayloadInvalid
from contracts.topics import load_topics
from runtime.clock import Clock
from runtime.settings import KafkaSettings

POLL_MS = 500
PAUSE_S = 1.0
CLOSE_LIMIT_S = 2.0

Since = Callable[[datetime], datetime] | None
"""From which moment on a topic matters, asked with the present one; null for all that it holds."""
Tell = Callable[[str, bytes, bytes | None, int], None]
"""Told of each record: the topic's plural word, key, value and time; raises `PayloadInvalid` when it cannot read it."""
OpenConsumer = Callable[[KafkaSettings], AbstractAsyncContextManager[AIOKafkaConsumer]]

log = structlog.get_logger()


@asynccontextmanager
async def open_consumer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    """Of no group. Raises `KafkaError`."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap_servers,
        client_id=f"{kafka.topic_prefix}lookout",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        with suppress(KafkaError, TimeoutError):  # while the broker is away it waits for it, even to stop
            await asyncio.wait_for(consumer.stop(), CLOSE_LIMIT_S)


class TopicLookout:
    """Make it inside the running loop."""

    def __init__(
        self,
        kafka: KafkaSettings,
        watched: Mapping[str, Since],
        tell: Tell,
        *,
        clock: Clock,
        open_consumer: OpenConsumer = open_consumer,
    ) -> None:
        self._kafka = kafka
        self._tell = tell
        self._clock = clock
        self._open_consumer = open_consumer
        self._watched = watched
        self._words = {load_topics()[word].full_name(kafka.topic_prefix): word for word in watched}
        self._is_ready = asyncio.Event()

    async def ready(self) -> None:
        await self._is_ready.wait()

    async def run(self) -> None:
        """Until cancelled; after an outage it reads anew, which tells nothing that is not so."""
        while True:
            try:
                await self._watch()
            except (KafkaError, OSError) as exc:
                log.warning("world_unknown", topics=list(self._watched), reason=repr(exc))
            await asyncio.sleep(PAUSE_S)

    async def _watch(self) -> None:
        async with self._open_consumer(self._kafka) as consumer:
            left = await self._begin(consumer)
            while True:
                if not left and not self._is_ready.is_set():
                    self._is_ready.set()
                    log.info("world_known", topics=list(self._watched))
                for place, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                    for record in records:
                        self._hear(place, record.offset, record.key or b"", (record.value, record.timestamp))
                left = {place: end for place, end in left.items() if await consumer.position(place) < end}

    async def _begin(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Go to where what matters begins; the ends of what is there now."""
        numbers, now = range(self._kafka.partitions), self._clock.now()
        places = {TopicPartition(name, number): word for name, word in self._words.items() for number in numbers}
        since = {place: moment(now) for place, word in places.items() if (moment := self._watched[word]) is not None}
        consumer.assign(list(places))
        ends: dict[TopicPartition, int] = await consumer.end_offsets(list(places))
        begins = dict(await consumer.beginning_offsets(list(places)))
        if since:
            times = {place: int(moment.timestamp() * 1000) for place, moment in since.items()}
            for place, found in (await consumer.offsets_for_times(times)).items():
                begins[place] = ends[place] if found is None else found.offset
        for place, begin in begins.items():
            consumer.seek(place, begin)
        return {place: end for place, end in ends.items() if begins[place] < end}

    def _hear(self, place: TopicPartition, offset: int, key: bytes, said: tuple[bytes | None, int]) -> None:
        word, (value, at_ms) = self._words[place.topic], said
        try:
            self._tell(word, key, value, at_ms)
        except PayloadInvalid as exc:
            # Whoever wrote it counts it as a dead letter, or the store keeps it as unreadable.
            log.warning("unreadable", topic=word, partition=place.partition, offset=offset, reason=str(exc))
