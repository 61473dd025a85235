"""The compacted topic behind a stage's state, read back with a consumer of its own.

In bulk, because faust's own recovery costs twenty times as much; and not while the group waits for us, because the
client sends no heartbeat before the callback of an assignment returns, and loading may take longer than a session.
"""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from contracts.errors import BrokerUnavailable
from runtime.settings import KafkaSettings
from streams.engine.state import PartitionState

POLL_MS = 1000
SILENCE_LIMIT_S = 30.0
"""A client whose broker was killed under it has waited for ever, while the group counted the member in."""


class ChangelogReader:
    """Reads as much as there is when it is asked, and no further. Use as an async context."""

    def __init__(self, kafka: KafkaSettings, topic: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._topic = topic
        self._clock = clock
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka.bootstrap_servers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # "latest", the default, would skip the state of a log that begins above 0
        )

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._consumer.stop()

    async def load(self, states: Mapping[int, PartitionState]) -> dict[int, int]:
        """Fill each of `states` from its partition; the end offset of each when it was read."""
        ends = await self._ends(self._topic, states)
        async for partition, records in self._between(dict.fromkeys(ends, 0), ends):
            load = states[partition].load
            for record in records:
                load(record.key, record.value)
        return ends

    async def keys_between(self, partition: int, begin: int, end: int) -> set[bytes]:
        """The keys of the records in that range of the partition."""
        keys: set[bytes] = set()
        async for _, records in self._between({partition: begin}, {partition: end}):
            keys.update(record.key for record in records if record.offset < end)
        return keys

    async def unread(self, topic: str, partitions: Mapping[int, int]) -> dict[int, int]:
        """The end offset of each of `partitions` of `topic` that holds records at or above the given offset."""
        places = {number: TopicPartition(topic, number) for number in partitions}
        ends = await self._ends(topic, partitions)
        begins = await self._consumer.beginning_offsets(list(places.values()))
        return {
            number: ends[number]
            for number, place in places.items()
            if max(partitions[number], begins[place]) < ends[number]
        }

    async def _ends(self, topic: str, partitions: Iterable[int]) -> dict[int, int]:
        ends = await self._consumer.end_offsets([TopicPartition(topic, number) for number in partitions])
        return {place.partition: end for place, end in ends.items()}

    async def _between(
        self, begins: Mapping[int, int], ends: Mapping[int, int]
    ) -> AsyncIterator[tuple[int, list[ConsumerRecord]]]:
        left = {TopicPartition(self._topic, number): end for number, end in ends.items() if begins[number] < end}
        if left:
            self._consumer.assign(list(left))
        for place in left:
            self._consumer.seek(place, begins[place.partition])
        silent_since = self._clock()
        while left:
            fetched = await self._consumer.getmany(*left, timeout_ms=POLL_MS)
            for place, records in fetched.items():
                yield place.partition, records
            # Compaction leaves holes, so it is the position that tells the end, not the last record.
            left = {place: end for place, end in left.items() if await self._consumer.position(place) < end}
            if fetched:
                silent_since = self._clock()
            elif left and self._clock() - silent_since > SILENCE_LIMIT_S:
                raise BrokerUnavailable(
                    f"{self._topic} has records up to {sorted(left.values())}, and for {SILENCE_LIMIT_S:.0f} s none "
                    "came; this process ends and begins again. Look at the brokers"
                )
