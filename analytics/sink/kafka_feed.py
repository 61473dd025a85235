"""Fetches what the store does not have: every partition assigned by itself, read from the store's own offsets."""

import asyncio
import time
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError, OffsetOutOfRangeError

from analytics.sink.batch import TOPICS
from analytics.sink.intake import Fetched, Source, hole
from contracts.errors import BrokerUnavailable, OffsetGap
from contracts.topics import load_topics
from runtime.fetched import lighten_records
from runtime.fetching import Pace
from runtime.kafka import unanswered
from runtime.settings import KafkaSettings, StoreSettings

POLL_S = 0.2
COMMIT_S = 1.0
FETCH_SHARE = 0.4
"""Of the time in which a batch gathers, what one fetch may take: so the one it begins with and two more are in it."""
GROUP = "sink"


class Feed:
    """A consumer that nobody else can take partitions from. Offsets committed to Kafka are only for lag tools."""

    def __init__(self, kafka: KafkaSettings, store: StoreSettings) -> None:
        self._kafka = kafka
        self._store = store
        self._topics = {load_topics()[topic].full_name(kafka.topic_prefix): topic for topic in TOPICS}
        self._told_at = 0.0
        self._told: Mapping[Source, int] = {}
        self._telling: asyncio.Task[None] | None = None
        lighten_records()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka.bootstrap_servers,
            client_id="tidings-sink",
            group_id=f"{kafka.topic_prefix}{GROUP}",
            enable_auto_commit=False,
            auto_offset_reset="none",
        )
        self._next_offsets: dict[TopicPartition, int] = {}
        self._pace = Pace(self._consumer, gather_ms=int(store.batch_wait_s * FETCH_SHARE * 1000))

    async def start(self, next_offsets: Mapping[Source, int]) -> None:
        """Seek each partition to where the store goes on.

        Raises `OffsetGap` when Kafka no longer has that place, `BrokerUnavailable` when Kafka or a topic is not there.
        """
        try:
            await self._consumer.start()
        except KafkaConnectionError as exc:
            raise unanswered(self._kafka, exc) from exc
        partitions = await self._partitions()
        starts = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        self._consumer.assign(partitions)
        for at in partitions:
            wanted = next_offsets.get((self._topics[at.topic], at.partition), starts[at])
            check_reach(at, wanted, start=starts[at], end=ends[at])
            self._consumer.seek(at, wanted)
            self._next_offsets[at] = wanted

    async def stop(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
        await self._consumer.stop()

    async def gather(self, wait_s: float) -> list[Fetched]:
        """A batch: as many rows as wanted, or what came within the wait after the first; nothing when nothing comes."""
        fetched = await self._fetch(max(POLL_S, wait_s), self._store.batch_rows)
        missing = self._store.batch_rows - sum(len(part.records) for part in fetched)
        deadline = time.monotonic() + wait_s
        while fetched and missing > 0 and (left := deadline - time.monotonic()) > 0:
            more = await self._fetch(left, missing)
            fetched += more
            missing -= sum(len(part.records) for part in more)
        self._pace.gather_ms = int(wait_s * FETCH_SHARE * 1000)
        self._pace.follow(has_come=bool(fetched), is_much=self._is_more_there())
        return fetched

    def tell_lag_tools(self, next_offsets: Mapping[Source, int]) -> None:
        """Let Kafka's own tools see how far the store is; at most once a second, and nobody waits for it."""
        is_busy = self._telling is not None and not self._telling.done()
        if is_busy or next_offsets == self._told or time.monotonic() - self._told_at < COMMIT_S:
            return
        self._told_at, self._told = time.monotonic(), dict(next_offsets)
        names = {topic: name for name, topic in self._topics.items()}
        offsets = {TopicPartition(names[topic], part): offset for (topic, part), offset in next_offsets.items()}
        self._telling = asyncio.get_running_loop().create_task(self._commit(offsets))

    async def _commit(self, offsets: dict[TopicPartition, int]) -> None:
        try:
            await asyncio.wait_for(self._consumer.commit(offsets), timeout=10)
        except (KafkaError, TimeoutError):
            return  # the truth is in the store; the next second brings another chance

    async def _fetch(self, wait_s: float, rows: int) -> list[Fetched]:
        try:
            found = await self._consumer.getmany(timeout_ms=int(wait_s * 1000), max_records=rows)
        except OffsetOutOfRangeError as exc:
            gone = {f"{self._topics[at.topic]}/{at.partition}": offset for at, offset in exc.args[0].items()}
            raise OffsetGap(f"Kafka no longer has what the store needs next: {gone}; retention is too short") from exc
        self._next_offsets |= {at: records[-1].offset + 1 for at, records in found.items()}
        return [Fetched(self._topics[at.topic], at.partition, records) for at, records in found.items()]

    def _is_more_there(self) -> bool:
        """Whether Kafka had more, when it was last asked, than the fetches could carry."""
        return any(offset < (self._consumer.highwater(at) or 0) for at, offset in self._next_offsets.items())

    async def _partitions(self) -> list[TopicPartition]:
        existing = await self._consumer.topics()
        if absent := sorted(self._topics.keys() - existing):
            raise BrokerUnavailable(
                f"Kafka has no topic {', '.join(absent)}; `tidings topics --create` makes what is missing"
            )
        return [TopicPartition(name, partition) for name in self._topics for partition in range(self._kafka.partitions)]


def check_reach(at: TopicPartition, wanted: int, *, start: int, end: int) -> None:
    """Raises `OffsetGap` when Kafka has lost `wanted`, or has never come so far."""
    if wanted < start:
        raise OffsetGap(hole(at.topic, at.partition, wanted, start))
    if wanted > end:
        raise OffsetGap(
            f"{at.topic}/{at.partition}: the store has read up to offset {wanted}, Kafka ends at {end}. The topic was "
            "made anew, or this is another cluster: use the store that belongs to it, or move its file and its "
            "snapshots aside"
        )
