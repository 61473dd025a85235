"""Following whole topics from some time ago on: all partitions, without a group, and nothing is committed.

For what every process has to know for itself, such as whom it may write to. Whoever follows sees records again after
an outage, and after a crash of their writer; it keeps the last word, so neither does harm.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from contracts.topics import load_topics
from runtime.clock import Clock
from runtime.kafka import make_reader, started
from runtime.settings import KafkaSettings

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 15.0
POLL_MS = 500

Hear = Callable[[str, Sequence[ConsumerRecord]], None]
"""The plural word of the topic, and records of one of its partitions in order. Raises nothing about their contents."""

OpenConsumer = Callable[[KafkaSettings], AbstractAsyncContextManager[AIOKafkaConsumer]]

log = structlog.get_logger()


@asynccontextmanager
async def open_consumer(kafka: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    """What retention took away before we came is what nobody needs any more. Raises `KafkaError`."""
    consumer = make_reader(kafka, f"{kafka.topic_prefix}tail")
    async with started(consumer):
        yield consumer


class Tail:
    """Follows `topics`: plural word to how far back it begins; null for the beginning. A `Companion`."""

    def __init__(
        self,
        kafka: KafkaSettings,
        topics: Mapping[str, timedelta | None],
        *,
        hear: Hear,
        clock: Clock,
        open_consumer: OpenConsumer = open_consumer,
    ) -> None:
        self._kafka = kafka
        self._open_consumer = open_consumer
        self._words = {load_topics()[word].full_name(kafka.topic_prefix): word for word in topics}
        self._back = dict(topics)
        self._hear = hear
        self._clock = clock
        self._next: dict[TopicPartition, int] = {}
        self._is_caught_up = asyncio.Event()

    async def caught_up(self) -> None:
        """Returns once all that was there at the start is taken."""
        await self._is_caught_up.wait()

    async def run(self) -> None:
        """Until cancelled, through outages of Kafka."""
        pause_s = FIRST_PAUSE_S
        while True:
            before = dict(self._next)
            try:
                await self._follow()
            except (KafkaError, OSError) as exc:
                log.warning("tail_rests", topics=[*self._back], reason=repr(exc))
            pause_s = FIRST_PAUSE_S if self._next != before else min(2 * pause_s, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _follow(self) -> None:
        async with self._open_consumer(self._kafka) as consumer:
            ends = await self._begin(consumer)
            while True:
                for place, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                    self._hear(self._words[place.topic], records)
                    self._next[place] = records[-1].offset + 1
                if not self._is_caught_up.is_set() and await self._has_reached(consumer, ends):
                    self._is_caught_up.set()

    async def _begin(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Go on behind what was taken, else begin as far back as wanted; where each partition ends now."""
        places = [TopicPartition(name, number) for name in self._words for number in range(self._kafka.partitions)]
        consumer.assign(places)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(places)
        firsts = await consumer.beginning_offsets(places)
        since = {place: self._since_ms(place) for place in places if self._back[self._words[place.topic]] is not None}
        found = await consumer.offsets_for_times(since) if since else {}
        for place in places:
            later = found.get(place)
            begin = firsts[place] if place not in since else ends[place] if later is None else later.offset
            consumer.seek(place, self._next.get(place, begin))
        return ends

    def _since_ms(self, place: TopicPartition) -> int:
        back = self._back[self._words[place.topic]] or timedelta(0)
        return int((self._clock.now() - back).timestamp() * 1000)

    async def _has_reached(self, consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
        return all([await consumer.position(place) >= end for place, end in ends.items()])
