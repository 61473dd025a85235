"""Reads claims and outcomes of the partitions that are ours, each from where its share has to know them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

POLL_MS = 500
APART_MS = 60_000
"""How far the clocks of those who write may be apart. To read a little more than needed does no harm."""

Hear = Callable[[str, ConsumerRecord], None]
"""The plural word of the topic, and one record of it."""


class LogTail:
    """Follows with a consumer that has no group. `names` are full topic names by their plural words."""

    def __init__(self, consumer: AIOKafkaConsumer, names: Mapping[str, str], hear: Hear, *, partitions: int) -> None:
        self._consumer = consumer
        self._words = {name: word for word, name in names.items()}
        self._hear = hear
        self._next: dict[TopicPartition, int] = {}
        self._moved = asyncio.Event()
        places = [TopicPartition(name, number) for name in self._words for number in range(partitions)]
        consumer.assign(places)
        consumer.pause(*places)

    async def run(self) -> None:
        """Until cancelled. Raises `KafkaError`."""
        while True:
            for place, records in (await self._consumer.getmany(timeout_ms=POLL_MS)).items():
                if place not in self._next:
                    continue
                for record in records:
                    self._hear(self._words[place.topic], record)
                self._next[place] = records[-1].offset + 1
            self._moved.set()

    async def read_up(self, partition: int, since_ms: int) -> None:
        """See `ReadUp`."""
        places = self._places(partition)
        ends = await self._consumer.end_offsets(places)
        begin_ms = max(0, since_ms - APART_MS)
        found = await self._consumer.offsets_for_times(dict.fromkeys(places, begin_ms))
        for place in places:
            begin = ends[place] if found.get(place) is None else found[place].offset
            if begin < self._next.get(place, begin + 1):
                self._consumer.seek(place, begin)
                self._next[place] = begin
            self._consumer.resume(place)
        for place in places:
            # Not by the records alone: what retention takes away meanwhile never comes.
            while place in self._next and await self._consumer.position(place) < ends[place]:
                self._moved.clear()
                await self._moved.wait()

    def leave(self, partitions: Iterable[int]) -> None:
        """Read these no more."""
        for place in [place for number in partitions for place in self._places(number)]:
            self._consumer.pause(place)
            self._next.pop(place, None)
        self._moved.set()

    def _places(self, partition: int) -> list[TopicPartition]:
        return [TopicPartition(name, partition) for name in self._words]
