"""Tells the world of the stage what the topics say of it, from all partitions and without a group.

Before the first message is decided, all is read that was told until then. Later the world is as old as a record takes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from contracts.errors import PayloadInvalid
from contracts.topics import load_topics
from runtime.clock import Clock
from runtime.settings import KafkaSettings, Settings
from streams.fallback.world import COMMANDS, HEALTH, SUPPRESSIONS, World

NAME = "fallback-surroundings"
POLL_MS = 500
PAUSE_S = 1.0
CLOSE_LIMIT_S = 2.0
HEALTH_SINCE = timedelta(minutes=15)
"""Longer than any illness is told to last without being told anew."""

OpenConsumer = Callable[[KafkaSettings], AbstractAsyncContextManager[AIOKafkaConsumer]]

log = structlog.get_logger()


@asynccontextmanager
async def open_consumer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    """Of no group; from the beginning where nothing else is said. Raises `KafkaError`."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap_servers,
        client_id=f"{kafka.topic_prefix}{NAME}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        with suppress(KafkaError, TimeoutError):  # while the broker is away it waits for it, even to stop
            await asyncio.wait_for(consumer.stop(), CLOSE_LIMIT_S)


class Surroundings:
    """Make it inside the running loop."""

    def __init__(
        self, settings: Settings, world: World, clock: Clock, *, open_consumer: OpenConsumer = open_consumer
    ) -> None:
        self._kafka = settings.kafka
        self._world = world
        self._clock = clock
        self._open_consumer = open_consumer
        words = (SUPPRESSIONS, HEALTH, *((COMMANDS,) if settings.budgets else ()))
        self._words = {load_topics()[word].full_name(settings.kafka.topic_prefix): word for word in words}
        self._is_ready = asyncio.Event()

    async def ready(self) -> None:
        await self._is_ready.wait()

    async def run(self) -> None:
        """Until cancelled; an outage makes it begin anew, which tells the world nothing that is not so."""
        while True:
            try:
                await self._watch()
            except (KafkaError, OSError) as exc:
                log.warning("surroundings_unknown", reason=repr(exc))
            await asyncio.sleep(PAUSE_S)

    async def _watch(self) -> None:
        async with self._open_consumer(self._kafka) as consumer:
            left = await self._begin(consumer)
            while True:
                if not left and not self._is_ready.is_set():
                    self._is_ready.set()
                    log.info("surroundings_known")
                for place, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                    for record in records:
                        self._tell(place, record.offset, record.key or b"", (record.value, record.timestamp))
                left = {place: end for place, end in left.items() if await consumer.position(place) < end}

    async def _begin(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Go to where what matters today begins; the ends of what is there now."""
        numbers = range(self._kafka.partitions)
        places = {TopicPartition(name, number): word for name, word in self._words.items() for number in numbers}
        consumer.assign(list(places))
        now = self._clock.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        begins = {HEALTH: now - HEALTH_SINCE, COMMANDS: midnight}
        ends: dict[TopicPartition, int] = await consumer.end_offsets(list(places))
        since = {place: int(begins[word].timestamp() * 1000) for place, word in places.items() if word in begins}
        found = await consumer.offsets_for_times(since)
        for place in since:
            begin = found.get(place)
            consumer.seek(place, ends[place] if begin is None else begin.offset)
        firsts = await consumer.beginning_offsets([place for place in places if place not in since])
        for place, first in firsts.items():
            consumer.seek(place, first)
        return {place: end for place, end in ends.items() if end}

    def _tell(self, place: TopicPartition, offset: int, key: bytes, told: tuple[bytes | None, int]) -> None:
        word, (value, at_ms) = self._words[place.topic], told
        try:
            self._world.take(word, key, value, at_ms)
        except PayloadInvalid as exc:
            # Whoever wrote it counts it as a dead letter, or the store keeps it as unreadable.
            log.warning("unreadable", topic=word, partition=place.partition, offset=offset, reason=str(exc))
